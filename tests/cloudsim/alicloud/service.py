# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request through the service: who calls, faults, quota, permission, parameters, action, answer."""

from __future__ import annotations

import fnmatch
import json
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..faults import Faults
from ..guests import Runner
from ..journal import Journal
from ..quotas import Quotas
from ..scenario import Fault, ScenarioError
from ..world import World
from . import assistant, ecs, ram, smc, sts
from .models import ID_NAMES, MODELS, check_answer, typed_parameters
from .registry import ACTIONS, Answer, Call
from .wire import ApiError, Gatekeeper

SERVICES = {"2014-05-26": "ecs", "2019-06-01": "smc", "2015-04-01": "sts", "2015-05-01": "ram"}
_HANDLERS = (assistant, ecs, ram, smc, sts)
# How a service calls a missing permission; the others say Forbidden.RAM.
_NO_PERMISSION = {"smc": "Forbidden.Unauthorized", "ram": "NoPermission"}
# What differs between two sendings of the same request.
_PER_SENDING = frozenset({"Signature", "SignatureNonce", "Timestamp", "SecurityToken"})
_ID_LISTS = {f"{name}s" for name in ID_NAMES}


class ConnectionCut(Exception):
    """The connection closes without an answer."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


class AlibabaCloud:
    """The simulated account behind its HTTP endpoint."""

    def __init__(self, world: World, runner: Runner, journal: Journal) -> None:
        _check_quotas(world)
        self.world = world
        self._runner = runner
        self._journal = journal
        self._gate = Gatekeeper(world.scenario.credentials)
        self._quotas = Quotas(world.scenario.quotas)
        self._faults = Faults(world.scenario.faults, world.seed)
        self._answered: dict[tuple[str, str, str], tuple[dict[str, str], Answer]] = {}

    def handle(self, method: str, flat: dict[str, str]) -> Reply:
        """Answer one request; raises ConnectionCut when the client is to get none."""
        record = _Record(flat)
        try:
            answer = self._answer(method, flat, record)
            status = 200
        except ApiError as error:
            record.status, record.code = error.status, error.code
            answer, status = _error(error), error.status
        except ConnectionCut:
            raise
        except Exception as error:
            status, record.code = 500, "SimulatorBug"
            record.status = status
            answer = _error(ApiError(500, "SimulatorBug", f"{type(error).__name__}: {error}"))
            traceback.print_exc(file=sys.stderr)
        finally:
            record.write(self._journal, self.world.now())
        return Reply(status, json.dumps(answer, ensure_ascii=False).encode())

    def _answer(self, method: str, flat: dict[str, str], record: _Record) -> Answer:
        with self.world.lock:
            credential = self._gate.admit(method, flat, self.world.now())
        name = (record.service, record.action)
        if name not in ACTIONS:
            raise ApiError(404, "InvalidAction.NotFound", "Specified api is not found, or it is not simulated.")
        with self.world.lock:
            self._name_owners(record)
            fault = self._faults.strike(*name, record.resources)
        lose = self._suffer(fault, record)
        with self.world.lock:
            call = Call(*name, flat, credential, self.world, self._runner, self.world.now())
            if not self._quotas.spend(credential.access_key, flat.get("RegionId", ""), record.action, call.now):
                raise ApiError(400, "Throttling.User", "Request was denied due to user flow control.")
            answer = self._perform(call, record)
            self._name_owners(record)
        if lose:
            raise ConnectionCut
        return answer

    def _suffer(self, fault: Fault | None, record: _Record) -> bool:
        """What a fault does before the call is applied; True when the answer is to be lost after it."""
        if fault is None:
            return False
        record.fault = fault.effect
        if fault.effect == "delay":
            time.sleep(fault.seconds / self.world.clock.speed)
        elif fault.effect == "cut":
            record.status = 0
            raise ConnectionCut
        elif fault.effect != "lost_answer":
            raise _FAULT_ERRORS[fault.effect]()
        return fault.effect == "lost_answer"

    def _perform(self, call: Call, record: _Record) -> Answer:
        refused = _permission(call)
        if refused is not None:
            return {**refused, "RequestId": _request_id()}
        model, action = MODELS[call.service][call.action], ACTIONS[call.service, call.action]
        call.params = typed_parameters(model, call.flat, _hidden_parameter(call))
        _refuse_unsimulated(call)
        answer = self._once(call) if action.idempotent and call.get("ClientToken") else action.handler(call)
        answer = {**answer, "RequestId": _request_id()}
        record.resources += check_answer(model["answer"], answer)
        return answer

    def _once(self, call: Call) -> Answer:
        """The same client token with the same parameters gets the first answer again."""
        token = call.params["ClientToken"]
        if len(token) > 64 or not token.isascii():
            raise ApiError(400, "InvalidClientToken.Malformed", "The specified ClientToken is not valid.")
        key = (call.credential.access_key, call.action, token)
        asked = {name: value for name, value in call.flat.items() if name not in _PER_SENDING}
        if key in self._answered:
            before, answer = self._answered[key]
            if before != asked:
                message = "The client token was used with other parameters before."
                raise ApiError(403, "IdempotentParameterMismatch", message)
            return answer
        answer = ACTIONS[call.service, call.action].handler(call)
        self._answered[key] = (asked, answer)
        return answer

    def _name_owners(self, record: _Record) -> None:
        """The instances that disks, snapshots, jobs and sources belong to are resources of the call, too."""
        record.resources += [owner for owner in map(self.world.owner, set(record.resources)) if owner]


class _Record:
    """What the journal will say about a call."""

    def __init__(self, flat: dict[str, str]) -> None:
        self.service = SERVICES.get(flat.get("Version", ""), "unknown")
        self.action = flat.get("Action", "")
        self.access_key = flat.get("AccessKeyId")
        self.resources = _requested_ids(flat)
        self.status = 200
        self.code: str | None = None
        self.fault: str | None = None

    def write(self, journal: Journal, now: float) -> None:
        journal.write(
            ts=now,
            service=self.service,
            action=self.action,
            resources=self.resources,
            status=self.status,
            code=self.code,
            access_key=self.access_key,
            fault=self.fault,
        )


def _requested_ids(flat: dict[str, str]) -> list[str]:
    """The ids in a request's parameters: `InstanceId`, `InstanceId.1` or the JSON array `InstanceIds`."""
    found: list[str] = []
    for name, value in flat.items():
        base = name.partition(".")[0]
        if base in ID_NAMES and value:
            found.append(value)
        elif base in _ID_LISTS:
            found += _json_texts(value)
    return found


def _json_texts(text: str) -> list[str]:
    try:
        values = json.loads(text)
    except ValueError:
        return []
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


_FAULT_ERRORS: dict[str, Callable[[], ApiError]] = {
    "throttle": lambda: ApiError(400, "Throttling.User", "Request was denied due to user flow control."),
    "http_500": lambda: ApiError(500, "InternalError", "The request processing has failed due to an unknown error."),
    "http_503": lambda: ApiError(503, "ServiceUnavailable", "The request has failed due to a temporary failure."),
}


def _permission(call: Call) -> Answer | None:
    """None when the caller may; an empty list where ECS answers one instead of an error."""
    wanted = f"{call.service}:{call.action}"
    if any(fnmatch.fnmatchcase(wanted, pattern) for pattern in call.credential.permissions):
        return None
    if call.action == "DescribeInstances" and call.flat.get("DryRun", "").lower() != "true":
        return {"Instances": {"Instance": []}, "NextToken": "", "TotalCount": 0, "PageNumber": 1, "PageSize": 10}
    code = _NO_PERMISSION.get(call.service, "Forbidden.RAM")
    raise ApiError(
        403, code, "User not authorized to operate on the specified resource, or this API doesn't support RAM."
    )


def _hidden_parameter(call: Call) -> str | None:
    """The one parameter that is in no public model: the target of an operating system migration."""
    smc_spec = call.world.scenario.smc
    if call.action == "CreateReplicationJob" and smc_spec.target_location == "query":
        return smc_spec.target_parameter
    return None


def _refuse_unsimulated(call: Call) -> None:
    """A known parameter that would change the result, but not here, must not pass as if it had."""
    action = ACTIONS[call.service, call.action]
    known = MODELS[call.service][call.action]["parameters"]
    odd = [name for name in call.params if name in known and name not in action.uses | action.ignores]
    if odd:
        raise ApiError(400, "InvalidParameter.NotSimulated", f"The parameter {odd[0]!r} is not simulated.")


def _check_quotas(world: World) -> None:
    known = {action for _service, action in ACTIONS} | {"default"}
    unknown = sorted(set(world.scenario.quotas) - known)
    if unknown:
        raise ScenarioError(f"scenario.quotas: {unknown[0]!r} is not a simulated action")


def _error(error: ApiError) -> dict[str, Any]:
    return {"RequestId": _request_id(), "HostId": "127.0.0.1", "Code": error.code, "Message": error.message}


def _request_id() -> str:
    return str(uuid.uuid4()).upper()
