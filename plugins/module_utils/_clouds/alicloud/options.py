# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of Alibaba Cloud: its connection, and how its migration service is spoken to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..._core.goal import POWER_OFF, RESTART, Offer
from ..._errors import OptionError
from ..base import Options, Rate
from ..options import SHORTEST_SECRET, check_above_zero, from_env
from .connection import Cloning, Connection, Egress, Transport
from .target import DEFAULT_PARAMETER, DRILL_PARAMETER, QUERY, REPLICATION_PARAMETERS

_PROFILES_FILE = "~/.aliyun/config.json"
_NUMBERS = ("timeout", "requests_per_second", "visibility")

#: The argument specs.
CONNECTION: dict[str, Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "access_key": {
            "type": "str",
            "no_log": False,
            "fallback": from_env("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY"),
        },
        "secret_key": {
            "type": "str",
            "no_log": True,
            "fallback": from_env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY"),
        },
        "security_token": {
            "type": "str",
            "no_log": True,
            "fallback": from_env("ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"),
        },
        "profile": {"type": "str", "fallback": from_env("ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE")},
        "region": {"type": "str", "fallback": from_env("ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION")},
        "endpoint": {"type": "str"},
        "endpoints": {"type": "dict"},
        "validate_certs": {"type": "bool", "default": True},
        "timeout": {"type": "int", "default": 30},
        "requests_per_second": {"type": "float", "default": 20.0},
        "rates": {"type": "dict", "default": {}},
        "visibility": {"type": "float", "default": 15.0},
    },
}
SMC: dict[str, Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "transport": {"type": "str", "choices": ["api", "watch"], "default": "api"},
        "target_parameter": {"type": "str", "default": DEFAULT_PARAMETER},
        "target_location": {"type": "str", "choices": [QUERY, REPLICATION_PARAMETERS], "default": QUERY},
        "target_values": {"type": "dict", "default": {}},
        "drill_parameter": {"type": "str", "default": DRILL_PARAMETER},
        "drill_location": {"type": "str", "choices": [QUERY, REPLICATION_PARAMETERS], "default": QUERY},
        "drill_values": {"type": "dict", "default": {}},
        "drill_proven": {"type": "bool", "default": False},
        "import_command": {
            "type": "dict",
            "apply_defaults": True,
            # They can hold a code.
            "options": {"linux": {"type": "str", "no_log": True}, "windows": {"type": "str", "no_log": True}},
        },
        "abort_command": {
            "type": "dict",
            "apply_defaults": True,
            "options": {"linux": {"type": "str", "no_log": True}, "windows": {"type": "str", "no_log": True}},
        },
        "activation_code": {"type": "str", "no_log": True},
        "wait_for_source": {"type": "float", "default": 0.0},
    },
}
ECS_DRILL: dict[str, Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "vswitch_id": {"type": "str"},
        "instance_type": {"type": "str"},
        "egress": {
            "type": "list",
            "elements": "dict",
            "options": {
                "cidr": {"type": "str", "required": True},
                "protocol": {"type": "str", "choices": ["TCP", "UDP", "ICMP", "ALL"], "default": "TCP"},
                "ports": {"type": "str", "default": "-1/-1"},
            },
        },
    },
}
#: Those of the modules for activation codes.
CODE_INFO: dict[str, Any] = {
    "alicloud": CONNECTION,
    "name": {"type": "str"},
    "status": {"type": "str", "choices": ["active", "disabled", "expired"]},
}
CODE: dict[str, Any] = {
    "alicloud": CONNECTION,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "disabled", "absent"], "default": "present"},
    "count": {"type": "int", "default": 100},
    "valid_days": {"type": "int", "default": 30},
    "description": {"type": "str", "default": ""},
    "return_code": {"type": "bool", "default": False},
}

#: The documented limits of actions that are called here. ECS counts by account, region and action; most numbers are
#: shown in the Quota Center only, and those of SMC are not published.
_EXCERPT = "ECS API reference, excerpt: calls per 60 s by account, region and action"
RATES: Mapping[str, Rate] = {"DescribeSnapshots": Rate(1000, source=_EXCERPT), "AttachDisk": Rate(500, source=_EXCERPT)}

#: What the core's texts call the provider's things.
WORDS: Mapping[str, str] = {
    "agent": "Cloud Assistant",
    "console": "SMC console",
    "work": "Job",
    "user": "RAM user",
    "see_disks": "ecs:DescribeDisks",
    "service": "Server Migration Center",
    "authorise": "Log on to the RAM console with the account and confirm the authorization of SMC.",
    "enrol_option": "smc.import_command",
    "drill_option": "smc.drill_proven",
    "activate_snapshots": "Activate ECS Snapshot for the account: open the snapshots of the region in the ECS console.",
}
#: Exit codes of scripts that Cloud Assistant acts on, once the result is sent.
EXIT_CODES = {"linux": {194: RESTART, 193: POWER_OFF}, "windows": {3010: RESTART, 3009: POWER_OFF}}
_ENDPOINT = re.compile(r"(?:https?://)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?/?")
# Letters, digits and what Base64 has beside them: nothing that a shell would read as more than a word.
_ACTIVATION_CODE = re.compile(r"[A-Za-z0-9+/=_.-]+")
#: The types of systems whose migrations SMC drills.
_DRILLED = frozenset(("linux",))
#: For callers that order no jobs.
_NO_JOBS = Transport("", "", {}, {})


def offer(options: Options) -> Offer:
    """Return what Alibaba Cloud does for a call."""
    smc = options.get("smc") or {}
    follows = smc.get("transport") == "watch"
    return Offer(
        methods={"smc": ("smc_watch",) if follows else ("smc", "smc_watch")},
        back=("reset_disks",),
        follows=follows,
        enrols=frozenset(_commands(smc, "import_command")),
        awaits=float(smc.get("wait_for_source") or 0.0),
        words=WORDS,
        drills=frozenset() if follows else _DRILLED,
        drill_proven=bool(smc.get("drill_proven")),
        exit_codes=EXIT_CODES,
    )


def check(options: Options) -> None:
    """Refuse numbers that make no sense."""
    check_above_zero(options["alicloud"], _NUMBERS, "alicloud.")
    _check_endpoints(options["alicloud"])
    _check_keys(options["alicloud"])
    _check_import(options.get("smc") or {})
    for action, value in (options["alicloud"].get("rates") or {}).items():
        if not _is_positive(value):
            message = f"alicloud.rates.{action} is {value!r}, which is no number of calls per minute above 0."
            raise OptionError(message, "Give the number that the Quota Center shows for the action.")


def _check_endpoints(given: Mapping[str, Any]) -> None:
    """Refuse an endpoint that is no address."""
    named = {f"endpoints.{service}": value for service, value in (given.get("endpoints") or {}).items()}
    for name, value in {"endpoint": given.get("endpoint"), **named}.items():
        if value and not _ENDPOINT.fullmatch(str(value)):
            message = f"alicloud.{name} is {str(value)!r}, which is no address."
            raise OptionError(message, "Write a host name, or an address such as https://ecs.cn-hangzhou.aliyuncs.com.")


def _check_keys(given: Mapping[str, Any]) -> None:
    """Refuse keys that cannot be any."""
    for name, variable in {"access_key": "ID", "secret_key": "SECRET"}.items():
        length = len(given.get(name) or "")
        if 0 < length < SHORTEST_SECRET:
            remedy = f"Correct {name} of alicloud (in roles of os_migration_alicloud), or the environment variable"
            raise OptionError(
                f"alicloud.{name} has a length of {length}: no key is so short.",
                f"{remedy} ALIBABA_CLOUD_ACCESS_KEY_{variable}.",
            )


def _check_import(smc: Mapping[str, Any]) -> None:
    """Refuse what no import can be made with; a code is never shown, also not in part."""
    code = smc.get("activation_code") or ""
    if code and (len(code) < SHORTEST_SECRET or not _ACTIVATION_CODE.fullmatch(code)):
        message = f"smc.activation_code has a length of {len(code)} and is no activation code."
        raise OptionError(message, "Give the code as the SMC console shows it, without the command around it.")
    if (smc.get("wait_for_source") or 0.0) < 0:
        raise OptionError("smc.wait_for_source is below 0.", "Give seconds, or 0 for not waiting.")


def _is_positive(value: Any) -> bool:
    try:
        return float(value) > 0
    except (TypeError, ValueError):
        return False


def rates(options: Options) -> Mapping[str, Rate]:
    """Return the limits of actions: those that are documented, and what the user saw in the Quota Center."""
    given = options["alicloud"].get("rates") or {}
    return {**RATES, **{action: Rate(float(value), source="alicloud.rates") for action, value in given.items()}}


def transport(smc: Mapping[str, Any] | None) -> Transport:
    """Return how SMC jobs are ordered."""
    if smc is None:
        return _NO_JOBS
    return Transport(
        smc["target_parameter"],
        smc["target_location"],
        smc["target_values"],
        _commands(smc, "import_command"),
        _commands(smc, "abort_command"),
        smc.get("activation_code") or "",
        smc["drill_parameter"],
        smc["drill_location"],
        smc["drill_values"],
    )


def cloning(given: Mapping[str, Any] | None) -> Cloning:
    """Return how clones for drills are made."""
    given = given or {}
    rules = given.get("egress")
    allowed = {} if rules is None else {"egress": [Egress(one["cidr"], one["protocol"], one["ports"]) for one in rules]}
    return Cloning(**allowed, vswitch_id=given.get("vswitch_id") or "", instance_type=given.get("instance_type") or "")


def _commands(smc: Mapping[str, Any], option: str) -> dict[str, str]:
    return {system: text for system, text in (smc.get(option) or {}).items() if text}


def connection(options: Mapping[str, Any], profile: str) -> Connection:
    """Return how the account of a profile is reached."""
    keys = _keys(options, profile)
    endpoints = {"*": options["endpoint"]} if options.get("endpoint") else {}
    return Connection(
        access_key=keys["access_key"],
        secret_key=keys["secret_key"],
        security_token=keys.get("security_token") or "",
        endpoints={**endpoints, **(options.get("endpoints") or {})},
        validate_certs=options["validate_certs"],
        timeout=options["timeout"],
        visibility=options["visibility"],
    )


def _keys(options: Mapping[str, Any], profile: str) -> Mapping[str, str]:
    """Return the keys: those of the item's own profile, else the given ones, else those of the default profile."""
    if not profile and options.get("access_key") and options.get("secret_key"):
        return options
    profile = profile or options.get("profile") or ""
    if profile:
        return _profile_keys(profile)
    raise OptionError(
        "No credentials for Alibaba Cloud.",
        "Set alicloud.access_key and secret_key, alicloud.profile, or the environment variables "
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
    )


def _profile_keys(name: str) -> Mapping[str, str]:
    path = Path(_PROFILES_FILE).expanduser()
    try:
        profiles = {entry["name"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))["profiles"]}
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise OptionError(
            f"The profile {name} was asked for, but {path} cannot be read ({type(failure).__name__}).",
            "Create it with the provider's command line tool, or give access_key and secret_key.",
        ) from None
    found = profiles.get(name, {})
    if found.get("mode") not in ("AK", "StsToken") or not found.get("access_key_id"):
        raise OptionError(
            f"{path} has no profile {name} with keys (mode AK or StsToken).",
            f"Profiles there: {', '.join(sorted(profiles)) or 'none'}.",
        )
    return {
        "access_key": found["access_key_id"],
        "secret_key": found.get("access_key_secret") or "",
        "security_token": found.get("sts_token") or "",
    }
