# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stacks: made once from a template, found by name, told why they failed, deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, Stacks
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Blueprint, Stack, required
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import stack_label, stack_made_from
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .bed import Bed, Fault, Setting
from .common import stacks
from .conftest import MakeBed


def blueprint(bed: Bed, kind: str = "good", name: str = "net-1") -> Blueprint:
    template = bed.traits.templates.get(kind, "")
    return Blueprint(name, template, tags={"estate": "shop"}, label=stack_label(name, "abc123"))


def ended(bed: Bed, port: Stacks, stack_id: str) -> Stack:
    def moving() -> bool:
        return required(port.whole(stack_id)).status in ("making", "undoing", "deleting")

    bed.until(lambda: not moving())
    return required(port.whole(stack_id))


def test_a_stack_is_made_and_found_by_its_name_with_its_label_and_its_outputs(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    assert port.find(["net-1"]) == {}
    made = port.make(replace(blueprint(bed), parameters={"Cidr": "172.16.0.0/12"}), "token")
    (found,) = port.find(["net-1", "net-2"]).values()
    assert (found.id, found.status, found.name) == (made, "making", "net-1")
    assert stack_made_from(found.label, "net-1") == "abc123"
    whole = ended(bed, port, made)
    assert (whole.status, whole.outputs["Cidr"]) == ("ready", "172.16.0.0/12")
    assert whole.outputs["Network"]
    assert port.read([made, bed.unknown("stack")])[made].status == "ready"
    assert list(port.read([made, bed.unknown("stack")])) == [made]


def test_all_stacks_are_listed_where_no_name_is_given(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    names = [f"net-{number}" for number in range(1, 61)]
    for name in names:
        port.make(blueprint(bed, name=name), name)
    assert sorted(port.find()) == sorted(names)
    assert sorted(port.find(names)) == sorted(names)
    ids = [one.id for one in port.find().values()]
    assert sorted(port.read(ids)) == sorted(ids)


def test_the_same_token_makes_one_stack_and_another_one_finds_the_name_taken(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    made = port.make(blueprint(bed), "token")
    assert port.make(blueprint(bed), "token") == made
    with pytest.raises(Moved):
        port.make(blueprint(bed), "another")
    assert len(port.find()) == 1


def test_a_stack_whose_answer_was_lost_is_made_once(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(faults=(Fault("make_stack", "lost_answer", times=1),)))
    port = stacks(bed.cloud(call=bed.patient()), bed)
    made = port.make(blueprint(bed), "token")
    assert [one.id for one in port.find().values()] == [made]


def test_a_creation_that_fails_is_undone_and_tells_which_resource_failed_and_why(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    undone = ended(bed, port, port.make(blueprint(bed, "failing"), "token"))
    assert (undone.status, undone.late) == ("undone", False)
    fault = required(undone.fault)
    assert "Server" in fault.message
    assert "beos_5" in fault.message
    assert list(port.find(["net-1"])) == ["net-1"], "it keeps its name"


def test_a_template_from_which_nothing_can_be_made_is_refused_with_what_is_wrong(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    port.check(blueprint(bed))
    for refuse in (lambda: port.check(blueprint(bed, "refused")), lambda: port.make(blueprint(bed, "refused"), "t")):
        with pytest.raises(CloudError) as refused:
            refuse()
        assert "Nothing" in refused.value.problem.message
        assert not refused.value.whole_call
        assert "orrect the template" in refused.value.problem.remedy
    assert port.find() == {}


def test_a_stack_is_deleted_and_its_name_is_free_and_deleting_it_again_is_no_fault(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    first = port.make(blueprint(bed), "token")
    ended(bed, port, first)
    port.delete(first)
    port.delete(first)
    assert port.find()["net-1"].status == "deleting"
    bed.until(lambda: not port.find())
    gone = port.whole(first)
    assert gone is None or gone.status == "gone"
    port.delete(first)
    port.delete(bed.unknown("stack"))
    assert port.make(blueprint(bed), "another token") != first


def test_a_stack_that_is_being_made_is_not_deleted_under_its_feet(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    made = port.make(blueprint(bed), "token")
    with pytest.raises(Moved):
        port.delete(made)
    assert ended(bed, port, made).status == "ready"


def test_nobody_else_s_stack_bears_our_label_and_one_inside_ours_is_not_taken_for_it() -> None:
    assert stack_made_from("", "net-1") == ""
    assert stack_made_from(stack_label("net-1", "abc123"), "net-1-inner") == ""


def test_a_user_who_may_not_make_stacks_is_refused(bed: Bed, cloud: Cloud) -> None:
    stacks(cloud, bed)
    port = stacks(bed.cloud("nobody"), bed)
    with pytest.raises(CloudError) as refused:
        port.make(blueprint(bed), "token")
    assert refused.value.whole_call
    assert refused.value.problem.remedy


def test_a_stack_is_of_its_region(bed: Bed, cloud: Cloud) -> None:
    port = stacks(cloud, bed)
    made = port.make(blueprint(bed), "token")
    elsewhere = stacks(bed.cloud(region=bed.other_region), bed)
    assert elsewhere.find() == {}
    assert elsewhere.whole(made) is None
    assert elsewhere.make(blueprint(bed), "token elsewhere") != made
