# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smallest workflow: look at instances."""

from __future__ import annotations

from dataclasses import dataclass

from .goal import Goal
from .model import Instance, Item, required
from .record import Moment, Record
from .verb import Step, finish, look
from .workflow import Gate, Workflow, ended, never


@dataclass(frozen=True)
class View:
    """What a look shows."""

    instance: Instance | None = None


def described(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Look once, and end with the instance's status."""
    if not record.knows("instance"):
        return look("details", record.state)
    return finish(required(record.view.instance).status.lower())


def _start(item: Item) -> View:
    return View()


def _chain(record: Record[View], goal: Goal) -> tuple[Gate[View], ...]:
    return (described,)


LOOK: Workflow[View] = Workflow("look", _start, _chain, ended, never)
