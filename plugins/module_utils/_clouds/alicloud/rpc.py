# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Alibaba Cloud RPC call: where it goes, how parameters are written, which error it ends in."""

from __future__ import annotations

import json
import re
import sys
import traceback
import uuid
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from ..._core.model import Problem
from ..._errors import CloudError, MissingLibrary, Moved, Transient
from ..base import Caller
from .connection import Connection
from .errors import (
    NO_CODE,
    UNREACHED,
    UNREADABLE,
    Meaning,
    meaning_of,
    remedy_for,
)

try:
    from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
    from aliyunsdkcore.client import AcsClient
    from aliyunsdkcore.http import protocol_type
    from aliyunsdkcore.request import CommonRequest
except ImportError:
    IMPORT_TRACEBACK = traceback.format_exc()
else:
    IMPORT_TRACEBACK = ""

VERSIONS = {"ecs": "2014-05-26", "smc": "2019-06-01", "ros": "2019-09-10", "sts": "2015-04-01", "ram": "2015-05-01"}

# The regions whose ECS endpoint does not follow the rule ecs.<region>.aliyuncs.com (from the official SDK).
_ECS_HOSTS = {"cn-hangzhou": "ecs-cn-hangzhou.aliyuncs.com", "cn-hangzhou-finance": "ecs.aliyuncs.com"}

#: The code by which a dry run says that the call itself would be accepted.
DRY_RUN_PASSED = "DryRunOperation"

# The query of a URL in an error's text: it holds the access key, the security token and the signature.
_QUERY = re.compile(r"\?\w+=\S*")

_TOKENS = uuid.UUID("0b4ce1b6-3d0e-4b1f-8a5c-5a8f6d1e7c92")

# As much is shown of an answer that is none of the API: a proxy's page may be long.
_GLIMPSE = 200
# The vendored library's words: the address, and the reason of the system or of TLS.
_PLACE = re.compile(r"host='([^']*)', port='?(\d+)'?\)")
_REASON = re.compile(r"\[(?:Errno -?\d+|SSL: \w+)\] ([^'\"()]+)|(timed out)")


def default_url(service: str, region: str) -> str:
    """Return the public HTTPS endpoint of a service; only ECS has one in each region."""
    if service == "ecs":
        return f"https://{_ECS_HOSTS.get(region, f'ecs.{region}.aliyuncs.com')}"
    return f"https://{service}.aliyuncs.com"


def flatten(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield RPC parameters: lists become ``Name.1``, dicts ``Name.Key``; ``None`` is left out."""
    for name, value in parameters.items():
        if isinstance(value, (list, tuple)):
            yield from flatten({f"{name}.{number}": entry for number, entry in enumerate(value, 1)})
        elif isinstance(value, Mapping):
            yield from flatten({f"{name}.{key}": entry for key, entry in value.items()})
        elif isinstance(value, bool):
            yield name, str(value).lower()
        elif value is not None:
            yield name, str(value)


class Rpc:
    """A signed connection to one account in one region."""

    def __init__(self, connection: Connection, region: str, call: Caller) -> None:
        if IMPORT_TRACEBACK:
            raise MissingLibrary("aliyun-python-sdk-core", IMPORT_TRACEBACK)
        self.region = region
        self._connection = connection
        self._call = call
        self._client = _client(connection, region)
        self._client.session.hooks["response"].append(self._hear)

    def _hear(self, response: Any, **_options: Any) -> None:
        """Tell the engine the time of an answer, whatever else it says."""
        try:
            date = parsedate_to_datetime(response.headers.get("Date") or "")
        except ValueError:
            return
        self._call.heard(date.timestamp())

    def request(
        self, service: str, action: str, /, needs: str = "", repeatable: bool = True, token: str = "", **parameters: Any
    ) -> dict[str, Any]:
        """Call ``action``, through the engine's back-off, and return the decoded answer.

        A ``token`` goes along as one that stands for all that the request holds: what differs in anything never meets
        the token of another request.

        An answer without what it ``needs``, a key or the dotted path of a list, says nothing: it is a fault. Not
        ``repeatable`` is what has no idempotency token and would do harm when it is carried out twice.
        """
        if token:
            parameters["ClientToken"] = _token(token, parameters)
        return self._call(action, lambda: self._once(service, action, parameters, needs), repeatable)

    def glance(self, service: str, action: str, /, needs: str = "", **parameters: Any) -> dict[str, Any]:
        """Call an action that can be done without: a service that is not reached refuses, and is not waited for."""

        def once() -> dict[str, Any]:
            try:
                return self._once(service, action, parameters, needs)
            except Transient as fault:
                if fault.problem.code != UNREACHED:
                    raise
                raise CloudError(fault.problem, whole_call=True) from None

        return self._call(action, once)

    def dry_run(self, service: str, action: str) -> Problem | None:
        """Say why this user may not send an action in the region.

        Where a permission is missing ECS answers some lists with an empty one; of a dry run it tells.
        """
        try:
            self.request(service, action, RegionId=self.region, DryRun=True)
        except CloudError as answer:
            return None if answer.problem.code == DRY_RUN_PASSED else answer.problem
        return None

    def check_permission(self, service: str, action: str) -> None:
        """Refuse the call of a user to whom an empty list says nothing."""
        refusal = self.dry_run(service, action)
        if refusal is not None:
            raise CloudError(refusal, whole_call=True)

    def pages(
        self, service: str, action: str, path: str, size: int, /, glance: bool = False, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list with NextToken paging; ``path`` is like ``Disks.Disk``."""
        ask, token = self.glance if glance else self.request, None
        while True:
            answer = ask(service, action, needs=path, MaxResults=size, NextToken=token, **parameters)
            yield from entries(answer, path)
            token = answer.get("NextToken") or answer[path.split(".")[0]].get("NextToken")
            if not token:
                return

    def numbered_pages(
        self, service: str, action: str, path: str, size: int, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list with PageNumber paging."""
        number, seen = 1, 0
        while True:
            answer = self.request(service, action, needs=path, PageNumber=number, PageSize=size, **parameters)
            page = entries(answer, path)
            yield from page
            seen += len(page)
            if not page or seen >= int(answer.get("TotalCount") or sys.maxsize):
                return
            number += 1

    def _once(self, service: str, action: str, parameters: Mapping[str, Any], needs: str = "") -> dict[str, Any]:
        request = self._request(service, action, parameters)
        try:
            answer = dict(json.loads(self._client.do_action_with_exception(request)))
        except ServerException as refusal:
            code, text = str(refusal.get_error_code() or NO_CODE), str(refusal.get_error_msg())
            raise self._error(action, code, text, int(refusal.get_http_status() or 0)) from None
        except ClientException as failure:
            raise self._error(action, str(failure.get_error_code()), str(failure.get_error_msg())) from None
        except (TypeError, ValueError):
            raise self._error(action, UNREADABLE, "the answer is not a JSON object") from None
        if needs and not _holds(answer, needs):
            raise self._error(action, UNREADABLE, f"the answer is without {needs}")
        return answer

    def _request(self, service: str, action: str, parameters: Mapping[str, Any]) -> CommonRequest:
        endpoints = self._connection.endpoints
        region = str(parameters.get("RegionId") or self.region)
        url = _split(endpoints.get(service) or endpoints.get("*") or default_url(service, region))
        request = CommonRequest(domain=url.netloc, version=VERSIONS[service], action_name=action)
        # The SDK compares with "is": any other object that equals "https" would mean plain http.
        request.set_protocol_type(protocol_type.HTTP if url.scheme == "http" else protocol_type.HTTPS)
        request.set_method("POST")
        for name, value in flatten(parameters):
            request.add_body_params(name, value)
        return request

    def _error(self, action: str, code: str, text: str, status: int = 0) -> CloudError:
        text = self._presentable(unreached(text))
        if code == NO_CODE:
            code, text = UNREADABLE, f"HTTP {status} without an error code: {text[:_GLIMPSE]}"
        problem = Problem(code, f"{action}: {text}", remedy_for(code))
        meaning = meaning_of(code, status)
        if meaning in (Meaning.THROTTLED, Meaning.FAULT):
            return Transient(problem, throttled=meaning is Meaning.THROTTLED, reached=code != UNREACHED)
        if meaning is Meaning.MOVED:
            return Moved(problem)
        return CloudError(problem, whole_call=meaning is Meaning.CALLER)

    def _presentable(self, text: str) -> str:
        """Return an error's text without secrets; URLs hold them encoded once, the text that was signed twice."""
        text = _QUERY.sub("", text)
        for secret in self._connection.secrets:
            once = quote(secret, safe="")
            for form in (secret, once, quote(once, safe="")):
                text = text.replace(form, "********")
        return text


def unreached(text: str) -> str:
    """Return what the SDK says of an address that it could not reach, without the names of its library's objects."""
    place, why = _PLACE.search(text), _REASON.search(text)
    if not place or not why:
        return text
    return f"{place[1]} port {place[2]} does not answer: {(why[1] or why[2]).strip()}"


def _token(base: str, parameters: Mapping[str, Any]) -> str:
    return str(uuid.uuid5(_TOKENS, json.dumps([base, *sorted(flatten(parameters))])))


def _split(endpoint: str) -> SplitResult:
    """Return the parts of an endpoint; one without a scheme is meant for HTTPS."""
    return urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")


def _client(connection: Connection, region: str) -> AcsClient:
    """Return the SDK's client. Its own retries are off: the engine backs off for every call alike."""
    credential = None
    if connection.security_token:
        from aliyunsdkcore.auth.credentials import StsTokenCredential

        credential = StsTokenCredential(connection.access_key, connection.secret_key, connection.security_token)
    return AcsClient(
        ak=None if credential else connection.access_key,
        secret=None if credential else connection.secret_key,
        region_id=region,
        credential=credential,
        auto_retry=False,
        timeout=connection.timeout,
        connect_timeout=min(connection.timeout, 10),
        verify=None if connection.validate_certs else False,  # None: checked, by ALIBABA_CLOUD_CA_BUNDLE if it is set
        pool_size=32,
    )


def text(raw: Mapping[str, Any], name: str) -> str:
    """Return a field of an answer as text; absent and null are empty."""
    value = raw.get(name)
    return "" if value is None else str(value)


def number(raw: Mapping[str, Any], name: str) -> int:
    """Return a field of an answer as a whole number; absent and null are 0."""
    return int(raw.get(name) or 0)


def entries(answer: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """Return the list at a dotted path of an answer; an absent part is an empty list."""
    here: Any = answer
    for part in path.split("."):
        here = here.get(part) or {} if isinstance(here, Mapping) else {}
    return list(here) if isinstance(here, list) else []


def tags_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags; some actions call their parts TagKey and TagValue, others Key and Value."""
    pairs = entries(raw, "Tags.Tag")
    return {text(tag, "TagKey") or text(tag, "Key"): text(tag, "TagValue") or text(tag, "Value") for tag in pairs}


def _holds(answer: Mapping[str, Any], path: str) -> bool:
    """Say whether an answer has a key, or the object in which a list is to be found."""
    key, dot, _inner = path.partition(".")
    return isinstance(answer.get(key), Mapping) if dot else answer.get(key) not in (None, "")
