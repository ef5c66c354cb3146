# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a run, and how they are told. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark import journal, measuring, scenario
from benchmark.bound import makespan
from benchmark.scenario import SPEED, Case, Pace


@dataclass(frozen=True)
class Cost:
    """What a run cost. Times in seconds of this machine; shares and ratios as numbers; None: cannot be said."""

    name: str
    instances: int
    hops: int
    cap: int | None
    shape: str
    quota: int
    module: bool
    forks: int | None
    pace: Pace
    rc: int
    wall: float
    bound: float
    wall_by_bound: float
    work_by_bound: float | None
    first_write: float | None
    after_last_write: float | None
    cpu: float
    cpu_per_hop: float
    memory_mib: int
    calls: dict[str, int]
    calls_per_hop: float
    other_calls_per_hop: float
    throttled: float
    twice: int
    lost: int

    @property
    def wrong(self) -> bool:
        return bool(self.rc or self.twice or self.lost)


_OF_THE_CASE = ("name", "instances", "hops", "cap", "shape", "quota", "module", "forks", "pace")


def cost(case: Case, usage: measuring.Usage, seen: journal.Traffic, lost: int) -> Cost:
    """Return what a run cost, from what was measured and what the clouds saw."""
    work = case.instances * case.hops
    bound = makespan(scenario.plans(case), case.cap, case.quotas) / SPEED
    took = None if seen.first is None or seen.last is None else seen.last - seen.first
    return Cost(
        **{name: getattr(case, name) for name in _OF_THE_CASE},
        rc=usage.rc,
        wall=usage.wall,
        bound=bound,
        wall_by_bound=usage.wall / bound,
        work_by_bound=None if took is None else took / bound,
        first_write=None if seen.first is None else seen.first - usage.began,
        after_last_write=None if seen.last is None else usage.ended - seen.last,
        cpu=usage.cpu,
        cpu_per_hop=usage.cpu / work,
        memory_mib=usage.memory_mib,
        calls=seen.calls,
        calls_per_hop=seen.total / work,
        other_calls_per_hop=seen.others / work,
        throttled=seen.throttled_share,
        twice=seen.twice,
        lost=lost,
    )


# --- a region that hangs ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lanes:
    """Healthy instances alone, and beside as many whose region never answers. Seconds until the last write to them."""

    instances: int
    alone: float
    beside: float
    unfinished: int
    ratio: float | None
    wrong: bool

    @property
    def text(self) -> str:
        names = f"{self.instances} healthy instances beside a region that never answers"
        if self.ratio is None:
            late = f"{self.unfinished} of them were not done in {self.beside:.0f} s"
            return f"{names}: {late}; alone they take {self.alone:.1f} s"
        return f"{names}: {self.ratio:.2f} of the time that they take alone ({self.alone:.1f} s)"


def compared(alone: Cost, beside: Cost) -> Lanes:
    """Return what a region that hangs did to the healthy instances."""
    took, later = alone.wall - (alone.after_last_write or 0), beside.wall - (beside.after_last_write or 0)
    return Lanes(
        instances=alone.instances,
        alone=took,
        beside=beside.wall if beside.lost else later,
        unfinished=beside.lost,
        ratio=None if beside.lost else later / took,
        wrong=alone.wrong or bool(beside.twice),
    )


# --- the table -------------------------------------------------------------------------------------------------------

_COLUMNS = (
    ("run", 66, "name"),
    ("wall s", 7, "wall"),
    ("bound s", 8, "bound"),
    ("wall/", 6, "wall_by_bound"),
    ("work/", 6, "work_by_bound"),
    ("first s", 8, "first_write"),
    ("after s", 8, "after_last_write"),
    ("CPU s", 7, "cpu"),
    ("CPU/hop", 8, "cpu_per_hop"),
    ("MiB", 5, "memory_mib"),
    ("calls/hop", 10, "calls_per_hop"),
    ("others", 7, "other_calls_per_hop"),
    ("thr. %", 7, "throttled"),
    ("twice", 6, "twice"),
    ("lost", 5, "lost"),
)
LEGEND = """\
bound: list scheduling with the same durations, cap and quotas and no controller; wall/, work/: the wall time, and the
time from the first to the last write, by the bound; first, after: until the first write, from the last write to the
end; CPU: of all processes of the controller, also by instance and hop; MiB: its largest process; calls: by instance
and hop; others: beside those that take snapshots, order and start; thr.: throttled; twice: started twice."""


def heading() -> str:
    return "".join(f"{title:<{width}}" if title == "run" else f"{title:>{width}}" for title, width, _name in _COLUMNS)


def line(found: Cost) -> str:
    cells = []
    for title, width, name in _COLUMNS:
        value = getattr(found, name)
        text = f"{value:.3f}" if title == "CPU/hop" else _text(value * 100 if title == "thr. %" else value)
        cells.append(f"{text:<{width}}" if title == "run" else f"{text:>{width}}")
    return "".join(cells) + (f"  ended with {found.rc}" if found.rc else "")


def _text(value: str | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}" if value < 10 else f"{value:.1f}"
    return str(value)
