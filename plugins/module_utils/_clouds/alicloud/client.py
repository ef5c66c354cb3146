# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the SMC client in a guest prints, and what of it tells why an import failed. Its own words are never shown:
they may repeat the activation code.

The line of success and the codes of errors are documented. That a network is not reached is known by the words of the
programs that say it (curl, wget, PowerShell, the C library), and what is said of codes by the words that it must have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..._core.model import Problem
from .rpc import text

IMPORTED = re.compile(r"Import Source Server \[(s-[0-9A-Za-z]+)\]")
_LOGS = "The client's own log is in /smc, on Windows in C:\\smc."
_AGAIN = "then run again: the import is made again."


_NOT_TAKEN = "The service did not take the activation code of the import."

#: The code that the user gave. What this run made is looked up instead, and made again.
CODE_REFUSED = Problem(
    "ActivationCodeRefused",
    _NOT_TAKEN,
    "It is wrong, has expired, was disabled, or is used up: look at it with smc_activation_code_info. Give one that "
    "counts (smc.activation_code, in roles activation_code of os_migration_smc), or none: then the run makes one.",
)
#: The code that this run made, also the second one.
OWN_CODE_REFUSED = Problem(
    "ActivationCodeRefused",
    _NOT_TAKEN,
    "Codes that this run made were disabled, deleted or used up by somebody else meanwhile. Find out by whom, "
    "then run again: the import is made again.",
)
#: Codes of errors and words, each with the problem that it tells. The first one that is found counts.
_TOLD: tuple[tuple[str, Problem], ...] = (
    (
        r"InvalidAccessKeyId|Forbidden\.SubUser|Forbidden\.RAM",
        Problem(
            "ImportForbidden",
            "The service refused the key or the user of the import.",
            f"Use an activation code instead of a key, or grant the user AliyunSMCFullAccess, {_AGAIN}",
        ),
    ),
    (
        r"IllegalTimestamp|InvalidTimeStamp",
        Problem("ImportClockWrong", "The clock of the guest is wrong.", f"Set the guest's clock, {_AGAIN}"),
    ),
    (
        r"InvalidAccountStatus\.NotEnoughBalance",
        Problem("ImportNoBalance", "The account has not enough balance.", f"Settle the account's balance, {_AGAIN}"),
    ),
    (
        r"Rsync not found",
        Problem("ImportNoRsync", "The client found no rsync in the guest.", f"Install rsync in the guest, {_AGAIN}"),
    ),
    (r"(?i)activation ?code\b[^\n]*\b(?:invalid|not valid|expired|used up|disabled)", CODE_REFUSED),
    (
        r"(?i)could not resolve|couldn't resolve|name resolution|name could not be resolved|unable to resolve"
        r"|network is unreachable|no route to host|connection (?:timed out|refused)|failed to connect"
        r"|unable to connect to the remote server",
        Problem(
            "ImportNoNetwork",
            "The guest did not reach the service.",
            "Let it reach smc-service.aliyuncs.com by HTTPS (inside the cloud REGION.axt.aliyun.com), look at security "
            f"group, firewall, proxy and names, {_AGAIN}",
        ),
    ),
    (
        r"(?i)acs-plugin-manager\S*: (?:command )?not found|acs-plugin-manager\S*' is not recognized",
        Problem(
            "ImportNoPlugin",
            "The guest has no acs-plugin-manager.",
            f"Update Cloud Assistant Agent in the guest (above 2.2.1.107), or use another import command, {_AGAIN}",
        ),
    ),
    (
        r"(?i)already (?:running|started)",
        Problem(
            "ImportClientRuns",
            "A client of an earlier import still runs in the guest.",
            f"Give the command that ends it (smc.abort_command: the client's program with --abort), {_AGAIN}",
        ),
    ),
    (
        r"(?i)not supported|unsupported",
        Problem(
            "ImportUnsupported",
            "The client does not support the guest's system or its architecture.",
            f"Look which clients the SMC console offers for it. {_LOGS}",
        ),
    ),
)


def problem_of(printed: str) -> Problem | None:
    """Return why an import failed, where what it printed tells."""
    return next((problem for words, problem in _TOLD if re.search(words, printed)), None)


def trouble_of(raw: Mapping[str, Any]) -> str:
    """Return what a migration source that is not available says of itself, as SMC shows it in StatusInfo."""
    try:
        said = json.loads(text(raw, "StatusInfo"))
    except ValueError:
        said = None
    info = said if isinstance(said, dict) else {}
    return ": ".join(part.strip(" .") for part in (text(info, "error_code"), text(info, "error_msg")) if part)
