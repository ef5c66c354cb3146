# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch: what is refused before anything is called, and what the answers of modules mean for each host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.checks import completed
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.telling import some
from ansible_collections.evergreen.os_migration.plugins.plugin_utils import _room
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._batch import (
    Batch,
    differing,
    for_nobody,
    outcomes,
    without_doubled,
)
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._programs import PROGRAMS
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._room import Room
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._wishes import Enrolment

WAIVER = {"rule": "linux.memory", "owner": "ops"}
TRACEBACK = 'Traceback (most recent call last):\n  File "x"\nRuntimeError: a fault of ours\n'

Answer = dict[str, Any]


def host(name: str, instance_id: str = "", **more: Any) -> Enrolment:
    return Enrolment(name, {"name": name, "instance_id": instance_id or f"i-{name}"}, **more)


def result(name: str, **changes: Any) -> Answer:
    return {"instance_id": f"i-{name}", "name": name, "state": "migrated", "error": None, "target_os": "", **changes}


class Calls:
    """Modules that answer as they are told, and what they were asked."""

    def __init__(self, answer: Callable[[str, Answer], Answer]) -> None:
        self.made: list[tuple[str, Answer, bool]] = []
        self.told: list[str] = []
        self._answer = answer

    def __call__(self, module: str, arguments: Answer, looking: bool) -> Answer:
        self.made.append((module, arguments, looking))
        return self._answer(module, arguments)

    def serve(self, phase: str, *enrolments: Enrolment, writing: bool = True) -> dict[str, Answer]:
        return PROGRAMS[phase](Batch(phase, list(enrolments), self, self.told.append, writing))


def answering(*results: Answer, **more: Any) -> Calls:
    return Calls(lambda module, arguments: {"results": list(results), **more})


# --- before anything is called ----------------------------------------------------------------------------------------


def test_hosts_with_one_instance_are_refused_and_each_is_told_of_the_others() -> None:
    refused: dict[str, Any] = {}
    good = without_doubled([host("a", "i-1"), host("b", " i-1 "), host("c", "i-2")], refused)
    assert [one.host for one in good] == ["c"]
    assert "also that of b" in refused["a"]["msg"]
    assert "also that of a" in refused["b"]["msg"]


def test_an_option_of_the_whole_call_in_which_hosts_differ_is_named_with_the_hosts() -> None:
    def of(name: str, number: int | None) -> Enrolment:
        given = {} if number is None else {"max_running": number}
        return host(name, options=given, names=dict.fromkeys(given, "migrate_max_running"))

    text = differing([of("a", 5), of("b", 5), of("c", 7), of("d", None)])
    assert text.startswith("migrate_max_running counts for all hosts")
    assert "5 on a, b; 7 on c; not set on d" in text
    assert differing([of("a", 5), of("b", 5)]) == ""


def test_the_services_of_a_cloud_are_the_whole_call_s_and_its_connection_is_the_host_s_own() -> None:
    assert "os_migration_smc" in differing([host("a", clouds={"smc": "1"}), host("b", clouds={"smc": "2"})])
    assert differing([host("a", clouds={"alicloud": "1"}), host("b", clouds={"alicloud": "2"})]) == ""


def test_each_host_is_served_by_its_own_connection_in_one_call() -> None:
    calls = answering(result("a"), result("b"), result("c"))
    hosts = [host(name, clouds={"alicloud": digest, "smc": "s"}) for name, digest in zip("abc", "121", strict=True)]
    batch = Batch("migrate", hosts, calls, calls.told.append)
    batch.connect(hosts, {"1": {"region": "one"}, "2": {"region": "two"}, "s": {"transport": "watch"}})
    PROGRAMS["migrate"](batch)
    ((_module, arguments, _looking),) = calls.made
    assert arguments["connections"] == [{"alicloud": {"region": "one"}}, {"alicloud": {"region": "two"}}]
    assert [item["connection"] for item in arguments["instances"]] == [0, 1, 0]
    assert arguments["smc"] == {"transport": "watch"}


def test_what_all_hosts_have_in_common_is_the_call_s_own() -> None:
    calls = answering(result("a"))
    batch = Batch("migrate", [host("a", clouds={"alicloud": "1"})], calls, calls.told.append)
    batch.connect(batch.enrolments, {"1": {"region": "one"}})
    PROGRAMS["migrate"](batch)
    assert calls.made[0][1]["alicloud"] == {"region": "one"}
    assert "connections" not in calls.made[0][1]


def test_a_waiver_that_is_for_no_host_of_the_inventory_is_told_once() -> None:
    nobody, other = {**WAIVER, "hosts": []}, {**WAIVER, "groups": ["office"]}
    hosts = [host("a", elsewhere=[nobody, other]), host("b", elsewhere=[nobody, other])]
    assert for_nobody(hosts, lambda: iter(["a", "b", "office"])) == [
        "The waiver of linux.memory by ops is for no host: its list is empty."
    ]
    assert len(for_nobody(hosts, lambda: iter(["a", "b"]))) == 2
    assert for_nobody([host("a")], pytest.fail) == [], "the inventory is asked only when there is a reason"


def test_many_names_are_a_number() -> None:
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


# --- what the answers mean --------------------------------------------------------------------------------------------


def test_each_host_gets_its_own_outcome() -> None:
    bad = result("b", error={"code": "X", "message": "bad.", "remedy": ""}, state="failed")
    diff = {"before": {"i-a": {"os": "centos-7"}}, "after": {"i-a": {"os": "alinux-3"}}}
    found = answering(result("a", changed=True), bad, diff=diff).serve("migrate", host("a"), host("b"), host("c"))
    assert (found["a"]["changed"], found["a"]["failed"], found["a"]["diff"]) == (True, False, diff)
    assert (found["b"]["failed"], "diff" in found["b"]) == (True, False)
    assert "MissingResult" in found["c"]["msg"]


def test_a_module_that_cannot_be_run_is_told_with_its_exception_and_without_its_traceback() -> None:
    answer = {"failed": True, "msg": "MODULE FAILURE", "rc": 1, "module_stderr": TRACEBACK}
    found = outcomes([host("a"), host("b")], answer)
    assert found.keys() == {"a", "b"}
    assert "ModuleCrashed: the module could not be run: RuntimeError: a fault of ours." in found["a"]["msg"]
    assert "-vvv" in found["a"]["msg"]
    assert "Traceback" not in found["a"]["msg"]


def test_a_module_that_refuses_is_told_as_it_said() -> None:
    found = outcomes([host("a")], {"failed": True, "msg": "No credentials. Set them."})
    assert found["a"]["msg"] == "i-a (a): CallFailed: No credentials. Set them."


def test_scripts_that_are_alike_go_out_in_one_call() -> None:
    step = {"name": "stop", "script": "true", "shell": "sh", "timeout": 60, "arguments": ["it's"]}
    calls = Calls(lambda module, arguments: {"results": [result(one["name"]) for one in arguments["instances"]]})
    hosts = [host("a", more={"step": step}), host("b", more={"step": {**step, "script": "false"}})]
    calls.serve("script", *hosts, host("c", more={"step": step}))
    sent = [([one["name"] for one in call["instances"]], call["script"]) for _module, call, _looking in calls.made]
    quoted = "set -- 'it'\"'\"'s'\n"
    assert sent == [(["a", "c"], f"{quoted}true"), (["b"], f"{quoted}false")]
    assert calls.told == ["stop: 2 migrated", "stop: 1 migrated"]


# --- checks of applications -------------------------------------------------------------------------------------------

CHECKS = completed(
    [{"name": "shop", "script": "true"}, {"name": "iis", "script": "exit", "shell": "powershell"}], lambda: "10.0.0.1"
)


def checking(module: str, arguments: Answer) -> Answer:
    if module == "os_migration":
        systems = {"a": "alinux-3", "b": "alinux-3", "w": "windows-2016"}
        found = [result(name, state="verified", target_os=systems[name]) for name in "abw"]
        wrong = {**found[1], "error": {"code": "WrongSystem", "message": "old.", "remedy": ""}, "state": "failed"}
        return {"results": [found[0], wrong, found[2]]}
    error = {"code": "ScriptFailed", "message": "It ended with 1.", "remedy": "Read its output."}
    return {"results": [result(one["name"], rc=1, error=error) for one in arguments["instances"]]}


def test_checks_go_to_the_systems_they_are_for_where_the_system_itself_is_right(tmp_path: Path) -> None:
    calls, file = Calls(checking), str(tmp_path / "verify.json")
    hosts = [host(name, options={"results_file": file}, more={"checks": CHECKS}) for name in "abw"]
    found = calls.serve("verify", *hosts)
    asked = {call["script"]: [one["name"] for one in call["instances"]] for _m, call, _l in calls.made[1:]}
    assert asked == {"true": ["a"], "exit": ["w"]}
    assert "shop: ScriptFailed" in found["a"]["msg"]
    assert "results_file" not in calls.made[0][1]
    assert '"failed": 3' in Path(file).read_text("utf-8")


@pytest.mark.parametrize(
    "answer",
    [
        {"failed": True, "msg": "No credentials. Set them."},
        {"failed": True, "msg": "MODULE FAILURE", "rc": 1, "module_stderr": TRACEBACK},
        {"results": []},
        {"results": [result("a", state="planned", rc=None)]},
        {"results": [result("a", rc=None, error={"code": "GuestUnreachable", "message": "x.", "remedy": ""})]},
    ],
)
@pytest.mark.parametrize("kind", [{"script": "true"}, {"kind": "tcp", "port": 22, "from": "guest"}])
def test_a_check_that_could_not_be_run_is_a_failed_verification_also_in_the_file(
    answer: Answer, kind: Answer, tmp_path: Path
) -> None:
    good = {"results": [result("a", state="verified", target_os="alinux-3")]}
    calls = Calls(lambda module, arguments: good if module == "os_migration" else answer)
    file = tmp_path / "verify.json"
    wanted = completed([{"name": "shop", **kind}], lambda: "10.0.0.1")
    found = calls.serve("verify", host("a", options={"results_file": str(file)}, more={"checks": wanted}))
    assert (found["a"]["failed"], found["a"]["result"]["state"]) == (True, "failed")
    assert found["a"]["msg"].startswith("i-a (a): shop: ")
    assert "None" not in found["a"]["msg"]
    assert '"failed": 1' in file.read_text("utf-8")


def test_without_writing_no_file_is_written(tmp_path: Path) -> None:
    file = tmp_path / "verify.json"
    one = host("a", options={"results_file": str(file)}, more={"checks": CHECKS[:1]})
    Calls(checking).serve("verify", one, writing=False)
    assert not file.exists()


# --- the room ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Room:
    monkeypatch.setattr(_room.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return Room(SimpleNamespace(_parent=SimpleNamespace(_uuid="block")), "migrate")


def test_each_enrolment_counts_once(room: Room) -> None:
    room.enrol("web/1", {"host": "web/1"})
    room.enrol("web-2", {"host": "web-2"})
    assert sorted(wish["host"] for wish in room.take()) == ["web-2", "web/1"]
    assert room.take() == []


def test_an_outcome_of_an_earlier_application_does_not_count(room: Room) -> None:
    room.leave("web-1", {"msg": "earlier"})
    room.enrol("web-1", {})
    assert room.outcome("web-1") is None
    assert room.coming("web-1")


def test_what_is_written_is_private(room: Room) -> None:
    room.enrol("web-1", {})
    modes = {path.stat().st_mode & 0o077 for path in room.path.rglob("*")}
    assert modes == {0}


def test_one_serves_and_a_claim_of_one_that_is_gone_does_not_count(room: Room) -> None:
    with room.claimed() as mine:
        assert mine
        assert room.coming("web-1")
    assert not room.coming("web-1")
    (room.path / "claim").write_text('{"pid": 1, "started": "never"}', "utf-8")
    with room.claimed() as mine:
        assert not mine
    with room.claimed() as mine:
        assert mine
