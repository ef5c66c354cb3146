# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done next so that a stack is there, or is not.

Its name is the only one in its region, so a stack that an earlier call began to make is found by it, and by our label:
a stack of the name without that label is somebody else's, and nothing is done with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .model import Blueprint, Problem, Stack, required
from .tag import stack_made_from

MAKE, DELETE, WAIT, DONE = "make", "delete", "wait", "done"
PRESENT, ABSENT = "present", "absent"
#: Statuses that pass by themselves.
MOVING = ("making", "undoing", "deleting", "busy")


@dataclass(frozen=True)
class Past:
    """What this call has seen or done: it began the stack or saw it being made, and it asked for its deletion."""

    made: bool = False
    deleted: bool = False


def digest(blueprint: Blueprint, secret: Mapping[str, str]) -> str:
    """Return a word for what a stack is made from; nothing secret goes into it."""
    plain = {key: value for key, value in blueprint.parameters.items() if key not in secret}
    return hashlib.sha256(json.dumps([blueprint.template, blueprint.url, plain], sort_keys=True).encode()).hexdigest()[
        :16
    ]


def next_step(state: str, name: str, stack: Stack | None, past: Past) -> str | Problem:
    """Return what is to be done, or why the state cannot be reached."""
    if stack is None or stack.status == "gone":
        return _missing(state, name, past)
    if not stack_made_from(stack.label, name):
        return _not_ours(stack)
    if stack.status in MOVING:
        return WAIT
    rules = _TO_PRESENT if state == PRESENT else _TO_ABSENT
    return rules[stack.status](stack, past)


def _missing(state: str, name: str, past: Past) -> str | Problem:
    if state == ABSENT:
        return DONE
    if past.made and not past.deleted:
        message = f"The stack {name} was deleted by somebody else while it was being made."
        return Problem("StackGone", message, "Find out who did that, and run again.")
    return MAKE


def _not_ours(stack: Stack) -> Problem:
    message = f"There is a stack {stack.name} ({stack.id}, {stack.said}) that this collection did not make."
    remedy = "Choose another name. Nothing is done with a stack of somebody else."
    return Problem("StackNameTaken", message, remedy)


def _undone(stack: Stack, past: Past) -> str | Problem:
    """One that an earlier call left is deleted, for its name; that of this call is told."""
    if not past.made:
        return DELETE
    if stack.late:
        message = f"The stack {stack.name} was not made in its time, and what had been made was deleted again."
        remedy = "Raise creation_minutes of the stack, or see in the provider's console what took so long."
        return Problem("StackTimedOut", message, remedy)
    message = f"The creation of the stack {stack.name} was rolled back: {_why(stack)}."
    return Problem("StackRolledBack", message, f"{_remedy(stack)} Nothing was kept; the next run makes it anew.")


def _failed(stack: Stack, past: Past) -> Problem:
    message = f"The stack {stack.name} is {stack.said}, and some of its resources are there: {_why(stack)}."
    return Problem("StackFailed", message, f"{_remedy(stack)} Delete the stack with state absent, and run again.")


def _stuck(stack: Stack, past: Past) -> Problem:
    message = f"The stack {stack.name} could not be deleted: {_why(stack)}."
    return Problem("StackNotDeleted", message, f"{_remedy(stack)} What is left of it is still charged.")


def _deletion(stack: Stack, past: Past) -> str | Problem:
    """Delete it, once in a call: what kept an earlier call from that may be over."""
    return _stuck(stack, past) if past.deleted else DELETE


def _why(stack: Stack) -> str:
    return stack.fault.message if stack.fault else f"the cloud says only {stack.said}"


def _remedy(stack: Stack) -> str:
    told = stack.fault.remedy if stack.fault else ""
    return told or "Look at the events of the stack in the provider's console."


_Rule = Callable[[Stack, Past], "str | Problem"]
_TO_PRESENT: Mapping[str, _Rule] = {
    "ready": lambda stack, past: DONE,
    "undone": _undone,
    "failed": _failed,
    "stuck": _stuck,
}
_TO_ABSENT: Mapping[str, _Rule] = {
    "ready": _deletion,
    "undone": _deletion,
    "failed": _deletion,
    "stuck": _deletion,
}


def comes_by_itself(state: str, stack: Stack) -> bool:
    """Say whether nothing need be sent for what is under way to end in a state."""
    return (stack.status == "deleting") == (state == ABSENT)


def made_otherwise(stack: Stack | None, blueprint: Blueprint) -> bool:
    """Say whether a stack that is there was made from something else than is wanted; stacks are not updated."""
    return stack is not None and stack.label != blueprint.label


def shown(stack: Stack | None) -> dict[str, Any]:
    """Return a stack as results show it."""
    there = stack is not None and stack.status != "gone"
    known = required(stack) if there else None
    return {
        "id": known.id if known else "",
        "status": known.said if known else "",
        "created": known.created if known else "",
        "outputs": dict(known.outputs) if known else {},
    }
