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
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmark.costs import LEGEND, Cost, Lanes, heading, line
from benchmark.measuring import stop_when_asked
from benchmark.runs import OUTPUT, lanes, run
from benchmark.scenario import NARROW, SPEED, USUAL, Case, Pace

#: Seconds after which the healthy ones beside a region that hangs are not waited for any longer; short or not.
LANES_TIMEOUT = {True: 30, False: 300}
TAIL = 3000
SHORT = Pace(migrate=50, snapshot=5)
#: The pattern of a task per step and host takes so long that its instances have to be quick ones.
QUICK = Pace(migrate=100, snapshot=10)

MATRIX = {
    10: [Case(10), Case(10, hops=2)],
    100: [Case(100), Case(100, hops=2), Case(100, shape="heavy tail")],
    300: [Case(300, cap=50), Case(300, cap=50, shape="heavy tail")],
    1000: [Case(1000), Case(1000, module=True), Case(1000, hops=2), Case(1000, quota=NARROW)],
    10_000: [Case(10_000)],
}
COMPARED = [Case(100, pace=QUICK), Case(100, forks=50, pace=QUICK), Case(100, forks=5, pace=QUICK)]
SHORT_MATRIX = {
    10: [Case(10, hops=2, pace=SHORT), Case(2, forks=2, pace=SHORT)],
    40: [Case(40, cap=28, shape="heavy tail", pace=SHORT)],
}


def matrix(short: bool, sizes: Sequence[int]) -> list[Case]:
    """Return the runs of the chosen sizes; of a size that the matrix lacks, one."""
    known = SHORT_MATRIX if short else MATRIX
    chosen = list(sizes) or list(known)
    cases = [case for size in chosen for case in known.get(size, [Case(size, pace=SHORT if short else USUAL)])]
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
    parser.add_argument("--visibility", type=float, default=0, metavar="S", help="in the bound three times (0)")
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
    stop_when_asked()
    print(f"{machine()}\n\n{heading()}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        return _measure(options, options.keep or Path(scratch))


def _measure(options: argparse.Namespace, directory: Path) -> int:
    """Do every run, tell of each at once, and return the exit status."""
    cases = matrix(options.short, options.sizes) + (COMPARED if options.compared else [])
    found: list[Cost] = []
    for number, case in enumerate(cases):
        asked = replace(case, cap=options.cap or case.cap, visibility=options.visibility)
        found.append(run(asked, directory / f"{number:02}"))
        print(line(found[-1]), flush=True)
        if found[-1].rc:
            print((directory / f"{number:02}" / OUTPUT).read_text("utf-8", "replace")[-TAIL:], file=sys.stderr)
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
    return lanes(Case(5, pace=SHORT) if options.short else Case(50), directory, LANES_TIMEOUT[options.short])


def _write(file: Path | None, found: Sequence[Cost], beside: Lanes | None) -> None:
    if file:
        runs = [asdict(one) for one in found]
        document = {"machine": machine(), "speed": SPEED, "runs": runs, "lanes": asdict(beside) if beside else None}
        file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
