# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stacks brought to their state on the simulated ROS, whatever goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Problem, Stack, required
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.stacks import ABSENT, PRESENT
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.limits import Clock
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.stacks import Limit, StackEngine, Wish
from ansible_collections.evergreen.os_migration.plugins.module_utils._stacks import wanted

from .alicloud_bed import AliCloudBed
from .bed import Setting, at_once

SITE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Password: {Type: String, NoEcho: true}
Resources:
  Network: {Type: 'ALIYUN::ECS::VPC', Properties: {CidrBlock: 10.0.0.0/8}}
  Group:
    Type: ALIYUN::ECS::SecurityGroup
    Properties:
      VpcId: !Ref Network
      SecurityGroupIngress: [{IpProtocol: tcp, PortRange: 80/80, SourceCidrIp: 0.0.0.0/0}]
  Server:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: centos_7_9_x64_20G_alibase_20240628.vhd
      InstanceType: ecs.e-c1m2.large
      SecurityGroupId: !Ref Group
      InternetMaxBandwidthOut: 5
      Password: !Ref Password
Outputs:
  Url: {Value: !Sub 'http://${Server.PublicIp}/'}
  InstanceId: {Value: !GetAtt Server.InstanceId}
"""
SCRIPT = """
  Install:
    Type: ALIYUN::ECS::RunCommand
    Properties:
      Type: RunShellScript
      InstanceIds: [!Ref Server]
      Timeout: 600
      CommandContent: 'echo no mirror answers; exit 4'
Outputs:"""
MakeSite = Callable[..., AliCloudBed]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeSite]:
    with ExitStack() as stack:

        def bed(**changes: Any) -> AliCloudBed:
            changes = {"groups": [], "command": {"latency": 2}, **changes}
            return stack.enter_context(closing(AliCloudBed(tmp_path, Setting(), **changes)))

        yield bed


def given(name: str = "site", region: str = "cn-hangzhou", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "region": region,
        "provider": None,
        "profile": None,
        "template": SITE,
        "template_url": None,
        "parameters": {},
        "secret_parameters": {"Password": "a-password"},
        "tags": {},
        "creation_minutes": 60,
        **more,
    }


def run(
    bed: AliCloudBed,
    *stacks: Mapping[str, Any],
    state: str = PRESENT,
    writing: bool = True,
    seconds: float = 7200,
    patient: bool = True,
    told: list[str] | None = None,
    pause: float = 0.0,
) -> list[Wish]:
    """Bring stacks to a state; ``pause`` is for scripts that guests really run while the cloud's time goes on."""

    def sleep(seconds: float) -> None:
        bed.wait(seconds)
        time.sleep(pause)

    wishes = wanted({"stacks": stacks or [given()], "state": state, "alicloud": {"region": ""}})
    engine = StackEngine(
        lambda place: bed.cloud(region=place.region, call=bed.patient(seconds) if patient else at_once),
        Limit(bed.lab.time + seconds, seconds, 10),
        writing,
        Clock(ticks=lambda: bed.lab.time, sleep=sleep),
        Event(),
        lambda wish: (told if told is not None else []).append(wish.stack.said if wish.stack else "not there"),
    )
    engine.run(wishes)
    return wishes


def only(wishes: list[Wish]) -> Wish:
    (wish,) = wishes
    return wish


def problem(wish: Wish) -> Problem:
    assert wish.done
    return required(wish.problem)


def there(bed: AliCloudBed, name: str = "site") -> Stack | None:
    return required(bed.cloud().stacks).find([name]).get(name)


def test_a_stack_is_made_once_waited_for_and_deleted_with_its_instance(make: MakeSite) -> None:
    bed, told = make(), list[str]()
    made = only(run(bed, told=told))
    outputs = required(made.stack).outputs
    assert (made.problem, made.changed, outputs["Url"]) == (None, True, "http://47.96.0.1/")
    assert told[0] == "not there"
    assert told[-1] == "CREATE_COMPLETE"
    instance = bed.lab.ok("ecs", "DescribeInstances")["Instances"]["Instance"][0]
    assert (instance["InstanceId"], instance["Status"]) == (outputs["InstanceId"], "Running")
    again = only(run(bed))
    assert (again.problem, again.changed, required(again.stack).outputs) == (None, False, outputs)
    gone = only(run(bed, state=ABSENT))
    assert (gone.problem, gone.changed, gone.stack) == (None, True, None)
    assert bed.lab.ok("ecs", "DescribeInstances")["TotalCount"] == 0
    assert only(run(bed, state=ABSENT)).changed is False
    assert (len(bed.calls("CreateStack")), len(bed.calls("DeleteStack"))) == (1, 1)


def test_many_stacks_of_several_regions_are_made_at_the_same_time(make: MakeSite) -> None:
    bed = make()
    regions = ("cn-hangzhou", "cn-shanghai", "cn-beijing")
    names = [given(f"site-{number}", region) for region in regions for number in range(7)]
    wishes = run(bed, *names)
    assert [wish.problem for wish in wishes] == [None] * 21
    assert len({required(wish.stack).id for wish in wishes}) == 21
    assert bed.lab.time < 300, "one after another takes 21 times as long as one"
    looks = [call for call in bed.lab.journal() if call["action"] == "ListStacks"]
    assert len(looks) < 3 * 2 * bed.lab.time / 10 + 12, "looks are at many stacks at once"


def test_in_check_mode_nothing_is_made_or_deleted_and_a_template_is_looked_at(make: MakeSite) -> None:
    bed = make()
    planned = only(run(bed, writing=False))
    assert (planned.changed, planned.planned, planned.problem) == (True, True, None)
    wrong = only(run(bed, given(template=SITE.replace("!Ref Group", "!Ref Grupe")), writing=False))
    assert (problem(wrong).code, "Grupe" in problem(wrong).message) == ("InvalidTemplateReference", True)
    assert there(bed) is None
    run(bed)
    assert only(run(bed, writing=False)).changed is False
    deletion = only(run(bed, state=ABSENT, writing=False))
    assert (deletion.changed, deletion.planned, there(bed) is not None) == (True, True, True)
    assert len(bed.calls("CreateStack")) == 1
    assert bed.calls("DeleteStack") == []


def test_a_controller_that_dies_as_it_makes_a_stack_leaves_one_that_the_next_run_follows(make: MakeSite) -> None:
    bed = make(faults=[{"match": {"action": "CreateStack"}, "effect": "lost_answer", "times": 1}])
    lost = only(run(bed, patient=False))  # nobody asks again: as if the controller had died before it was answered
    assert problem(lost).remedy
    followed = only(run(bed))
    assert (followed.problem, followed.changed) == (None, False)
    assert len(bed.calls("CreateStack")) == 1


def test_two_controllers_make_one_stack(make: MakeSite) -> None:
    bed = make(consistency_lag=30)
    first = required(bed.cloud().stacks)
    wish = wanted({"stacks": [given()], "state": PRESENT, "alicloud": {"region": ""}})[0]
    made = first.make(wish.blueprint, "the other controller's")
    second = only(run(bed))  # for half a minute no list has the stack, and its name is taken
    assert (second.problem, second.changed, required(second.stack).id) == (None, False, made)
    assert len(bed.calls("CreateStack")) == 1


def test_a_creation_that_is_rolled_back_is_told_with_what_failed_and_the_next_run_makes_it_anew(make: MakeSite) -> None:
    bed = make(ros={"fails": [{"resource": "Server", "times": 1}]})
    told = problem(only(run(bed)))
    assert told.code == "StackRolledBack"
    assert "Server (ALIYUN::ECS::Instance): OperationDenied.NoStock: The resource is out of stock" in told.message
    assert "another zone or type" in told.remedy
    assert required(there(bed)).said == "CREATE_ROLLBACK_COMPLETE"
    again = only(run(bed))
    assert (again.problem, required(again.stack).said) == (None, "CREATE_COMPLETE")
    assert len(bed.calls("CreateStack")) == 2


def test_a_run_that_finds_a_creation_being_rolled_back_tells_why_and_does_not_hide_it(make: MakeSite) -> None:
    bed = make(ros={"fails": [{"resource": "Server", "times": 1}]})
    assert problem(only(run(bed, seconds=25))).code == "DeadlineExceeded"
    assert required(there(bed)).said == "CREATE_ROLLBACK_IN_PROGRESS"
    assert problem(only(run(bed))).code == "StackRolledBack"


def test_where_the_stack_does_not_say_what_failed_its_events_do(make: MakeSite) -> None:
    bed = make()
    told = problem(only(run(bed, given(template=SITE.replace("\nOutputs:", SCRIPT)), pause=0.05)))
    assert told.code == "StackRolledBack"
    assert "Install (ALIYUN::ECS::RunCommand)" in told.message
    assert "exit code 4: no mirror answers" in told.message


def test_a_creation_that_takes_too_long_is_told_as_that(make: MakeSite) -> None:
    bed = make(ros={"durations": {"Group": 3600}})
    told = problem(only(run(bed, given(creation_minutes=10))))
    assert told.code == "StackTimedOut"
    assert "creation_minutes" in told.remedy
    assert bed.lab.time < 900


def test_a_call_that_is_out_of_time_says_so_and_the_next_one_goes_on(make: MakeSite) -> None:
    bed = make()
    told = problem(only(run(bed, seconds=30)))
    assert (told.code, "CREATE_IN_PROGRESS" in told.message) == ("DeadlineExceeded", True)
    assert only(run(bed)).problem is None
    assert len(bed.calls("CreateStack")) == 1


def test_a_name_that_somebody_else_s_stack_has_is_told_and_nothing_is_done_with_it(make: MakeSite) -> None:
    bed = make()
    pair = [{"ParameterKey": "Password", "ParameterValue": "x"}]
    bed.lab.ok("ros", "CreateStack", StackName="site", TemplateBody=SITE, Parameters=pair)
    for state in (PRESENT, ABSENT):
        assert problem(only(run(bed, state=state))).code == "StackNameTaken"
    assert bed.calls("DeleteStack") == []


def test_a_full_account_is_told_by_stack_and_the_others_are_made(make: MakeSite) -> None:
    bed = make(ros={"most_stacks": 2})
    wishes = run(bed, *(given(f"site-{number}") for number in range(3)))
    assert [wish.problem.code if wish.problem else "" for wish in wishes] == ["", "", "StackLimitExceeded"]
    assert "higher quota" in problem(wishes[2]).remedy


def test_a_deletion_that_fails_says_what_is_still_in_use_and_the_next_run_ends_it(make: MakeSite) -> None:
    bed = make(ros={"in_use": [{"resource": "Group", "until": 400}]})
    run(bed)
    told = problem(only(run(bed, state=ABSENT)))
    assert told.code == "StackNotDeleted"
    assert "Group (ALIYUN::ECS::SecurityGroup): DependencyViolation: There is still instance(s)" in told.message
    assert "still uses" in told.remedy
    assert problem(only(run(bed))).code == "StackNotDeleted", "half a stack is not taken for one that is there"
    bed.wait(400)
    assert only(run(bed, state=ABSENT)).problem is None
    assert there(bed) is None


def test_one_of_which_something_is_left_after_a_rollback_is_told_until_it_is_deleted(make: MakeSite) -> None:
    bed = make(ros={"fails": [{"resource": "Server", "times": 1}], "in_use": [{"resource": "Group", "until": 60}]})
    told = problem(only(run(bed)))
    assert (told.code, "CREATE_ROLLBACK_FAILED" in told.message) == ("StackFailed", True)
    assert problem(only(run(bed))).code == "StackFailed"
    bed.wait(60)
    assert only(run(bed, state=ABSENT)).problem is None
    assert only(run(bed)).problem is None


@pytest.mark.parametrize("effect", ["throttle", "http_503"])
def test_a_region_that_answers_nothing_keeps_only_its_own_stacks(make: MakeSite, effect: str) -> None:
    bed = make(faults=[{"match": {"region": "cn-shanghai"}, "effect": effect}])
    good, bad = run(bed, given(region="cn-hangzhou"), given(region="cn-shanghai"), seconds=900)
    assert (good.problem, required(good.stack).said) == (None, "CREATE_COMPLETE")
    assert problem(bad).message


def test_a_user_who_may_not_is_told_the_permission(make: MakeSite) -> None:
    keys = {"access_key": "LTAIoperator", "secret_key": "operators-own-secret"}
    bed = make(credentials=[{**keys, "permissions": ["ros:List*", "ros:Get*"]}])
    told = problem(only(run(bed)))
    assert (told.code, "CreateStack" in told.message) == ("Forbidden.RAM", True)
    assert "permission" in told.remedy
