# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it costs to migrate a fleet: time beside the shortest possible, CPU, memory, API calls.

The real ansible-playbook works on simulated clouds in processes of their own, at ten times the speed of a real one.
Without --short the whole matrix takes about an hour. Ends with 1 when a run fails, starts something twice or loses an
instance; never because of a time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from integration.harness import Cloud, Controller, cloud

from benchmark import by_tasks, journal, measuring, scenario
from benchmark.bound import makespan
from benchmark.front import front
from benchmark.scenario import HEALTHY, NARROW, SPEED, Case

#: What the collection's defaults are at the speed of the simulated clouds.
REQUESTS_PER_SECOND, POLL_INTERVAL = 20.0 * SPEED, 20.0 / SPEED
#: Seconds: how long a call to the region that hangs waits, and when the healthy ones are no longer waited for.
CALL_TIMEOUT, LANES_TIMEOUT = 5, {True: 30, False: 300}
SHORT = {"migrate": 50.0, "snapshot": 5.0}
#: The pattern of a task per step and host takes so long that its instances have to be quick ones.
QUICK = {"migrate": 100.0, "snapshot": 10.0}

MATRIX = {
    10: [Case(10), Case(10, hops=2)],
    100: [Case(100), Case(100, hops=2), Case(100, shape="heavy tail")],
    300: [Case(300, cap=50), Case(300, cap=50, shape="heavy tail")],
    1000: [Case(1000), Case(1000, module=True), Case(1000, hops=2), Case(1000, quota=NARROW)],
    10_000: [Case(10_000)],
}
COMPARED = [Case(100, **QUICK), Case(100, forks=50, **QUICK), Case(100, forks=5, **QUICK)]
SHORT_MATRIX = {
    2: [Case(2, forks=2, **SHORT)],
    10: [Case(10, hops=2, **SHORT)],
    100: [Case(100, cap=50, shape="heavy tail", **SHORT)],
}


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


_OF_THE_CASE = ("name", "instances", "hops", "cap", "shape", "quota", "module", "forks")


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


# --- running ---------------------------------------------------------------------------------------------------------


@contextmanager
def clouds(case: Case, directory: Path) -> Iterator[tuple[str, list[Cloud]]]:
    """Run the case's accounts, each a cloud of its own, behind one endpoint."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(cloud(scenario.scenario(case, number), directory / f"cloud-{number}", SPEED))
            for number in range(case.accounts)
        ]
        if len(running) == 1 and not case.unreachable:
            yield running[0].endpoint, running
            return
        backends = {scenario.credential(number)["access_key"]: one.endpoint for number, one in enumerate(running)}
        yield stack.enter_context(front(backends, scenario.OTHER if case.unreachable else "")), running


def run(case: Case, directory: Path, deadline: int | None = None) -> Cost:
    """Migrate a fleet; ``deadline`` is when the collection is told to give up."""
    directory.mkdir(parents=True)
    with clouds(case, directory) as (endpoint, running):
        controller = _controller(case, endpoint, running[0], directory)
        usage = measuring.run(
            _command(case, controller, deadline), _environment(case, controller), directory / "output.txt"
        )
        calls = [call for one in running for call in one.calls()]
    reachable = [one.id for one in scenario.fleet(case) if one.region == HEALTHY]
    return cost(case, usage, journal.traffic(calls, case.hops, reachable), _lost(case, controller, usage, reachable))


def _controller(case: Case, endpoint: str, running: Cloud, directory: Path) -> Controller:
    keys = scenario.credential(0)
    return Controller(
        running,
        directory,
        scenario.hosts(case),
        variables={
            "os_migration_alicloud": {
                "endpoint": endpoint,
                "requests_per_second": REQUESTS_PER_SECOND,
                **({"timeout": CALL_TIMEOUT} if case.unreachable else {}),
            },
            "os_migration_poll_interval": POLL_INTERVAL,
            "os_migration_smc": None,
            "migrate_max_running": case.cap or case.instances + case.unreachable,
        },
        credentials={
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys["access_key"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys["secret_key"],
        },
    )


def _environment(case: Case, controller: Controller) -> dict[str, str]:
    """Return the controller's environment; with more than one account its home has a profile for each."""
    file = controller.directory / ".aliyun/config.json"
    file.parent.mkdir()
    profiles = [
        {
            "name": scenario.profile(number),
            "mode": "AK",
            "access_key_id": scenario.credential(number)["access_key"],
            "access_key_secret": scenario.credential(number)["secret_key"],
        }
        for number in range(case.accounts)
    ]
    file.write_text(json.dumps({"profiles": profiles}), "utf-8")
    return {
        **controller.environment(),
        "HOME": str(controller.directory),
        "ANSIBLE_LIBRARY": str(by_tasks.LIBRARY),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }


def _command(case: Case, controller: Controller, deadline: int | None) -> list[str]:
    """Return the command line of the playbook, or of one that does the same in another way."""
    if not case.module and not case.forks:
        return controller.command("evergreen.os_migration.migrate", migrate_timeout=deadline)
    play = controller.directory / "play.yml"
    play.write_text(yaml.safe_dump(_MODULE if case.module else by_tasks.play(), sort_keys=False), "utf-8")
    if case.module:
        controller.hosts = {}
        controller.reports.mkdir()
        return controller.command(str(play), fleet=scenario.items(case))
    endpoint = controller.variables["os_migration_alicloud"]["endpoint"]
    return controller.command(str(play), "--forks", str(case.forks), endpoint=endpoint)


_MODULE = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "connection": "local",
        "tasks": [
            {
                "name": "Migrate the fleet",
                "evergreen.os_migration.os_migration": {
                    "state": "migrated",
                    "instances": "{{ fleet }}",
                    "alicloud": "{{ os_migration_alicloud }}",
                    "max_running": "{{ migrate_max_running }}",
                    "poll_interval": "{{ os_migration_poll_interval }}",
                    "results_file": "{{ os_migration_report_dir }}/migrate.json",
                },
            }
        ],
    }
]


def _lost(case: Case, controller: Controller, usage: measuring.Usage, ids: Sequence[str]) -> int:
    """Return how many instances did not come to their target; a playbook of tasks only says whether all did."""
    if case.forks:
        return len(ids) if usage.rc else 0
    file = controller.reports / "migrate.json"
    results = json.loads(file.read_text("utf-8"))["results"] if file.exists() else []
    arrived = {result["instance_id"] for result in results if result["state"] == "migrated"}
    return len(set(ids) - arrived)


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


def lanes(case: Case, directory: Path, deadline: int) -> Lanes:
    """Measure what a region that hangs does to the others."""
    alone = run(case, directory / "alone")
    beside = run(replace(case, unreachable=case.instances), directory / "beside", deadline)
    took, later = alone.wall - (alone.after_last_write or 0), beside.wall - (beside.after_last_write or 0)
    return Lanes(
        instances=case.instances,
        alone=took,
        beside=beside.wall if beside.lost else later,
        unfinished=beside.lost,
        ratio=None if beside.lost else later / took,
        wrong=alone.wrong or bool(beside.twice),
    )


# --- the table -------------------------------------------------------------------------------------------------------

_COLUMNS = (
    ("run", 42, "name"),
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


# --- the program -----------------------------------------------------------------------------------------------------


def matrix(short: bool, sizes: Sequence[int]) -> list[Case]:
    """Return the runs of the chosen sizes; of a size that the matrix lacks, one."""
    known = SHORT_MATRIX if short else MATRIX
    chosen = list(sizes) or list(known)
    cases = [case for size in chosen for case in known.get(size, [Case(size, **(SHORT if short else {}))])]
    return cases + ([] if short or sizes else COMPARED)


def machine() -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "python": platform.python_version(), "ansible_core": version("ansible-core")}


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/benchmark migrate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="few and quick instances, as script/test does")
    parser.add_argument("--sizes", type=_sizes, default=[], metavar="N,N", help="only fleets of these sizes")
    parser.add_argument("--compared", action="store_true", help="with --sizes: also a task per step and host")
    parser.add_argument("--lanes", action="store_true", help="with --sizes: also a region that never answers")
    parser.add_argument("--cap", type=_size, metavar="N", help="this many at a time, in all runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too, after each run")
    parser.add_argument("--keep", type=_new, metavar="DIRECTORY", help="for output, results and journals of all runs")
    options = parser.parse_args(given)
    if options.json and not options.json.parent.is_dir():
        parser.error(f"argument --json: there is no directory {options.json.parent}")
    return options


def _size(text: str) -> int:
    size = int(text)
    if size < 1:
        raise argparse.ArgumentTypeError("it must be above 0")
    return size


def _sizes(text: str) -> list[int]:
    return [_size(size) for size in text.split(",")]


def _new(text: str) -> Path:
    path = Path(text).resolve()
    if path.exists():
        raise argparse.ArgumentTypeError(f"{path} exists already")
    return path


def main() -> int:
    options = arguments()
    print(f"{machine()}\n\n{heading()}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        return _measure(options, options.keep or Path(scratch))


def _measure(options: argparse.Namespace, directory: Path) -> int:
    """Do every run, tell of each at once, and return the exit status."""
    cases = matrix(options.short, options.sizes) + (COMPARED if options.compared else [])
    found: list[Cost] = []
    for number, case in enumerate(cases):
        found.append(run(replace(case, cap=options.cap or case.cap), directory / f"{number:02}"))
        print(line(found[-1]), flush=True)
        _write(options.json, found, None)
    print(f"\n{LEGEND}", flush=True)
    beside = _beside(options, directory / "lanes")
    if beside:
        print(f"\n{beside.text}")
        _write(options.json, found, beside)
    return int(any(one.wrong for one in found) or bool(beside and beside.wrong))


def _beside(options: argparse.Namespace, directory: Path) -> Lanes | None:
    if options.sizes and not options.lanes:
        return None
    return lanes(Case(5, **SHORT) if options.short else Case(50), directory, LANES_TIMEOUT[options.short])


def _write(file: Path | None, found: Sequence[Cost], beside: Lanes | None) -> None:
    if file:
        runs = [asdict(one) for one in found]
        document = {"machine": machine(), "speed": SPEED, "runs": runs, "lanes": asdict(beside) if beside else None}
        file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
