# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cloud's journal tells about a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Call = Mapping[str, Any]

CREATE, START, SNAPSHOT = "CreateReplicationJob", "StartReplicationJob", "CreateSnapshot"
#: What every controller has to call for every instance and hop, however clever it is.
ORDERS = (CREATE, START, SNAPSHOT, f"{SNAPSHOT}Group")
#: Named like writes, but the guests are only asked.
ASKS = ("RunCommand",)


@dataclass(frozen=True)
class Traffic:
    """Calls by action, refused ones included; ``first`` and ``last`` write in seconds since 1970, if there was one."""

    calls: dict[str, int]
    throttled: int
    first: float | None
    last: float | None
    started: int
    twice: int

    @property
    def total(self) -> int:
        return sum(self.calls.values())

    @property
    def others(self) -> int:
        """The calls beside those that order."""
        return self.total - sum(self.calls.get(action, 0) for action in ORDERS)

    @property
    def throttled_share(self) -> float:
        return self.throttled / self.total if self.total else 0.0


def traffic(calls: Sequence[Call], hops: int, only: Collection[str]) -> Traffic:
    """Return the figures of a run; writes and starts are those of the instances ``only``."""
    mine = [call for call in calls if _is_write(call) and not set(call["resources"]).isdisjoint(only)]
    starts = Counter(one for call in mine if call["action"] == START for one in set(call["resources"]) & set(only))
    jobs = _jobs(mine, only)
    return Traffic(
        calls=dict(Counter(call["action"] for call in calls).most_common()),
        throttled=sum(str(call["code"] or "").startswith("Throttling") for call in calls),
        first=min((call["wall"] for call in mine), default=None),
        last=max((call["wall"] for call in mine), default=None),
        started=len(starts),
        twice=sum(max(0, max(starts[one], len(jobs[one])) - hops) for one in jobs),
    )


def _is_write(call: Call) -> bool:
    return call["kind"] == "write" and call["status"] == 200 and call["action"] not in ASKS


def _jobs(calls: Iterable[Call], only: Collection[str]) -> Mapping[str, set[str]]:
    """Return the jobs that were made for each instance; an order that was repeated with its token makes no other."""
    found: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        if call["action"] == CREATE:
            for instance in set(call["resources"]) & set(only):
                found[instance] |= {one for one in call["resources"] if one.startswith("j-")}
    return found
