# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of the modules for stacks to their results. Stacks belong to an account in a region."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._clouds import PROVIDERS
from ._clouds.base import Cloud
from ._clouds.options import SHORTEST_SECRET
from ._core.model import Blueprint, Place, Problem, Stack
from ._core.stacks import PRESENT, digest, made_otherwise, shown
from ._core.tag import stack_label, stack_made_from
from ._engine import Callers, Clock
from ._engine.stacks import Limit, StackEngine, Wish
from ._errors import CloudError, MigrationError, MissingLibrary, OptionError, OutOfTime, broken
from ._options import check_numbers, clouds, rates, requests_per_second
from ._processes import watch

Options = Mapping[str, Any]


def run_stacks(module: AnsibleModule) -> None:
    """Bring the stacks that the module's options describe to their state, and leave."""
    _leave(module, lambda: _stacks(module))


def run_stack_info(module: AnsibleModule) -> None:
    """Tell of the stacks that pass the module's filters, and leave."""
    _leave(module, lambda: _info(module.params))


def _leave(module: AnsibleModule, work: Callable[[], dict[str, Any]]) -> None:
    module.no_log_values = {value for value in module.no_log_values if len(value) >= SHORTEST_SECRET}
    try:
        result = work()
    except MissingLibrary as missing:
        module.fail_json(msg=missing_required_lib(missing.library), exception=missing.cause)
    except MigrationError as error:
        module.fail_json(msg=error.problem.text)
    except OutOfTime:
        late = Problem("DeadlineExceeded", "The cloud did not answer in the time of this call.", "Run again.")
        module.fail_json(msg=late.text)
    except Exception as error:  # a fault of ours or of a library: a traceback alone is hidden by failed_when
        module.fail_json(msg=broken(error).text)
    else:
        (module.fail_json if "msg" in result else module.exit_json)(**result)


# --- to be there or not ---------------------------------------------------------------------------------------------


def _stacks(module: AnsibleModule) -> dict[str, Any]:
    options, stop = module.params, Event()
    check_numbers(options)
    wishes = wanted(options)
    clock = Clock(sleep=stop.wait)
    limit = Limit(clock.ticks() + options["timeout"], options["timeout"], options["poll_interval"])
    watch(options["watched"], stop)
    connect = _connecting(options, clock, limit.until)
    engine = StackEngine(connect, limit, not module.check_mode, clock, stop, _teller(options))
    engine.run(wishes)
    for wish in wishes:
        if wish.state == PRESENT and not wish.problem and made_otherwise(wish.stack, wish.blueprint):
            text = "was made from another template or with other parameters, and stays as it is: stacks are not updated"
            module.warn(f"The stack {wish.blueprint.name} ({wish.place.region}) {text}.")
    return _result(wishes)


def _connecting(options: Options, clock: Clock, until: float) -> Callable[[Place], Cloud]:
    callers = Callers(clock, until, requests_per_second(options), rates(options))
    return clouds(options, lambda place: callers.of(place.provider, place.profile))


def wanted(options: Options) -> list[Wish]:
    """Return the stacks of a call; what cannot be meant is refused before anything is asked."""
    wishes = [_wish(raw, options) for raw in options["stacks"]]
    seen: set[tuple[Place, str]] = set()
    for wish in wishes:
        key = (wish.place, wish.blueprint.name)
        if key in seen:
            message = f"The stack {wish.blueprint.name} is listed more than once for {wish.place.region}."
            raise OptionError(message, "Name each stack once.")
        seen.add(key)
    return wishes


def _wish(raw: Options, options: Options) -> Wish:
    name = raw["name"].strip()
    secret = _texts(raw["secret_parameters"])
    blueprint = Blueprint(
        name=name,
        template=_template(raw["template"]),
        url=raw["template_url"] or "",
        parameters={**_texts(raw["parameters"]), **secret},
        tags=_texts(raw["tags"]),
        minutes=raw["creation_minutes"],
    )
    if options["state"] == PRESENT and not (blueprint.template or blueprint.url):
        raise OptionError(f"The stack {name} has no template.", "Give template or template_url.")
    labelled = replace(blueprint, label=stack_label(name, digest(blueprint, secret)))
    return Wish(labelled, _place(f"The stack {name}", raw, options), options["state"])


def _texts(given: Options) -> dict[str, str]:
    """Return values as the cloud takes them: numbers and truths as texts, lists and objects as JSON."""
    return {str(key): value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}


def _template(given: Any) -> str:
    """Return a template as a text. One in JSON may come as what Ansible read it as."""
    return given if isinstance(given, str) else json.dumps(given) if given else ""


def _place(what: str, raw: Options, options: Options) -> Place:
    provider = _provider(what, raw["provider"])
    region = raw.get("region") or options[provider].get("region") or ""
    if not region:
        raise OptionError(f"{what} has no region.", f"Set its region, or {provider}.region.")
    return Place(provider, raw["profile"] or "", region)


def _provider(what: str, given: str | None) -> str:
    """Return a provider; where there is only one it need not be named."""
    provider = given or (next(iter(PROVIDERS)) if len(PROVIDERS) == 1 else "")
    if provider not in PROVIDERS:
        raise OptionError(f"{what} names no provider that is known.", f"Set provider to one of {', '.join(PROVIDERS)}.")
    return provider


def _teller(options: Options) -> Callable[[Wish], None]:
    """Return what adds lines of progress to the file that the action plugin shows."""
    if not options["progress_file"]:
        return lambda wish: None
    file, lock = Path(options["progress_file"]), Lock()

    def tell(wish: Wish) -> None:
        said = wish.stack.said if wish.stack else "not there"
        # A task that became another user cannot write there; that nobody is told is no reason to end the work.
        with lock, contextlib.suppress(OSError), file.open("a", encoding="utf-8") as out:
            out.write(f"stack {wish.blueprint.name} ({wish.place.region}): {said}\n")

    return tell


def _result(wishes: Sequence[Wish]) -> dict[str, Any]:
    failed = [wish for wish in wishes if wish.problem]
    result = {
        "changed": any(wish.changed for wish in wishes),
        "stacks": [_told(wish) for wish in wishes],
        "diff": {"before": [_line(wish, wish.before) for wish in wishes], "after": [_after(wish) for wish in wishes]},
    }
    if not failed:
        return result
    return {"msg": _failure_text(failed, len(wishes)), **result}


def _failure_text(failed: Sequence[Wish], total: int) -> str:
    """Say how many failed, and why for the first few: all of them are in the results."""
    texts = [f"{wish.blueprint.name}: {wish.problem.text}" for wish in failed[:3] if wish.problem]
    more = [f"and {len(failed) - len(texts)} more"] if len(failed) > len(texts) else []
    return f"{len(failed)} of {total} stacks failed. {' | '.join([*texts, *more])}"


def _told(wish: Wish) -> dict[str, Any]:
    problem = wish.problem
    error = {"code": problem.code, "message": problem.message, "remedy": problem.remedy} if problem else None
    return {
        **_where(wish.blueprint.name, wish.place),
        **shown(wish.stack),
        "state": "failed" if problem else "planned" if wish.planned else wish.state,
        "changed": wish.changed,
        "error": error,
    }


def _where(name: str, place: Place) -> dict[str, str]:
    return {"name": name, "provider": place.provider, "profile": place.profile, "region": place.region}


def _line(wish: Wish, stack: Stack | None) -> str:
    return f"{wish.blueprint.name} ({wish.place.region}): {stack.said if stack else 'absent'}"


def _after(wish: Wish) -> str:
    return f"{wish.blueprint.name} ({wish.place.region}): {wish.state}" if wish.planned else _line(wish, wish.stack)


# --- which there are ------------------------------------------------------------------------------------------------


def _info(options: Options) -> dict[str, Any]:
    check_numbers(options)
    clock = Clock()
    connect = _connecting(options, clock, clock.ticks() + options["timeout"])
    places = [_place("The call", {**options, "region": region}, options) for region in options["regions"] or [None]]
    return {"changed": False, "stacks": [one for place in places for one in _listed(connect(place), place, options)]}


def _listed(cloud: Cloud, place: Place, options: Options) -> list[dict[str, Any]]:
    if cloud.stacks is None:
        raise CloudError(Problem("NotOffered", f"{place.provider} has no stacks.", "Name a provider that has."))
    found = cloud.stacks.find(options["names"])
    whole = [(name, cloud.stacks.whole(one.id)) for name, one in found.items()]
    return [
        {
            **_where(name, place),
            **shown(stack),
            "ours": bool(stack and stack_made_from(stack.label, name)),
            "reason": stack.fault.message if stack and stack.fault else "",
        }
        for name, stack in whole
    ]
