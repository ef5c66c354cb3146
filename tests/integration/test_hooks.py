# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's own steps around hops: scripts in the guests, and Ansible tasks by the roles' entry points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from guest.windows import MISSING, find
from integration.harness import Cloud, Controller, Run, cloud, group, host, instance_id

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/hooks"
AGENT = "monitoring-agent"


def hook(name: str, when: str, script: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "when": when, "script": script, **more}


def hooks_of(run: Run, name: str) -> list[tuple[str, str]]:
    return [(one["name"], one["status"]) for one in run.report("migrate")[instance_id(name)]["hooks"]]


def actions(running: Cloud) -> list[str]:
    return [call["action"] for call in running.writes()]


def test_hooks_run_around_hops_and_the_results_tell_what_they_said(tmp_path: Path) -> None:
    hooks = [
        hook("first", "before_migration", 'echo "leaving $OS_MIGRATION_SOURCE with $1"', arguments=["care; exit 9"]),
        hook("secret", "before_hop", "echo password", no_log=True),
        hook("doubtful", "after_hop", "echo not here; exit 4", on_failure="warn"),
        hook("last", "after_migration", '. /etc/os-release; echo "on $ID"'),
        hook("elsewhere", "after_hop", "echo no", systems=["anolis-8"]),
    ]
    names = ("web-1", "web-2")
    with cloud({"groups": [group(name) for name in names]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {name: host(name, os_migration_hooks=hooks) for name in names})
        checked = user.play("migrate", "--check", "--diff")
        run = user.play("migrate")
        written = actions(running)
    assert checked.rc == 0, checked.output
    assert "hook 'first' before leaving centos-7" in checked.output
    assert "first, secret and 2 more" in checked.output
    assert run.rc == 0, run.output
    told = run.report("migrate")[instance_id("web-1")]
    assert [(one["name"], one["status"], one["rc"], one["output"]) for one in told["hooks"]] == [
        ("first", "done", 0, "leaving centos-7 with care; exit 9\n"),
        ("secret", "done", 0, None),
        ("doubtful", "failed", 4, "not here\nThe command ended with a nonzero exit code."),
        ("last", "done", 0, "on alinux\n"),
    ]
    assert all(one["began"] and one["ended"] for one in told["hooks"])
    assert "hook.failed" in {one["id"] for one in told["findings"]}
    assert (told["state"], hooks_of(run, "web-2")) == ("migrated", hooks_of(run, "web-1"))
    order = [written.index(name) for name in ("CreateSnapshot", "CreateReplicationJob", "StartReplicationJob")]
    scripts = [number for number, name in enumerate(written) if name == "RunCommand"]
    assert order == sorted(order)
    assert any(order[0] < number < order[1] for number in scripts)
    assert "password" not in run.output


@pytest.mark.variant
def test_a_hook_that_hangs_ends_by_its_deadline_and_the_next_run_goes_on_with_it(tmp_path: Path) -> None:
    waits = 'echo "asked" >>/root/asked; [ "$(wc -l </root/asked)" -gt 1 ] || sleep 60'
    hooks = [
        hook("before", "before_migration", "echo one"),
        hook("hangs", "after_migration", waits, timeout=3),
        hook("after", "after_migration", "echo two"),
    ]
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1", os_migration_hooks=hooks)})
        run = user.play("migrate", migrate_on_failure="rollback")
        first = run.report("migrate")[instance_id("web-1")]
        again = user.play("migrate")
        jobs = actions(running).count("CreateReplicationJob")
        resets = actions(running).count("ResetDisk") + actions(running).count("ResetDisks")
    assert run.rc != 0
    assert "HookTimeout" in run.failures["web-1"]
    assert "did not end within its 3 s" in run.failures["web-1"]
    assert (first["state"], [one["status"] for one in first["hooks"]]) == ("failed", ["done", "timed_out"])
    assert again.rc == 0, again.output
    assert hooks_of(again, "web-1") == [("before", "done"), ("hangs", "done"), ("after", "done")]
    assert (jobs, resets) == (1, 0)


def test_a_hook_that_failed_keeps_its_instance_from_its_job_and_a_rollback_brings_the_guest_back(
    tmp_path: Path,
) -> None:
    hooks = [hook("removes", "before_migration", "rpm -e agent"), hook("fails", "before_migration", "exit 7")]
    packages = {"packages": [AGENT, "agent"]}
    with cloud({"groups": [group("web-1", guest=packages)]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1", os_migration_hooks=hooks)})
        run = user.play("migrate")
        back = user.play("rollback")
        written = actions(running)
    assert "exit code 7" in run.failures["web-1"]
    assert "HookFailed" in run.failures["web-1"]
    assert "CreateReplicationJob" not in written
    assert back.rc == 0, back.output
    assert list(back.states("rollback").values()) == ["rolled_back"]


def killed_in_a_hook(user: Controller, running: Cloud) -> None:
    """Kill everything of a run once its hook was sent: after the snapshots the import goes to the guest, then that."""
    command = user.command("evergreen.os_migration.migrate", target="all")
    assert user.run_until_killed(command, lambda: after_snapshots(running).count("RunCommand") >= 2), (
        "it was over before"
    )


def after_snapshots(running: Cloud) -> list[str]:
    found = actions(running)
    return found[found.index("CreateSnapshot") :] if "CreateSnapshot" in found else []


def test_a_hook_in_the_middle_of_which_the_controller_was_killed_is_waited_for_and_not_run_again(
    tmp_path: Path,
) -> None:
    hooks = [
        hook("slow", "before_migration", "echo x >>/root/times; sleep 6", timeout=60),
        hook("count", "before_migration", "wc -l </root/times", timeout=60),
    ]
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1", os_migration_hooks=hooks)})
        killed_in_a_hook(user, running)
        jobs_before = actions(running).count("CreateReplicationJob")
        run = user.play("migrate")
        jobs = actions(running).count("CreateReplicationJob")
    assert run.rc == 0, run.output
    told = run.report("migrate")[instance_id("web-1")]
    assert [(one["name"], one["status"], one["output"].strip()) for one in told["hooks"]] == [
        ("slow", "done", ""),
        ("count", "done", "1"),
    ]
    assert "was done before" in str(told["timeline"])
    assert (jobs_before, jobs) == (0, 1)


@pytest.mark.variant
def test_a_guest_that_a_hook_restarts_is_waited_for_before_the_next_one(tmp_path: Path) -> None:
    restarts = 'echo x >>/root/times; [ "$(wc -l </root/times)" -gt 1 ] || exit 194'
    hooks = [hook("restarts", "before_migration", restarts), hook("count", "before_migration", "wc -l </root/times")]
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1", os_migration_hooks=hooks)})
        run = user.play("migrate")
    assert run.rc == 0, run.output
    told = run.report("migrate")[instance_id("web-1")]
    assert [(one["status"], one["rc"], one["output"].splitlines()[0]) for one in told["hooks"]] == [
        ("done", 194, "The command ended with a nonzero exit code."),
        ("done", 0, "1"),
    ]
    assert "the guest restarts now (exit code 194)" in str(told["timeline"])


@pytest.mark.variant
@pytest.mark.skipif(not find(), reason=MISSING)
def test_hooks_for_windows_run_on_each_of_its_systems_and_not_in_linux_guests(tmp_path: Path) -> None:
    script = "\"$($args[0]) $env:OS_MIGRATION_SOURCE -> $env:OS_MIGRATION_TARGET\"\nif ($args[1] -eq 'no') { exit 5 }"
    hooks = [
        hook("b", "before_hop", script, shell="powershell", arguments=["before"]),
        hook("a", "after_hop", script, shell="powershell", arguments=["after", "no"], on_failure="warn"),
        hook("sh", "before_hop", "echo linux"),
    ]
    groups = [group("erp-1", "windows-2008r2", guest={"edition": "Enterprise"}), group("web-1")]
    with cloud({"groups": groups}, tmp_path / "cloud") as running:
        hosts = {"erp-1": host("erp-1", "windows-2008r2"), "web-1": host("web-1")}
        run = Controller(running, tmp_path / "user", hosts).play("migrate", os_migration_hooks=hooks)
    assert run.rc == 0, run.output
    told = run.report("migrate")
    ended = [(one["status"], one["rc"], one["output"].splitlines()[0]) for one in told[instance_id("erp-1")]["hooks"]]
    assert ended == [
        ("done", 0, "before windows-2008r2 -> windows-2012r2"),
        ("failed", 5, "after windows-2008r2 -> windows-2012r2"),
        ("done", 0, "before windows-2012r2 -> windows-2016"),
        ("failed", 5, "after windows-2012r2 -> windows-2016"),
    ]
    assert hooks_of(run, "web-1") == [("sh", "done")]


def test_the_example_removes_an_agent_before_and_installs_it_again_after(tmp_path: Path) -> None:
    look = [
        hook("gone", "before_hop", f"rpm -q {AGENT}; systemctl is-active {AGENT}; true"),
        hook("back", "after_migration", f"rpm -q {AGENT} && systemctl is-active {AGENT}"),
    ]
    example = yaml.safe_load((EXAMPLE / "group_vars.yml").read_text("utf-8"))
    hooks = [*example["os_migration_hooks"], *look]
    hosts = {"web-1": host("web-1", os_migration_hooks=hooks)}
    with cloud({"groups": [group("web-1", guest={"packages": [AGENT]})]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", hosts)
        run = user.play("migrate", agent_scripts=str(EXAMPLE))
    assert run.rc == 0, run.output
    told = {one["name"]: one["output"] for one in run.report("migrate")[instance_id("web-1")]["hooks"]}
    assert f"removed {AGENT}" in told["remove the agent"]
    assert told["gone"].split() == f"package {AGENT} is not installed inactive".split()
    assert f"{AGENT} runs" in told["install the agent"]
    assert told["back"].split()[-1] == "active"


@pytest.mark.parametrize(
    ("hooks", "said"),
    [
        ([{"name": "x", "when": "sometimes", "script": "true"}], "value of when must be one of"),
        ([{"name": "x", "when": "before_hop"}], "missing required arguments: script"),
        ([{"name": "x", "when": "before_hop", "script": "true", "systems": ["centos7"]}], "Did you mean centos-7"),
        ([{"name": "x", "when": "before_hop", "script": "true"}] * 2, "two hooks of one moment are called 'x'"),
        ([{"name": "x", "when": "before_hop", "script": "true", "timeout": 0}], "has to be above 0"),
        ([{"name": " ", "when": "before_hop", "script": "true"}], "a name and a script that are not empty"),
    ],
)
def test_a_hook_that_cannot_be_meant_is_refused_by_its_host_before_anything_is_written(
    tmp_path: Path, hooks: list[dict[str, Any]], said: str
) -> None:
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1", os_migration_hooks=hooks)})
        run = user.play("migrate")
        assert running.writes() == []
    assert said in run.failures["web-1"]
    assert "os_migration_hooks" in run.failures["web-1"]


# --- tasks of the user's own ------------------------------------------------------------------------------------------


def the_documented_play() -> str:
    """The play that the page on hooks shows, as it stands there."""
    page = (ROOT / "docs/hooks.md").read_text("utf-8")
    examples = [text.split("```")[0] for text in page.split("```yaml\n")[1:]]
    [play] = [text for text in examples if "sequence_between_tasks" in text]
    return play


def own_tasks(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "migrate_erp.yml").write_text(the_documented_play(), "utf-8")
    for moment in ("before", "between", "after"):
        line = f"{moment} {{{{ inventory_hostname }}}}"
        done = {"ansible.builtin.lineinfile": {"path": str(directory / "told"), "line": line, "create": True}}
        task = {"name": f"Tell {moment}", **done, "delegate_to": "localhost", "throttle": 1}
        (directory / f"{moment}.yml").write_text(yaml.safe_dump([task]), "utf-8")


def test_tasks_of_the_user_s_own_run_before_between_and_after_the_hops(tmp_path: Path) -> None:
    directory = tmp_path / "user"
    own_tasks(directory)
    groups = [group("erp-1", "windows-2008r2", guest={"edition": "Enterprise"}), group("erp-2", "windows-2012r2")]
    hosts = {"erp-1": host("erp-1", "windows-2008r2"), "erp-2": host("erp-2", "windows-2012r2")}
    with cloud({"groups": groups}, tmp_path / "cloud") as running:
        user = Controller(running, directory, hosts)
        run = user.run(str(directory / "migrate_erp.yml"))
        again = user.run(str(directory / "migrate_erp.yml"))
        jobs = actions(running).count("CreateReplicationJob")
    assert run.rc == 0, run.output
    told = (directory / "told").read_text("utf-8").splitlines()
    assert sorted(told) == [
        *("after erp-1", "after erp-2"),
        *("before erp-1", "before erp-2"),
        "between erp-1",
    ]
    assert [line.split()[0] for line in told] == ["before", "before", "between", "after", "after"]
    assert set(run.states("verify").values()) == {"verified"}
    assert again.rc == 0, again.output
    assert jobs == 3
