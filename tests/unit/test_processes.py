# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work ends when nobody is left to take its result."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils import _processes
from ansible_collections.evergreen.os_migration.plugins.module_utils._processes import started, watch

SLEEPING = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_process_that_is_there_was_started_and_one_that_is_gone_was_not() -> None:
    assert started(os.getpid())
    assert started(os.getpid()) == started(os.getpid())
    with subprocess.Popen(SLEEPING) as process:
        assert started(process.pid)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not started(process.pid), "its parent has not heard yet, but it is over"
    assert not started(process.pid)


def test_the_run_is_stopped_when_one_of_the_processes_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_processes, "_INTERVAL", 0.01)
    stop = threading.Event()
    with subprocess.Popen(SLEEPING) as process:
        watch([(os.getpid(), started(os.getpid())), (process.pid, started(process.pid))], stop)
        assert not stop.wait(0.2)
        process.kill()
        assert stop.wait(10)


def test_another_process_with_the_same_id_is_not_the_one() -> None:
    stop = threading.Event()
    watch([(os.getpid(), "1")], stop)
    assert stop.wait(10)


def test_without_start_times_nothing_is_watched() -> None:
    stop = threading.Event()
    watch([(1, "")], stop)
    watch([], stop)
    assert not stop.wait(0.1)
