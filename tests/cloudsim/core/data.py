# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guests have written on their disks, as spans of time: a running guest writes all the time that it serves.

A snapshot holds the spans of its moment. A disk that is put back holds those of the snapshot, and what the guest writes
from then on. So what a reset loses is a difference of two sets of spans, and nobody needs to look at bytes.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .state import Disk, Instance

Span = tuple[float, float]
Spans = tuple[Span, ...]


def on_disk(instance: Instance, disk: Disk, now: float) -> Spans:
    """Everything that lies on a disk: what it was put back to, and what was written since."""
    return disk.data.at(now) + _written(instance, disk, disk.data.since(now), now)


def _written(instance: Instance, disk: Disk, since: float, now: float) -> Spans:
    lines = (instance.power, instance.held, disk.attached)
    changes = {change for line in lines for change in line.changes(now) if change > since}
    moments = [since, *sorted(changes), now]
    spans: list[Span] = []
    for begin, end in itertools.pairwise(moments):
        if begin < end and instance.serves(begin) and disk.attached.at(begin):
            joined = bool(spans) and spans[-1][1] == begin
            spans.append((spans.pop()[0] if joined else begin, end))
    return tuple(spans)


def lost(before: Spans, after: Spans) -> Spans:
    """What was on a disk before and is not after."""
    left = list(before)
    for kept_begin, kept_end in after:
        pieces = [((begin, min(end, kept_begin)), (max(begin, kept_end), end)) for begin, end in left]
        left = [(begin, end) for pair in pieces for begin, end in pair if begin < end]
    return tuple(left)


def seconds(spans: Spans) -> float:
    return sum(end - begin for begin, end in spans)


def written_until(spans: Spans) -> float | None:
    """The stamp of the youngest data; None when nothing was ever written."""
    return max((end for _begin, end in spans), default=None)
