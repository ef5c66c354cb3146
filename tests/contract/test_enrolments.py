# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances become known to the service of the works, and nobody else's enrolment is taken for their own."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Code,
    CommandResult,
    Enrolment,
    Problem,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import Moved

from .bed import Bed, Fault, Setting
from .common import enrolments, found_works, instance, order, works
from .conftest import MakeBed


def enrolment(cloud: Cloud, bed: Bed, role: str) -> Enrolment | None:
    return found_works(cloud, bed, role)[1]


def enrolled(cloud: Cloud, bed: Bed, role: str, os_type: str) -> Enrolment | None:
    """Enrol an instance, wait for the script's end, and return what its result names."""
    port = enrolments(cloud, bed)
    invocation = port.enrol([bed.ids[role]], os_type, f"enrol-{role}")

    def result() -> CommandResult:
        return cloud.agents.results(invocation, [bed.ids[role]])[bed.ids[role]]

    bed.until(lambda: result().status == "finished")
    assert not [code for code in bed.codes() if code in str((invocation, result()))]
    found = port.enrolled(instance(cloud, bed, role), result())
    assert not isinstance(found, Problem)
    return found


def test_there_is_no_enrolment_where_none_is_needed(bed: Bed, cloud: Cloud) -> None:
    assert (enrolment(cloud, bed, "imported") is None) == (not bed.traits.enrols)


def test_an_instance_s_own_enrolment_is_found_and_read(bed: Bed, cloud: Cloud) -> None:
    port, found = enrolments(cloud, bed), enrolment(cloud, bed, "imported")
    assert found is not None
    assert (found.state, bool(found.id), bool(found.said)) == ("ready", True, True)
    assert port.read([found.id]) == {found.id: found}


@pytest.mark.parametrize("role", ["linux", "twin"])
def test_nobody_else_s_enrolment_is_taken_for_an_instance_s_own(bed: Bed, cloud: Cloud, role: str) -> None:
    enrolments(cloud, bed)
    assert found_works(cloud, bed, role) == ((), Enrolment("absent"))


def test_an_enrolment_is_busy_while_a_work_holds_it(bed: Bed, cloud: Cloud) -> None:
    enrolments(cloud, bed)
    found = enrolment(cloud, bed, "in_console")
    assert found is not None
    assert found.state == "busy"


@pytest.mark.parametrize("os_type", ["linux", "windows"])
def test_an_instance_is_enrolled_in_its_guest(bed: Bed, cloud: Cloud, os_type: str) -> None:
    named = enrolled(cloud, bed, os_type, os_type)
    assert named is not None
    assert (named.state, named.said) == ("pending", "")
    bed.until(lambda: enrolments(cloud, bed).read([named.id])[named.id].state == "ready")
    assert enrolment(cloud, bed, os_type) == enrolments(cloud, bed).read([named.id])[named.id]


def test_one_code_serves_a_whole_run(bed: Bed, cloud: Cloud) -> None:
    assert enrolled(cloud, bed, "linux", "linux")
    assert enrolled(cloud, bed, "windows", "windows")
    assert len(bed.codes()) <= 1


@pytest.mark.parametrize("said", ["", "Failed!", "Import Source Server [] Successfully!", "[s-x; rm -rf]", "\0"])
def test_a_result_that_names_no_enrolment_made_none(bed: Bed, cloud: Cloud, said: str) -> None:
    assert enrolments(cloud, bed).enrolled(instance(cloud, bed), CommandResult("finished", 0, said)) is None


def test_more_enrolments_than_one_call_takes_are_read_and_no_ids_are_none(bed: Bed, cloud: Cloud) -> None:
    port, found = enrolments(cloud, bed), enrolment(cloud, bed, "imported")
    assert found is not None
    unknown = [bed.unknown("enrolment", number) for number in range(120)]
    assert list(port.read([*unknown, found.id])) == [found.id]
    assert port.read([]) == {}


# --- more than one that it could be -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "others"), [("shared", ["sharing"]), ("sharing", ["shared"]), ("copied", ["copy"]), ("copy", ["copied"])]
)
def test_what_fits_two_instances_is_neither_s_and_both_are_named(
    bed: Bed, cloud: Cloud, role: str, others: list[str]
) -> None:
    enrolments(cloud, bed)
    found = enrolment(cloud, bed, role)
    assert found is not None
    assert (found.state, found.id) == ("unclear", "")
    assert found.problem is not None
    assert all(bed.ids[one] in found.problem.message for one in (role, *others))
    assert bed.ids[role] in found.problem.remedy


def test_what_fits_an_instance_of_another_region_is_not_taken_either(bed: Bed) -> None:
    cloud = bed.cloud()
    enrolments(cloud, bed)
    (refusal,) = {one.problem for one in [enrolment(cloud, bed, "mirrored")] if one}
    assert refusal is not None
    assert bed.ids["mirror"] in refusal.message


def test_an_enrolment_that_is_gone_does_not_count_beside_a_live_one(bed: Bed, cloud: Cloud) -> None:
    enrolments(cloud, bed)
    found = enrolment(cloud, bed, "enrolled_again")
    assert found is not None
    assert (found.state, found.problem) == ("ready", None)


def test_of_several_that_are_gone_none_is_chosen_and_all_are_named(bed: Bed, cloud: Cloud) -> None:
    enrolments(cloud, bed)
    found = enrolment(cloud, bed, "forgotten")
    assert found is not None
    assert (found.state, found.id) == ("absent", "")
    assert found.said


def test_a_guest_that_was_renamed_is_not_found_by_its_name(bed: Bed, cloud: Cloud) -> None:
    enrolments(cloud, bed)
    found = enrolment(cloud, bed, "renamed")
    assert found is not None
    assert (found.state, found.id) == ("absent", "")
    assert "before" in found.said
    taken_over = enrolment(cloud, bed, "named_like_renamed_before")
    assert taken_over == Enrolment("absent")


def test_what_an_import_made_is_the_instance_s_own_for_every_later_run(bed: Bed, cloud: Cloud) -> None:
    made = enrolled(cloud, bed, "sharing", "linux")
    assert made is not None
    bed.until(lambda: enrolments(cloud, bed).read([made.id])[made.id].state == "ready")
    for user in ("operator", "guest"):
        later = enrolment(bed.cloud(user), bed, "sharing")
        assert later is not None
        assert (later.id, later.state) == (made.id, "ready")
    # And the other one is no longer in doubt about it, only about its own.
    other = enrolment(cloud, bed, "shared")
    assert other is not None
    assert made.id not in str(other)


def test_what_an_import_names_and_was_there_before_is_the_copied_machine_s(bed: Bed, cloud: Cloud) -> None:
    port, role = enrolments(cloud, bed), "clone"
    invocation = port.enrol([bed.ids[role]], "linux", "token")
    results = cloud.agents.results
    bed.until(lambda: results(invocation, [bed.ids[role]])[bed.ids[role]].status == "finished")
    refused = port.enrolled(instance(cloud, bed, role), results(invocation, [bed.ids[role]])[bed.ids[role]])
    assert isinstance(refused, Problem)
    original = enrolment(cloud, bed, "imported")
    assert original is not None
    assert original.id in refused.message
    assert bed.ids[role] in refused.message
    assert enrolment(cloud, bed, role) == Enrolment("absent")


def test_an_import_brings_back_what_is_the_instance_s_own(bed: Bed, cloud: Cloud) -> None:
    known = enrolment(cloud, bed, "imported")
    again = enrolled(cloud, bed, "imported", "linux")
    assert known is not None
    assert again is not None
    assert again.id == known.id


# --- what is ours, and goes again -------------------------------------------------------------------------------------


def test_only_what_an_import_of_ours_made_is_ours(bed: Bed, cloud: Cloud) -> None:
    made = enrolled(cloud, bed, "linux", "linux")
    assert made is not None
    assert made.ours
    assert enrolments(cloud, bed).read([made.id])[made.id].ours
    found = enrolment(bed.cloud(), bed, "linux")
    assert found is not None
    assert found.ours
    for role in ("imported", "in_console"):
        known = enrolment(cloud, bed, role)
        assert known is not None
        assert not known.ours
    again = enrolled(cloud, bed, "imported", "linux")
    assert again is not None
    assert not again.ours


def test_what_imports_of_ours_left_is_found_by_its_mark_alone(bed: Bed, cloud: Cloud) -> None:
    made = enrolled(cloud, bed, "linux", "linux")
    assert made is not None
    asked = [bed.ids[role] for role in ("linux", "imported", "in_console", "unknown")]
    found = enrolments(bed.cloud(), bed).left(asked)
    assert {key: [one.id for one in left] for key, left in found.items()} == {
        key: [made.id] if key == bed.ids["linux"] else [] for key in asked
    }


def test_an_enrolment_that_is_no_longer_needed_goes_and_nobody_else_s_does(bed: Bed, cloud: Cloud) -> None:
    made, other = enrolled(cloud, bed, "linux", "linux"), enrolment(cloud, bed, "imported")
    assert made is not None
    assert other is not None
    port = enrolments(cloud, bed)
    for _twice in range(2):
        port.leave(made.id)
        assert enrolment(cloud, bed, "linux") == Enrolment("absent")
    port.leave(bed.unknown("enrolment"))
    assert port.read([other.id]) == {other.id: other}


def test_an_enrolment_that_a_work_belongs_to_is_not_deleted(bed: Bed, cloud: Cloud) -> None:
    port = enrolments(cloud, bed)
    ordered = works(cloud, bed).order(order(cloud, bed))
    known = enrolment(cloud, bed, "imported")
    assert known is not None
    with pytest.raises(Moved):
        port.leave(known.id)
    assert known.id in port.read([known.id])
    works(cloud, bed).delete(ordered.id)
    port.leave(known.id)
    assert port.read([known.id]) == {}


def test_an_instance_whose_enrolment_was_deleted_is_enrolled_again(bed: Bed, cloud: Cloud) -> None:
    first = enrolled(cloud, bed, "linux", "linux")
    assert first is not None
    enrolments(cloud, bed).leave(first.id)
    again = enrolled(bed.cloud(), bed, "linux", "linux")
    assert again is not None
    assert (again.ours, again.state) == (True, "pending")


# --- codes of a run ---------------------------------------------------------------------------------------------------


def tried(cloud: Cloud, bed: Bed, role: str, os_type: str = "linux") -> Enrolment | Problem | None:
    port = enrolments(cloud, bed)
    invocation = port.enrol([bed.ids[role]], os_type, f"again-{role}-{len(bed.codes())}")
    results = cloud.agents.results
    bed.until(lambda: results(invocation, [bed.ids[role]])[bed.ids[role]].status == "finished")
    return port.enrolled(instance(cloud, bed, role), results(invocation, [bed.ids[role]])[bed.ids[role]])


def test_a_code_that_expired_between_making_and_use_is_made_once_more(bed: Bed, cloud: Cloud) -> None:
    assert enrolled(cloud, bed, "linux", "linux")
    bed.wait(86400 + 1)
    assert tried(cloud, bed, "twin") == Enrolment("absent")
    assert len(bed.codes()) == 1
    again = tried(cloud, bed, "twin")
    assert isinstance(again, Enrolment)
    assert (again.state, len(bed.codes())) == ("pending", 2)


@pytest.mark.parametrize("spoil", ["disable", "delete"])
def test_codes_that_somebody_takes_away_each_time_are_told(bed: Bed, cloud: Cloud, spoil: str) -> None:
    port = enrolments(cloud, bed)
    assert enrolled(cloud, bed, "linux", "linux")
    codes, told = port.codes, []
    assert codes is not None
    for number in range(2):
        port.enrol([bed.ids["imported"]], "linux", f"has-a-code-{number}")
        getattr(codes, spoil)(codes.listed()[-1].id)
        told.append(tried(cloud, bed, "twin"))
    first, second = told
    assert first == Enrolment("absent")
    assert isinstance(second, Problem)
    assert second.code == "ActivationCodeRefused"


def test_at_its_end_a_run_leaves_no_code(bed: Bed, cloud: Cloud) -> None:
    port = enrolments(cloud, bed)
    assert enrolled(cloud, bed, "linux", "linux")
    assert port.codes is not None
    assert len(port.codes.listed()) == 1
    assert port.over() == []
    assert port.codes.listed() == []
    source = enrolment(cloud, bed, "linux")
    assert source is not None
    assert source.id, "who has enrolled with it stays so"


def test_what_a_killed_run_left_goes_once_it_expired_and_nobody_else_s_ever(bed: Bed, cloud: Cloud) -> None:
    killed, other = bed.cloud(), enrolments(cloud, bed).codes
    assert other is not None
    assert enrolled(killed, bed, "twin", "linux")
    mine, _says = other.make(Code("wave-1", 10, 1))
    left = {one.id for one in other.listed()}
    assert enrolled(cloud, bed, "linux", "linux")
    assert enrolments(cloud, bed).over() == []
    assert {one.id for one in other.listed()} == left, "another run may be using its own"
    bed.wait(86400 + 1)
    later = bed.cloud()
    assert enrolled(later, bed, "sharing", "linux")
    assert enrolments(later, bed).over() == []
    assert [one.id for one in other.listed()] == [mine.id]


def test_a_run_that_made_no_code_asks_for_none(bed: Bed, cloud: Cloud) -> None:
    assert enrolments(cloud, bed).over() == []
    assert bed.codes() == ()


def test_a_code_whose_answer_was_lost_is_made_again_and_both_go(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(faults=(Fault("code", "lost_answer", times=1),)))
    cloud = bed.cloud(call=bed.patient(200_000))
    assert enrolled(cloud, bed, "linux", "linux")
    assert len(bed.codes()) == 2
    port = enrolments(cloud, bed)
    assert port.over() == []
    assert port.codes is not None
    assert port.codes.listed() == []


@pytest.mark.parametrize("verb", ["codes", "delete_code"])
def test_a_code_that_cannot_be_deleted_is_told_without_what_it_says(make_bed: MakeBed, verb: str) -> None:
    bed = make_bed(Setting(faults=(Fault(verb, "http_500", times=None),)))
    cloud = bed.cloud()
    assert enrolled(cloud, bed, "linux", "linux")
    told = enrolments(cloud, bed).over()
    assert len(told) == (verb == "delete_code")
    assert not [code for code in bed.codes() if code in str(told)]
