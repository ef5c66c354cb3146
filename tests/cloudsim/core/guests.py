# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the scripts that the agents of guests are sent, a few at a time, and files the results."""

from __future__ import annotations

import math
import random
import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from guest import windows

from . import bad_facts, power, windows_guest
from .agent_habits import CLOUD_ASSISTANT, DISK_FULL, OUTLIVES_SECONDS, Habits
from .linux_guest import LinuxGuest, Ran, collect_commands
from .powershell import Changes
from .state import Content, Instance, Result
from .world import Registration, World

WORKERS = 4
DELIVERY = 60.0
#: A script that always asks for a restart is not run for ever.
MOST_RUNS = 3
_UNANSWERED = {
    "missing": ("ClientNotRunning", "Cloud Assistant Agent is not installed or not running."),
    "offline": ("ClientNotResponse", "Cloud Assistant Agent did not respond within a minute."),
}


@dataclass(frozen=True)
class Task:
    """One script for one guest of an account."""

    world: World
    instance: Instance
    script: str
    timeout: int
    username: str
    cwd: str

    @property
    def asks_for_facts(self) -> bool:
        return windows_guest.FACTS_MARKER in self.script


class Runner:
    """Owns the throw-away roots and the threads that wait for scripts."""

    def __init__(self, habits: Habits = CLOUD_ASSISTANT) -> None:
        self.habits = habits
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="guest")
        self.base = Path(tempfile.mkdtemp(prefix="cloudsim-"))
        self.base.chmod(0o711)
        self._guests: dict[str, LinuxGuest] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._facts: dict[tuple[object, Content, str], Ran] = {}
        self._over = False
        self._changes: dict[str, Changes] = {}
        self._commands = threading.Lock()

    def close(self) -> None:
        self._over = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for guest in list(self._guests.values()):
            guest.close()
        windows.interrupt()
        self._pool.shutdown(wait=True)
        shutil.rmtree(self.base, ignore_errors=True)

    def submit(self, task: Task, now: float) -> Result:
        """Deliver a script: the result is planned when nothing has to run, else filed when it has run."""
        instance = task.instance
        instance.invocations += 1
        starts = instance.first_answer(now, now + DELIVERY)
        if starts is None:
            offline = _UNANSWERED["missing" if instance.group.faults.agent == "missing" else "offline"]
            return _failed(instance, now, now + DELIVERY, "Aborted", offline)
        instance.last_invoked = starts
        if task.username and task.username not in instance.group.guest.users:
            return _failed(instance, starts, starts, "Failed", ("AccountNotExists", "The user does not exist."))
        if instance.hangs(starts):
            return Result(instance.id, starts, math.inf, serial=instance.serial)
        faults = instance.group.faults
        if faults.command_hangs or (faults.facts == "hangs" and task.asks_for_facts):
            error = ("ExecutionTimeout", "The command did not end within its timeout.")
            return _failed(instance, starts, starts + task.timeout, "Timeout", error)
        result = Result(instance.id, starts, math.inf, serial=instance.serial)
        rng = random.Random(f"{task.world.seed}:{instance.id}:command:{instance.invocations}")
        earliest = starts + task.world.scenario.command.latency.sample(rng)
        self._pool.submit(self._run, task, result, earliest)
        return result

    def _run(self, task: Task, result: Result, earliest: float) -> None:
        """In a thread of its own: run, then file the result under the world's lock."""
        try:
            with self._turns.setdefault(task.instance.id, threading.Lock()):
                ran = self._to_its_end(task, result)
        except Exception as error:  # a bug here must show up as a failed command, not as one that never ends
            ran = None
            result.error_code, result.error_info = "ExecutionException", f"{type(error).__name__}: {error}"
        with task.world.lock:
            finished = max(earliest, task.world.now())
            if ran is None:
                result.status = "Failed"
            else:
                _file(result, ran)
                self._after(task, ran, finished)
            result.finishes = finished

    def _to_its_end(self, task: Task, result: Result) -> Ran | None:
        """Run a script, and again after the restart that it asks for where the agent does that."""
        ran = self._execute(task, result)
        asks = self.habits.restarts[task.instance.system(result.starts).os_type]
        for _unused in range(MOST_RUNS - 1):
            if not (self.habits.runs_again and ran and ran.rc == asks):
                break
            with task.world.lock:
                power.bounce(task.world, task.instance, task.world.now())
            ran = self._execute(task, result)
        return ran

    def _after(self, task: Task, ran: Ran, finished: float) -> None:
        """What goes on when the result is there: what outlives a time-out, and what an exit code asks the agent for."""
        instance, family = task.instance, task.instance.system(finished).os_type
        if ran.rc is None and instance.group.faults.outlives and family in self.habits.outlives:
            instance.outlived_until = finished + OUTLIVES_SECONDS
        if ran.rebooted or ran.rc == self.habits.restarts[family]:
            instance.outlived_until = 0.0
            power.bounce(task.world, instance, finished)
        elif ran.rc == self.habits.powers_off.get(family):
            power.stop(task.world, instance, power.NOT_STOPPED, finished)

    def _execute(self, task: Task, result: Result) -> Ran | None:
        world, instance = task.world, task.instance
        with world.lock:
            system = instance.system(result.starts)
            registration = world.registration(instance, task.script, result.starts)
        refusal = self.habits.refusals.get(instance.group.faults.script)
        if refusal and refusal.rc is None:
            result.error_code, result.error_info = refusal.error_code, refusal.error_info
            return None
        if refusal:
            ran: Ran | None = Ran(refusal.rc, refusal.output.encode())
        elif system.windows:
            ran = self._windows(task, result, registration)
        elif world.scenario.command.memoise_facts and task.asks_for_facts:
            ran = self._memoised(task, result)
        else:
            ran = self._linux(task, result, registration)
        if registration and ran and ran.imported:
            with world.lock:
                world.register(instance, registration, max(result.starts, world.now()))
        return bad_facts.spoil(ran, instance.group.faults.facts) if ran and task.asks_for_facts else ran

    def _memoised(self, task: Task, result: Result) -> Ran | None:
        group, content = task.instance.group, task.instance.content(result.starts)
        key = (id(group), content, task.script)
        ran = self._facts.get(key) or self._linux(task, result, None)
        if ran:
            booted = task.instance.booted(result.starts, task.world.clock)
            seconds, boot_id = time.time() + group.faults.clock_offset, task.instance.boot_id(result.starts)
            self._facts[key] = ran = bad_facts.at_time(ran, seconds, booted, boot_id)
        return ran

    def _linux(self, task: Task, result: Result, registration: Registration | None) -> Ran | None:
        instance, limit = task.instance, task.world.scenario.command.max_wall
        guest = self._guests.get(instance.id) or self._new_guest(instance)
        booted = instance.booted(result.starts, task.world.clock)
        guest.prepare(instance.content(result.starts), instance.boot_id(result.starts), booted)
        faults = instance.group.faults
        if faults.script == DISK_FULL:
            guest.fill()
        if faults.outlives:
            guest.outlive(faults.outlives, task.world.now() < instance.outlived_until)
        if not guest.has_directory(task.cwd):
            result.error_code, result.error_info = "DirectoryNotExists", "The working directory does not exist."
            return None
        activation = f"{registration.code} {registration.id}" if registration else None
        return guest.run(task.script, timeout=min(task.timeout, limit), cwd=task.cwd, activation=activation)

    def _windows(self, task: Task, result: Result, registration: Registration | None) -> Ran:
        """With the scenario's code pages, scripts and outputs suffer what the agent does to them."""
        instance = task.instance
        language, pages = instance.group.guest.language, task.world.scenario.command.code_pages
        script = self.habits.read(task.script, language) if pages else task.script
        code = registration.id if registration else None
        changes = self._changes.setdefault(instance.id, Changes(lambda: self._over))
        known = windows_guest.facts(instance, result.starts, task.world.clock)
        rc, text, imported = windows_guest.answer(instance, result.starts, script, code, known, changes)
        output = self.habits.sent(text, language) if pages else text.encode()
        return Ran(rc, output, imported=imported)

    def _new_guest(self, instance: Instance) -> LinuxGuest:
        commands = self.base / "bin"
        with self._commands:
            if not commands.exists():
                collect_commands(commands)
        guest = self._guests[instance.id] = LinuxGuest(instance, self.base / instance.id, commands, self.habits)
        return guest


def _failed(instance: Instance, starts: float, finishes: float, status: str, error: tuple[str, str]) -> Result:
    return Result(
        instance.id, starts, finishes, status, error_code=error[0], error_info=error[1], serial=instance.serial
    )


def _file(result: Result, ran: Ran) -> None:
    result.rc, result.output, result.dropped = ran.rc, ran.output, ran.dropped
    if ran.rc is None:
        result.status, result.error_code = "Timeout", "ExecutionTimeout"
        result.error_info = "The command did not end within its timeout."
    elif ran.rc:
        result.status, result.error_code = "Failed", "ExitCodeNonzero"
        result.error_info = "The command ended with a nonzero exit code."
    else:
        result.status = "Success"
