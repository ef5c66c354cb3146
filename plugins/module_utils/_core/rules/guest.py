# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the guest's answer to the facts script can be used, and what holds for every guest."""

from __future__ import annotations

from ..model import UNKNOWN, required
from .documents import OWN
from .rule import INHIBITOR, WARNING, Case, Scope, Verdict, Weighed, names, rule

CLOCK_SECONDS, CLOCK_SECONDS_WILD = 5 * 60, 24 * 3600

_TROUBLES = (
    (
        "timed_out",
        "The facts script did not finish in time.",
        "Look at the guest's load, its disks and its mounts (a hanging network file system), and run again.",
    ),
    (
        "cut_off",
        "The answer of the facts script was cut off.",
        "Look at what the guest prints before and after the script (profile, login messages), and run again.",
    ),
    (
        "unreadable",
        "The answer of the facts script cannot be read.",
        "Run a command through the cloud's agent by hand and look at what comes back, and run again.",
    ),
    (
        "failed",
        "The facts script failed.",
        "Look at the script's invocation in the console of the cloud's agent, repair the guest, and run again.",
    ),
)


def _trouble_rule(trouble: str, message: str, remedy: str) -> None:
    @rule(f"guest.probe_{trouble}", INHIBITOR, message, remedy, OWN, Scope.ANSWER)
    def _trouble(case: Case) -> Verdict:
        guest = required(case.guest)
        return (guest.trouble_text or "the agent says no more") if guest.trouble == trouble else None


for _row in _TROUBLES:
    _trouble_rule(*_row)


@rule(
    "guest.os_not_recognised",
    INHIBITOR,
    "The guest's operating system was not recognised.",
    "Look at the guest's /etc/os-release (or Windows caption) and at the table of supported paths.",
    OWN,
    Scope.ANSWER,
)
def _os_not_recognised(case: Case) -> Verdict:
    if required(case.guest).trouble:
        return None
    return case.fact("os_name") or "the facts script gave no usable answer"


@rule(
    "guest.os_differs",
    WARNING,
    "The guest runs another operating system than the cloud shows.",
    "Trust the guest, and look whether somebody upgraded it by hand: its image, its price and its support may differ.",
    OWN,
    Scope.GUEST,
)
def _os_differs(case: Case) -> Verdict:
    seen, shown = required(case.guest).os, case.instance.os
    return None if shown in (UNKNOWN, seen) else f"the guest runs {seen}, the cloud shows {shown}"


@rule(
    "guest.clock_wrong",
    INHIBITOR,
    "The guest's clock is wrong, so downloads over TLS and package signatures can fail.",
    "Set the clock and start a time service (chronyd, ntpd, or Windows Time).",
    OWN,
    Scope.GUEST,
    needs=("time",),
)
def _clock_wrong(case: Case) -> Verdict:
    asked = case.probed_at or case.now
    behind = round(asked) - case.number("time") if asked else 0
    seconds = abs(behind)
    evidence = f"{seconds // 60} minutes {'behind' if behind > 0 else 'ahead of'} the controller's clock"
    if seconds > CLOCK_SECONDS_WILD:
        return evidence
    return Weighed(evidence, WARNING) if seconds > CLOCK_SECONDS else None


@rule(
    "guest.services_stopped",
    WARNING,
    "Services that the collection has stopped in this guest were not started since.",
    "Where no other run is at work on the instance, run the role that stopped them again: it starts them at its end. "
    "Or start them by hand.",
    OWN,
    Scope.GUEST,
    needs=("stopped_services",),
)
def _services_stopped(case: Case) -> Verdict:
    return names(case, "stopped_services")
