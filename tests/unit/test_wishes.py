# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host wishes: read by name from its variables, and checked before it takes part; no secret is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleUndefinedVariable
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import phases, waivers
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.phases import PHASES, RESULTS, misspelt
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import CLOUDS
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._programs import PROGRAMS
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._wishes import (
    OURS,
    Enrolment,
    Reader,
    Refusal,
    enrolment,
)

ROOT = Path(__file__).resolve().parents[2]
WAIVER = {"rule": "linux.i686_packages", "reason": "small", "owner": "ops", "expires": "2026-12-31"}
OMIT = "the mark of a variable that is left out"


def template(value: Mapping[str, Any]) -> dict[str, Any]:
    if "{{ nosuch }}" in value.values():
        raise AnsibleUndefinedVariable("'nosuch' is undefined")
    return dict(value)


def wish(phase: str = "migrate", clouds: Mapping[str, Any] | None = None, **variables: Any) -> Enrolment:
    known = {"instance_id": "i-1", "omit": OMIT, **variables}
    return enrolment("web-1", phase, Reader(known, template), clouds or {}, ["shop"])


def refused(**variables: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        wish(**variables)
    assert caught.value.remedy
    return caught.value


# --- which variables there are ----------------------------------------------------------------------------------------


def documented() -> set[str]:
    """The names of all options of the roles."""
    files = [yaml.safe_load(path.read_text("utf-8")) for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    return {name for file in files for name in file["argument_specs"]["main"]["options"]}


def test_what_the_roles_document_is_read_and_what_is_read_is_documented() -> None:
    inner = {"instance_id", "region", "provider", "__sequence_step"}
    of_clouds = {f"os_migration_{name}" for name in CLOUDS}
    assert documented() - OURS == set()
    assert OURS - documented() - inner - of_clouds - {*phases.OF_PLAYBOOKS, *phases.OF_HOSTS} == set()


def test_what_the_playbooks_and_examples_set_is_known() -> None:
    files = [
        *ROOT.glob("playbooks/*.yml"),
        *ROOT.glob("examples/**/*.yml"),
        ROOT / "README.md",
        *ROOT.glob("docs/**/*.md"),
    ]
    named = {name for path in files for name in re.findall(r"\bos_migration_\w*[a-z]\b", path.read_text("utf-8"))}
    assert {name for name in named if name not in OURS} == set()


def test_what_roles_register_is_what_is_promised() -> None:
    tasks = [task for path in ROOT.glob("roles/*/tasks/main.yml") for task in yaml.safe_load(path.read_text("utf-8"))]
    assert {task["register"] for task in tasks if "evergreen.os_migration.host_result" in task} == set(RESULTS)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("os_migration_taget", "os_migration_target"),
        ("os_migration_anything", ""),
        ("migrate_on_failur", "migrate_on_failure"),
        ("windows_server_free_diskspace", "windows_server_free_disk_space"),
    ],
)
def test_a_slip_is_told_with_the_nearest_name(name: str, near: str) -> None:
    assert misspelt([name, "os_migration_target", "other"], OURS) == {name: near}
    told = refused(**{name: 1})
    assert name in told.message
    assert near in told.message


def test_what_our_inventory_plugin_says_of_a_host_is_no_slip() -> None:
    assert wish(os_migration_instance={"os": "centos-7"}) == wish()


@pytest.mark.parametrize("name", ["centos_version", "report_email", "verify_ssl", "migrate_result", "migrate_results"])
def test_somebody_s_own_variable_below_a_role_s_common_word_is_none_of_ours(name: str) -> None:
    assert misspelt([name], OURS) == {}


# --- what a host wishes -----------------------------------------------------------------------------------------------


def test_a_host_without_instance_is_told_which_variable_is_missing() -> None:
    told = refused(instance_id="")
    assert (told.code, "instance_id is not set" in told.message) == ("MissingVariable", True)


def test_a_host_s_own_target_goes_before_the_role_s() -> None:
    assert wish(migrate_target="alinux-3").item["target"] == "alinux-3"
    assert wish(migrate_target="alinux-3", os_migration_target="anolis-8").item["target"] == "anolis-8"
    assert wish(migrate_target="alinux-3", os_migration_target="").item["target"] == "alinux-3"
    assert "target" not in wish(assess_target="alinux-3").item, "another role's"


def test_values_get_the_types_of_their_options() -> None:
    made = wish(migrate_retry="yes", migrate_max_running="5", os_migration_avoid="centos-8", instance_id=4711)
    assert (made.options, made.item["avoid"]) == ({"retry": True, "max_running": 5}, ["centos-8"])
    assert made.instance_id == "4711"
    assert made.names == {"retry": "migrate_retry", "max_running": "migrate_max_running"}


@pytest.mark.parametrize("value", [None, OMIT])
def test_what_is_left_out_is_not_given(value: Any) -> None:
    assert wish(migrate_retry=value, os_migration_target=value) == wish()


def test_the_file_of_results_is_named_after_the_phase_and_is_where_the_user_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert wish(os_migration_report_dir="report").options == {"results_file": str(tmp_path / "report/migrate.json")}
    assert wish(os_migration_report_dir="").options == {}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"os_migration_target": "{{ nosuch }}"}, ("os_migration_target", "'nosuch' is undefined")),
        ({"migrate_max_running": "many"}, ("migrate_max_running", "int")),
        ({"migrate_max_running": 0}, ("migrate_max_running is 0",)),
        ({"migrate_on_failure": "hope"}, ("migrate_on_failure", "keep, rollback")),
        ({"os_migration_paths": [{"source": "rhel7"}]}, ("os_migration_paths", "row 1")),
        ({"os_migration_waivers": "a text"}, ("os_migration_waivers", "must be a list of waivers")),
        ({"os_migration_waivers": {"rule": "linux.memory"}}, ("must be a list of waivers",)),
        ({"os_migration_waivers": ["linux.memory"]}, ("must be a list of waivers",)),
        ({"os_migration_waivers": [{**WAIVER, "host": ["a"]}]}, ("there is no host, only expires, groups, hosts",)),
        ({"os_migration_waivers": [{**WAIVER, "hosts": 3}]}, ("hosts and groups must be lists",)),
        ({"os_migration_waivers": [{**WAIVER, "rule": "linux.i686"}]}, ("Did you mean linux.i686_packages",)),
        ({"os_migration_waivers": [{**WAIVER, "expires": "soon"}]}, ("expires on 'soon'",)),
        ({"os_migration_alicloud": "a text"}, ("os_migration_alicloud is a text", "a dictionary of options")),
        ({"os_migration_alicloud": {"regoin": "cn-hangzhou"}}, ("regoin",)),
    ],
)
def test_what_cannot_be_meant_is_refused_by_the_variable_s_name(
    variables: dict[str, Any], words: tuple[str, ...]
) -> None:
    told = refused(**variables)
    assert [word for word in words if word not in told.message] == []


def test_a_text_where_options_belong_is_refused_also_when_the_environment_has_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI")
    assert "os_migration_alicloud" in refused(os_migration_alicloud="a text").message


def test_what_a_phase_does_not_read_cannot_stop_it() -> None:
    assert wish("rollback", os_migration_waivers="a text", migrate_max_running="many").options == {}


def test_of_the_options_of_clouds_only_a_digest_is_written_down() -> None:
    secret = {"secret_key": "marked-secret", "access_key": "LTAI"}
    made = wish(os_migration_alicloud=secret, os_migration_smc={"import_command": {"linux": "marked-secret"}})
    assert set(made.clouds) == {"alicloud", "smc"}
    assert "marked-secret" not in json.dumps(made.plain)
    assert made.clouds["alicloud"] != wish(os_migration_alicloud={**secret, "secret_key": "other"}).clouds["alicloud"]
    assert Enrolment(**json.loads(json.dumps(made.plain))) == made


def test_what_the_task_says_of_a_cloud_goes_before_the_variable() -> None:
    of_task = wish(clouds={"alicloud": {"region": "cn-hangzhou"}}, os_migration_alicloud={"region": "cn-beijing"})
    assert of_task.clouds == wish(os_migration_alicloud={"region": "cn-hangzhou"}).clouds


# --- waivers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "limits", [{}, {"hosts": ["web-1"]}, {"hosts": "web-1"}, {"hosts": ["i-1"]}, {"groups": ["shop"]}]
)
def test_a_waiver_that_is_meant_for_the_host_goes_with_it_without_its_limits(limits: dict[str, Any]) -> None:
    made = wish(os_migration_waivers=[{**WAIVER, **limits}])
    assert (made.item["waivers"], made.elsewhere) == ([WAIVER], [])


@pytest.mark.parametrize("limits", [{"hosts": []}, {"groups": []}, {"hosts": None}, {"hosts": ["web-2"]}])
def test_a_waiver_with_limits_is_for_nobody_else(limits: dict[str, Any]) -> None:
    made = wish(os_migration_waivers=[{**WAIVER, **limits}])
    assert made.item.get("waivers", []) == []
    assert made.elsewhere == [{**WAIVER, **limits}]


def test_a_day_without_quotes_is_a_day() -> None:
    assert wish(os_migration_waivers=[{**WAIVER, "expires": date(2026, 12, 31)}]).item["waivers"] == [WAIVER]


def test_a_moment_without_quotes_is_a_moment() -> None:
    moment = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    assert wish("rollback", rollback_confirm=moment).item["confirm"] == "2026-01-01T12:00:00Z"


def test_a_waiver_for_nobody_tells_whose_and_for_which_rule() -> None:
    assert waivers.for_nobody({**WAIVER, "hosts": []}) == (
        "The waiver of linux.i686_packages by ops is for no host: its list is empty."
    )
    assert "names office, of which the inventory has none" in waivers.for_nobody({**WAIVER, "groups": "office"})


def test_every_phase_has_a_program() -> None:
    assert set(PROGRAMS) == set(PHASES)
