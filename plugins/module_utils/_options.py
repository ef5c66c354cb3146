# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options by name: from a call's options to its instances, its goal, and the clouds. The inventory shares the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ._clouds import PROVIDERS
from ._clouds.base import Caller, Cloud, Options, Rate, Script
from ._clouds.options import check_above_zero
from ._core import hooks, paths, waivers, windows
from ._core.drilled import CLONE as CLONED
from ._core.drilled import SERVICE, Prices
from ._core.goal import Goal, Offer
from ._core.model import Item, Place, Waiver
from ._core.remedies import REMEDIES
from ._errors import OptionError

_INSTANCE: dict[str, Any] = {
    "instance_id": {"type": "str", "required": True},
    "region": {"type": "str"},
    "provider": {"type": "str"},
    "profile": {"type": "str"},
    "name": {"type": "str"},
    "connection": {"type": "int", "default": 0},
}
_WAIVER: dict[str, Any] = {
    "rule": {"type": "str", "required": True},
    "reason": {"type": "str", "required": True},
    "owner": {"type": "str", "required": True},
    "expires": {"type": "str", "required": True},
}
_PLANNED: dict[str, Any] = {
    "target": {"type": "str"},
    "via": {"type": "list", "elements": "str"},
    "avoid": {"type": "list", "elements": "str"},
    "waivers": {"type": "list", "elements": "dict", "options": _WAIVER},
}
_WINDOW: dict[str, Any] = {
    "days": {"type": "list", "elements": "str"},
    "start": {"type": "str", "required": True},
    "length": {"type": "str", "required": True},
    "timezone": {"type": "str"},
}
_TARGETED: dict[str, Any] = {
    **_PLANNED,
    "confirm": {"type": "str"},
    "windows": {"type": "list", "elements": "dict", "options": _WINDOW},
}
#: A script that runs in guests around hops.
_HOOK: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "when": {"type": "str", "required": True, "choices": list(hooks.MOMENTS)},
    "script": {"type": "str", "required": True, "no_log": True},
    "shell": {"type": "str", "choices": ["sh", "powershell"], "default": "sh"},
    "timeout": {"type": "int", "default": 300},
    "on_failure": {"type": "str", "choices": [hooks.FAIL, hooks.WARN], "default": hooks.FAIL},
    "systems": {"type": "list", "elements": "str", "default": []},
    "arguments": {"type": "list", "elements": "str", "default": []},
    "no_log": {"type": "bool", "default": False},
}
_HOOKS: dict[str, Any] = {"type": "list", "elements": "dict", "options": _HOOK}


def _instances(**more: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", "required": True, "options": {**_INSTANCE, **more}}


#: How each provider is reached, by its name; and with the options of its services.
CONNECTIONS: dict[str, Any] = {name: provider.options[name] for name, provider in PROVIDERS.items()}
CLOUDS: dict[str, Any] = {name: spec for one in PROVIDERS.values() for name, spec in one.options.items()}

#: How the instances of several accounts are reached by one call; which one is an instance's, it says by its number.
_SEVERAL: dict[str, Any] = {"connections": {"type": "list", "elements": "dict", "default": [], "options": CONNECTIONS}}

#: The argument specs of the modules.
INFO: dict[str, Any] = {"instances": _instances(), **CONNECTIONS, **_SEVERAL}
COMMAND: dict[str, Any] = {
    **INFO,
    "script": {"type": "str", "required": True, "no_log": True},
    "shell": {"type": "str", "choices": ["sh", "powershell"], "default": "sh"},
    "timeout": {"type": "int", "default": 60},
    "username": {"type": "str"},
    "working_directory": {"type": "str"},
    "poll_interval": {"type": "float", "default": 5.0},
    "guest_scripts": {"type": "dict"},
}
#: What plans: the wanted system, and the paths and services there are.
_PLANS: dict[str, Any] = {
    **CLOUDS,
    **_SEVERAL,
    "target": {"type": "str"},
    "paths": {"type": "list", "elements": "dict", "default": []},
    "guest_scripts": {"type": "dict"},
}
PRECHECK: dict[str, Any] = {
    **_PLANS,
    "instances": _instances(**_PLANNED),
    "retry": {"type": "bool", "default": False},
    "poll_interval": {"type": "float", "default": 5.0},
    "timeout": {"type": "float", "default": 3600.0},
}
#: What shows its progress while it runs, and ends when nobody waits for it any more.
_WATCHED: dict[str, Any] = {
    "progress_file": {"type": "path"},
    "watched": {"type": "list", "elements": "list", "default": []},
}
_SHOWN: dict[str, Any] = {"progress_interval": {"type": "float", "default": 15.0}, **_WATCHED}
SNAPSHOT: dict[str, Any] = {
    **INFO,
    **_SHOWN,
    "instances": _instances(confirm=_TARGETED["confirm"], waivers=_TARGETED["waivers"]),
    "state": {"type": "str", "choices": ["present", "absent", "restored"], "default": "present"},
    "max_age": {"type": "float"},
    "confirm": {"type": "str"},
    "leftovers": {"type": "bool", "default": False},
    "snapshots_valid": {"type": "float", "default": 3600.0},
    "poll_interval": {"type": "float", "default": 20.0},
    "hop_timeout": {"type": "float", "default": 7200.0},
    "timeout": {"type": "float", "default": 86400.0},
    "guest_scripts": {"type": "dict"},
}
_STACK: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "region": {"type": "str"},
    "provider": {"type": "str"},
    "profile": {"type": "str"},
    "template": {"type": "raw"},
    "template_url": {"type": "str"},
    "parameters": {"type": "dict", "default": {}},
    "secret_parameters": {"type": "dict", "default": {}, "no_log": True},
    "tags": {"type": "dict", "default": {}},
    "creation_minutes": {"type": "int", "default": 60},
}
STACK: dict[str, Any] = {
    **CONNECTIONS,
    **_WATCHED,
    "stacks": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": _STACK,
        "mutually_exclusive": [["template", "template_url"]],
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "poll_interval": {"type": "float", "default": 10.0},
    "timeout": {"type": "float", "default": 7200.0},
}
STACK_INFO: dict[str, Any] = {
    **CONNECTIONS,
    "names": {"type": "list", "elements": "str", "default": []},
    "regions": {"type": "list", "elements": "str", "default": []},
    "provider": {"type": "str"},
    "profile": {"type": "str"},
    "timeout": {"type": "float", "default": 300.0},
}
#: Clones of instances, for drills.
CLONE: dict[str, Any] = {
    **_PLANS,
    **_SHOWN,
    "instances": _instances(**_PLANNED, drilled={"type": "str"}),
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "lifetime": {"type": "float", "default": 24.0},
    "price_gib_month": {"type": "float"},
    "price_hour": {"type": "float"},
    "poll_interval": {"type": "float", "default": 20.0},
    "hop_timeout": {"type": "float", "default": 7200.0},
    "timeout": {"type": "float", "default": 86400.0},
}
#: What earlier runs left of instances that are gone.
SWEEP: dict[str, Any] = {
    **INFO,
    **_SHOWN,
    "guest_scripts": {"type": "dict"},
    "facts_dir": {"type": "path"},
    "snapshot_price": {"type": "float", "default": 0.0},
    "poll_interval": {"type": "float", "default": 20.0},
    "hop_timeout": {"type": "float", "default": 7200.0},
    "timeout": {"type": "float", "default": 86400.0},
}
MIGRATION: dict[str, Any] = {
    **_PLANS,
    **_SHOWN,
    "instances": _instances(**_TARGETED, hooks={"type": "list", "elements": "int"}, clone_of={"type": "str"}),
    "hooks": {**_HOOKS, "default": []},
    "max_hops": {"type": "int"},
    "drill_first": {"type": "bool", "default": False},
    "drill_max_age": {"type": "float"},
    "state": {
        "type": "str",
        "choices": ["assessed", "drilled", "migrated", "verified", "rolled_back", "committed"],
        "default": "migrated",
    },
    "on_failure": {"type": "str", "choices": ["keep", "rollback"], "default": "keep"},
    "rollback_to": {"type": "str", "choices": ["start", "hop"], "default": "start"},
    "confirm": {"type": "str"},
    "snapshots_valid": {"type": "float", "default": 3600.0},
    "retry": {"type": "bool", "default": False},
    "max_running": {"type": "int", "default": 20},
    "soak_days": {"type": "float", "default": 0.0},
    "snapshot_price": {"type": "float", "default": 0.0},
    "delete_smc_snapshots": {"type": "bool", "default": False},
    "poll_interval": {"type": "float", "default": 20.0},
    "hop_timeout": {"type": "float", "default": 7200.0},
    "window_wait": {"type": "float", "default": 0.0},
    "timeout": {"type": "float", "default": 86400.0},
    "results_file": {"type": "path"},
    "approval_file": {"type": "path"},
}
#: What a host may wish for its instance.
WISHES: dict[str, Any] = {**_INSTANCE, **_TARGETED, "hooks": _HOOKS}
#: The scripts that roles run in guests.
_SCRIPT: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "script": COMMAND["script"],
    "shell": COMMAND["shell"],
    "timeout": COMMAND["timeout"],
}
#: What roles use beside the options of the modules.
MORE: dict[str, Any] = {
    "step": {"type": "dict", "options": {**_SCRIPT, "arguments": {"type": "list", "elements": "str", "default": []}}},
    "rules": {"type": "list", "elements": "str", "choices": [remedy.name for remedy in REMEDIES]},
    "mirror": {"type": "str"},
    "update_packages": {"type": "bool"},
    "clean_components": {"type": "bool"},
    "uninstaller": {"type": "str"},
    "by": {"type": "str", "choices": [CLONED, SERVICE]},
    "cleanup": {"type": "bool"},
    "on_difference": {"type": "str", "choices": ["tell", "fail"]},
    "lifetime": CLONE["lifetime"],
    "price_gib_month": CLONE["price_gib_month"],
    "price_hour": CLONE["price_hour"],
}


def offers(parameters: Options) -> Mapping[str, Offer]:
    """Return what each provider does for a call."""
    return {name: provider.offer(parameters) for name, provider in PROVIDERS.items()}


def migration_goal(parameters: Options) -> Goal:
    """Return the goal that the options of os_migration describe."""
    drilled = parameters["state"] == "drilled"  # under snapshots that are no older than a way back may be
    return Goal(
        state=parameters["state"],
        on_failure=parameters["on_failure"],
        most_age=parameters["snapshots_valid"] if drilled else float("inf"),
        drill_days=float("inf") if parameters["drill_max_age"] is None else parameters["drill_max_age"],
        drill_first=parameters["drill_first"] and parameters["state"] == "migrated",
        rollback_to=parameters["rollback_to"],
        retry=parameters["retry"],
        paths=checked_paths(parameters["paths"]),
        hop_timeout=parameters["hop_timeout"],
        poll_interval=parameters["poll_interval"],
        set_valid=parameters["snapshots_valid"],
        hooks=_hooks_of_call(parameters),
        most_hops=float("inf") if parameters["max_hops"] is None else parameters["max_hops"],
        delete_service_points=parameters["delete_smc_snapshots"],
        window_wait=parameters["window_wait"],
        soak=parameters["soak_days"] * _DAY,
        price=parameters["snapshot_price"],
        offers=offers(parameters),
    )


def precheck_goal(parameters: Options) -> Goal:
    """Return the goal that the options of precheck_info describe."""
    paths_there = checked_paths(parameters["paths"])
    return Goal("assessed", retry=parameters["retry"], paths=paths_there, offers=offers(parameters))


#: The goals behind the states of instance_snapshot.
_KEEPING = {"present": "protected", "absent": "unprotected", "restored": "rolled_back"}


def snapshot_goal(parameters: Options) -> Goal:
    """Return the goal that the options of instance_snapshot describe."""
    return Goal(
        state=_KEEPING[parameters["state"]],
        hop_timeout=parameters["hop_timeout"],
        poll_interval=parameters["poll_interval"],
        set_valid=parameters["snapshots_valid"],
        most_age=float("inf") if parameters["max_age"] is None else parameters["max_age"],
        to_protected=True,
        delete_service_points=parameters["leftovers"] and parameters["state"] == "absent",
        offers=offers(parameters),
    )


def clone_goal(parameters: Options) -> Goal:
    """Return the goal that the options of instance_clone describe."""
    return Goal(
        state="cloned" if parameters["state"] == "present" else "cleared",
        paths=checked_paths(parameters["paths"]),
        hop_timeout=parameters["hop_timeout"],
        poll_interval=parameters["poll_interval"],
        clone_hours=parameters["lifetime"],
        prices=Prices(parameters["price_gib_month"], parameters["price_hour"]),
        offers=offers(parameters),
    )


def sweep_goal(parameters: Options) -> Goal:
    """Return the goal that the options of instance_sweep describe."""
    return Goal(
        state="swept",
        hop_timeout=parameters["hop_timeout"],
        poll_interval=parameters["poll_interval"],
        price=parameters["snapshot_price"],
        offers=offers(parameters),
    )


def checked_paths(rows: Sequence[Mapping[str, Any]], name: str = "paths") -> tuple[paths.Path, ...]:
    """Return all migration paths, the user's rows among them, which came by this name."""
    services = {**paths.SERVICES, **{name: provider.services for name, provider in PROVIDERS.items()}}
    try:
        return paths.with_rows(rows, services)
    except ValueError as error:
        raise OptionError(f"{name}: {error}", "Correct the row; see the option's documentation.") from None


def checked_hooks(rows: Sequence[Mapping[str, Any]], name: str = "hooks") -> tuple[hooks.Hook, ...]:
    """Return the hooks of one instance, which came by this name."""
    try:
        found = hooks.checked(rows)
        hooks.told_apart(found)
        return found
    except ValueError as error:
        raise OptionError(f"{name}: {error}.", "Correct the hook; see the option's documentation.") from None


def _hooks_of_call(parameters: Options) -> tuple[hooks.Hook, ...]:
    """Return the hooks of a call, each instance's own told apart from each other."""
    try:
        found = dict(enumerate(hooks.checked(parameters["hooks"])))
        chosen = {tuple(found if raw.get("hooks") is None else raw["hooks"]) for raw in parameters["instances"]}
        for numbers in chosen:
            hooks.told_apart([found[number] for number in numbers if number in found])
    except ValueError as error:
        raise OptionError(f"hooks: {error}.", "Correct the hook; see the option's documentation.") from None
    return tuple(found.values())


def script(parameters: Options) -> Script:
    """Return the script that the options of guest_command describe."""
    return Script(
        parameters["script"],
        parameters["shell"],
        parameters["timeout"],
        parameters["username"] or "",
        parameters["working_directory"] or "",
    )


_DAY = 86400.0
ABOVE_ZERO = (
    *("max_running", "poll_interval", "hop_timeout", "snapshots_valid", "timeout", "progress_interval"),
    *("max_age", "max_hops", "drill_max_age", "lifetime", "price_gib_month", "price_hour"),
)


def check_numbers(parameters: Options) -> None:
    """Refuse numbers with which the work would never end or never begin."""
    check_above_zero(parameters, ABOVE_ZERO)
    for given in every_connection(parameters):
        for provider in PROVIDERS.values():
            provider.check(given)


def every_connection(parameters: Options) -> list[Options]:
    """Return the call's options as each of its connections has them."""
    return [connected_by(parameters, number) for number in range(len(parameters.get("connections") or [None]))]


def connected_by(parameters: Options, number: int) -> Options:
    """Return a call's options with those of its connection of this number, where it has several."""
    several = parameters.get("connections")
    return {**parameters, **several[number]} if several else parameters


def items(parameters: Options) -> list[Item]:
    """Return the instances of a call, completed by its defaults."""
    found = [_item(raw, parameters) for raw in parameters["instances"]]
    seen: set[str] = set()
    for item in found:
        if item.instance_id in seen:
            message = f"{item.instance_id} is listed more than once in instances."
            raise OptionError(message, "Name each instance once.")
        seen.add(item.instance_id)
    return found


def _item(raw: Mapping[str, Any], parameters: Options) -> Item:
    instance_id = raw["instance_id"].strip()
    given = {name: value for name, value in raw.items() if value}
    provider = given.get("provider") or _provider(instance_id)
    connection = given.get("connection", 0)
    return Item(
        instance_id=instance_id,
        region=given.get("region") or _default_region(provider, connected_by(parameters, connection)),
        provider=provider,
        profile=given.get("profile", ""),
        target=str(given.get("target") or parameters.get("target") or ""),
        name=given.get("name", ""),
        via=tuple(given.get("via", ())),
        avoid=tuple(given.get("avoid", ())),
        waivers=_waivers(instance_id, given.get("waivers", ())),
        confirm=str(given.get("confirm") or parameters.get("confirm") or ""),
        windows=_windows(instance_id, given.get("windows", ())),
        connection=connection,
        hooks=_numbers(raw.get("hooks")),
        clone_of=given.get("clone_of", ""),
        drilled=given.get("drilled", ""),
    )


def _numbers(raw: Sequence[int] | None) -> tuple[int, ...] | None:
    """Return which hooks an instance has; none is not the same as not being told."""
    return None if raw is None else tuple(raw)


def _provider(instance_id: str) -> str:
    """Return the one provider whose ids look so; nothing when that is not one: its place is refused then."""
    candidates = [name for name, provider in PROVIDERS.items() if provider.ids.fullmatch(instance_id)]
    return candidates[0] if len(candidates) == 1 else ""


def _default_region(provider: str, parameters: Options) -> str:
    return str(parameters[provider].get("region") or "") if provider in PROVIDERS else ""


def _waivers(instance_id: str, raw: Sequence[Mapping[str, Any]]) -> tuple[Waiver, ...]:
    try:
        return waivers.checked(raw)
    except ValueError as error:
        raise OptionError(f"A waiver of {instance_id} is wrong: {error}", "Correct it in the inventory.") from None


def _windows(instance_id: str, raw: Sequence[Mapping[str, Any]]) -> tuple[windows.Window, ...]:
    try:
        return windows.checked(raw)
    except ValueError as error:
        raise OptionError(f"A window of {instance_id} is wrong: {error}", "Correct it in the inventory.") from None


def clouds(parameters: Options, caller_for: Callable[[Place], Caller]) -> Callable[[Place], Cloud]:
    """Return the function that gives a place its cloud: one for each, to every thread the same."""
    connected: dict[Place, Cloud] = {}

    def cloud_for(place: Place) -> Cloud:
        _check_place(place)
        if place not in connected:
            given = connected_by(parameters, place.connection)
            cloud = PROVIDERS[place.provider].connect(given, place, caller_for(place))
            connected.setdefault(place, cloud)  # the first stays when two threads connect at once
        return connected[place]

    return cloud_for


def _check_place(place: Place) -> None:
    """Refuse what cannot be connected to; one place's refusal is that of its instances, the others go on."""
    known = ", ".join(PROVIDERS)
    if not place.provider:
        message = "The instance's id does not tell its provider."
        raise OptionError(message, f"Set provider for the instance. Supported providers: {known}.")
    if place.provider not in PROVIDERS:
        message = f"The instance is one of provider {place.provider}, which is not supported yet."
        raise OptionError(message, f"Supported providers: {known}.")
    if not place.region:
        remedy = (
            f"Set region for the instance (in roles its host variable region; it may stand there without a value), or "
            f"{place.provider}.region (in roles region of os_migration_{place.provider})."
        )
        raise OptionError("The instance has no region.", remedy)


def rates(parameters: Options) -> Callable[[str], Mapping[str, Rate]]:
    """Return the function that gives the known limits of a provider's actions."""
    return lambda provider: PROVIDERS[provider].rates(parameters)


def requests_per_second(parameters: Options) -> Callable[[str], float]:
    """Return the function that gives a provider's wanted calls per second for one account."""
    return lambda provider: float(parameters[provider]["requests_per_second"])
