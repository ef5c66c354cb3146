# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How instances become migration sources: by a command, with whose code, by hand, and again; and what is left of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.harness import IMPORT_LINUX, IMPORT_WINDOWS, ROOT, Cloud, Controller, cloud, group, host, instance_id

WEB, ERP = instance_id("web-1"), instance_id("erp-1")
RUNS = {"files": {"/run/go2aliyun_client.pid": "1\n"}}


@contextmanager
def user_of(tmp_path: Path, groups: list[dict[str, Any]], **scenario: Any) -> Iterator[tuple[Controller, Cloud]]:
    """A user of these groups, each of one host."""
    with cloud({"groups": groups, **scenario}, tmp_path / "cloud") as simulated:
        hosts = {one["name"]: host(one["name"], one["os"]) for one in groups}
        yield Controller(simulated, tmp_path / "user", hosts), simulated


def actions(simulated: Cloud, *names: str) -> list[str]:
    return [call["action"] for call in simulated.writes(*names)]


def smc(linux: str = IMPORT_LINUX, windows: str = IMPORT_WINDOWS, **more: Any) -> dict[str, Any]:
    return {"os_migration_smc": {"import_command": {"linux": linux, "windows": windows}, **more}}


# --- what an import leaves --------------------------------------------------------------------------------------------


def test_a_commit_deletes_the_source_that_we_imported_and_no_other(tmp_path: Path) -> None:
    groups = [group("web-1"), group("web-2", smc_source="available")]
    with user_of(tmp_path, groups) as (user, simulated):
        assert user.play("migrate").rc == 0
        assert actions(simulated, "DeleteSourceServer") == []
        checked = user.play("commit", "--check")
        assert (checked.rc, actions(simulated, "DeleteSourceServer")) == (0, []), checked.output
        run = user.play("commit")
        assert set(run.states("commit").values()) == {"committed"}, run.output
        assert actions(simulated, "DeleteSourceServer") == ["DeleteSourceServer"]
        (left,) = [event["event"] for event in run.report("commit")[WEB]["timeline"] if "source" in event["event"]]
        assert left.startswith("deleted the migration source s-")
        again = user.play("commit")
        assert set(again.states("commit").values()) == {"committed"}, again.output
        assert actions(simulated, "DeleteSourceServer") == ["DeleteSourceServer"]


def test_a_run_deletes_the_code_that_it_made(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1")]) as (user, simulated):
        run = user.play("migrate")
        assert run.states("migrate") == {WEB: "migrated"}, run.output
        made = actions(simulated, "CreateAccessToken", "DeleteAccessToken")
        assert made == ["CreateAccessToken", "DeleteAccessToken"]


@pytest.mark.variant
def test_a_code_that_may_not_be_deleted_is_told_and_no_failure(tmp_path: Path) -> None:
    faults = [{"match": {"action": "DeleteAccessToken"}, "effect": "code", "code": "Forbidden.RAM"}]
    with user_of(tmp_path, [group("web-1")], faults=faults) as (user, _simulated):
        run = user.play("migrate")
    assert (run.rc, run.states("migrate")) == (0, {WEB: "migrated"}), run.output
    assert "is still there: DeleteAccessToken" in " ".join(run.output.split())


# --- codes ------------------------------------------------------------------------------------------------------------


def test_a_code_that_expires_between_making_and_use_is_made_once_more(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1")], smc={"codes_last": [0.0]}) as (user, simulated):
        run = user.play("migrate")
        assert run.states("migrate") == {WEB: "migrated"}, run.output
        assert len(actions(simulated, "CreateAccessToken")) == 2
        assert len(actions(simulated, "DeleteAccessToken")) == 2
    told = [event["event"] for event in run.report("migrate")[WEB]["timeline"]]
    assert "began the import as a migration source again" in told


GIVEN = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {
                "evergreen.os_migration.smc_activation_code": {"name": "wave-1", "count": 5, "return_code": True},
                "run_once": True,
                "delegate_to": "localhost",
                "register": "wave",
            },
            {
                "ansible.builtin.include_role": {"name": "evergreen.os_migration.migrate"},
                "vars": {
                    "os_migration_smc": {
                        "import_command": {"linux": IMPORT_LINUX},
                        "activation_code": "{{ wave.activation_code }}",
                    }
                },
            },
        ],
    }
]


@pytest.mark.variant
def test_a_code_that_the_user_gives_is_used_and_stays(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1")]) as (user, simulated):
        user.directory.mkdir()
        (user.directory / "play.yml").write_text(yaml.safe_dump(GIVEN, sort_keys=False), "utf-8")
        run = user.run("play.yml", os_migration_smc=None)
        assert run.states("migrate") == {WEB: "migrated"}, run.output
        assert actions(simulated, "CreateAccessToken", "DeleteAccessToken") == ["CreateAccessToken"]


@pytest.mark.variant
def test_a_given_code_that_the_service_does_not_take_is_told_and_not_shown(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1")]) as (user, simulated):
        run = user.play("migrate", "-vvv", **smc(activation_code="wrong-code-of-mine"))
        assert actions(simulated, "CreateAccessToken") == []
    assert "ActivationCodeRefused" in run.failures["web-1"], run.output
    assert "os_migration_smc" in run.failures["web-1"]
    assert "wrong-code-of-mine" not in run.output


def test_text_that_is_no_code_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1")]) as (user, simulated):
        run = user.play("migrate", **smc(activation_code="$(reboot)"))
        assert simulated.writes() == []
    assert "smc.activation_code" in run.output
    assert "reboot" not in run.output


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_source_that_somebody_imports_by_hand_is_waited_for(tmp_path: Path) -> None:
    groups = [group("web-1", events=[{"at": 6000, "what": "import"}])]
    with user_of(tmp_path, groups) as (user, simulated):
        run = user.play("migrate", os_migration_smc={"wait_for_source": 600})
        assert run.states("migrate") == {WEB: "migrated"}, run.output
        assert actions(simulated, "CreateAccessToken") == []
        assert user.play("commit").states("commit") == {WEB: "committed"}
        assert actions(simulated, "DeleteSourceServer") == []


def test_who_waits_in_vain_for_a_source_has_written_nothing(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1")]) as (user, simulated):
        run = user.play("migrate", os_migration_smc={"wait_for_source": 0.5})
        assert simulated.writes() == []
    assert "SourceMissing" in run.failures["web-1"], run.output


# --- again ------------------------------------------------------------------------------------------------------------


@pytest.mark.variant
def test_a_client_that_an_interrupted_import_left_is_ended_and_the_import_made_again(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1", guest=RUNS)]) as (user, simulated):
        first = user.play("migrate")
        assert "ImportClientRuns" in first.failures["web-1"], first.output
        assert "smc.abort_command" in first.failures["web-1"]
        snapshots = len(actions(simulated, "CreateSnapshot"))
        run = user.play("migrate", **smc(abort_command={"linux": "cd /smc 2>/dev/null; go2aliyun_client --abort"}))
        assert run.states("migrate") == {WEB: "migrated"}, run.output
        assert len(actions(simulated, "CreateSnapshot")) == snapshots


@pytest.mark.variant
@pytest.mark.parametrize(
    "abort", ["no-such-client --abort", "exit 7", "echo 'Import Source Server [s-no] Successfully!'"]
)
def test_what_ends_an_earlier_client_says_nothing_of_the_import(tmp_path: Path, abort: str) -> None:
    with user_of(tmp_path, [group("web-1")]) as (user, _simulated):
        run = user.play("migrate", **smc(abort_command={"linux": abort}))
    assert run.states("migrate") == {WEB: "migrated"}, run.output


@pytest.mark.variant
def test_an_import_that_asks_for_a_restart_is_followed_by_the_migration(tmp_path: Path) -> None:
    groups = [group("web-1"), group("erp-1", "windows-2012r2")]
    with user_of(tmp_path, groups) as (user, simulated):
        commands = smc(f"{IMPORT_LINUX}; exit 194", f"{IMPORT_WINDOWS}; exit 3010")
        run = user.play("migrate", **commands)
        assert run.states("migrate") == {WEB: "migrated", ERP: "migrated"}, run.output
        assert len(actions(simulated, "CreateReplicationJob")) == 2, "no job met a guest that was restarting"
    for one, code in ((WEB, 194), (ERP, 3010)):
        told = [event["event"] for event in run.report("migrate")[one]["timeline"]]
        assert f"the guest restarts now (exit code {code})" in told


@pytest.mark.variant
def test_an_import_that_wants_a_restart_first_is_made_again_after_it(tmp_path: Path) -> None:
    first = f"if [ -e /etc/prepared ]; then {IMPORT_LINUX}; else echo > /etc/prepared; exit 194; fi"
    with user_of(tmp_path, [group("web-1")]) as (user, _simulated):
        run = user.play("migrate", **smc(first))
    assert run.states("migrate") == {WEB: "migrated"}, run.output


@pytest.mark.variant
def test_an_import_that_powers_the_guest_off_is_told(tmp_path: Path) -> None:
    with user_of(tmp_path, [group("web-1")]) as (user, simulated):
        run = user.play("migrate", **smc(f"{IMPORT_LINUX}; exit 193"))
        assert actions(simulated, "CreateReplicationJob") == []
    assert "GuestPoweredOff" in run.failures["web-1"], run.output


# --- the page ---------------------------------------------------------------------------------------------------------

PAGE = (ROOT / "docs/importing.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_page_run_as_they_stand(tmp_path: Path, example: str) -> None:
    said = yaml.safe_load(example)
    by_hand = [{"at": 60, "what": "import"}] if "wait_for_source" in example else []
    with user_of(tmp_path, [group("web-1", events=by_hand)]) as (user, _simulated):
        if isinstance(said, list):
            user.directory.mkdir()
            (user.directory / "play.yml").write_text(example, "utf-8")
            run = user.run("play.yml", os_migration_smc=None)
        else:
            run = user.play("migrate", **said)
    assert run.states("migrate") == {WEB: "migrated"}, run.output
    assert run.rc == 0
