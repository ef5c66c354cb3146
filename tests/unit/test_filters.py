# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that leads from inventory hosts to instances."""

from __future__ import annotations

from typing import Any

from ansible_collections.evergreen.os_migration.plugins.filter.fleet import fleet

HOSTVARS: dict[str, dict[str, Any]] = {
    "web-1": {"instance_id": "i-1", "region": "cn-hangzhou", "os_migration_target": "alinux-3", "other": 1},
    "web-2": {"instance_id": "i-2", "provider": "alicloud", "os_migration_profile": "shop"},
    "bastion": {"region": "cn-hangzhou"},
}


class TestFleet:
    def test_keeps_the_order_and_only_what_is_set(self) -> None:
        assert fleet(["web-2", "web-1"], HOSTVARS) == [
            {"name": "web-2", "instance_id": "i-2", "provider": "alicloud", "profile": "shop"},
            {"name": "web-1", "instance_id": "i-1", "region": "cn-hangzhou"},
        ]

    def test_leaves_out_hosts_without_instance(self) -> None:
        assert fleet(["bastion"], HOSTVARS) == []

    def test_can_be_limited_to_some_instances(self) -> None:
        assert [item["instance_id"] for item in fleet(HOSTVARS, HOSTVARS, only=["i-2", "i-9"])] == ["i-2"]
        assert fleet(HOSTVARS, HOSTVARS, only=[]) == []
