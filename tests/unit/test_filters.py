# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that lead from inventory hosts to instances and back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.filter import fleet as fleet_module
from ansible_collections.evergreen.os_migration.plugins.filter.fleet import fleet
from ansible_collections.evergreen.os_migration.plugins.filter.verdict import verdict

HOSTVARS: dict[str, dict[str, Any]] = {
    "web-1": {"instance_id": "i-1", "region": "cn-hangzhou", "os_migration_target": "alinux-3", "other": 1},
    "web-2": {"instance_id": "i-2", "provider": "alicloud", "os_migration_profile": "shop"},
    "bastion": {"region": "cn-hangzhou"},
}


def result(instance_id: str = "i-1", **changes: Any) -> dict[str, Any]:
    return {"instance_id": instance_id, "state": "migrated", "findings": [], "error": None, **changes}


def problems(*results: dict[str, Any], hosts: tuple[str, ...] = ("web-1",)) -> dict[str, str]:
    found: dict[str, str] = verdict([{"results": results}], hosts, HOSTVARS)["problems"]
    return found


class TestFleet:
    def test_keeps_the_order_and_only_what_is_set(self) -> None:
        assert fleet(["web-2", "web-1"], HOSTVARS) == [
            {"name": "web-2", "instance_id": "i-2", "provider": "alicloud", "profile": "shop"},
            {"name": "web-1", "instance_id": "i-1", "region": "cn-hangzhou"},
        ]

    def test_names_the_target_if_asked(self) -> None:
        assert fleet(["web-1"], HOSTVARS, target=True)[0]["target"] == "alinux-3"

    def test_leaves_out_hosts_without_instance(self) -> None:
        assert fleet(["bastion"], HOSTVARS) == []

    def test_can_be_limited_to_some_instances(self) -> None:
        assert [item["instance_id"] for item in fleet(HOSTVARS, HOSTVARS, only=["i-2", "i-9"])] == ["i-2"]
        assert fleet(HOSTVARS, HOSTVARS, only=[]) == []


class TestWaivers:
    WAIVER = {"rule": "linux.memory", "reason": "small on purpose", "owner": "ops", "expires": "2026-12-31"}  # noqa: RUF012

    def given(self, **limits: Any) -> list[dict[str, Any]]:
        variables = {
            name: {**facts, "group_names": ["shop"] if name == "web-1" else [], "os_migration_waivers": [limits]}
            for name, facts in HOSTVARS.items()
        }
        return [item["name"] for item in fleet(HOSTVARS, variables, target=True) if item.get("waivers")]

    def test_a_waiver_without_limits_is_for_every_host_that_sees_it(self) -> None:
        assert self.given(**self.WAIVER) == ["web-1", "web-2"]

    @pytest.mark.parametrize("limits", [{"hosts": ["web-2"]}, {"hosts": "web-2"}, {"hosts": ["i-2"]}])
    def test_a_waiver_can_be_limited_to_hosts_by_name_or_id(self, limits: dict[str, Any]) -> None:
        assert self.given(**self.WAIVER, **limits) == ["web-2"]

    def test_a_waiver_can_be_limited_to_groups(self) -> None:
        assert self.given(**self.WAIVER, groups=["shop", "office"]) == ["web-1"]

    @pytest.mark.parametrize("limits", [{"hosts": []}, {"groups": []}, {"hosts": None}, {"hosts": ["nobody"]}])
    def test_a_waiver_for_nobody_waives_nothing_and_is_told(
        self, limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[str] = []
        monkeypatch.setattr(fleet_module.display, "warning", told.append)
        assert self.given(**self.WAIVER, **limits) == []
        assert len(told) == 1
        assert "linux.memory by ops is for no host" in told[0]

    @pytest.mark.parametrize("limits", [{}, {"hosts": ["web-2"]}, {"hosts": ["i-2"]}, {"groups": ["shop"]}])
    def test_a_waiver_for_somebody_is_not_told(self, limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[str] = []
        monkeypatch.setattr(fleet_module.display, "warning", told.append)
        assert self.given(**self.WAIVER, **limits)
        assert told == []

    def test_a_waiver_for_a_group_of_another_batch_is_not_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[str] = []
        monkeypatch.setattr(fleet_module.display, "warning", told.append)
        waivers = [{**self.WAIVER, "groups": ["office"]}]
        seen = {"groups": {"office": ["web-9"]}, "os_migration_waivers": waivers}
        assert "waivers" not in fleet(["web-1"], {"web-1": {**HOSTVARS["web-1"], **seen}}, target=True)[0]
        assert told == []

    def test_the_modules_get_the_waiver_without_its_limits(self) -> None:
        variables = {"web-1": {**HOSTVARS["web-1"], "os_migration_waivers": [{**self.WAIVER, "hosts": ["web-1"]}]}}
        assert fleet(["web-1"], variables, target=True)[0]["waivers"] == [self.WAIVER]

    @pytest.mark.parametrize("wrong", ["linux.memory", {"rule": "linux.memory"}, ["linux.memory"]])
    def test_what_is_no_list_of_waivers_is_refused_with_the_host_s_name(self, wrong: Any) -> None:
        variables = {"web-1": {**HOSTVARS["web-1"], "os_migration_waivers": wrong}}
        with pytest.raises(AnsibleFilterError, match=r"web-1 must be a list of waivers"):
            fleet(["web-1"], variables, target=True)

    def test_a_misspelt_key_of_a_waiver_is_told_with_the_host_s_name(self) -> None:
        variables = {"web-1": {**HOSTVARS["web-1"], "os_migration_waivers": [{**self.WAIVER, "host": ["web-1"]}]}}
        with pytest.raises(AnsibleFilterError, match=r"web-1: there is no host, only expires, groups, hosts"):
            fleet(["web-1"], variables, target=True)


class TestVerdict:
    def test_an_id_is_known_in_whatever_form_the_inventory_has_it(self) -> None:
        error = {"code": "InstanceNotFound", "message": "There is no instance 4711.", "remedy": "Check the id."}
        call = {"results": [result("4711", state="failed", error=error)]}
        found = verdict([call], ["web-1"], {"web-1": {"instance_id": 4711}})["problems"]
        assert "InstanceNotFound" in found["web-1"]

    def test_all_is_well(self) -> None:
        call = {"results": [result("i-1"), result("i-2", state="planned")]}
        assert verdict([call], ["web-1", "web-2"], HOSTVARS) == {"summary": "1 migrated, 1 planned", "problems": {}}

    def test_a_wave_without_instances(self) -> None:
        assert verdict([{"results": []}], [], HOSTVARS) == {"summary": "no instances", "problems": {}}

    def test_an_error_tells_code_message_and_remedy(self) -> None:
        error = {"code": "JobStuck", "message": "Job j-1 is still Running.", "remedy": "Look at it."}
        assert problems(result(error=error)) == {
            "web-1": "i-1 (web-1): JobStuck: Job j-1 is still Running. Remedy: Look at it."
        }

    def test_only_the_hosts_concerned_have_a_problem(self) -> None:
        error = {"code": "X", "message": "bad", "remedy": ""}
        assert list(problems(result("i-1"), result("i-2", error=error), hosts=("web-1", "web-2"))) == ["web-2"]

    def test_every_inhibitor_is_told_once(self) -> None:
        findings = [
            {"id": "linux.memory", "severity": "inhibitor", "message": "Memory.", "evidence": "10 MiB", "remedy": "A."},
            {"id": "linux.space.var", "severity": "inhibitor", "message": "Space.", "evidence": "", "remedy": "B."},
            {"id": "path.condition", "severity": "info", "message": "Ask.", "evidence": "", "remedy": ""},
        ]
        error = {"code": "linux.memory", "message": "Memory. 10 MiB.", "remedy": "A."}
        assert problems(result(state="blocked", error=error, findings=findings))["web-1"] == (
            "i-1 (web-1): linux.memory: Memory. 10 MiB. Remedy: A. linux.space.var: Space. Remedy: B."
        )

    def test_the_worst_of_several_calls_counts_and_a_loop_item_is_named(self) -> None:
        error = {"code": "ScriptFailed", "message": "The script ended with 3", "remedy": ""}
        calls = [
            {"results": [result()]},
            {"item": {"name": "shop answers"}, "results": [result(error=error, stdout="a\nb\n")]},
        ]
        found = verdict(calls, ["web-1"], HOSTVARS)
        assert found["summary"] == "1 migrated"
        assert (
            found["problems"]["web-1"]
            == "i-1 (web-1): shop answers: ScriptFailed: The script ended with 3. Its last line: b"
        )

    def test_a_rollback_is_told(self) -> None:
        error = {"code": "MigrationFailed", "message": "Job j-1 failed.", "remedy": "Look at it."}
        assert problems(result(state="rolled_back", error=error))["web-1"].endswith("The instance was rolled back.")

    def test_a_host_without_instance_is_told_which_variable_is_missing(self) -> None:
        assert "instance_id is not set" in problems(hosts=("bastion",))["bastion"]

    def test_a_missing_result_is_a_problem(self) -> None:
        assert "MissingResult" in problems(result("i-2"))["web-1"]
