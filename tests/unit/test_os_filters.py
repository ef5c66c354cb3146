# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters over catalogue, paths and support: what they answer, what they refuse, and their own examples."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.doc_fragments.path_conditions import ModuleDocFragment
from ansible_collections.evergreen.os_migration.plugins.filter import os_path as os_path_plugin
from ansible_collections.evergreen.os_migration.plugins.filter import os_support as os_support_plugin
from ansible_collections.evergreen.os_migration.plugins.filter import os_targets as os_targets_plugin
from ansible_collections.evergreen.os_migration.plugins.filter.os_path import os_path
from ansible_collections.evergreen.os_migration.plugins.filter.os_support import os_support
from ansible_collections.evergreen.os_migration.plugins.filter.os_targets import os_targets
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import Start
from jinja2.nativetypes import NativeEnvironment

PLUGINS = {"os_path": os_path_plugin, "os_targets": os_targets_plugin, "os_support": os_support_plugin}
#: What the examples show, in their order.
SHOWN: dict[str, list[Any]] = {
    "os_path": [["windows-2012r2", "windows-2016"], ["windows-2019", "windows-2022"], ["rhel-10"]],
    "os_targets": [
        ["windows-2016", "windows-2019", "windows-2022"],
        ["alinux-3", "anolis-7", "anolis-8"],
    ],
    "os_support": [
        {
            "state": "ended",
            "ends": "2024-06-30",
            "days": -550,
            "source": "Alibaba Cloud ECS: CentOS EOL guidance (2024-07-15)",
        }
    ],
}


def filters() -> dict[str, Callable[..., Any]]:
    return {name: call for plugin in PLUGINS.values() for name, call in plugin.FilterModule().filters().items()}


def examples(plugin: ModuleType) -> list[Any]:
    """The values that the plugin's examples show."""
    environment = NativeEnvironment()
    environment.filters.update({f"evergreen.os_migration.{name}": call for name, call in filters().items()})
    environment.filters["map"] = lambda rows, attribute: [row[attribute] for row in rows]
    tasks = yaml.safe_load(plugin.EXAMPLES)
    return [environment.from_string(task["ansible.builtin.debug"]["msg"]).render() for task in tasks]


@pytest.mark.parametrize("name", PLUGINS)
def test_the_examples_show_what_they_say(name: str) -> None:
    shown = examples(PLUGINS[name])
    hops = [
        [hop["target"] for hop in value] if name == "os_path" and isinstance(value[0], dict) else value
        for value in shown
    ]
    assert hops == SHOWN[name]


def test_the_documented_samples_are_real() -> None:
    path, targets, support = (yaml.safe_load(plugin.RETURN)["_value"] for plugin in PLUGINS.values())
    assert os_path("windows-2008r2", "windows-2016") == path["sample"]
    assert os_targets("windows-2012r2") == targets["sample"]
    assert os_support("centos-7", date="2026-01-01") == {
        key: part["sample"] for key, part in support["contains"].items()
    }


@pytest.mark.parametrize("name", ["os_path", "os_targets"])
def test_every_documented_option_is_taken(name: str) -> None:
    texts = (PLUGINS[name].DOCUMENTATION, ModuleDocFragment.DOCUMENTATION)
    documented = {option for text in texts for option in yaml.safe_load(text)["options"]} - {"_input"}
    named = set(inspect.signature(filters()[name]).parameters) - {"os_id", "here"}
    assert documented == named | {field.name for field in fields(Start)} - {"os"}


def test_what_is_known_of_the_instance_counts() -> None:
    assert os_targets("windows-2016", edition="essentials") == []
    assert os_targets("windows-2016", region="cn-hangzhou", language="zh") == ["windows-2019", "windows-2022"]
    assert os_targets("windows-2022", provider="aws") == ["windows-2025"]
    assert os_path("alinux-3", "alinux-3") == []


def test_numbers_dates_and_what_is_empty_are_taken_as_yaml_gives_them() -> None:
    assert os_targets("centos-7", version=7.9) == os_targets("centos-7", version="7.9")
    assert os_path("centos-7", "alinux-3", via=None, avoid=None, paths=None, region=None, version="") != []
    assert os_targets("centos-7", avoid=None, paths=None, edition=None) == os_targets("centos-7")
    for day in (date(2026, 1, 1), datetime(2026, 1, 1, 12), "2026-01-01"):
        assert os_support("centos-7", date=day)["days"] == -550
    assert os_support("windows-2016", date="2026-11-22", soon="30")["state"] == "supported"


def test_one_id_need_not_be_a_list() -> None:
    assert [hop["target"] for hop in os_path("centos-7", "alinux-3", via="alinux-2")] == ["alinux-2", "alinux-3"]
    assert "alinux-2" not in os_targets("centos-7", avoid="alinux-2")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: os_path("windows-2019", "alinux-3"), "these can be reached: windows-2022"),
        (lambda: os_path("windows-2019", "windows-2022", edition="standard"), "for the editions datacenter"),
        (lambda: os_path("centos-7", "alinux-33"), "Did you mean alinux-3"),
        (lambda: os_path("centos-7", "alinux-3", edtion="x"), "edtion"),
        (lambda: os_path("centos-7", "alinux-3", paths=[{"source": "centos-7"}]), "row 1: target is missing"),
        (lambda: os_targets("centos-7", paths=["centos-7"]), "row 1: 'centos-7' is not a dictionary"),
        (lambda: os_support("centos-7", date="soon"), "not a day such as"),
        (lambda: os_support("centos-7", soon="later"), "not a number of days"),
        (lambda: os_path("centos-7", "alinux-3", provider="azure"), "it can be alicloud or aws"),
        (lambda: os_targets("centos-7", architecture="arm"), "it can be x86_64 or arm64"),
    ],
)
def test_what_is_wrong_is_told(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as refusal:
        call()
    assert words in str(refusal.value)


def test_support_is_told_for_any_day() -> None:
    assert os_support("windows-2016", date="2027-01-13")["state"] == "ended"
    assert os_support("windows-2016", date="2026-11-22")["state"] == "ending"
    assert os_support("windows-2016", date="2026-11-22", soon=30)["state"] == "supported"
    assert os_support("anolis-8") == {"state": "unknown", "ends": None, "days": None, "source": ""}
