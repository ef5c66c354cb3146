# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account is set up for, and where it has regions."""

from __future__ import annotations

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account

from .bed import Bed


def test_an_account_says_what_it_is_set_up_for(bed: Bed, cloud: Cloud) -> None:
    assert cloud.account() == bed.traits.account


def test_what_a_user_may_not_see_of_the_account_is_not_known_and_no_refusal(bed: Bed) -> None:
    assert bed.cloud("nobody").account() == Account(service_role=None, snapshots_used=None)


def test_all_regions_are_named(bed: Bed, cloud: Cloud) -> None:
    assert {bed.region, bed.other_region} <= set(cloud.regions())


def test_an_account_has_an_id_of_its_own(bed: Bed, cloud: Cloud) -> None:
    assert cloud.owner()
    assert cloud.owner() == bed.cloud().owner()
