# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with one instance is said for that instance; the others go on, and nothing is written to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from integration.harness import ACCESS_KEY, SECRET_KEY, Call, Cloud, Controller, Run, cloud, group, host, instance_id

# name: (what the cloud has, what the inventory says, what the message must tell)
CASES: dict[str, tuple[dict[str, Any] | None, dict[str, Any], tuple[str, ...]]] = {
    "unknown": (None, {}, ("InstanceNotFound", "Check the id")),
    "elsewhere": ({"region": "cn-shanghai"}, {}, ("cn-hangzhou", "region", "Remedy:")),
    "noregion": ({}, {"region": ""}, ("region", "Remedy:")),
    "stopped": ({"status": "Stopped"}, {}, ("instance.not_running", "Start the instance")),
    "locked": ({"locks": ["security"]}, {}, ("instance.locked", "security")),
    "classic": ({"network_type": "classic"}, {}, ("instance.classic_network", "VPC")),
    "agentless": ({"faults": {"agent": "missing"}}, {}, ("agent.missing", "Install the agent")),
    "silent": ({"faults": {"agent": "offline"}}, {}, ("agent.offline", "Start the agent")),
    "copying": ({"faults": {"snapshot_in_progress": 100000}}, {}, ("instance.snapshot_in_progress", "Wait")),
    "nopath": ({}, {"os_migration_target": "windows-2016"}, ("centos-7", "alinux-3")),
    "notarget": ({}, {"os_migration_target": ""}, ("InvalidTarget", "Remedy:")),
    "oddtarget": ({}, {"os_migration_target": "alinux-9"}, ("InvalidTarget", "alinux-9")),
    "tiny": ({"os": "windows-2012r2", "vcpus": 1}, {"os_migration_target": "windows-2016"}, ("instance.too_small",)),
}
NOT_ENTITLED = {"access_key": "LTAI5tNotEntitled", "secret_key": "secret-of-the-not-entitled", "permissions": ["sts:*"]}
EXPIRED = {
    "access_key": "STS.Expired",
    "secret_key": "secret-of-the-expired",
    "security_token": "token-of-the-expired",
    "expired": True,
}
OPERATOR = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
SECRETS = [
    user[key] for user in (OPERATOR, NOT_ENTITLED, EXPIRED) for key in ("secret_key", "security_token") if key in user
]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    groups = [group(name, **there) for name, (there, _said, _told) in CASES.items() if there is not None]
    scenario = {"credentials": [OPERATOR, NOT_ENTITLED, EXPIRED], "groups": [group("good"), *groups]}
    with cloud(scenario, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def controller(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    hosts = {name: host(name, **said) for name, (_there, said, _told) in CASES.items()}
    bastion = {"bastion": {"ansible_host": "192.0.2.1"}}
    return Controller(simulated, tmp_path_factory.mktemp("user"), {"good": host("good"), **hosts, **bastion})


@pytest.fixture(scope="module")
def migrated(controller: Controller) -> Run:
    return controller.play("migrate", "-vvv")


@pytest.mark.parametrize("name", CASES)
def test_the_message_tells_host_cause_and_remedy(migrated: Run, name: str) -> None:
    message = migrated.failures[name]
    assert message.startswith(f"{instance_id(name)} ({name}): ")
    assert [word for word in CASES[name][2] if word not in message] == []


def test_a_host_without_instance_is_named(migrated: Run) -> None:
    assert "instance_id is not set" in migrated.failures["bastion"]


def test_the_good_one_went_on(migrated: Run) -> None:
    assert set(migrated.failures) == {*CASES, "bastion"}
    assert migrated.report("migrate")[instance_id("good")]["state"] == "migrated"


def test_nothing_was_written_to_the_refused(migrated: Run, simulated: Cloud) -> None:
    """Whether there is a path is only known after the script that reads facts has told the guest's system."""
    asked = {instance_id("good"), instance_id("nopath")}
    written = [call for call in simulated.writes() if call["action"] != "RunCommand"]
    assert instances(written) == {instance_id("good")}
    assert instances(simulated.writes("RunCommand")) == asked


def instances(calls: list[Call]) -> set[str]:
    return {one for call in calls for one in call["resources"] if one.startswith("i-")}


def test_the_most_verbose_output_has_no_secret_and_no_traceback(migrated: Run) -> None:
    assert [secret for secret in SECRETS if secret in migrated.output] == []
    assert "Traceback" not in migrated.output


def as_user(controller: Controller, directory: Path, user: dict[str, Any]) -> Controller:
    names = {"access_key": "ACCESS_KEY_ID", "secret_key": "ACCESS_KEY_SECRET", "security_token": "SECURITY_TOKEN"}
    credentials = {f"ALIBABA_CLOUD_{name}": user[key] for key, name in names.items() if key in user}
    return replace(controller, directory=directory, credentials=credentials, hosts={"good": host("good")})


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (NOT_ENTITLED, ("Forbidden.RAM", "permission")),
        pytest.param(EXPIRED, ("InvalidSecurityToken.Expired", "Remedy:"), marks=pytest.mark.variant),
        ({"access_key": ACCESS_KEY, "secret_key": "not-the-secret"}, ("SignatureDoesNotMatch", "Remedy:")),
        pytest.param(
            {"access_key": "LTAI5tNobody", "secret_key": "not-the-secret"},
            ("InvalidAccessKeyId.NotFound", "Remedy:"),
            marks=pytest.mark.variant,
        ),
        ({}, ("No credentials", "ALIBABA_CLOUD_ACCESS_KEY_ID")),
    ],
    ids=["not entitled", "expired", "wrong secret", "unknown key", "none"],
)
def test_bad_credentials_are_told_apart(
    controller: Controller, simulated: Cloud, tmp_path: Path, user: dict[str, Any], told: tuple[str, ...]
) -> None:
    before = simulated.writes()
    run = as_user(controller, tmp_path, user).play("migrate", "-vvv")
    assert run.rc == 2
    assert [word for word in told if word not in run.failures["good"]] == []
    assert [secret for secret in [*SECRETS, "not-the-secret"] if secret in run.output] == []
    assert "Traceback" not in run.output
    assert simulated.writes() == before


def test_keys_given_as_a_variable_stay_secret(controller: Controller, tmp_path: Path) -> None:
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "endpoint": controller.cloud.endpoint}
    user = replace(as_user(controller, tmp_path, {}), variables={"os_migration_alicloud": keys})
    for phase in ("assess", "verify"):
        run = user.play(phase, "-vvv", verify_checks=[{"name": "any", "script": "exit 3"}])
        assert SECRET_KEY not in run.output
    assert "any: ScriptFailed" in run.failures["good"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"endpoint": "htp://x y"}, "alicloud.endpoint is 'htp://x y', which is no address."),
        ({"endpoint": "http://127.0.0.1:9", "timeout": 1}, "127.0.0.1 port 9 does not answer: Connection refused"),
        ({"access_key": ACCESS_KEY, "secret_key": "e"}, "alicloud.secret_key has a length of 1: no key is so short."),
        ("cn-hangzhou", "os_migration_alicloud is a text, and has to be a dictionary of options."),
    ],
)
def test_what_was_unclear_is_told_in_the_operator_s_own_terms(
    controller: Controller, tmp_path: Path, given: Any, told: str
) -> None:
    user = replace(as_user(controller, tmp_path, OPERATOR), variables={"os_migration_alicloud": given})
    run = user.play("assess")
    assert run.rc == 2
    assert told in run.failures["good"]
    assert [word for word in ("object at 0x", "Traceback", "InternalError") if word in run.output] == []


def test_no_secret_is_in_the_journal(simulated: Cloud) -> None:
    text = simulated.journal.read_text("utf-8")
    assert [secret for secret in SECRETS if secret in text] == []


def test_an_unreachable_endpoint_is_told_without_the_request(controller: Controller, tmp_path: Path) -> None:
    """The SDK's own text holds the whole address, with token and signature in it."""
    token = "token/with+odd=characters"
    nobody = {"os_migration_alicloud": {"endpoint": "http://127.0.0.1:9", "timeout": 1}}
    lonely = replace(as_user(controller, tmp_path, {**OPERATOR, "security_token": token}), variables=nobody)
    run = lonely.play("assess", "-vvv")
    assert run.rc == 2
    assert "Check the endpoint" in run.failures["good"]
    assert [word for word in (token, quote(token, safe=""), "Signature=", "Traceback") if word in run.output] == []
