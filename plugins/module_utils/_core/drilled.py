# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of the last drill of an instance, as a tag of its own says it: any controller finds it there later."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from .model import Disk, Hop
from .tag import TAG_KEY

#: The tag of an instance that says what came of its last drill.
DRILL_KEY = f"{TAG_KEY}.drill"
#: Who has drilled it: the service itself, in place, or this collection, on a clone.
SERVICE, CLONE = "service", "clone"
_TEXT = re.compile(
    r"(passed|failed) at=([0-9]+) from=(\S+) to=(\S+) path=([0-9a-f]{8}) by=(service|clone)((?: [a-z_]+=\S+)*)"
)


@dataclass(frozen=True)
class Drilled:
    """A drill that is over. ``at`` is in epoch seconds by the cloud's clock, ``path`` the digest of its hops."""

    passed: bool
    at: int
    source: str
    target: str
    path: str
    by: str
    run: str = ""

    @property
    def text(self) -> str:
        """Return the tag's value."""
        word = "passed" if self.passed else "failed"
        way = f"from={self.source} to={self.target} path={self.path}"
        return f"{word} at={self.at} {way} by={self.by}" + (f" run={self.run}" if self.run else "")

    @property
    def when(self) -> str:
        """Return when it ended, in ISO 8601."""
        return datetime.fromtimestamp(self.at, timezone.utc).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Prices:
    """What a drill is reckoned by, in the user's own currency: a GiB for a month, a clone for an hour."""

    gib_month: float | None = None
    hour: float | None = None


@dataclass(frozen=True)
class Cost:
    """What a drill on a clone takes: snapshots and an image of so many GiB, and as many again as the clone's disks."""

    disks: int
    gib: int
    hours: float
    price: float | None = None

    @classmethod
    def of(cls, disks: Sequence[Disk], minutes: float, prices: Prices) -> Cost:
        """Return the cost of cloning these disks for a migration of so many minutes, with an hour around it."""
        gib, hours = sum(disk.size_gib for disk in disks), round(1 + minutes / 60, 1)
        parts = ((prices.gib_month, _GIB_OF_COPIES * gib * hours / _HOURS_OF_A_MONTH), (prices.hour, hours))
        known = [price * amount for price, amount in parts if price is not None]
        return cls(len(disks), gib, hours, round(sum(known), 2) if known else None)

    @property
    def text(self) -> str:
        """Return it for people."""
        made = f"{self.disks} snapshot{'' if self.disks == 1 else 's'} and an image of {self.gib} GiB"
        what = f"{made}, and a clone with as much for about {self.hours:g} h"
        return what if self.price is None else f"{what}: {self.price:.2f} by the prices given"


#: Snapshots and an image, of which the image is made of the same snapshots, and the clone's disks.
_GIB_OF_COPIES, _HOURS_OF_A_MONTH = 2, 730


def drilled(passed: bool, at: float, hops: Sequence[Hop], by: str, run: str) -> Drilled:
    """Return what came of a drill of these hops."""
    return Drilled(passed, int(at), hops[0].source, hops[-1].target, path_of(hops), by, run)


def from_tags(tags: Mapping[str, str]) -> Drilled | None:
    """Return what an instance's tags say of its last drill; a text of somebody else's says nothing."""
    found = _TEXT.fullmatch(tags.get(DRILL_KEY, ""))
    if not found:
        return None
    word, at, source, target, path, by, more = found.groups()
    pairs = dict(pair.split("=", 1) for pair in more.split())
    return Drilled(word == "passed", int(at), source, target, path, by, pairs.get("run", ""))


def missing(found: Drilled | None, hops: Sequence[Hop], days: float, now: float) -> str:
    """Return why a path counts as not drilled within so many days; empty where it does."""
    if found is None:
        return "it was never drilled"
    way = f"{found.source} -> {found.target}"
    if not found.passed:
        return f"its last drill, of {way} at {found.when}, failed"
    if found.path != path_of(hops):
        return f"its last drill, of {way} at {found.when}, was of another path"
    age = (now - found.at) / 86400
    return f"its last drill, of {way} at {found.when}, is {age:.1f} days old" if age > days else ""


def path_of(hops: Sequence[Hop]) -> str:
    """Return the digest of a path: its hops, each with the row of the path table that it is done by."""
    text = ",".join(f"{hop.source}>{hop.target}:{hop.service}:{hop.path}" for hop in hops)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
