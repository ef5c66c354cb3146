# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMC: migration sources and operating system migration jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..core.clock import Timeline
from ..core.world import there
from . import jobs, sources
from .common import TAG_LIMIT, at_most, by_number, has_tags, read_tags, tags_at
from .migrations import Job, JobState, Source
from .paths import targets
from .ram import SERVICE_ROLE
from .registry import Answer, Call, action
from .wire import ApiError

_ECHOED = ("RegionId", "JobType", "InstanceId", "Description", "ReplicationParameters", "TargetType", "RunOnce")
OS_MIGRATION = 1
JOB_QUOTA = 1000
TAGGED_LIMIT, TAG_LENGTH = 50, 64
_NAME = re.compile(r"\A(?!https?://)[A-Za-z][\w:-]{1,127}\Z", re.ASCII)
_PAGING = "PageNumber PageSize"


# --- sources ---------------------------------------------------------------------------------------------------------


@action("smc", uses=f"SourceId State JobId Name {_PAGING}", ignores="RelatedJobType WorkgroupId RegionId")
def describe_source_servers(call: Call) -> Answer:
    ids, at = at_most(call, "SourceId", 50, 400, "InvalidParameter"), call.as_of("sources")
    found = [source for source in _source_pool(call, ids) if _source_matches(call, source, at)]
    chunk, page = by_number(call, found, 10, 50)
    return {"SourceServers": {"SourceServer": [_source(call, source, at) for source in chunk]}, **page}


def _source_pool(call: Call, ids: list[str]) -> list[Source]:
    known = call.world.sources
    pool = [known[each] for each in ids if each in known] if ids else list(known.values())
    return sorted(pool, key=lambda source: source.serial)


def _source_matches(call: Call, source: Source, at: float) -> bool:
    if not source.created <= at < source.gone:
        return False
    facts: Mapping[str, Callable[[], str]] = {
        "State": lambda: sources.state(call.world, source, at),
        "JobId": lambda: source.job.at(at),
        "Name": lambda: call.world.instances[source.instance_id].name,
    }
    return all(call.get(name) in (None, "") or call.get(name) == fact() for name, fact in facts.items())


def _source(call: Call, source: Source, at: float) -> dict[str, Any]:
    """As SMC answers it: nothing in it says which ECS instance it is but the host name and the address."""
    instance = call.world.instances[source.instance_id]
    state = sources.state(call.world, source, at)
    offline = state == "Unavailable"
    info = {
        "agent_mode": "daemon",
        "agent_type": "aliyun",
        "client_type": "",
        "cores": str(instance.group.vcpus),
        "cpu_usage": "0.00",
        "hostname": source.host_name,
        "ipv4": instance.private_address,
        "memory": f"{instance.group.memory_mib / 1024:.2f}",
        "memory_usage": "1.50",
    }
    return {
        "SourceId": source.id,
        "Name": instance.name,
        "State": state,
        "Platform": instance.system(at).platform,
        "Architecture": instance.group.architecture,
        "SystemInfo": json.dumps(info),
        "StatusInfo": json.dumps({"error_code": "S23", "error_msg": "The client is offline."}) if offline else "",
        "ErrorCode": "SourceServer.Offline" if offline else "",
        "HeartbeatRate": 30,
        "AgentVersion": "2.5.6",
        "ReplicationDriver": "SMT",
        "KernelLevel": 1,
        "SystemDiskSize": instance.system_disk.size_gib,
        "CreationTime": call.clock.iso(source.created),
        "JobId": source.job.at(at),
        "Tags": _tags(call, source, at),
    }


@action("smc", uses="SourceId Force")
def delete_source_server(call: Call) -> Answer:
    source = there(call.world.sources, call.params["SourceId"], call.now)
    if source is None:
        raise ApiError(400, "SourceServerState.Invalid", "The specified source server does not exist.")
    if call.world.running_job(source.instance_id, call.now):
        raise ApiError(400, "SourceServer.WithRunningReplicationJob", "A replication job of the source is running.")
    related = [job for job in call.world.jobs_on(source.instance_id, call.now) if job.source_id == source.id]
    if related and not call.get("Force"):
        raise ApiError(400, "ReplicationJob.Related", "The source server has a replication job.")
    for job in related:
        call.world.drop_job(job, call.now)
    call.world.drop_source(source, call.now)
    return {}


# --- jobs ------------------------------------------------------------------------------------------------------------


@action(
    "smc",
    uses="RegionId SourceId JobType Name ReplicationParameters InstanceId Tag ClientToken",
    ignores="Description TargetType RunOnce ValidTime NetMode LicenseType VpcId VSwitchId ImageName SystemDiskSize",
    idempotent=True,
)
def create_replication_job(call: Call) -> Answer:
    """An operating system migration (JobType 1); other kinds of jobs are not simulated."""
    smc = call.world.scenario.smc
    if call.get("JobType", 0) != OS_MIGRATION:
        raise ApiError(400, "InvalidParameter", "Only JobType 1 (operating system migration) is simulated.")
    if not smc.authorised:
        raise ApiError(403, "EntityNotExist.Role", f"The role {SERVICE_ROLE} does not exist.")
    name, tags = _job_name(call), read_tags(call)
    source = there(call.world.sources, call.params["SourceId"], call.now)
    if source is None or sources.state(call.world, source, call.now) != "Available":
        raise ApiError(400, "SourceServerState.Invalid", "The state of the source server is not Available.")
    if sources.unfinished_job(call.world, source, call.now):
        raise ApiError(400, "SourceServerState.Invalid", "The source server has an unfinished replication job.")
    _check_destination(call, source)
    job = Job(
        id=call.world.new_id("j"),
        name=name,
        source_id=source.id,
        instance_id=source.instance_id,
        target=_target(call, source),
        drill=_drill(call, source),
        created=call.now,
        states=Timeline(JobState("Ready")),
        tags=Timeline(tags),
        request={key: call.params[key] for key in _ECHOED if key in call.params},
        serial=call.world.serial(),
        visible=call.now + call.world.scenario.consistency_lag,
    )
    call.world.add_job(job)
    return {"JobId": job.id}


def _check_destination(call: Call, source: Source) -> None:
    """An operating system is migrated in place: another region or instance can only be a mistake."""
    if call.region != call.world.instances[source.instance_id].region:
        raise ApiError(400, "InvalidParameter", "RegionId is not the region of the source's instance.")
    if call.get("InstanceId") not in (None, "", source.instance_id):
        raise ApiError(400, "InvalidParameter", "InstanceId is not the source's instance.")


def _job_name(call: Call) -> str:
    name = call.get("Name") or f"migration-{len(call.world.jobs) + 1}"
    if not _NAME.match(name):
        raise ApiError(400, "InvalidParameter", "The Name of the job is not valid.")
    if call.world.job_names[name]:
        raise ApiError(400, "ReplicationJobName.Duplicate", "The name of the replication job exists already.")
    if call.world.job_names.total() >= JOB_QUOTA:
        raise ApiError(400, "QuotaExceeded.ReplicationJob", "The quota of replication jobs is exceeded.")
    return name


def _target(call: Call, source: Source) -> str:
    """The wanted operating system, from where this scenario's service looks for it."""
    smc = call.world.scenario.smc
    instance = call.world.instances[source.instance_id]
    system = instance.system(call.now)
    wanted = _hidden(call, smc.target_location, smc.target_parameter)
    allowed = {smc.target_name(each): each for each in targets(system.id, instance.group.architecture)}
    if wanted not in allowed:
        message = (
            f"The SourceOsType: {smc.target_name(system.id)} and TargetOsType: {wanted} are not matched. "
            f"The supported TargetOsType list is: {', '.join(allowed)}."
        )
        raise ApiError(400, "InvalidOsMigrationType.NotMatched", message)
    return allowed[wanted]


def _drill(call: Call, source: Source) -> str:
    """Whether the job drills, and does no more than that; Linux only (documented), its words are invented."""
    smc = call.world.scenario.smc
    said = _hidden(call, smc.drill_location, smc.drill_parameter)
    modes = {word: mode for mode, word in smc.drill_values.items()}
    if said and (said not in modes or call.world.instances[source.instance_id].system(call.now).windows):
        raise ApiError(400, "InvalidParameter", f"The {smc.drill_parameter} {said} is not valid for this source.")
    return modes.get(said, "")


def _hidden(call: Call, location: str, parameter: str) -> str:
    """A parameter that is in no public model, from where this scenario's service looks for it."""
    if location == "query":
        return str(call.get(parameter, ""))
    try:
        parameters = json.loads(call.get("ReplicationParameters") or "{}")
    except ValueError:
        parameters = None
    if not isinstance(parameters, Mapping):
        raise ApiError(400, "InvalidParameter", "ReplicationParameters must be a JSON object.")
    return str(parameters.get(parameter, ""))


def _find_job(call: Call) -> Job:
    job = there(call.world.jobs, call.params["JobId"], call.now)
    if job is None:
        raise ApiError(400, "ReplicationJob.InvalidStatus", "The specified replication job does not exist.")
    return job


@action("smc", uses="JobId")
def start_replication_job(call: Call) -> Answer:
    job = _find_job(call)
    if job.status(call.now) not in ("Ready", "Stopped", "InError"):
        raise ApiError(400, "ReplicationJob.InvalidStatus", "The status of the replication job does not allow this.")
    if sources.state(call.world, call.world.sources[job.source_id], call.now) != "Available":
        raise ApiError(400, "SourceServerState.Invalid", "The state of the source server is not Available.")
    jobs.start(call.world, job, call.now)
    return {}


@action("smc", uses="JobId")
def stop_replication_job(call: Call) -> Answer:
    job = _find_job(call)
    if job.status(call.now) != "Running":
        raise ApiError(400, "ReplicationJob.InvalidStatus", "The status of the replication job does not allow this.")
    if job.run(call.now).business_status(call.now) != "Syncing":
        message = "The business status of the replication job does not allow this."
        raise ApiError(400, "ReplicationJob.InvalidBusinessStatus", message)
    jobs.interrupt(call.world, job, JobState("Stopped", job.progress(call.now)), call.now)
    return {}


@action("smc", uses="JobId")
def delete_replication_job(call: Call) -> Answer:
    job = _find_job(call)
    if job.status(call.now) == "Running":
        raise ApiError(400, "ReplicationJob.InvalidStatus", "The status of the replication job does not allow this.")
    call.world.drop_job(job, call.now)
    return {}


@action("smc", uses=f"RegionId JobId JobType Status BusinessStatus SourceId InstanceId Name Tag {_PAGING}")
def describe_replication_jobs(call: Call) -> Answer:
    limits = {"JobId": 50, "SourceId": 50, "InstanceId": 20}
    wanted = {name: set(at_most(call, name, limit, 400, "InvalidParameter")) for name, limit in limits.items()}
    at = call.as_of("jobs")
    found = [job for job in _job_pool(call, wanted) if _job_matches(call, job, wanted, at)]
    chunk, page = by_number(call, sorted(found, key=lambda job: job.serial), 10, 50)
    return {"ReplicationJobs": {"ReplicationJob": [_job(call, job, at) for job in chunk]}, **page}


def _job_pool(call: Call, wanted: Mapping[str, set[str]]) -> list[Job]:
    """The fewest jobs that need looking at."""
    world = call.world
    if wanted["JobId"]:
        return [world.jobs[each] for each in wanted["JobId"] if each in world.jobs]
    if wanted["InstanceId"]:
        return [job for each in wanted["InstanceId"] if each in world.jobs_of for job in world.jobs_of[each].values()]
    return list(world.jobs.values())


def _job_matches(call: Call, job: Job, wanted: Mapping[str, set[str]], at: float) -> bool:
    if not max(job.created, job.visible) <= at < job.gone:
        return False
    facts = {
        "RegionId": job.request["RegionId"],
        "JobType": job.request["JobType"],
        "Status": job.status(at),
        "BusinessStatus": _business_status(job, at),
        "Name": job.name,
    }
    if any(call.get(name) not in (None, "", value) for name, value in facts.items()):
        return False
    if wanted["SourceId"] and job.source_id not in wanted["SourceId"]:
        return False
    if wanted["InstanceId"] and job.request.get("InstanceId") not in wanted["InstanceId"]:
        return False
    return has_tags(call, job.tags.at(tags_at(call, at)))


def _business_status(job: Job, at: float) -> str:
    return job.run(at).business_status(at) if job.status(at) == "Running" else ""


def _job(call: Call, job: Job, at: float) -> dict[str, Any]:
    state, started = job.states.at(at), [run.started for run in job.runs if run.started <= at]
    ended = state.status in ("Finished", "InError")
    answer: dict[str, Any] = {
        "JobId": job.id,
        "Name": job.name,
        "SourceId": job.source_id,
        "Status": state.status,
        "BusinessStatus": _business_status(job, at),
        "Progress": job.progress(at),
        "ErrorCode": state.error_code,
        "StatusInfo": state.info,
        "CreationTime": call.clock.iso(job.created),
        "StartTime": call.clock.iso(started[-1]) if started else "",
        "EndTime": call.clock.iso(job.states.since(at)) if ended else "",
        "Tags": _tags(call, job, at),
    }
    return {**answer, **job.request}


# --- tags ------------------------------------------------------------------------------------------------------------


def _tags(call: Call, tagged: Job | Source, at: float) -> dict[str, Any]:
    """Tags as SMC answers them."""
    tags = tagged.tags.at(tags_at(call, at))
    return {"Tag": [{"Key": key, "Value": value} for key, value in tags.items()]}


@action("smc", uses="ResourceId ResourceType Tag")
def tag_resources(call: Call) -> Answer:
    """Tag sources or jobs; keys and values are shorter than those of ECS."""
    added, lag = read_tags(call), call.world.scenario.consistency_lag
    if any(len(text) > TAG_LENGTH for pair in added.items() for text in pair):
        raise ApiError(400, "InvalidParameter", f"Keys and values of tags have at most {TAG_LENGTH} characters.")
    tables: dict[str, Any] = {"sourceserver": call.world.sources, "replicationjob": call.world.jobs}
    table = tables.get(call.params["ResourceType"], {})
    ids = at_most(call, "ResourceId", TAGGED_LIMIT, 400, "InvalidParameter")
    timelines = [found.tags for found in (there(table, each, call.now) for each in ids) if found]
    if len(timelines) < len(ids):
        raise ApiError(400, "InvalidParameter", "The specified resources are not found.")
    if any(len({**timeline.last(), **added}) > TAG_LIMIT for timeline in timelines):
        raise ApiError(400, "InvalidParameter", f"A resource has at most {TAG_LIMIT} tags.")
    for timeline in timelines:
        timeline.plan(call.now + lag, {**timeline.last(), **added})
    return {}
