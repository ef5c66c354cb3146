# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Works of the kind that migrates an instance in place: ordered once, begun, followed to their end, found again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Hop
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .bed import FAILURE, Bed, Setting
from .common import begun, enrolments, found_works, instance, order, work, works
from .conftest import MakeBed


def skip_if_begun_by_its_order(bed: Bed) -> None:
    if bed.traits.begins_itself:
        pytest.skip("in this cloud the order of a work is its start")


# --- found ------------------------------------------------------------------------------------------------------------


def test_a_work_that_somebody_else_began_is_found(bed: Bed, cloud: Cloud) -> None:
    (found,), _enrolment = found_works(cloud, bed, "in_console")
    assert (found.kind, found.of, found.status) == (bed.traits.kind, bed.ids["in_console"], "running")
    assert found.said
    assert found.began


def test_an_instance_without_works_has_none(bed: Bed, cloud: Cloud) -> None:
    assert found_works(cloud, bed, "linux")[0] == found_works(cloud, bed, "imported")[0] == ()


def test_a_new_work_appears_in_lists_after_the_lag(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(lag=60))
    cloud = bed.cloud()
    wanted = order(cloud, bed)
    made = works(cloud, bed).order(wanted)
    assert (works(cloud, bed).read([made.id]), found_works(cloud, bed, "imported")[0]) == ({}, ())
    if bed.traits.tokens_for_works:
        assert works(cloud, bed).order(wanted).id == made.id
    bed.wait(61)
    assert found_works(cloud, bed, "imported")[0] == (work(cloud, bed, made),)


def test_more_works_than_one_call_takes_are_read_and_no_ids_are_none(bed: Bed, cloud: Cloud) -> None:
    made = works(cloud, bed).order(order(cloud, bed))
    unknown = [bed.unknown("work", number) for number in range(120)]
    assert list(works(cloud, bed).read([*unknown, made.id])) == [made.id]
    assert works(cloud, bed).read([]) == {}


# --- ordered ----------------------------------------------------------------------------------------------------------


def test_an_ordered_work_is_known_by_its_answer_and_its_first_look_says_the_rest(bed: Bed, cloud: Cloud) -> None:
    wanted = order(cloud, bed)
    made = works(cloud, bed).order(wanted)
    assert (made.kind, made.name, made.of) == (bed.traits.kind, wanted.name, bed.ids["imported"])
    assert (made.status, made.said) == ("made", "")
    seen = work(cloud, bed, made)
    assert (seen.id, seen.name, seen.of) == (made.id, made.name, made.of)
    assert seen.status == ("running" if bed.traits.begins_itself else "made")
    assert seen.said


def test_the_same_token_makes_one_work(bed: Bed, cloud: Cloud) -> None:
    if not bed.traits.tokens_for_works:
        pytest.skip("this cloud knows no tokens for works")
    wanted = order(cloud, bed)
    assert works(cloud, bed).order(wanted).id == works(cloud, bed).order(wanted).id
    assert bed.writes("order") == 1


def test_an_instance_takes_one_unfinished_work(bed: Bed, cloud: Cloud) -> None:
    if not bed.traits.one_work_at_a_time:
        pytest.skip("this cloud takes a second work")
    wanted = order(cloud, bed)
    works(cloud, bed).order(wanted)
    with pytest.raises(Moved):
        works(cloud, bed).order(replace(wanted, token="another", name=f"{wanted.name}0"))
    assert bed.writes("order") == 1


@pytest.mark.parametrize("begins", [False, True])
def test_a_name_that_is_taken_is_the_work_that_has_it(bed: Bed, cloud: Cloud, begins: bool) -> None:
    """Two runs with different tokens: the one that comes second goes on with what the first one made."""
    wanted = order(cloud, bed)
    made = works(cloud, bed).order(wanted)
    if begins and not bed.traits.begins_itself:
        works(cloud, bed).begin(made.id)
    try:
        adopted = works(cloud, bed).order(replace(wanted, token="another"))
    except Moved:
        (adopted,), _enrolment = found_works(cloud, bed, "imported")
    assert (adopted.id, adopted.name, adopted.of) == (made.id, wanted.name, bed.ids["imported"])
    assert adopted.status == ("running" if begins or bed.traits.begins_itself else "made")
    assert bed.writes("order") == 1


def test_a_name_that_is_taken_by_what_no_list_shows_yet_is_looked_for_again(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(lag=60))
    cloud = bed.cloud()
    wanted = order(cloud, bed)
    works(cloud, bed).order(wanted)
    with pytest.raises(Moved):
        works(cloud, bed).order(replace(wanted, token="another"))
    assert bed.writes("order") == 1


def test_a_name_that_another_instance_s_work_has_is_refused_by_name(bed: Bed, cloud: Cloud) -> None:
    if not bed.traits.tokens_for_works:
        pytest.skip("in this cloud the name stands for the token")
    first = order(cloud, bed)
    made = works(cloud, bed).order(first)
    with pytest.raises(CloudError) as refusal:
        works(cloud, bed).order(order(cloud, bed, "failing", name=first.name, token="another"))
    assert not isinstance(refusal.value, Moved)
    assert not refusal.value.whole_call
    assert made.id in refusal.value.problem.message
    assert bed.ids["imported"] in refusal.value.problem.message
    assert "delete" in refusal.value.problem.remedy
    assert bed.writes("order") == 1


def test_a_work_that_is_over_is_not_adopted(bed: Bed, cloud: Cloud) -> None:
    wanted = order(cloud, bed)
    made = begun(cloud, bed)
    bed.until(lambda: work(cloud, bed, made).status == "done")
    if bed.traits.enrols:
        bed.until(lambda: is_ready(cloud, bed, "imported"))
    with pytest.raises(CloudError):
        works(cloud, bed).order(replace(wanted, token="another"))
    assert bed.writes("order") == 1


def test_a_token_stands_for_all_that_is_ordered(bed: Bed, cloud: Cloud) -> None:
    """A run with other options meets no token of the run before it, even when what that one made was deleted."""
    if not (bed.traits.tokens_for_works and bed.traits.deletes_works):
        pytest.skip("this cloud knows no tokens for works")
    wanted = order(cloud, bed)
    made = works(cloud, bed).order(wanted)
    works(cloud, bed).delete(made.id)
    again = works(cloud, bed).order(replace(wanted, name=f"{wanted.name}0"))
    assert again.id != made.id
    assert work(cloud, bed, again).name == f"{wanted.name}0"


def test_a_target_that_the_service_does_not_offer_is_refused(bed: Bed, cloud: Cloud) -> None:
    wanted = order(cloud, bed, hop=Hop(bed.traits.hop.source, "windows-2016"))
    with pytest.raises(CloudError) as refusal:
        works(cloud, bed).order(wanted)
    assert not refusal.value.whole_call
    assert not isinstance(refusal.value, Moved)
    assert "target" in refusal.value.problem.remedy
    assert bed.writes("order") == 0


def test_an_unknown_enrolment_gets_no_work(bed: Bed, cloud: Cloud) -> None:
    enrolments(cloud, bed)
    with pytest.raises(CloudError):
        works(cloud, bed).order(order(cloud, bed, enrolment=bed.unknown("enrolment")))
    assert bed.writes("order") == 0


# --- run --------------------------------------------------------------------------------------------------------------


def test_a_work_is_begun_and_done_and_the_guest_runs_the_target(bed: Bed, cloud: Cloud) -> None:
    made = begun(cloud, bed)
    bed.until(lambda: 0 < work(cloud, bed, made).progress < 100)
    assert work(cloud, bed, made).status == "running"
    assert made.id in works(cloud, bed).running()
    bed.until(lambda: work(cloud, bed, made).status == "done")
    assert work(cloud, bed, made).progress == 100
    assert work(cloud, bed, made).ended
    assert bed.os_of("imported") == instance(cloud, bed, "imported").os == bed.traits.hop.target
    assert made.id not in works(cloud, bed).running()


def test_a_running_work_is_not_begun_again(bed: Bed, cloud: Cloud) -> None:
    skip_if_begun_by_its_order(bed)
    made = begun(cloud, bed)
    with pytest.raises(Moved):
        works(cloud, bed).begin(made.id)
    assert work(cloud, bed, made).status == "running"


def test_a_running_work_is_not_deleted(bed: Bed, cloud: Cloud) -> None:
    if not bed.traits.deletes_works:
        pytest.skip("in this cloud works of the kind cannot be deleted")
    made = begun(cloud, bed)
    with pytest.raises(Moved):
        works(cloud, bed).delete(made.id)
    assert work(cloud, bed, made).status == "running"


def test_a_failed_work_says_why(bed: Bed, cloud: Cloud) -> None:
    made = begun(cloud, bed, "failing")
    bed.until(lambda: work(cloud, bed, made).status == "failed")
    failed = work(cloud, bed, made)
    assert (failed.error_code, failed.error_text) == FAILURE
    assert 0 < failed.progress < 100
    assert failed.said


def test_a_failed_work_can_be_begun_again(bed: Bed, cloud: Cloud) -> None:
    skip_if_begun_by_its_order(bed)
    made = begun(cloud, bed, "failing")
    bed.until(lambda: work(cloud, bed, made).status == "failed")
    if bed.traits.enrols:
        bed.until(lambda: is_ready(cloud, bed, "failing"))
    works(cloud, bed).begin(made.id)
    assert work(cloud, bed, made).status == "running"


def is_ready(cloud: Cloud, bed: Bed, role: str) -> bool:
    _works, enrolment = found_works(cloud, bed, role)
    return enrolment is not None and enrolment.state == "ready"


def test_running_works_are_everybody_s(bed: Bed, cloud: Cloud) -> None:
    before = works(cloud, bed).running()
    assert before == {one.id: one.of for one in found_works(cloud, bed, "in_console")[0]}
    made = works(cloud, bed).order(order(cloud, bed))
    if not bed.traits.begins_itself:
        assert works(cloud, bed).running() == before
        works(cloud, bed).begin(made.id)
    assert works(cloud, bed).running() == {**before, made.id: made.of}


def test_the_works_of_known_instances_are_those_that_are_found_for_them(bed: Bed, cloud: Cloud) -> None:
    made = works(cloud, bed).order(order(cloud, bed))
    here = instance(cloud, bed, "imported")
    found, enrolment = works(cloud, bed).find([here])[here.instance_id]
    known = {here.instance_id: enrolment.id} if enrolment else {}
    assert works(cloud, bed).of([here], known) == {here.instance_id: found}
    assert made.id in {one.id for one in found}


# --- deleted ----------------------------------------------------------------------------------------------------------


def test_a_deleted_work_is_gone_and_may_be_deleted_again(bed: Bed, cloud: Cloud) -> None:
    if not bed.traits.deletes_works:
        pytest.skip("in this cloud works of the kind cannot be deleted")
    made = begun(cloud, bed, "failing")
    bed.until(lambda: work(cloud, bed, made).status == "failed")
    for _unused in range(2):
        works(cloud, bed).delete(made.id)
    assert (works(cloud, bed).read([made.id]), found_works(cloud, bed, "failing")[0]) == ({}, ())


def test_a_work_that_was_never_begun_can_be_deleted(bed: Bed, cloud: Cloud) -> None:
    skip_if_begun_by_its_order(bed)
    made = works(cloud, bed).order(order(cloud, bed))
    works(cloud, bed).delete(made.id)
    assert (works(cloud, bed).read([made.id]), found_works(cloud, bed, "imported")[0]) == ({}, ())
