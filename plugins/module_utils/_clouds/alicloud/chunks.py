# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More ids than one call takes, and refusals of a call that are meant for one id of many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from ..._core.model import Problem
from ..._errors import CloudError

T = TypeVar("T")
Ask = Callable[[Sequence[str]], Mapping[str, T]]


def chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield the ids in parts of ``size``: nothing for no ids, which an API would take for "all"."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def in_chunks(ids: Sequence[str], size: int, ask: Ask[T]) -> dict[str, T | Problem]:
    """Ask for ``size`` ids at a time. An id for whose sake a call is refused has the refusal as its answer."""
    found: dict[str, T | Problem] = {}
    for part in chunks(ids, size):
        found |= _asked(part, ask)
    return found


def _asked(ids: Sequence[str], ask: Ask[T]) -> dict[str, T | Problem]:
    """Ask once; halve what is refused until each id that it is meant for stands alone."""
    try:
        return dict(ask(ids))
    except CloudError as refusal:
        if refusal.whole_call:
            raise
        if len(ids) == 1:
            return {ids[0]: refusal.problem}
    half = len(ids) // 2
    return _asked(ids[:half], ask) | _asked(ids[half:], ask)
