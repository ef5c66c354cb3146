# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request through the service: who calls, faults, quota, permission, parameters, action, answer."""

from __future__ import annotations

import fnmatch
import heapq
import itertools
import json
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NoReturn

from ..core.effects import EFFECTS, ConnectionCut, Page, Struck
from ..core.faults import Asked, Faults
from ..core.guests import Runner
from ..core.journal import Journal, kind_of
from ..core.quotas import Quotas
from ..core.readers import ScenarioError
from ..core.scenario import Credential, Fault, Scenario
from ..core.server import HTML, Reply, Request
from . import assistant, codes, copies, ecs, orchestration, ram, ros, security_groups, smc, snapshot_groups, sts, tags
from .account import Account
from .models import ID_NAMES, MODELS, check_answer, typed_parameters
from .registry import ACTIONS, Answer, Call
from .wire import ApiError, Envelope, Gatekeeper, opened

SERVICES = {
    "2014-05-26": "ecs",
    "2019-06-01": "smc",
    "2019-09-10": "ros",
    "2015-04-01": "sts",
    "2015-05-01": "ram",
}
_HANDLERS = (assistant, codes, copies, ecs, ram, ros, security_groups, smc, snapshot_groups, sts, tags)
# How a service calls a missing permission; the others say Forbidden.RAM.
_NO_PERMISSION = {"smc": "Forbidden.Unauthorized", "ram": "NoPermission"}
# What differs between two sendings of the same request, also by another key of the account.
_PER_SENDING = frozenset(
    {
        *("AccessKeyId", "Format", "SecurityToken", "Signature", "SignatureMethod", "SignatureNonce"),
        *("SignatureType", "SignatureVersion", "Timestamp"),
    }
)
_ID_LISTS = {f"{name}s" for name in ID_NAMES}


class AlibabaCloud:
    """The simulated accounts behind their HTTP endpoint."""

    def __init__(
        self,
        scenario: Scenario,
        accounts: Mapping[str, Account],
        runner: Runner,
        journal: Journal,
        seed: int | None = None,
    ) -> None:
        _check_quotas(scenario)
        self.accounts = accounts
        self.clock = next(iter(accounts.values())).clock
        self._runner = runner
        self._journal = journal
        self._gate = Gatekeeper(scenario.credentials, self.clock.offset)
        self._quotas = {name: Quotas(scenario.quotas) for name in accounts}
        self._faults = Faults(scenario.faults, scenario.seed if seed is None else seed)
        self._answered: dict[tuple[str, str, str], tuple[dict[str, str], Answer]] = {}
        self._lock = threading.Lock()
        self._late: list[tuple[float, int, Envelope, Credential]] = []
        self._turns = itertools.count()
        self._closing = threading.Event()

    def close(self) -> None:
        """Let go of the calls that wait."""
        self._closing.set()

    def date(self) -> float:
        return self.clock.date()

    def handle(self, request: Request) -> Reply:
        """Answer one request; raises ConnectionCut when the client is to get none."""
        self.tick()
        record = _Record()
        try:
            return Reply(200, _json(self._answer(request, record)))
        except ApiError as error:
            record.status, record.code = error.status, error.code
            return Reply(error.status, _json(_error(error)))
        except Page as page:
            record.status = record.status if record.applied else page.status
            return Reply(page.status, page.body, HTML)
        except ConnectionCut:
            record.status = record.status if record.applied else 0
            raise
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            record.status, record.code = 500, "SimulatorBug"
            return Reply(500, _json(_error(ApiError(500, "SimulatorBug", f"{type(error).__name__}: {error}"))))
        finally:
            record.write(self._journal, self.clock.now())

    def tick(self) -> None:
        """Apply the calls that were kept for a time which has come, and what has become due in stacks."""
        while due := self._due():
            at, _turn, envelope, credential = due
            record = _Record()
            record.name(envelope)
            record.fault = "applied_late"
            try:
                self._apply(envelope, credential, record, at)
            except ApiError as error:
                record.status, record.code = error.status, error.code
            record.write(self._journal, at)
        for account in self.accounts.values():
            if account.stacks:
                with account.lock:
                    orchestration.advance(account, self._runner, self.clock.now())

    def _due(self) -> tuple[float, int, Envelope, Credential] | None:
        if not self._late:
            return None
        with self._lock:
            return heapq.heappop(self._late) if self._late and self._late[0][0] <= self.clock.now() else None

    def _answer(self, request: Request, record: _Record) -> Answer:
        envelope = opened(request)
        record.name(envelope)
        credential = self._gate.admit(envelope, self.clock.now())
        if (record.service, record.action) not in ACTIONS:
            raise ApiError(404, "InvalidAction.NotFound", "Specified api is not found, or it is not simulated.")
        fault = self._strike(envelope, credential, record)
        if fault is None:
            return self._apply(envelope, credential, record)
        record.fault = fault.effect
        stale = fault.seconds if fault.effect == "stale" else 0.0
        struck: Struck[Any] = Struck(
            fault,
            self.clock,
            apply=lambda: self._apply(envelope, credential, record, stale=stale),
            refuse=_refuse,
            later=lambda at: self._keep(at, envelope, credential),
            given_up=request.abandoned,
            closed=self._closing.is_set,
        )
        answer: Answer = EFFECTS[fault.effect](struck)  # type: ignore[assignment]
        return answer

    def _strike(self, envelope: Envelope, credential: Credential, record: _Record) -> Fault | None:
        account = self.accounts[credential.account]
        with account.lock:
            _name_owners(account, record)
            if not self._faults:
                return None
            homes = (account.instances[each].region for each in record.resources if each in account.instances)
            regions = {envelope.parameters.get("RegionId", ""), *homes}
        kind = kind_of(record.action)
        asked = Asked(record.service, record.action, kind, credential.access_key, regions, record.resources)
        with self._lock:
            return self._faults.strike(asked, self.clock.now())

    def _keep(self, at: float, envelope: Envelope, credential: Credential) -> None:
        with self._lock:
            heapq.heappush(self._late, (at, next(self._turns), envelope, credential))

    def _apply(
        self,
        envelope: Envelope,
        credential: Credential,
        record: _Record,
        at: float | None = None,
        stale: float = 0.0,
    ) -> Answer:
        """Carry a call out, now or as if it were `at`."""
        account = self.accounts[credential.account]
        flat = envelope.parameters
        with account.lock:
            now = self.clock.now() if at is None else at
            call = Call(record.service, record.action, flat, credential, account, self._runner, now, stale)
            if not self._quotas[account.account].spend(account.account, flat.get("RegionId", ""), call.action, now):
                raise ApiError(400, "Throttling.User", "Request was denied due to user flow control.")
            answer = self._perform(call, record)
            _name_owners(account, record)
        record.applied = True
        return answer

    def _perform(self, call: Call, record: _Record) -> Answer:
        refused = _permission(call)
        if refused is not None:
            return {**refused, "RequestId": _request_id()}
        model, action = MODELS[call.service][call.action], ACTIONS[call.service, call.action]
        call.params = typed_parameters(model, call.flat, _hidden_parameters(call))
        _refuse_unsimulated(call)
        answer = self._once(call) if action.idempotent and call.get("ClientToken") else action.handler(call)
        answer = {**answer, "RequestId": _request_id()}
        record.resources += [*check_answer(model["answer"], answer), *call.touched]
        record.lost = asdict(call.loss) if call.loss else None
        return answer

    def _once(self, call: Call) -> Answer:
        """The same client token with the same parameters gets the first answer again, by any key of the account."""
        token = call.params["ClientToken"]
        if len(token) > 64 or not token.isascii():
            raise ApiError(400, "InvalidClientToken.Malformed", "The specified ClientToken is not valid.")
        key = (call.credential.account, call.action, token)
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


def _name_owners(account: Account, record: _Record) -> None:
    """The instances that disks, snapshots, jobs and sources belong to are resources of the call, too."""
    record.resources += [owner for owner in map(account.owner, set(record.resources)) if owner]


class _Record:
    """What the journal will say about a call."""

    def __init__(self) -> None:
        self.service, self.action = "unknown", ""
        self.access_key: str | None = None
        self.resources: list[str] = []
        self.status = 200
        self.applied = False
        self.code: str | None = None
        self.fault: str | None = None
        self.lost: dict[str, Any] | None = None

    def name(self, envelope: Envelope) -> None:
        flat = envelope.parameters
        self.service = SERVICES.get(flat.get("Version", ""), "unknown")
        self.action = flat.get("Action", "")
        self.access_key = envelope.access_key or None
        self.resources = _requested_ids(flat)

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
            lost=self.lost,
        )


def _requested_ids(flat: Mapping[str, str]) -> list[str]:
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


def _refuse(fault: Fault) -> NoReturn:
    if fault.effect == "code":
        raise ApiError(fault.status, fault.code, "The scenario wants this code.")
    raise _FAULT_ERRORS[fault.effect]()


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


def _hidden_parameters(call: Call) -> set[str]:
    """The parameters that are in no public model: the target of an operating system migration, and its drill."""
    smc_spec = call.world.scenario.smc
    if call.action != "CreateReplicationJob":
        return set()
    places = {smc_spec.target_parameter: smc_spec.target_location, smc_spec.drill_parameter: smc_spec.drill_location}
    return {name for name, location in places.items() if location == "query"}


def _refuse_unsimulated(call: Call) -> None:
    """A known parameter that would change the result, but not here, must not pass as if it had."""
    action = ACTIONS[call.service, call.action]
    known = MODELS[call.service][call.action]["parameters"]
    odd = [name for name in call.params if name in known and name not in action.uses | action.ignores]
    if odd:
        raise ApiError(400, "InvalidParameter.NotSimulated", f"The parameter {odd[0]!r} is not simulated.")


def _check_quotas(scenario: Scenario) -> None:
    known = {action for _service, action in ACTIONS} | {"default"}
    unknown = sorted(set(scenario.quotas) - known)
    if unknown:
        raise ScenarioError(f"scenario.quotas: {unknown[0]!r} is not a simulated action")


def _error(error: ApiError) -> dict[str, Any]:
    return {"RequestId": _request_id(), "HostId": "127.0.0.1", "Code": error.code, "Message": error.message}


def _json(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


def _request_id() -> str:
    return str(uuid.uuid4()).upper()
