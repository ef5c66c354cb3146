# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every refusal and every fault is classified, told with a remedy, and keeps its secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, JobRequest, Script
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Disk,
    Hop,
    Instance,
    Snapshot,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import (
    CloudError,
    Moved,
    OutOfTime,
    Transient,
)

from .bed import Bed, Fault, Setting
from .conftest import MakeBed

LINUX = Instance("i-bp1contractlinux0001", "r", "p", disks=(Disk("d-bp1disk000000000001"),))
JOB = JobRequest(LINUX, "s-bp1source0000000001", "osm-i-a1-h1", Hop("centos-7", "alinux-3"), "token")
SNAPSHOT = ("osm-d-a1-h1", ("key", "label"), "token")
#: Every verb that calls the cloud, called in some way.
VERBS: Mapping[str, Callable[[Cloud], Any]] = {
    "disks": lambda cloud: cloud.disks([LINUX.instance_id]),
    "tag": lambda cloud: cloud.tag([LINUX.instance_id], "key", "value"),
    "stop": lambda cloud: cloud.stop([LINUX.instance_id]),
    "start": lambda cloud: cloud.start([LINUX.instance_id]),
    "run_script": lambda cloud: cloud.run_script([LINUX.instance_id], Script("true"), "token", "probe"),
    "script_results": lambda cloud: cloud.script_results("t-1", [LINUX.instance_id]),
    "find_snapshots": lambda cloud: cloud.find_snapshots([LINUX], "key", False),
    "snapshots": lambda cloud: cloud.snapshots(["s-1"]),
    "create_snapshot": lambda cloud: cloud.create_snapshot(LINUX.disks[0], *SNAPSHOT),
    "delete_snapshot": lambda cloud: cloud.delete_snapshot("s-1"),
    "reset_disk": lambda cloud: cloud.reset_disk("d-1", "s-1"),
    "find_migrations": lambda cloud: cloud.find_migrations([LINUX]),
    "import_source": lambda cloud: cloud.import_source([LINUX.instance_id], "linux", "token"),
    "sources": lambda cloud: cloud.sources(["s-1"]),
    "create_job": lambda cloud: cloud.create_job(JOB),
    "start_job": lambda cloud: cloud.start_job("j-1"),
    "delete_job": lambda cloud: cloud.delete_job("j-1"),
    "jobs": lambda cloud: cloud.jobs(["j-1"]),
    "running_jobs": lambda cloud: cloud.running_jobs(),
}
DESCRIBE = {"describe": lambda cloud: cloud.describe([LINUX.instance_id], details=True)}


def refusal(act: Callable[[Cloud], Any], cloud: Cloud) -> CloudError:
    with pytest.raises(CloudError) as caught:
        act(cloud)
    return caught.value


def shown_secrets(bed: Bed, error: CloudError) -> list[str]:
    """Return the secrets that an error shows, as they are or as they stand in URLs."""
    text = f"{error}{error!r}{error.problem}{error.__cause__}"
    return [secret for secret in bed.secrets if secret in text or quote(secret, safe="") in text]


# --- who calls --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_without_permission_every_verb_is_refused_with_a_remedy(bed: Bed, verb: str) -> None:
    refused = refusal(VERBS[verb], bed.cloud("nobody"))
    assert refused.whole_call
    assert not isinstance(refused, (Transient, Moved))
    assert "ermission" in refused.problem.remedy


@pytest.mark.parametrize(("user", "said"), [("wrong_key", "key"), ("wrong_secret", "secret"), ("expired", "expired")])
@pytest.mark.parametrize("verb", [*DESCRIBE, *VERBS])
def test_wrong_credentials_are_refused_once_for_the_whole_call(bed: Bed, verb: str, user: str, said: str) -> None:
    refused = refusal({**DESCRIBE, **VERBS}[verb], bed.cloud(user, call=bed.patient()))
    assert refused.whole_call
    assert not isinstance(refused, (Transient, Moved))
    assert said in refused.problem.remedy
    assert refused.problem.code
    assert refused.problem.message
    assert not shown_secrets(bed, refused)


def test_temporary_credentials_work_while_they_last(bed: Bed) -> None:
    assert bed.cloud("guest").describe([bed.ids["linux"]], details=False)


# --- what goes wrong on the way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["throttle", "http_500", "http_503", "cut", "lost_answer"])
def test_what_passes_is_told_from_what_does_not(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("describe", effect),)))
    fault = refusal(DESCRIBE["describe"], bed.cloud())
    assert isinstance(fault, Transient)
    assert fault.throttled == (effect == "throttle")
    assert fault.whole_call
    assert fault.problem.remedy
    assert not shown_secrets(bed, fault)
    assert bed.cloud().describe([bed.ids["linux"]], details=False)


@pytest.mark.parametrize("effect", ["throttle", "http_500", "http_503", "cut", "lost_answer"])
def test_what_passes_is_waited_out(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("agents", effect, times=4),)))
    assert bed.ids["linux"] in bed.cloud(call=bed.patient()).describe([bed.ids["linux"]], details=True)


@pytest.mark.parametrize("effect", ["throttle", "http_500", "http_503"])
def test_a_look_at_the_account_waits_out_what_passes(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("account", effect, times=2),)))
    assert bed.cloud(call=bed.patient()).account().service_role


def test_a_storm_that_does_not_end_is_left_at_the_deadline(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("describe", "throttle", times=None),)))
    with pytest.raises(OutOfTime):
        bed.cloud(call=bed.patient(120)).describe([bed.ids["linux"]], details=False)


def test_a_used_up_quota_is_waited_for(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(quotas={"describe": 3}))
    cloud = bed.cloud(call=bed.patient())
    for _unused in range(10):
        assert cloud.describe([bed.ids["linux"]], details=False)


def test_an_endpoint_that_nobody_serves_is_given_up_soon_and_shows_no_secret(bed: Bed) -> None:
    patient = bed.patient()
    fault = refusal(lambda cloud: patient(lambda: cloud.describe([LINUX.instance_id], details=True)), bed.unreachable())
    assert isinstance(fault, Transient)
    assert "endpoint" in fault.problem.remedy
    assert not shown_secrets(bed, fault)


# --- a write whose answer was lost ------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["lost_answer", "cut"])
def test_a_snapshot_whose_answer_was_lost_is_made_once(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("create_snapshot", effect, times=2),)))
    cloud = bed.cloud(call=bed.patient())
    disk = cloud.disks([bed.ids["linux"]])[bed.ids["linux"]][0]
    made: Snapshot = cloud.create_snapshot(disk, *SNAPSHOT)
    assert list(cloud.snapshots([made.snapshot_id])) == [made.snapshot_id]
    assert bed.writes("create_snapshot") == 1


@pytest.mark.parametrize("effect", ["lost_answer", "cut"])
def test_a_job_whose_answer_was_lost_is_made_once(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(Setting((Fault("create_job", effect, times=2),)))
    cloud = bed.cloud(call=bed.patient())
    made = cloud.create_job(job_request(cloud, bed))
    assert cloud.jobs([made.job_id])[made.job_id].status == "Ready"
    assert bed.writes("create_job") == 1


def job_request(cloud: Cloud, bed: Bed) -> JobRequest:
    one = cloud.describe([bed.ids["imported"]], details=True)[bed.ids["imported"]]
    assert isinstance(one, Instance)
    source, _unused = cloud.find_migrations([one])[one.instance_id]
    assert source is not None
    return JobRequest(one, source.source_id, "osm-imported-a1-h1", Hop("centos-7", "alinux-3"), "token")


def test_a_script_whose_answer_was_lost_runs_once(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("run_script", "lost_answer", times=2),)))
    bed.cloud(call=bed.patient()).run_script([bed.ids["linux"]], Script("true"), "token", "probe")
    assert bed.writes("run_script") == 1


def test_a_start_whose_answer_was_lost_is_seen_to_have_happened(make_bed: MakeBed) -> None:
    """There is no token for it: the repeated call is refused, and a look at the job says why."""
    bed = make_bed(Setting((Fault("start_job", "lost_answer"),)))
    cloud = bed.cloud(call=bed.patient())
    made = cloud.create_job(job_request(cloud, bed))
    with pytest.raises(Moved):
        cloud.start_job(made.job_id)
    assert cloud.jobs([made.job_id])[made.job_id].status == "Running"


def test_a_stop_and_a_tag_whose_answers_were_lost_are_no_failures(make_bed: MakeBed) -> None:
    bed = make_bed(Setting((Fault("stop", "lost_answer"), Fault("tag", "lost_answer"))))
    cloud = bed.cloud(call=bed.patient())
    cloud.tag([bed.ids["windows"]], "key", "value")
    assert cloud.stop([bed.ids["windows"]]) == {}
    found = cloud.describe([bed.ids["windows"]], details=False)[bed.ids["windows"]]
    assert isinstance(found, Instance)
    assert (found.status, found.tags) == ("Stopping", {"key": "value"})
