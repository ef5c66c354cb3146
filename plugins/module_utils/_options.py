# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options by name, and the one factory from options to clouds. Modules and the inventory share it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import env_fallback

from ._clouds.alicloud import AliCloud
from ._clouds.alicloud.target import DEFAULT_PARAMETER, QUERY, REPLICATION_PARAMETERS
from ._clouds.base import Caller, Cloud, Connection, Script, Transport
from ._core import paths, waivers
from ._core.model import Item, Waiver
from ._core.step import Goal
from ._errors import OptionError

PROVIDERS = ("alicloud",)
_PROFILES_FILE = "~/.aliyun/config.json"
_AWS_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


def _from_env(*names: str) -> tuple[Any, list[str]]:
    return env_fallback, list(names)


_INSTANCE: dict[str, Any] = {
    "instance_id": {"type": "str", "required": True},
    "region": {"type": "str"},
    "provider": {"type": "str"},
    "profile": {"type": "str"},
    "name": {"type": "str"},
}
_WAIVER: dict[str, Any] = {
    "rule": {"type": "str", "required": True},
    "reason": {"type": "str", "required": True},
    "owner": {"type": "str", "required": True},
    "expires": {"type": "str", "required": True},
}
_TARGETED: dict[str, Any] = {
    "target": {"type": "str"},
    "via": {"type": "list", "elements": "str"},
    "avoid": {"type": "list", "elements": "str"},
    "waivers": {"type": "list", "elements": "dict", "options": _WAIVER},
}

_ALICLOUD: dict[str, Any] = {
    "access_key": {
        "type": "str",
        "no_log": False,
        "fallback": _from_env("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY"),
    },
    "secret_key": {
        "type": "str",
        "no_log": True,
        "fallback": _from_env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY"),
    },
    "security_token": {
        "type": "str",
        "no_log": True,
        "fallback": _from_env("ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"),
    },
    "profile": {"type": "str", "fallback": _from_env("ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE")},
    "region": {"type": "str", "fallback": _from_env("ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION")},
    "endpoint": {"type": "str"},
    "endpoints": {"type": "dict"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 30},
    "requests_per_second": {"type": "float", "default": 20.0},
}

_SMC: dict[str, Any] = {
    "transport": {"type": "str", "choices": ["api", "watch"], "default": "api"},
    "target_parameter": {"type": "str", "default": DEFAULT_PARAMETER},
    "target_location": {"type": "str", "choices": [QUERY, REPLICATION_PARAMETERS], "default": QUERY},
    "target_values": {"type": "dict", "default": {}},
    "import_command": {
        "type": "dict",
        "apply_defaults": True,
        "options": {"linux": {"type": "str"}, "windows": {"type": "str"}},
    },
}


def _instances(**more: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", "required": True, "options": {**_INSTANCE, **more}}


#: The argument specs of the modules.
INFO: dict[str, Any] = {
    "instances": _instances(),
    "alicloud": {"type": "dict", "apply_defaults": True, "options": _ALICLOUD},
}
COMMAND: dict[str, Any] = {
    **INFO,
    "script": {"type": "str", "required": True},
    "shell": {"type": "str", "choices": ["sh", "powershell"], "default": "sh"},
    "timeout": {"type": "int", "default": 60},
    "username": {"type": "str"},
    "working_directory": {"type": "str"},
    "poll_interval": {"type": "float", "default": 5.0},
}
MIGRATION: dict[str, Any] = {
    **INFO,
    "instances": _instances(**_TARGETED),
    "target": {"type": "str"},
    "state": {
        "type": "str",
        "choices": ["assessed", "migrated", "verified", "rolled_back", "committed"],
        "default": "migrated",
    },
    "smc": {"type": "dict", "apply_defaults": True, "options": _SMC},
    "on_failure": {"type": "str", "choices": ["keep", "rollback"], "default": "keep"},
    "rollback_to": {"type": "str", "choices": ["start", "hop"], "default": "start"},
    "retry": {"type": "bool", "default": False},
    "paths": {"type": "list", "elements": "dict", "default": []},
    "max_running": {"type": "int", "default": 20},
    "delete_smc_snapshots": {"type": "bool", "default": False},
    "poll_interval": {"type": "float", "default": 20.0},
    "hop_timeout": {"type": "float", "default": 7200.0},
    "timeout": {"type": "float", "default": 86400.0},
    "results_file": {"type": "path"},
    "progress_interval": {"type": "float"},
    "checkpoint": {"type": "dict"},
    "guest_scripts": {"type": "dict"},
}


def migration_goal(options: Mapping[str, Any]) -> Goal:
    """Return the goal that the options of os_migration describe."""
    return Goal(
        state=options["state"],
        transport=options["smc"]["transport"],
        on_failure=options["on_failure"],
        rollback_to=options["rollback_to"],
        retry=options["retry"],
        paths=_paths(options["paths"]),
        hop_timeout=options["hop_timeout"],
        importable=frozenset(transport(options["smc"]).import_commands),
        delete_service_snapshots=options["delete_smc_snapshots"],
    )


def _paths(rows: Sequence[Mapping[str, Any]]) -> tuple[paths.Path, ...]:
    try:
        return paths.with_rows(rows)
    except ValueError as error:
        raise OptionError(f"paths: {error}", "Correct the row; see the option's documentation.") from None


def script(options: Mapping[str, Any]) -> Script:
    """Return the script that the options of guest_command describe."""
    return Script(
        options["script"],
        options["shell"],
        options["timeout"],
        options["username"] or "",
        options["working_directory"] or "",
    )


_ABOVE_ZERO = ("max_running", "poll_interval", "hop_timeout", "timeout", "requests_per_second")


def check_numbers(parameters: Mapping[str, Any]) -> None:
    """Refuse numbers with which the work would never end or never begin."""
    for prefix, given in (("", parameters), ("alicloud.", parameters["alicloud"])):
        for name in _ABOVE_ZERO:
            if given.get(name, 1) <= 0:
                raise OptionError(f"{prefix}{name} is {given[name]}.", "It must be above 0.")


def items(parameters: Mapping[str, Any]) -> list[Item]:
    """Return the instances of a call, completed by its defaults."""
    default_target = str(parameters.get("target") or "")
    default_region = str(parameters["alicloud"].get("region") or "")
    found = [_item(raw, default_target, default_region) for raw in parameters["instances"]]
    seen: set[str] = set()
    for item in found:
        if item.instance_id in seen:
            message = f"{item.instance_id} is listed more than once in instances."
            raise OptionError(message, "Name each instance once.")
        seen.add(item.instance_id)
    return found


def _item(raw: Mapping[str, Any], target: str, region: str) -> Item:
    instance_id = raw["instance_id"].strip()
    given = {name: value for name, value in raw.items() if value}
    return Item(
        instance_id=instance_id,
        region=given.get("region", region),
        provider=given.get("provider", _provider(instance_id)),
        profile=given.get("profile", ""),
        target=given.get("target", target),
        name=given.get("name", ""),
        via=tuple(given.get("via", ())),
        avoid=tuple(given.get("avoid", ())),
        waivers=_waivers(instance_id, given.get("waivers", ())),
    )


def _provider(instance_id: str) -> str:
    return "aws" if _AWS_ID.fullmatch(instance_id) else "alicloud"


def _waivers(instance_id: str, raw: Sequence[Mapping[str, Any]]) -> tuple[Waiver, ...]:
    try:
        return waivers.checked(raw)
    except ValueError as error:
        raise OptionError(f"A waiver of {instance_id} is wrong: {error}", "Correct it in the inventory.") from None


#: For callers that create no jobs.
NO_JOBS = Transport("", "", {}, {})


def transport(smc: Mapping[str, Any]) -> Transport:
    """Return how SMC jobs are created."""
    commands = {system: text for system, text in (smc.get("import_command") or {}).items() if text}
    return Transport(smc["target_parameter"], smc["target_location"], smc["target_values"], commands)


def cloud_factory(
    parameters: Mapping[str, Any], how: Transport, caller: Callable[[], Caller]
) -> Callable[[Item], Cloud]:
    """Return the function that gives an item's cloud: one connection per account and region.

    ``caller`` makes the rate limit and back-off of one account.
    """
    clouds: dict[tuple[str, str], Cloud] = {}
    callers: dict[str, Caller] = {}

    def cloud_for(item: Item) -> Cloud:
        _check_place(item)
        key = (item.profile, item.region)
        if key not in clouds:
            connection = _connection(parameters["alicloud"], item.profile)
            call = callers.setdefault(item.profile, caller())
            clouds[key] = AliCloud(connection, item.region, how, call)
        return clouds[key]

    return cloud_for


def _check_place(item: Item) -> None:
    if item.provider not in PROVIDERS:
        message = f"{item.instance_id} looks like an instance of provider {item.provider}, which is not supported yet."
        raise OptionError(message, f"Supported providers: {', '.join(PROVIDERS)}.")
    if not item.region:
        raise OptionError(f"{item.instance_id} has no region.", "Set region for the instance, or alicloud.region.")


def _connection(options: Mapping[str, Any], profile: str) -> Connection:
    keys = _keys(options, profile)
    endpoints = {"*": options["endpoint"]} if options.get("endpoint") else {}
    return Connection(
        access_key=keys["access_key"],
        secret_key=keys["secret_key"],
        security_token=keys.get("security_token") or "",
        endpoints={**endpoints, **(options.get("endpoints") or {})},
        validate_certs=options["validate_certs"],
        timeout=options["timeout"],
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
