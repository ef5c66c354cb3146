# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the three tasks of a role have in common: whoever serves the batch, ``batch`` or the first ``host_result``."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ansible import context
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import strategy_loader
from ansible.plugins.strategy.linear import StrategyModule as Linear

from ..module_utils._core.telling import counted
from ..module_utils._errors import MigrationError, broken
from . import _batch, _calls
from ._batch import Batch, Outcomes
from ._events import fitting
from ._programs import PROGRAMS
from ._room import Room
from ._shown import COLLECTION, next_step, statistics
from ._wishes import Enrolment, Reader, Refusal, connections, digest, plain

Variables = Mapping[str, Any]

#: How many warnings of a batch are shown.
_WARNINGS = 20


class PhaseAction(ActionBase):
    """A task of a role: it needs no connection to its host."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    _supports_diff = True

    @property
    def phase(self) -> str:
        """Return the phase that the task names."""
        return str(self._task.args.get("phase"))

    @property
    def room(self) -> Room:
        """Return where the hosts of this application of the role meet."""
        return Room(self._task, self.phase)

    @property
    def given(self) -> Variables:
        """Return what the task itself says of clouds, which module_defaults can do."""
        return {name: value for name, value in self._task.args.items() if name != "phase"}

    def reader(self, variables: Variables) -> Reader:
        """Return what reads the variables of the task's host."""
        return Reader(variables, self._templar.template)

    def refusal(self) -> str:
        """Return why this task cannot be done in its play; empty when it can."""
        if self.phase not in PROGRAMS:
            return f"There is no phase {self.phase}, only {', '.join(PROGRAMS)}."
        play = _play_of(self._task)
        strategy = play.strategy if play is not None else "linear"
        kind = strategy_loader.get(strategy, class_only=True)
        if kind is not None and issubclass(kind, Linear):
            return ""
        return (
            f"The play's strategy is {strategy}: hosts do not wait for each other there, so they cannot be served by "
            "one call. Use strategy: linear, which is Ansible's default."
        )

    def serve(self, variables: Variables) -> dict[str, Any]:
        """Serve every host that has enrolled and not been served, and leave each its outcome."""
        place = {host: number for number, host in enumerate(variables.get("ansible_play_hosts_all") or ())}
        wishes = sorted(self.room.take(), key=lambda wish: place.get(wish["host"], len(place)))
        enrolments = [Enrolment(**wish) for wish in wishes]
        if not enrolments:
            return {"skipped": True, "msg": "No host takes part."}
        call = partial(self._call, variables)
        batch = Batch(self.phase, enrolments, call, _calls.tell, not self._task.check_mode)
        try:
            found = self._served(batch, variables)
        except MigrationError as error:
            problem = error.problem
            found = _batch.all_refused(enrolments, problem.code, problem.message, problem.remedy)
        except Exception as error:  # a fault of ours: every host is told, and none is left without an outcome
            _calls.display.vvv(traceback.format_exc())
            problem = broken(error)
            found = _batch.all_refused(enrolments, problem.code, problem.message, problem.remedy)
        for host, outcome in found.items():
            self.room.leave(host, fitting(outcome))
        return self._told(batch, found)

    def _told(self, batch: Batch, found: Outcomes) -> dict[str, Any]:
        _calls.tell(f"{self.phase}: {counted(found.values())}")
        served = batch.enrolments  # none when every host was refused
        file = batch.options.get("results_file") if served else None
        if file and os.path.exists(file):
            _calls.tell(f"results: {file}")
        following = next_step(self.phase, found, context.CLIARGS)
        if following:
            _calls.tell(following)
        return {
            "changed": False,
            "msg": counted(found.values()),
            "hosts": len(found),
            "failures": sum(one["failed"] for one in found.values()),
            "warnings": _few(batch.warnings),
            "ansible_stats": {"data": statistics(self.phase, found, file), "per_host": False, "aggregate": True},
        }

    def _served(self, batch: Batch, variables: Variables) -> Outcomes:
        """Return the outcome of every host: refused before anything is called, or what the phase's calls say."""
        refused: Outcomes = {}
        everyone, batch.warnings = batch.enrolments, _batch.for_nobody(batch.enrolments, lambda: _names(variables))
        batch.enrolments = _batch.without_doubled(everyone, refused)
        batch.enrolments = self._connected(batch, variables, refused)
        if not batch.enrolments:
            return refused
        difference = _batch.differing(batch.enrolments)
        if difference:
            remedy = "Give these hosts the same value, or let them be served by different plays or waves."
            return {**refused, **_batch.all_refused(batch.enrolments, "InvalidOptions", difference, remedy)}
        return {**refused, **PROGRAMS[batch.phase](batch)}

    def _connected(self, batch: Batch, variables: Variables, refused: Outcomes) -> list[Enrolment]:
        """Return the hosts whose options of clouds are found again; the batch gets these options."""
        found = self._found_again(batch.enrolments, variables)
        good: list[Enrolment] = []
        for one in batch.enrolments:
            lost = [option for option, wanted in one.clouds.items() if wanted not in found]
            if lost:
                refused[one.host] = _lost(one, lost[0])
            else:
                good.append(one)
        batch.connect(good, found)
        return good

    def _found_again(self, enrolments: list[Enrolment], variables: Variables) -> dict[str, Any]:
        """Return options of clouds by their digest, as far as this task can see them."""
        found: dict[str, Any] = {}
        for one in enrolments:
            for option, wanted in one.clouds.items():
                if wanted not in found:
                    found |= {digest(value): value for value in self._candidates(option, one.host, variables)}
        return found

    def _candidates(self, option: str, host: str, variables: Variables) -> Iterator[Any]:
        """Yield what an option of a cloud can be for a host, as far as this task can see it."""
        name = f"os_migration_{option}"
        for read in (self.reader(variables), *self._of_host(host, variables)):
            try:
                yield from (value for found, value in connections(read, self.given) if found == option)
            except Refusal:
                continue  # what is wrong here is no candidate; the host itself has been told of its own
        if name in variables["hostvars"].get(host, {}):
            yield plain(variables["hostvars"][host][name])

    def _of_host(self, host: str, variables: Variables) -> Iterator[Reader]:
        """Yield what reads this task's variables as another host would: a variable of the play in its own words."""
        own = {**variables, **variables["hostvars"].raw_get(host), "inventory_hostname": host}
        templar = self._templar.copy_with_new_env(available_variables=own)
        yield Reader(own, templar.template)
        yield Reader({**own, **{n: v for n, v in variables.items() if n.startswith("os_migration_")}}, templar.template)

    def _call(self, variables: Variables, module: str, arguments: dict[str, Any], looking: bool) -> dict[str, Any]:
        """Run a module of the collection here, with the Python that runs Ansible, and show its progress."""
        self._connection = self._shared_loader_obj.connection_loader.get("ansible.builtin.local", self._play_context)
        self._task.delegate_to = None
        here = {"ansible_python_interpreter": sys.executable, "ansible_connection": "local", "ansible_shell_type": "sh"}
        check_mode = self._task.check_mode
        self._task.check_mode = False if looking else check_mode
        try:
            with _calls.progress() as file:
                own = _calls.own_arguments(module, file)
                answer = self._execute_module(
                    f"{COLLECTION}.{module}", module_args={**arguments, **own}, task_vars={**variables, **here}
                )
        finally:
            self._task.check_mode = check_mode
            self.cleanup(force=True)  # what the module was given: each call has a connection of its own
        return _calls.complete(answer)


def _few(warnings: list[str]) -> list[str]:
    """Return the warnings of a batch, of very many the first."""
    left = len(warnings) - _WARNINGS
    return [*warnings[:_WARNINGS], f"There are {left} more warnings like these."] if left > 0 else warnings


def _play_of(task: Any) -> Any:
    parent = task
    while parent is not None:
        if getattr(parent, "_play", None) is not None:
            return parent._play
        parent = getattr(parent, "_parent", None)
    return None


def _names(variables: Variables) -> Iterator[str]:
    """Yield all names by which a waiver can mean a host of the inventory: hosts, groups with hosts, and ids."""
    for group, members in variables.get("groups", {}).items():
        yield from (group, *members) if members else ()
    for host in variables["hostvars"]:
        yield str(variables["hostvars"][host].get("instance_id"))


def _lost(one: Enrolment, option: str) -> dict[str, Any]:
    message = f"the value of os_migration_{option} is this host's own, and cannot be found again for the call."
    remedy = f"Set os_migration_{option} in the inventory, or so that all hosts of the play have one value."
    return _batch.refused(one, "InvalidOptions", message, remedy)
