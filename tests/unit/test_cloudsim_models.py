# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated API is the official one: its parameters and answers come from the SDKs' models."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud import extract_models, models
from cloudsim.alicloud.lab import Lab
from cloudsim.alicloud.registry import ACTIONS

SCENARIO = {"groups": [{"name": "web", "os": "centos-7", "count": 1, "smc_source": "available"}]}
MISSING = [package for package in extract_models.ACTIONS if not importlib.util.find_spec(package)]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(SCENARIO, tmp_path)
    yield made
    made.close()


@pytest.mark.skipif(bool(MISSING), reason=f"install {' and '.join(MISSING)} to check models.json against the SDKs")
def test_committed_models_are_those_of_the_installed_sdks() -> None:
    fresh = extract_models.render(extract_models.extract())
    assert extract_models.TARGET.read_text(encoding="utf-8") == fresh, (
        "run `python -m cloudsim.alicloud.extract_models`"
    )


def test_every_model_has_an_action_and_every_action_a_model() -> None:
    assert set(ACTIONS) == {(service, name) for service, actions in models.MODELS.items() for name in actions}


def test_every_parameter_of_an_action_is_in_its_model() -> None:
    for (service, name), action in ACTIONS.items():
        known = {*models.MODELS[service][name]["parameters"], *models.COMMON}
        assert not action.uses - known, name


@pytest.mark.parametrize(
    ("service", "action", "parameters", "code"),
    [
        ("ecs", "DescribeInstances", {"Colour": "red"}, "InvalidParameter.Unknown"),
        ("ecs", "DescribeInstances", {"MaxResults": "ten"}, "InvalidParameter"),
        ("ecs", "DescribeInstances", {"DryRun": "perhaps"}, "InvalidParameter"),
        ("ecs", "DescribeInstances", {"Tag": ["estate"]}, "InvalidParameter"),
        ("ecs", "DescribeInstances", {"VpcId": "vpc-1"}, "InvalidParameter.NotSimulated"),
        ("ecs", "CreateSnapshot", {}, "MissingParameter.DiskId"),
        ("smc", "CreateReplicationJob", {"SourceId": "s-1", "JobType": 1, "Target": "x"}, "InvalidParameter.Unknown"),
    ],
)
def test_wrong_parameters_are_refused(
    lab: Lab, service: str, action: str, parameters: dict[str, Any], code: str
) -> None:
    assert lab.code(service, action, **parameters) == (400, code)


def test_unknown_actions_are_refused(lab: Lab) -> None:
    assert lab.code("ecs", "RebootTheMoon") == (404, "InvalidAction.NotFound")


@pytest.mark.parametrize(
    "answer", [{"Regoins": {}}, {"RequestId": 7}, {"Regions": {"Region": {}}}, {"Regions": {"Region": [{"Id": "x"}]}}]
)
def test_an_answer_outside_the_model_is_a_bug(answer: dict[str, Any]) -> None:
    with pytest.raises(models.AnswerMismatch):
        list(models.check_answer(models.MODELS["ecs"]["DescribeRegions"]["answer"], answer))


def test_a_bug_is_a_500_and_a_message_on_stderr(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.world.instances["i-bp1g0000000000000001"].private_address = 7  # type: ignore[assignment]
    assert lab.code("ecs", "DescribeInstances") == (500, "SimulatorBug")
    assert "AnswerMismatch" in capsys.readouterr().err
