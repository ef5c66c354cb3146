# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMC: activation codes. Errors of wrong ids and of a quota are in no document; their words here are made up."""

from __future__ import annotations

import re
from typing import Any

from ..core.world import there
from .migrations import AccessToken
from .registry import Answer, Call, action
from .wire import ApiError

DAY = 86400.0
_NAME = re.compile(r"\A(?!https?://)[A-Za-z][\w:-]{1,127}\Z", re.ASCII)
_STATUS = ("activated", "unactivated", "expired")


@action("smc", uses="Count TimeToLiveInDays Name Description")
def create_access_token(call: Call) -> Answer:
    count = _text_number(call, "Count", 100, 1000)
    days = _text_number(call, "TimeToLiveInDays", 30, 90)
    name, smc = call.get("Name", ""), call.world.scenario.smc
    if name and not _NAME.match(name):
        raise ApiError(400, "InvalidName.ValueNotSupported", "The Name of the activation code is not valid.")
    if len(_there(call)) >= smc.most_codes:
        raise ApiError(400, "QuotaExceeded.AccessToken", "The quota of activation codes is exceeded.")
    made = len(call.world.tokens)
    lasts = smc.codes_last[made] if made < len(smc.codes_last) else days * DAY
    token = AccessToken(
        id=call.world.new_id("at"),
        code=call.world.secret(),
        name=name,
        description=call.get("Description", ""),
        created=call.now,
        days=days,
        count=count,
        expires=call.now + lasts,
    )
    call.world.tokens[token.id] = token
    return {"AccessTokenId": token.id, "AccessTokenCode": token.code}


def _text_number(call: Call, name: str, default: int, limit: int) -> int:
    text = call.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= limit:
        raise ApiError(400, f"Invalid{name}.ValueNotSupported", f"{name} must be from 1 to {limit}.")
    return int(text)


def _there(call: Call) -> list[AccessToken]:
    return [token for token in call.world.tokens.values() if call.now < token.gone]


@action("smc", uses="AccessTokenId Name Status")
def list_access_tokens(call: Call) -> Answer:
    """All of them: the action has no parameters for pages. What a code says is in no list."""
    ids, status, at = call.get("AccessTokenId") or [], call.get("Status"), call.as_of("codes")
    if status and status not in _STATUS:
        raise ApiError(400, "InvalidStatus.ValueNotSupported", f"Status must be one of {', '.join(_STATUS)}.")
    found = [
        token
        for token in call.world.tokens.values()
        if token.created <= at < token.gone
        and (not ids or token.id in ids)
        and call.get("Name") in (None, "", token.name)
        and status in (None, "", token.status(call.now))
    ]
    listed = found[: call.world.scenario.smc.codes_listed]
    page = {"TotalCount": len(found), "PageNumber": 1, "PageSize": len(listed)}
    return {"AccessTokens": {"AccessToken": [_shown(call, token) for token in listed]}, **page}


def _shown(call: Call, token: AccessToken) -> dict[str, Any]:
    return {
        "AccessTokenId": token.id,
        "Name": token.name,
        "Description": token.description,
        "Count": str(token.count),
        "RegisteredCount": str(token.used),
        "TimeToLiveInDays": str(token.days),
        "CreationTime": call.clock.iso(token.created),
        "Status": token.status(call.now),
    }


def _found(call: Call) -> AccessToken:
    token: AccessToken | None = there(call.world.tokens, call.params["AccessTokenId"], call.now)
    if token is None:
        raise ApiError(400, "InvalidAccessTokenId.NotFound", "The specified activation code does not exist.")
    return token


@action("smc", uses="AccessTokenId")
def disable_access_token(call: Call) -> Answer:
    """Who has registered with it stays registered."""
    _found(call).disabled = True
    return {}


@action("smc", uses="AccessTokenId")
def delete_access_token(call: Call) -> Answer:
    _found(call).gone = call.now
    return {}
