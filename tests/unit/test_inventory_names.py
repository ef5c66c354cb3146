# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts of the inventory are called, and what is said when there is none."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.evergreen.os_migration.plugins.inventory.instances import (
    check_statuses,
    host_names,
    why_empty,
)


def listed(**names: str) -> list[dict[str, str]]:
    return [
        {"instance_id": f"i-{key}", "hostname": name, "status": "Running", "os": "centos-7"}
        for key, name in names.items()
    ]


def test_hosts_are_called_as_the_cloud_calls_them() -> None:
    assert host_names(listed(a="web", b="db"), "hostname", {"all"}) == (["web", "db"], [])
    assert host_names(listed(a="web", b=""), "hostname", set()) == (["web", "i-b"], [])
    assert host_names(listed(a="all", b="all"), "instance_id", {"all"}) == (["i-a", "i-b"], [])


@pytest.mark.parametrize(
    ("second", "who"), [("web", "several instances"), ("all", "a group"), ("i-a", "another instance's id")]
)
def test_names_that_would_put_hosts_together_are_replaced_by_ids_and_told(second: str, who: str) -> None:
    names, texts = host_names(listed(a="web", b=second, c="db"), "hostname", {"all", "os_centos_7"})
    assert len(set(names)) == 3
    assert names[1:] == ["i-b", "db"]
    assert len(texts) == 1
    assert f"'{second}' is the name of {who}" in texts[0]
    assert "i-b" in texts[0]


def test_an_empty_answer_says_why() -> None:
    assert "no instance in cn-x that these credentials show" in why_empty([], {}, ["cn-x"])
    assert "in any region" in why_empty([], {}, [])
    said = why_empty(listed(a="web", b="db"), {"statuses": ["running"], "instance_ids": ["i-a"], "tags": None}, [])
    assert said == (
        "None of 2 instances passes the filters: "
        "instance_ids lets 1 through; statuses lets none through, there are Running."
    )


def test_a_status_that_there_is_not_is_refused_by_name_and_the_others_are_named() -> None:
    known = {"Running", "Stopped"}
    for filters in ({}, {"statuses": None}, {"statuses": ["Running", "Stopped"]}):
        check_statuses(filters, known)
    with pytest.raises(AnsibleParserError, match=r"no status running\. Use one of Running, Stopped\."):
        check_statuses({"statuses": ["Running", "running"]}, known)
