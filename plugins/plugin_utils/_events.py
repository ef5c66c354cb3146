# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host's result may be, so that AWX keeps it: it drops or cuts off the results of tasks that are too large."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

#: Bytes of JSON that a host's result may have. An event of 20 kB has it twice, as data and as what is printed of a host
#: that failed, and what Ansible itself adds.
MOST = 8_000
#: Characters that the message keeps, which is what people read.
_MESSAGE = 2000
#: So many differences of each fact are named of a guest that is compared.
_NAMES = 5
#: How long a text and a list may be: the first pair with which the whole is small enough counts.
_STEPS = ((4000, 60), (2000, 30), (1000, 15), (500, 8), (250, 4), (100, 2))
#: What is left in any case.
_NEEDED = ("instance_id", "name", "state", "changed")
_LEFT_OUT = "left_out"


def fitting(outcome: Json, most: int = MOST) -> dict[str, Any]:
    """Return a host's outcome, with its longest texts and lists shortened as far as that is needed.

    What was shortened is named in ``left_out`` of its result; the file of results has all of it.
    """
    if size(outcome) <= most:
        return dict(outcome)
    brief = _with_brief_proof(outcome)
    for text, entries in ((most, most), *_STEPS):
        shortened = _shortened(outcome, brief, text, entries)
        if size(shortened) <= most:
            return shortened
    return _least(outcome)


def size(value: Any) -> int:
    """Return how many bytes a value has as JSON; as Ansible writes it, with letters beyond ASCII escaped."""
    return len(json.dumps(value, default=str))


def _with_brief_proof(outcome: Json) -> Json:
    """Return the outcome with few names of what differs in the guest; it counts all of them."""
    result = outcome.get("result")
    proof = result.get("proof") if isinstance(result, Mapping) else None
    if not isinstance(result, Mapping) or not isinstance(proof, Mapping):
        return outcome
    differing = {name: one for name, one in proof["facts"].items() if one["verdict"] != "equal"}
    return {**outcome, "result": {**result, "proof": {**proof, "facts": _cut(differing, _MESSAGE, _NAMES)}}}


def _shortened(outcome: Json, brief: Json, text: int, entries: int) -> dict[str, Any]:
    found = {name: _cut(value, text, entries) for name, value in brief.items()}
    found["msg"] = _cut(outcome.get("msg"), max(text, _MESSAGE), entries)
    before, after = outcome.get("result"), found.get("result")
    if isinstance(before, Mapping) and isinstance(after, dict):
        after[_LEFT_OUT] = [name for name in before if before[name] != after[name]]
    return found


def _cut(value: Any, text: int, entries: int) -> Any:
    if isinstance(value, str) and len(value) > text:
        return f"{value[: text // 2]} … {value[-text // 2 :]}"
    if isinstance(value, Mapping):
        return {name: _cut(one, text, entries) for name, one in value.items()}
    if isinstance(value, list):
        return [_cut(one, text, entries) for one in value[:entries]]
    return value


def _least(outcome: Json) -> dict[str, Any]:
    """Return what a host cannot do without: how it ended, and what to do about it."""
    result = outcome.get("result")
    whole = result if isinstance(result, Mapping) else {}
    kept = {name: _cut(whole.get(name), 100, 0) for name in _NEEDED if isinstance(whole.get(name), str | bool | None)}
    error = whole.get("error")
    told = (
        {name: _cut(str(error.get(name)), 500, 0) for name in ("code", "message", "remedy")}
        if isinstance(error, Mapping)
        else None
    )
    left = [str(name)[:40] for name in whole if name not in kept][:60]
    shown = {**kept, "error": told, "findings": [], _LEFT_OUT: left}
    ends = {name: bool(outcome.get(name)) for name in ("changed", "failed")}
    return {**ends, "msg": _cut(str(outcome.get("msg")), _MESSAGE // 4, 0), "result": shown}
