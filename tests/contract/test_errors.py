# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every refusal and every fault is classified, told with a remedy, and keeps its secrets; no write is done twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, Script
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Code,
    Disk,
    Instance,
    Order,
    Point,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import (
    CloudError,
    Moved,
    OutOfTime,
    Transient,
    Unclear,
)

from .bed import Bed, Fault, Setting
from .common import (
    a_take,
    accomplished,
    begun,
    codes,
    enrolments,
    found_works,
    instance,
    order,
    stopped,
    take,
    work,
    works,
)
from .conftest import MakeBed

Ask = Callable[[Cloud, Bed], Any]
Act = Callable[[], Any]


def linux(bed: Bed) -> Instance:
    """Return an instance of which nothing was looked up."""
    return Instance(bed.ids["linux"], bed.region, "", disks=(Disk(bed.unknown("disk")),))


def an_enrolment(bed: Bed) -> Mapping[str, str]:
    return {bed.ids["linux"]: bed.unknown("enrolment")} if bed.traits.enrols else {}


def an_order(bed: Bed) -> Order:
    enrolment = bed.unknown("enrolment") if bed.traits.enrols else ""
    return Order(bed.traits.kind, linux(bed), "osm-i-a1-h1", "token", bed.traits.hop, enrolment)


#: Every method of the ports that calls the cloud, called in some way.
VERBS: Mapping[str, Ask] = {
    "disks": lambda cloud, bed: cloud.instances.disks([bed.ids["linux"]]),
    "listed": lambda cloud, bed: cloud.instances.listed(),
    "tag": lambda cloud, bed: cloud.instances.tag([bed.ids["linux"]], {"key": "value"}),
    "stop": lambda cloud, bed: cloud.instances.stop([bed.ids["linux"]], force=False),
    "start": lambda cloud, bed: cloud.instances.start([bed.ids["linux"]]),
    "run": lambda cloud, bed: cloud.agents.run([bed.ids["linux"]], Script("true"), "token"),
    "results": lambda cloud, bed: cloud.agents.results(bed.unknown("invocation"), [bed.ids["linux"]]),
    "find_points": lambda cloud, bed: cloud.snapshots.find([linux(bed)], service_made=False),
    "points": lambda cloud, bed: cloud.snapshots.read([bed.unknown("point")]),
    "take": lambda cloud, bed: cloud.snapshots.take([a_take(linux(bed).disks[0])]),
    "delete_point": lambda cloud, bed: cloud.snapshots.delete([Point(bed.unknown("point"), "")]),
    "find_works": lambda cloud, bed: works(cloud, bed).find([linux(bed)]),
    "works": lambda cloud, bed: works(cloud, bed).read([bed.unknown("work")]),
    "works_of": lambda cloud, bed: works(cloud, bed).of([linux(bed)], an_enrolment(bed)),
    "running": lambda cloud, bed: works(cloud, bed).running(),
    "order": lambda cloud, bed: works(cloud, bed).order(an_order(bed)),
    "begin": lambda cloud, bed: works(cloud, bed).begin(unbegun(bed)),
    "delete_work": lambda cloud, bed: works(cloud, bed).delete(deletable(bed)),
    "enrol": lambda cloud, bed: enrolments(cloud, bed).enrol([bed.ids["linux"]], "linux", "token"),
    "enrolments": lambda cloud, bed: enrolments(cloud, bed).read([bed.unknown("enrolment")]),
    "leave": lambda cloud, bed: enrolments(cloud, bed).leave(bed.unknown("enrolment")),
    "codes": lambda cloud, bed: codes(cloud, bed).listed(),
    "make_code": lambda cloud, bed: codes(cloud, bed).make(Code("wave-1", 1, 1)),
    "disable_code": lambda cloud, bed: codes(cloud, bed).disable("at-1"),
    "delete_code": lambda cloud, bed: codes(cloud, bed).delete("at-1"),
    "restore": lambda cloud, bed: cloud.snapshots.restore(restorable(bed), bed.unknown("point")),
    "detach": lambda cloud, bed: cloud.instances.detach(bed.ids["linux"], movable(bed)),
    "attach": lambda cloud, bed: cloud.instances.attach(bed.ids["linux"], movable(bed), ""),
}
DESCRIBE: Mapping[str, Ask] = {
    "describe": lambda cloud, bed: cloud.instances.describe([bed.ids["linux"]], details=True),
    "listed_by_tag": lambda cloud, bed: cloud.instances.listed("key"),
    "tags": lambda cloud, bed: cloud.instances.tags([bed.ids["linux"]]),
}


def unbegun(bed: Bed) -> str:
    """Return a work's id, where works are begun by a call of their own."""
    return bed.unknown("work") if not bed.traits.begins_itself else pytest.skip("an order is the start")


def deletable(bed: Bed) -> str:
    return bed.unknown("work") if bed.traits.deletes_works else pytest.skip("works cannot be deleted")


def restorable(bed: Bed) -> str:
    return bed.unknown("disk") if bed.traits.restores else pytest.skip("no disk is put back")


def movable(bed: Bed) -> str:
    return bed.unknown("disk") if bed.traits.moves_disks else pytest.skip("this simulated cloud moves no disks yet")


def refusal(act: Act) -> CloudError:
    with pytest.raises(CloudError) as caught:
        act()
    return caught.value


def shown_secrets(bed: Bed, error: CloudError) -> list[str]:
    """Return the secrets that an error shows, as they are or as they stand in URLs."""
    text = f"{error}{error!r}{error.problem}{error.__cause__}"
    return [secret for secret in bed.secrets if secret in text or quote(secret, safe="") in text]


# --- who calls --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_without_permission_every_verb_is_refused_with_a_remedy(bed: Bed, verb: str) -> None:
    refused = refusal(partial(VERBS[verb], bed.cloud("nobody"), bed))
    assert refused.whole_call
    assert not isinstance(refused, (Transient, Moved, Unclear))
    assert "ermission" in refused.problem.remedy


@pytest.mark.parametrize(("user", "said"), [("wrong_key", "key"), ("wrong_secret", "secret"), ("expired", "expired")])
@pytest.mark.parametrize("verb", [*DESCRIBE, *VERBS])
def test_wrong_credentials_are_refused_once_for_the_whole_call(bed: Bed, verb: str, user: str, said: str) -> None:
    refused = refusal(partial({**DESCRIBE, **VERBS}[verb], bed.cloud(user, call=bed.patient()), bed))
    assert refused.whole_call
    assert not isinstance(refused, (Transient, Moved, Unclear))
    assert said in refused.problem.remedy
    assert refused.problem.code
    assert refused.problem.message
    assert not shown_secrets(bed, refused)


def test_temporary_credentials_work_while_they_last(bed: Bed) -> None:
    assert bed.cloud("guest").instances.describe([bed.ids["linux"]], details=False)


# --- what goes wrong on the way ---------------------------------------------------------------------------------------

EFFECTS = ["throttle", "http_500", "http_503", "html_403", "cut", "lost_answer"]


@pytest.mark.parametrize("effect", EFFECTS)
def test_what_passes_is_told_from_what_does_not(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("describe", effect),)))
    fault = refusal(partial(DESCRIBE["describe"], bed.cloud(), bed))
    assert isinstance(fault, Transient)
    assert fault.throttled == (effect == "throttle")
    assert fault.whole_call
    assert fault.problem.remedy
    assert not shown_secrets(bed, fault)
    assert bed.cloud().instances.describe([bed.ids["linux"]], details=False)


@pytest.mark.parametrize("effect", EFFECTS)
def test_what_passes_is_waited_out(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("agents", effect, times=4),)))
    cloud = bed.cloud(call=bed.patient())
    assert cloud.regions()  # who was answered once waits longer
    assert bed.ids["linux"] in cloud.instances.describe([bed.ids["linux"]], details=True)


@pytest.mark.parametrize("effect", ["throttle", "http_500", "http_503"])
def test_a_look_at_the_account_waits_out_what_passes(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("account", effect, times=2),)))
    assert bed.cloud(call=bed.patient()).account() == bed.traits.account


def test_a_storm_that_does_not_end_is_left_at_the_deadline(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("describe", "throttle", times=None),)))
    with pytest.raises(OutOfTime):
        bed.cloud(call=bed.patient(120)).instances.describe([bed.ids["linux"]], details=False)


def test_a_used_up_quota_is_waited_for(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(quotas={"describe": 3}))
    cloud = bed.cloud(call=bed.patient())
    for _unused in range(10):
        assert cloud.instances.describe([bed.ids["linux"]], details=False)


def test_an_endpoint_that_nobody_serves_is_given_up_soon_and_shows_no_secret(bed: Bed) -> None:
    look = partial(DESCRIBE["describe"], bed.unreachable(), bed)
    fault = refusal(partial(bed.patient(), "look", look))
    assert isinstance(fault, Transient)
    assert "endpoint" in fault.problem.remedy
    assert not shown_secrets(bed, fault)


# --- a write that must never be sent again ----------------------------------------------------------------------------


def _to_begin(cloud: Cloud, bed: Bed) -> Act:
    unbegun(bed)
    made = works(cloud, bed).order(order(cloud, bed))
    return partial(works(cloud, bed).begin, made.id)


def _to_restore(cloud: Cloud, bed: Bed) -> Act:
    restorable(bed)
    disk = instance(cloud, bed).disks[0]
    made = accomplished(cloud, bed, take(cloud, disk))
    stopped(cloud, bed)
    return partial(cloud.snapshots.restore, disk.disk_id, made.snapshot_id)


def _to_detach(cloud: Cloud, bed: Bed) -> Act:
    movable(bed)
    return partial(cloud.instances.detach, stopped(cloud, bed), instance(cloud, bed).disks[1].disk_id)


def _to_attach(cloud: Cloud, bed: Bed) -> Act:
    disk = instance(cloud, bed).disks[1]
    _to_detach(cloud, bed)()
    bed.until(lambda: len(instance(cloud, bed).disks) == 1)
    return partial(cloud.instances.attach, bed.ids["linux"], disk.disk_id, disk.device)


#: What is done first, so that the write can be sent; each returns the write.
NEVER_AGAIN: Mapping[str, Callable[[Cloud, Bed], Act]] = {
    "tag": lambda cloud, bed: partial(cloud.instances.tag, [bed.ids["linux"]], {"key": "value"}),
    "stop": lambda cloud, bed: partial(cloud.instances.stop, [bed.ids["linux"]], force=False),
    "start": lambda cloud, bed: partial(cloud.instances.start, [bed.ids["stopped"]]),
    "begin": _to_begin,
    "restore": _to_restore,
    "detach": _to_detach,
    "attach": _to_attach,
}


@pytest.mark.parametrize(("effect", "carried_out"), [("lost_answer", 1), ("cut", 0), ("http_503", 0), ("html_403", 0)])
@pytest.mark.parametrize("verb", NEVER_AGAIN)
def test_a_write_that_could_do_harm_twice_is_unclear_without_an_answer_and_not_sent_again(
    make_bed: MakeBed, verb: str, effect: str, carried_out: int
) -> None:
    bed = make_bed(Setting((Fault(verb, effect),)))
    write = NEVER_AGAIN[verb](bed.cloud(call=bed.patient()), bed)
    with pytest.raises(Unclear) as unclear:
        write()
    assert unclear.value.problem.remedy
    assert bed.writes(verb) == carried_out


@pytest.mark.parametrize("verb", NEVER_AGAIN)
def test_a_write_that_was_throttled_was_not_carried_out_and_is_sent_again(make_bed: MakeBed, verb: str) -> None:
    bed = make_bed(Setting((Fault(verb, "throttle", times=2),)))
    NEVER_AGAIN[verb](bed.cloud(call=bed.patient()), bed)()
    assert bed.writes(verb) == 1


def test_what_became_of_an_unclear_write_is_seen_by_a_look(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("stop", "lost_answer"), Fault("tag", "lost_answer"))))
    cloud = bed.cloud(call=bed.patient())
    for verb in ("tag", "stop"):
        refusal(NEVER_AGAIN[verb](cloud, bed))
    found = instance(cloud, bed, details=False)
    assert (found.status, found.tags["key"]) == ("Stopping", "value")


def test_an_unclear_begin_is_seen_in_the_work(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("begin", "lost_answer"),)))
    cloud = bed.cloud(call=bed.patient())
    refusal(_to_begin(cloud, bed))
    (found,), _enrolment = found_works(cloud, bed, "imported")
    assert found.status == "running"


# --- a write that is made once however often it is sent ---------------------------------------------------------------


@pytest.mark.parametrize("effect", ["lost_answer", "cut"])
def test_a_point_whose_answer_was_lost_is_taken_once(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("take", effect, times=2),)))
    cloud = bed.cloud(call=bed.patient())
    disk = instance(cloud, bed).disks[0]
    if not bed.traits.tokens_for_points:
        assert isinstance(refusal(partial(take, cloud, disk)), Unclear)
        assert bed.writes("take") == (effect == "lost_answer")
        return
    made = take(cloud, disk)
    assert list(cloud.snapshots.read([made.snapshot_id])) == [made.snapshot_id]
    assert bed.writes("take") == 1


@pytest.mark.parametrize("effect", ["lost_answer", "cut"])
def test_a_work_whose_answer_was_lost_is_made_once(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("order", effect, times=2),)))
    cloud = bed.cloud(call=bed.patient())
    wanted = order(cloud, bed)
    if not bed.traits.tokens_for_works:
        assert isinstance(refusal(partial(works(cloud, bed).order, wanted)), Unclear)
        assert bed.writes("order") == (effect == "lost_answer")
        return
    made = works(cloud, bed).order(wanted)
    assert work(cloud, bed, made).name == wanted.name
    assert bed.writes("order") == 1


def test_a_script_whose_answer_was_lost_runs_once(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("run", "lost_answer", times=2),)))
    bed.cloud(call=bed.patient()).agents.run([bed.ids["linux"]], Script("true"), "token")
    assert bed.writes("run") == 1


def test_an_enrolment_whose_answer_was_lost_is_begun_once(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("run", "lost_answer", times=2), Fault("code", "lost_answer"))))
    enrolments(bed.cloud(call=bed.patient()), bed).enrol([bed.ids["linux"]], "linux", "token")
    assert bed.writes("run") == 1


# --- a write that is there already when it is sent again --------------------------------------------------------------


def test_a_point_whose_deletion_was_not_answered_is_gone(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("delete_point", "lost_answer"),)))
    cloud = bed.cloud(call=bed.patient())
    made = take(cloud, instance(cloud, bed).disks[0])
    cloud.snapshots.delete([made])
    assert cloud.snapshots.read([made.snapshot_id]) == {}


def test_a_work_whose_deletion_was_not_answered_is_gone(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("delete_work", "lost_answer"),)))
    deletable(bed)
    cloud = bed.cloud(call=bed.patient())
    made = begun(cloud, bed, "failing")
    bed.until(lambda: work(cloud, bed, made).status == "failed")
    works(cloud, bed).delete(made.id)
    assert works(cloud, bed).read([made.id]) == {}
