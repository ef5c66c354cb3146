# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's own outcome: changed, failed, a message with the remedy, and the result of its instance."""

from __future__ import annotations

from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.telling import (
    checked,
    counted,
    failure,
    outcome,
)

STUCK = {"code": "JobStuck", "message": "Job j-1 is still Running.", "remedy": "Look at it."}


def result(**changes: Any) -> dict[str, Any]:
    return {"instance_id": "i-1", "state": "migrated", "changed": False, "findings": [], "error": None, **changes}


def message(label: str = "", **changes: Any) -> str:
    return str(outcome("web-1", result(**changes), label)["msg"])


def test_the_host_is_changed_or_failed_as_its_instance_is() -> None:
    assert outcome("web-1", result(changed=True)) == {
        "changed": True,
        "failed": False,
        "msg": "migrated",
        "result": result(changed=True),
    }
    assert outcome("web-1", result(error=STUCK))["failed"]


def test_the_way_is_told() -> None:
    hops = [{"target": "windows-2012r2"}, {"target": "windows-2016"}]
    assert message(source_os="windows-2008r2", hops=hops) == (
        "migrated: windows-2008r2 -> windows-2012r2 -> windows-2016"
    )


def test_a_host_that_was_left_alone_had_nothing_to_do() -> None:
    left = outcome("web-1", result(state="unchanged"))
    assert (left["msg"], left["changed"], left["failed"]) == ("nothing to do", False, False)


def test_an_error_tells_host_code_message_and_remedy() -> None:
    assert message(error=STUCK) == "i-1 (web-1): JobStuck: Job j-1 is still Running. Remedy: Look at it."


def test_every_inhibitor_is_told_once() -> None:
    findings = [
        {"id": "linux.memory", "severity": "inhibitor", "message": "Memory.", "evidence": "10 MiB", "remedy": "A."},
        {"id": "linux.space.var", "severity": "inhibitor", "message": "Space.", "evidence": "", "remedy": "B."},
        {"id": "path.condition", "severity": "info", "message": "Ask.", "evidence": "", "remedy": ""},
    ]
    error = {"code": "linux.memory", "message": "Memory. 10 MiB.", "remedy": "A."}
    assert message(state="blocked", error=error, findings=findings) == (
        "i-1 (web-1): linux.memory: Memory. 10 MiB. Remedy: A. linux.space.var: Space. Remedy: B."
    )


def test_a_script_is_named_and_its_last_line_told() -> None:
    error = {"code": "ScriptFailed", "message": "The script ended with 3", "remedy": ""}
    assert message("shop answers", error=error, stdout="a\nb\n") == (
        "i-1 (web-1): shop answers: ScriptFailed: The script ended with 3. Its last line: b"
    )


def test_a_rollback_is_told() -> None:
    assert message(state="rolled_back", error=STUCK).endswith("The instance was rolled back.")


def test_what_was_refused_has_the_shape_of_a_result() -> None:
    refused = failure("web-1", "i-1", "InvalidVariable", "it is wrong.", "Correct it.")
    assert refused["msg"] == "i-1 (web-1): InvalidVariable: it is wrong. Remedy: Correct it."
    assert set(result()) <= set(refused["result"])
    assert failure("web-1", "", "X", "gone.", "")["msg"] == "web-1: X: gone."


CHECK = {"name": "shop", "kind": "script", "from": "guest", "tries": 1, "planned": False, "rc": 0, "error": None}


def test_a_failed_check_is_a_failed_verification() -> None:
    good = outcome("web-1", result(state="verified"))
    answers = [CHECK, {**CHECK, "name": "db", "rc": 3, "stdout": "down\n", "error": STUCK}]
    found = checked("web-1", good, answers)
    assert (found["failed"], found["result"]["state"]) == (True, "failed")
    assert (
        found["msg"] == "i-1 (web-1): db: JobStuck: Job j-1 is still Running. Remedy: Look at it. Its last line: down"
    )
    assert [(check["name"], check["rc"]) for check in found["result"]["checks"]] == [("shop", 0), ("db", 3)]
    assert checked("web-1", good, answers[:1])["result"]["state"] == "verified"


def test_a_good_check_does_not_hide_a_failed_one_of_the_same_name() -> None:
    good = outcome("web-1", result(state="verified"))
    assert checked("web-1", good, [{**CHECK, "rc": 3, "error": STUCK}, CHECK])["failed"]


def test_what_check_mode_did_not_run_is_told() -> None:
    good = outcome("web-1", result(state="verified"))
    told = checked("web-1", good, [{**CHECK, "rc": None, "planned": True}, {**CHECK, "name": "port"}])
    assert (told["failed"], told["msg"]) == (False, "verified; not run in check mode: shop")


def test_states_are_counted() -> None:
    outcomes = [outcome("a", result()), outcome("b", result()), failure("c", "", "X", "bad.", "")]
    assert counted(outcomes) == "2 migrated, 1 failed"
    assert counted([]) == "no instances"
