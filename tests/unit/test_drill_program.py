# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the role drill: which modules it calls with what, and that clones go whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import drilled
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._batch import Batch, Outcomes
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._drill import drills
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._wishes import Enrolment

HOP = {
    "source": "centos-7",
    "target": "alinux-3",
    "service": "smc",
    "minutes": 30,
    "path": "alicloud.centos-7.alinux-3",
}
CHECK = {
    "name": "site",
    "kind": "script",
    "from": "guest",
    "script": "true",
    "shell": "sh",
    "timeout": 5,
    "retries": 0,
    "delay": 0,
}


@dataclass
class Cloud:
    """What the modules answer, by module and state, instead of what is good."""

    answers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    raises: str = ""
    calls: list[tuple[str, str, list[dict[str, Any]], dict[str, Any]]] = field(default_factory=list)

    def __call__(self, module: str, arguments: dict[str, Any], looking: bool) -> dict[str, Any]:
        state = str(arguments.get("state", ""))
        self.calls.append((module, state, arguments["instances"], arguments))
        if module == self.raises:
            raise RuntimeError("the module could not be started")
        good = {"present": "cloned", "absent": "cleared", "drilled": "drilled", "migrated": "migrated"}.get(
            state, "finished"
        )
        more = self.answers.get((module, state), {})
        return {"results": [self._result(one, good, more) for one in arguments["instances"]]}

    def _result(self, one: dict[str, Any], state: str, more: dict[str, Any]) -> dict[str, Any]:
        known = {"instance_id": one["instance_id"], "state": state, "changed": True, "error": None, "findings": []}
        clone = f"clone-of-{one['instance_id']}" if state == "cloned" else None
        plan = {"hops": [HOP], "source_os": "centos-7", "target_os": "alinux-3", "timeline": [], "rc": 0, "stdout": ""}
        return {**known, **plan, "clone_id": clone, **more}

    @property
    def made(self) -> list[tuple[str, str]]:
        return [(module, state) for module, state, _who, _how in self.calls]


def run(cloud: Cloud, writing: bool = True, **more: Any) -> Outcomes:
    one = Enrolment("web", {"instance_id": "i-web", "name": "web", "target": "alinux-3", "hooks": []}, more=more)
    batch = Batch("drill", [one], cloud, lambda line: None, writing, connections=[{}])
    return drills(batch)


def failed(code: str = "Broken", state: str = "failed") -> dict[str, Any]:
    return {"state": state, "clone_id": None, "error": {"code": code, "message": "it broke.", "remedy": "Mend it."}}


def text_of(cloud: Cloud) -> drilled.Drilled:
    (who,) = [who for module, state, who, _how in cloud.calls if (module, state) == ("instance_clone", "absent")]
    found = drilled.from_tags({drilled.DRILL_KEY: who[0]["drilled"]})
    assert found is not None
    return found


def test_a_clone_is_made_migrated_checked_and_deleted_and_the_drill_is_told() -> None:
    cloud = Cloud()
    found = run(cloud, checks=[CHECK], price_hour=0.4)
    assert cloud.made == [
        ("instance_clone", "present"),
        ("os_migration", "migrated"),
        ("guest_command", ""),
        ("instance_clone", "absent"),
    ]
    who = cloud.calls[1][2][0]
    assert (who["instance_id"], who["clone_of"]) == ("clone-of-i-web", "i-web")
    assert cloud.calls[2][2][0]["instance_id"] == "clone-of-i-web"
    assert cloud.calls[0][3]["price_hour"] == 0.4
    result = found["web"]["result"]
    assert (found["web"]["failed"], result["instance_id"], result["state"]) == (False, "i-web", "drilled")
    assert (result["drill"]["passed"], result["drill"]["clone"]["state"]) == (True, "migrated")
    assert (text_of(cloud).passed, text_of(cloud).by, text_of(cloud).target) == (True, "clone", "alinux-3")


PROOF = {
    "verdict": "not_expected",
    "facts": {
        "ports": {"verdict": "equal", "not_expected": []},
        "services_enabled": {"verdict": "not_expected", "not_expected": ["-nginx"]},
    },
}


def differing(**more: Any) -> Cloud:
    return Cloud({("os_migration", "migrated"): {"proof": PROOF, **more}})


def test_a_clone_that_is_not_what_it_was_is_told_and_passes() -> None:
    cloud = differing()
    one = run(cloud)["web"]
    assert (one["failed"], one["result"]["drill"]["passed"], one["result"]["drill"]["proof"]) == (
        False,
        True,
        "not_expected",
    )
    assert one["msg"].endswith("; its clone differs: services_enabled (-nginx)")
    assert text_of(cloud).passed


def test_a_clone_that_is_not_what_it_was_fails_its_drill_where_that_is_wanted() -> None:
    cloud = differing()
    one = run(cloud, on_difference="fail", checks=[CHECK])["web"]
    error = one["result"]["error"]
    assert (one["failed"], one["result"]["state"], error["code"]) == (True, "failed", "DrillDiffers")
    assert "On its clone: " in error["message"]
    assert "services_enabled (-nginx)" in error["message"]
    assert not text_of(cloud).passed


@pytest.mark.parametrize("verdict", ["equal", "expected", "not_known"])
def test_what_is_as_it_should_be_or_not_known_fails_no_drill(verdict: str) -> None:
    proof = {"verdict": verdict, "facts": {"ports": {"verdict": verdict, "not_expected": []}}}
    cloud = Cloud({("os_migration", "migrated"): {"proof": proof}})
    one = run(cloud, on_difference="fail")["web"]
    assert (one["failed"], one["result"]["drill"]["proof"]) == (False, verdict)
    assert "differs" not in one["msg"]


def test_an_error_of_the_clone_goes_before_its_differences() -> None:
    one = run(differing(**failed()), on_difference="fail")["web"]
    assert one["result"]["error"]["code"] == "Broken"
    assert "differs" not in one["msg"]


@pytest.mark.parametrize(
    ("answers", "checks"),
    [({("os_migration", "migrated"): failed()}, []), ({("guest_command", ""): failed("ScriptFailed")}, [CHECK])],
)
def test_a_migration_or_a_check_that_fails_fails_the_drill_and_its_tag(answers: Any, checks: list[Any]) -> None:
    cloud = Cloud(answers)
    found = run(cloud, checks=checks)
    assert found["web"]["failed"]
    assert "On its clone: " in found["web"]["msg"]
    assert (found["web"]["result"]["drill"]["passed"], text_of(cloud).passed) == (False, False)


def test_a_clone_is_deleted_also_when_a_call_breaks_down() -> None:
    cloud = Cloud(raises="os_migration")
    with pytest.raises(RuntimeError):
        run(cloud)
    assert cloud.made[-1] == ("instance_clone", "absent")
    assert text_of(cloud).passed is False


def test_what_is_left_behind_fails_the_drill_before_anything_else() -> None:
    cloud = Cloud({("instance_clone", "absent"): failed("CopiesLeft"), ("os_migration", "migrated"): failed()})
    assert "CopiesLeft" in run(cloud)["web"]["msg"]


def test_a_clone_that_could_not_be_made_is_cleared_and_one_that_was_refused_needs_nothing() -> None:
    cloud = Cloud({("instance_clone", "present"): failed("CloneFailed")})
    assert "CloneFailed" in run(cloud)["web"]["msg"]
    assert cloud.made == [("instance_clone", "present"), ("instance_clone", "absent")]
    cloud = Cloud({("instance_clone", "present"): failed("QuotaExceed", "blocked")})
    assert "QuotaExceed" in run(cloud)["web"]["msg"]
    assert cloud.made == [("instance_clone", "present")]


def test_check_mode_only_asks_what_a_drill_takes() -> None:
    cloud = Cloud({("instance_clone", "present"): {"state": "planned", "clone_id": None}})
    assert not run(cloud, writing=False)["web"]["failed"]
    assert cloud.made == [("instance_clone", "present")]


def test_a_clean_up_drills_nothing() -> None:
    cloud = Cloud()
    run(cloud, cleanup=True)
    assert cloud.made == [("instance_clone", "absent")]
    assert "drilled" not in cloud.calls[0][2][0]


def test_the_service_drills_by_one_call_on_the_instance_itself() -> None:
    cloud = Cloud()
    found = run(cloud, by="service")
    assert cloud.made == [("os_migration", "drilled")]
    assert (cloud.calls[0][2][0]["instance_id"], found["web"]["failed"]) == ("i-web", False)


def test_checks_that_ask_from_the_controller_are_not_made_on_clones() -> None:
    cloud, told = Cloud(), []
    one = Enrolment("web", {"instance_id": "i-web"}, more={"checks": [{**CHECK, "from": "controller", "kind": "tcp"}]})
    drills(Batch("drill", [one], cloud, told.append, connections=[{}]))
    assert "guest_command" not in [module for module, _state in cloud.made]
    assert any("not made on clones: web" in line for line in told)
