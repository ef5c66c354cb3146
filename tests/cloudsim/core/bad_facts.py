# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with the answer to the facts script: between a sick guest and the cloud anything may happen to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from .linux_guest import OUTPUT_LIMIT, Ran

_HUGE = 10 * 1024 * 1024


def _rubbish(ran: Ran) -> Ran:
    return replace(ran, output=b"\x1b[2J\x00\x07=\n=\nosm-facts\nfree_mib./usr==\n" * 20)


def _cut_off(ran: Ran) -> Ran:
    return replace(ran, output=ran.output[: len(ran.output) // 2])


def _huge(ran: Ran) -> Ran:
    """Ten megabytes, of which the cloud keeps the beginning."""
    noise = b"noise=" + b"x" * OUTPUT_LIMIT
    first, _newline, rest = ran.output.partition(b"\n")
    return replace(ran, output=(first + b"\n" + noise + rest)[:OUTPUT_LIMIT], dropped=_HUGE - OUTPUT_LIMIT)


def _not_utf8(ran: Ran) -> Ran:
    """A name in the guest's own code page, and bytes that are in none."""
    return replace(ran, output=re.sub(rb"os_name=", b"os_name=\xd6\xd0\xce\xc4\xb0\xe6 \xff\xfe ", ran.output))


_SPOIL: dict[str, Callable[[Ran], Ran]] = {
    "rubbish": _rubbish,
    "cut_off": _cut_off,
    "huge": _huge,
    "not_utf8": _not_utf8,
}


def spoil(ran: Ran, how: str) -> Ran:
    """The answer as the scenario's fault leaves it."""
    return _SPOIL[how](ran) if how in _SPOIL else ran


def at_time(ran: Ran, seconds: float, booted: int, boot_id: str) -> Ran:
    """An earlier answer as if the guest had given it now, and one of its group."""
    timed = re.sub(rb"(?m)^time=\d+", b"time=%d" % seconds, ran.output)
    timed = re.sub(rb"(?m)^os_booted=\d+", b"os_booted=%d" % booted, timed)
    return replace(ran, output=re.sub(rb"(?m)^boot_id=\S+", b"boot_id=" + boot_id.encode(), timed))
