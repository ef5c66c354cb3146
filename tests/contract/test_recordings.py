# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversations that users have recorded are understood, and hold nothing that was marked secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, Script
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Code, Instance, Problem, Take
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import point_name, set_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError
from cloudsim.core.server import Server, Service
from recording.recorder import Recorder
from recording.redact import REDACTED, Leak, Redactor
from recording.replay import Replay

from .alicloud_bed import IDS, USERS, AliCloudBed
from .bed import Setting

#: Recordings of real accounts, as users give them.
GIVEN = sorted((Path(__file__).parent / "recordings").glob("*.jsonl"))
ROLES = ("linux", "windows", "stopped", "kept", "in_console", "imported", "unknown")
SCRIPT = "echo marked-secret-of-the-script"


@contextmanager
def served(service: Service) -> Iterator[str]:
    server = Server(service, 0)
    server.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()


def said(bed: AliCloudBed, file: Path) -> list[Instance]:
    """Have a conversation with the simulated cloud by all ports, and write it down; give what was described."""
    recorder = Recorder(file, Redactor(key for keys in USERS.values() for key in keys), bed.url)
    with served(recorder) as url:
        cloud = bed.cloud(**{"*": url})
        ids = [IDS[role] for role in ROLES]
        found = [one for one in cloud.instances.describe(ids, details=True).values() if isinstance(one, Instance)]
        cloud.instances.tags(ids[:3])
        cloud.instances.tag(ids[:1], {"owner": "marked-owner"})
        cloud.snapshots.find(found, service_made=True)
        disk = found[0].disks[0]
        cloud.snapshots.take([Take(disk, point_name(disk, 1, 1), set_label(ids[0], 1, 1), "token", "root")])
        cloud.works["smc"].find(found)
        cloud.agents.run(ids[:1], Script(SCRIPT), "token")
        enrolments = cloud.works["smc"].enrolments
        assert enrolments is not None
        assert enrolments.codes is not None
        enrolments.codes.make(Code("marked-code", 1, 1))
        with pytest.raises(CloudError):
            bed.cloud("wrong_secret", **{"*": url}).instances.listed()
    return found


def identities(found: list[Instance]) -> set[str]:
    """What tells an account's instances apart."""
    named = {one.hostname for one in found if len(one.hostname) > 6 and one.hostname != one.os_type}
    addresses = {address for one in found for address in (*one.private_addresses, *one.public_addresses)}
    disks = {disk.disk_id for one in found for disk in one.disks}
    return {one.instance_id for one in found} | named | addresses | disks


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[AliCloudBed]:
    made = AliCloudBed(tmp_path, Setting())
    yield made
    made.close()


def test_nothing_that_was_marked_secret_and_no_identity_stays_in_a_recording(bed: AliCloudBed, tmp_path: Path) -> None:
    file = tmp_path / "conversation.jsonl"
    found = said(bed, file)
    text = file.read_text("utf-8")
    secrets = {key for keys in USERS.values() for key in keys if key} | set(bed.codes())
    assert bed.codes()
    assert {one for one in secrets | identities(found) if one in text} == set()
    assert "marked" not in text
    assert "Signature" not in text.replace("SignatureDoesNotMatch", "")
    actions = {json.loads(line)["action"] for line in text.splitlines()}
    assert {"DescribeInstances", "RunCommand", "CreateSnapshot", "CreateAccessToken"} <= actions


def test_an_identity_is_replaced_alike_in_one_recording_and_otherwise_in_the_next() -> None:
    here, there = Redactor([]), Redactor([])
    one = {
        "InstanceId": "i-bp1contractlinux0001",
        "HostName": "web",
        "Note": "i-bp1contractlinux0001 of 1234567890123456",
    }
    assert here.answer(one) == here.answer(one)
    assert here.answer(one) != there.answer(one)
    assert here.answer(one)["InstanceId"].startswith("i-")
    assert len(here.answer(one)["InstanceId"]) == len(one["InstanceId"])
    listed = here.parameters({"InstanceIds": json.dumps([one["InstanceId"]]), "Signature": "s", "AccessKeyId": "k"})
    assert listed == {"InstanceIds": json.dumps([here.answer(one)["InstanceId"]])}


def test_what_the_cloud_s_own_words_are_stays_and_a_field_that_nobody_knows_shows_nothing() -> None:
    told = {
        "Status": "Running",
        "Size": 40,
        "CreationTime": "2026-01-01T00:00:00Z",
        "Progress": "100%",
        "Novelty": "ops",
    }
    kept = Redactor([]).answer(told)
    assert {**kept, "Novelty": "ops"} == told
    assert kept["Novelty"] != "ops"
    assert Redactor([]).answer({"Password": "p", "Output": "c2VjcmV0"}) == {"Password": REDACTED, "Output": REDACTED}


def test_our_own_tags_keep_their_words_and_lose_their_ids() -> None:
    tag = {"TagKey": "evergreen:os_migration", "TagValue": "of=i-bp1contractlinux0001 attempt=1 set=1"}
    kept = Redactor([]).answer(tag)
    assert kept["TagKey"] == "evergreen:os_migration"
    assert kept["TagValue"].endswith(" attempt=1 set=1")
    assert "contract" not in kept["TagValue"]


def test_a_secret_that_stands_where_none_was_expected_is_not_written() -> None:
    with pytest.raises(Leak):
        Redactor(["the-secret-key"]).checked('{"Status": "the-secret-key"}')


@pytest.mark.parametrize("given", ["made here", *GIVEN], ids=str)
def test_a_recording_is_understood_by_the_adapter(bed: AliCloudBed, tmp_path: Path, given: Any) -> None:
    file = given if isinstance(given, Path) else tmp_path / "conversation.jsonl"
    before = said(bed, file) if given == "made here" else []
    replay = Replay(file)
    with served(replay) as url:
        cloud = bed.cloud(**{"*": url})
        seen = [one for one in described(cloud, replay) if isinstance(one, Instance)]
        works = cloud.works["smc"].find(seen)
    assert seen
    assert all(one.status and one.os and one.os_type and one.disks for one in seen)
    assert all(work.status and work.of for found, _enrolment in works.values() for work in found)
    plain = [(one.status, one.os, one.architecture, [disk.size_gib for disk in one.disks]) for one in seen]
    assert not before or plain == [
        (one.status, one.os, one.architecture, [disk.size_gib for disk in one.disks]) for one in before
    ]


def described(cloud: Cloud, replay: Replay) -> list[Instance | Problem]:
    """Describe the instances that were described when the recording was made, by as many calls."""
    asked = [line["parameters"].get("InstanceIds") for line in replay.lines if line["action"] == "DescribeInstances"]
    lists = dict.fromkeys(text for text in asked if text)
    return [one for text in lists for one in cloud.instances.describe(json.loads(text), details=True).values()]
