# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activation codes: made, listed without what they say, disabled and deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Code
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Unclear

from .bed import Bed, Fault, Setting
from .common import codes, enrolments
from .conftest import MakeBed

WANTED = Code("wave-1", 50, 7, "the first wave")


def test_a_code_is_made_as_it_is_wanted_and_what_it_says_is_in_no_list(bed: Bed, cloud: Cloud) -> None:
    port = codes(cloud, bed)
    made, says = port.make(WANTED)
    assert says in bed.codes()
    (listed,) = port.listed("wave-1")
    assert listed == replace(made, created=listed.created)
    assert listed == replace(WANTED, id=made.id, status="active", created=listed.created)
    assert listed.created
    assert says not in f"{made} {listed}"


def test_codes_are_listed_by_name_and_all_of_them_without_one(bed: Bed, cloud: Cloud) -> None:
    port = codes(cloud, bed)
    assert port.listed() == []
    for name in ("wave-1", "wave-2", "wave-1"):
        port.make(replace(WANTED, name=name))
    assert [one.name for one in port.listed()] == ["wave-1", "wave-2", "wave-1"]
    assert [len(port.listed(name)) for name in ("wave-1", "wave-2", "wave")] == [2, 1, 0]


def test_a_code_that_is_disabled_deleted_or_expired_lets_no_guest_enrol(bed: Bed, cloud: Cloud) -> None:
    port = codes(cloud, bed)
    first, second, third = (port.make(WANTED)[0] for _number in range(3))
    port.disable(first.id)
    port.delete(second.id)
    assert {one.id: one.status for one in port.listed("wave-1")} == {first.id: "disabled", third.id: "active"}
    bed.wait(7 * 86400 + 1)
    assert {one.id: one.usable for one in port.listed("wave-1")} == {first.id: False, third.id: False}
    assert port.listed("wave-1")[-1].status == "expired"


def test_a_code_that_a_guest_has_used_counts_it(bed: Bed, cloud: Cloud) -> None:
    port = enrolments(cloud, bed)
    invocation = port.enrol([bed.ids["linux"]], "linux", "enrol")
    bed.until(lambda: cloud.agents.results(invocation, [bed.ids["linux"]])[bed.ids["linux"]].status == "finished")
    (used,) = codes(cloud, bed).listed()
    assert (used.used, used.count, used.days) == (1, 1000, 1)


def test_a_code_whose_answer_was_lost_is_not_simply_made_once_more(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(faults=(Fault("code", "lost_answer", times=1),)))
    cloud = bed.cloud(call=bed.patient())
    port = codes(cloud, bed)
    with pytest.raises(Unclear):
        port.make(WANTED)
    assert [one.name for one in port.listed()] == ["wave-1"]


def test_a_user_who_may_not_make_codes_is_refused(bed: Bed) -> None:
    port = codes(bed.cloud("nobody"), bed)
    with pytest.raises(CloudError) as refused:
        port.make(WANTED)
    assert refused.value.whole_call
    assert refused.value.problem.remedy
