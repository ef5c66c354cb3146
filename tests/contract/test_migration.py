# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources and jobs of the migration service: found, made once, followed to their end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, JobRequest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    CommandResult,
    Hop,
    Instance,
    Job,
    Source,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .bed import Bed, Setting
from .conftest import MakeBed

Found = tuple[Source | None, tuple[Job, ...]]


def instance(cloud: Cloud, bed: Bed, role: str) -> Instance:
    found = cloud.describe([bed.ids[role]], details=True)[bed.ids[role]]
    assert isinstance(found, Instance)
    return found


def migration(cloud: Cloud, bed: Bed, role: str) -> Found:
    one = instance(cloud, bed, role)
    return cloud.find_migrations([one])[one.instance_id]


def request(cloud: Cloud, bed: Bed, role: str = "imported", target: str = "alinux-3") -> JobRequest:
    one, (source, _unused) = instance(cloud, bed, role), migration(cloud, bed, role)
    assert source is not None
    name = f"osm-{one.instance_id}-a1-h1"
    return JobRequest(one, source.source_id, name, Hop(one.os, target), f"token-of-{role}")


def job(cloud: Cloud, made: Job) -> Job:
    return cloud.jobs([made.job_id])[made.job_id]


# --- sources ----------------------------------------------------------------------------------------------------------


def test_a_source_is_found_by_host_name_and_address(bed: Bed, cloud: Cloud) -> None:
    source, jobs = migration(cloud, bed, "imported")
    assert source is not None
    assert (source.state, jobs) == ("Available", ())
    assert cloud.sources([source.source_id]) == {source.source_id: source}


@pytest.mark.parametrize("role", ["linux", "twin"])
def test_nobody_else_s_source_is_taken_for_an_instance_s_own(bed: Bed, cloud: Cloud, role: str) -> None:
    assert migration(cloud, bed, role) == (None, ())


def test_a_job_that_was_started_in_the_console_is_found(bed: Bed, cloud: Cloud) -> None:
    source, jobs = migration(cloud, bed, "in_console")
    assert source is not None
    assert [(one.status, one.source_id, one.instance_id) for one in jobs] == [
        ("Running", source.source_id, bed.ids["in_console"])
    ]


@pytest.mark.parametrize(("role", "os_type"), [("linux", "linux"), ("windows", "windows")])
def test_an_import_registers_the_guest_as_a_source(bed: Bed, cloud: Cloud, role: str, os_type: str) -> None:
    source = imported(cloud, bed, role, os_type)
    assert source is not None
    bed.until(lambda: cloud.sources([source.source_id])[source.source_id].state == "Available")
    assert migration(cloud, bed, role)[0] == Source(source.source_id, "Available")


def imported(cloud: Cloud, bed: Bed, role: str, os_type: str) -> Source | None:
    command = cloud.import_source([bed.ids[role]], os_type, f"import-of-{role}")
    assert command.purpose == "import"

    def result() -> CommandResult:
        return cloud.script_results(command.invocation_id, [bed.ids[role]])[bed.ids[role]]

    bed.until(lambda: result().status == "finished")
    assert not [code for code in bed.activation_codes() if code in str((command, result()))]
    return cloud.imported_source(result())


def test_one_activation_code_serves_a_whole_run(bed: Bed, cloud: Cloud) -> None:
    assert imported(cloud, bed, "linux", "linux")
    assert imported(cloud, bed, "windows", "windows")
    assert bed.writes("make_code") == 1


@pytest.mark.parametrize("said", ["", "Failed!", "Import Source Server [] Successfully!", "[s-x; rm -rf]", "\0"])
def test_an_import_that_names_no_source_registered_none(cloud: Cloud, said: str) -> None:
    assert cloud.imported_source(CommandResult("finished", 0, said)) is None


# --- jobs -------------------------------------------------------------------------------------------------------------


def test_a_job_is_made_started_and_finished_and_the_guest_runs_the_target(bed: Bed, cloud: Cloud) -> None:
    made = cloud.create_job(request(cloud, bed))
    ready = job(cloud, made)
    assert (ready.name, ready.status, ready.instance_id) == (made.name, "Ready", bed.ids["imported"])
    cloud.start_job(made.job_id)
    bed.wait(600)
    running = job(cloud, made)
    assert running.status == "Running"
    assert 0 < running.progress < 100
    assert made.job_id in cloud.running_jobs()
    bed.until(lambda: job(cloud, made).status == "Finished")
    assert job(cloud, made).progress == 100
    assert bed.os_of("imported") == instance(cloud, bed, "imported").os == "alinux-3"
    assert made.job_id not in cloud.running_jobs()


def test_the_same_token_makes_one_job(bed: Bed, cloud: Cloud) -> None:
    wanted = request(cloud, bed)
    assert cloud.create_job(wanted).job_id == cloud.create_job(wanted).job_id
    assert bed.writes("create_job") == 1


def test_a_source_takes_one_unfinished_job(bed: Bed, cloud: Cloud) -> None:
    wanted = request(cloud, bed)
    cloud.create_job(wanted)
    with pytest.raises(Moved):
        cloud.create_job(replace(wanted, token="another", name=f"{wanted.name}0"))
    with pytest.raises(CloudError):
        cloud.create_job(replace(wanted, token="another"))
    assert bed.writes("create_job") == 1


def test_a_new_job_appears_in_lists_after_the_lag(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(lag=60))
    cloud = bed.cloud()
    wanted = request(cloud, bed)
    made = cloud.create_job(wanted)
    assert (cloud.jobs([made.job_id]), migration(cloud, bed, "imported")[1]) == ({}, ())
    assert cloud.create_job(wanted).job_id == made.job_id
    bed.wait(61)
    assert migration(cloud, bed, "imported")[1] == (job(cloud, made),)


def test_a_running_job_is_neither_started_nor_deleted_again(bed: Bed, cloud: Cloud) -> None:
    made = cloud.create_job(request(cloud, bed))
    cloud.start_job(made.job_id)
    for act in (cloud.start_job, cloud.delete_job):
        with pytest.raises(Moved):
            act(made.job_id)
    assert job(cloud, made).status == "Running"


def test_a_failed_job_says_why_and_can_be_started_again(bed: Bed, cloud: Cloud) -> None:
    made = cloud.create_job(request(cloud, bed, "failing"))
    cloud.start_job(made.job_id)
    bed.until(lambda: job(cloud, made).status == "InError")
    failed = job(cloud, made)
    assert (failed.error_code, failed.error_text) == ("M42", "It broke.")
    assert 0 < failed.progress < 100
    bed.until(lambda: cloud.sources([made.source_id])[made.source_id].state == "Available")
    cloud.start_job(made.job_id)
    assert job(cloud, made).status == "Running"


def test_a_deleted_job_is_gone(bed: Bed, cloud: Cloud) -> None:
    made = cloud.create_job(request(cloud, bed))
    cloud.delete_job(made.job_id)
    assert (cloud.jobs([made.job_id]), migration(cloud, bed, "imported")[1]) == ({}, ())


def test_a_target_that_the_service_does_not_offer_is_refused(bed: Bed, cloud: Cloud) -> None:
    with pytest.raises(CloudError) as refusal:
        cloud.create_job(request(cloud, bed, target="windows-2016"))
    assert not refusal.value.whole_call
    assert not isinstance(refusal.value, Moved)
    assert "target" in refusal.value.problem.remedy
    assert bed.writes("create_job") == 0


def test_an_unknown_source_gets_no_job(bed: Bed, cloud: Cloud) -> None:
    with pytest.raises(CloudError):
        cloud.create_job(replace(request(cloud, bed), source_id="s-bp1unknown0000000001"))
    assert bed.writes("create_job") == 0


def test_running_jobs_are_everybody_s(bed: Bed, cloud: Cloud) -> None:
    before = cloud.running_jobs()
    assert before == {one.job_id for one in migration(cloud, bed, "in_console")[1]}
    made = cloud.create_job(request(cloud, bed))
    assert cloud.running_jobs() == before
    cloud.start_job(made.job_id)
    assert cloud.running_jobs() == before | {made.job_id}


def test_as_many_jobs_and_sources_as_the_limits_say_are_read_in_one_call(bed: Bed, cloud: Cloud) -> None:
    made = cloud.create_job(request(cloud, bed))
    limits = cloud.capabilities
    jobs = [made.job_id, *(f"j-bp1unknown{number:012}" for number in range(limits.jobs - 1))]
    sources = [made.source_id, *(f"s-bp1unknown{number:012}" for number in range(limits.sources - 1))]
    assert (list(cloud.jobs(jobs)), list(cloud.sources(sources))) == ([made.job_id], [made.source_id])
