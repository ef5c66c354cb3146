# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts in guests: what comes back, and every way in which nothing comes back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, Script
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import CommandResult
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError

from .bed import Bed
from .common import crowd, most


def run(cloud: Cloud, bed: Bed, role: str, content: str, **options: Any) -> CommandResult:
    """Run a script in one guest and wait for its end."""
    invocation = start(cloud, bed, role, content=content, **options)
    return result(cloud, bed, role, invocation)


def start(cloud: Cloud, bed: Bed, role: str, token: str = "", **script: Any) -> str:
    return cloud.agents.run([bed.ids[role]], Script(**script), token or str(uuid.uuid4()))


def result(cloud: Cloud, bed: Bed, role: str, invocation: str) -> CommandResult:
    def over() -> bool:
        found = cloud.agents.results(invocation, [bed.ids[role]])
        return bed.ids[role] in found and found[bed.ids[role]].status != "running"

    bed.until(over)
    return cloud.agents.results(invocation, [bed.ids[role]])[bed.ids[role]]


def test_a_script_s_output_and_exit_code_come_back(bed: Bed, cloud: Cloud) -> None:
    good = run(cloud, bed, "linux", "echo größe; echo 升级 >&2\n")
    assert (good.status, good.exit_code, good.dropped_bytes) == ("finished", 0, 0)
    assert sorted(good.stdout.split()) == ["größe", "升级"]


def test_a_script_that_fails_has_finished_with_its_exit_code(bed: Bed, cloud: Cloud) -> None:
    bad = run(cloud, bed, "linux", "echo why; exit 3")
    assert (bad.status, bad.exit_code, bad.stdout.strip()) == ("finished", 3, "why")


def test_a_script_is_running_until_it_is_over(bed: Bed, cloud: Cloud) -> None:
    invocation = start(cloud, bed, "linux", content="echo done")
    found = cloud.agents.results(invocation, [bed.ids["linux"]])
    assert found == {} or found[bed.ids["linux"]].status == "running"
    assert result(cloud, bed, "linux", invocation).stdout == "done\n"


def test_output_that_was_cut_says_how_much_is_missing(bed: Bed, cloud: Cloud) -> None:
    long = run(cloud, bed, "linux", "head -c 40000 /dev/zero | tr '\\0' x")
    assert long.dropped_bytes > 0
    assert len(long.stdout) + long.dropped_bytes == 40000


def test_output_that_is_no_utf_8_does_not_hide_the_rest(bed: Bed, cloud: Cloud) -> None:
    odd = run(cloud, bed, "linux", r"printf 'before \377\376 after'")
    assert odd.status == "finished"
    assert odd.stdout.startswith("before ")
    assert odd.stdout.endswith(" after")


def test_a_script_without_output_is_finished_too(bed: Bed, cloud: Cloud) -> None:
    assert run(cloud, bed, "linux", "true") == CommandResult("finished", 0)


def test_a_script_that_runs_out_of_time_is_told_from_one_that_failed(bed: Bed, cloud: Cloud) -> None:
    hanging = run(cloud, bed, "hanging", "sleep 1000", timeout=30)
    assert (hanging.status, hanging.exit_code) == ("timed_out", None)


@pytest.mark.parametrize("role", ["offline", "agentless"])
def test_an_agent_that_does_not_answer_is_a_failure_with_a_code(bed: Bed, cloud: Cloud, role: str) -> None:
    lost = run(cloud, bed, role, "true")
    assert (lost.status, lost.exit_code) == ("failed", None)
    assert lost.error_code
    assert lost.stderr


def test_windows_guests_are_asked_in_powershell(bed: Bed, cloud: Cloud) -> None:
    done = run(cloud, bed, "windows", "# evergreen.os_migration guest facts", shell="powershell")
    assert done.exit_code == 0
    assert "os_name=Microsoft Windows Server 2008 R2" in done.stdout


def test_user_and_directory_are_those_of_the_script(bed: Bed, cloud: Cloud) -> None:
    assert run(cloud, bed, "linux", "pwd", working_directory="/var/log").stdout == "/var/log\n"
    for wrong in ({"username": "nobody-knows"}, {"working_directory": "/nowhere"}):
        refused = run(cloud, bed, "linux", "true", **wrong)
        assert (refused.status, refused.exit_code) == ("failed", None)
        assert refused.error_code


def test_a_script_of_the_size_that_the_limits_say_is_taken_and_no_larger_one(bed: Bed, cloud: Cloud) -> None:
    limit = cloud.capabilities.script_bytes
    fits = "#".ljust(limit - len("\necho fits\n"), "x") + "\necho fits\n"
    assert run(cloud, bed, "linux", fits).stdout == "fits\n"
    with pytest.raises(CloudError) as refusal:
        start(cloud, bed, "linux", content=fits + "#\n")
    assert not refusal.value.whole_call


@pytest.mark.parametrize("role", ["stopped", "locked", "unknown", "elsewhere", "windows"])
def test_a_guest_that_cannot_take_a_script_is_a_refusal_of_that_guest(bed: Bed, cloud: Cloud, role: str) -> None:
    with pytest.raises(CloudError) as refusal:
        cloud.agents.run([bed.ids["linux"], bed.ids[role]], Script("true"), "token")
    assert not refusal.value.whole_call
    assert refusal.value.problem.remedy
    assert bed.writes("run") == 0


def test_the_same_token_starts_a_script_once(bed: Bed, cloud: Cloud) -> None:
    token = str(uuid.uuid4())
    assert start(cloud, bed, "linux", token, content="true") == start(cloud, bed, "linux", token, content="true")
    assert bed.writes("run") == 1


def test_as_many_guests_as_the_limits_say_take_one_call(bed: Bed, cloud: Cloud) -> None:
    asked = crowd(bed, min(100, most(cloud, "run")))
    invocation = cloud.agents.run(asked, Script("dir", "powershell"), "token")
    bed.until(lambda: {one.status for one in cloud.agents.results(invocation, asked).values()} == {"finished"})
    assert set(cloud.agents.results(invocation, asked)) == set(asked)
    assert set(cloud.agents.results(invocation, asked[:1])) == set(asked[:1])
    assert bed.writes("run") == 1
