# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of the modules for activation codes to their results. They belong to an account, to no instance."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._clouds.base import Codes, Provider
from ._clouds.options import SHORTEST_SECRET
from ._core.codes import Changes, changes, differences, shown, what_is_wrong
from ._core.model import Code, Place, Problem, required
from ._engine import Callers, Clock
from ._errors import MigrationError, MissingLibrary, OptionError, OutOfTime, Unclear, broken
from ._options import clouds, rates, requests_per_second

# Seconds for all that one call asks of the cloud.
_PATIENCE = 300.0
_TRIES = 3

Options = Mapping[str, Any]


@dataclass(frozen=True)
class _Desk:
    """Where codes are changed, if it is ``writing``. ``wait`` is until a write is surely seen in the list."""

    codes: Codes
    wait: Callable[[], None]
    writing: bool

    def change(self, wanted: Code, found: Sequence[Code], what: Changes) -> tuple[list[Code], str]:
        """Return the codes of the name as they are then, and what a code that was made says."""
        if self.writing:
            self._take_away(what)
        left = [
            replace(one, status="disabled") if one in what.disable else one for one in found if one not in what.delete
        ]
        if not what.make:
            return left, ""
        made, says = self._made(wanted, {one.id for one in found}) if self.writing else (wanted, "")
        return [*left, made], says

    def _take_away(self, what: Changes) -> None:
        for one in what.disable:
            self.codes.disable(one.id)
        for one in what.delete:
            self._delete(one)

    def _delete(self, code: Code) -> None:
        """Delete a code; that somebody else did it meanwhile is no fault."""
        try:
            self.codes.delete(code.id)
        except MigrationError:
            if any(one.id == code.id for one in self.codes.listed(code.name)):
                raise

    def _made(self, wanted: Code, before: Collection[str]) -> tuple[Code, str]:
        """Make a code. Nobody knows what one says whose answer was lost: it is deleted, and another one made."""
        for left in reversed(range(_TRIES)):
            try:
                return self.codes.make(wanted)
            except Unclear:
                self.wait()
                for one in self.codes.listed(wanted.name):
                    if one.id not in before:
                        self._delete(one)
                if not left:
                    raise
        raise AssertionError  # the last try returns or raises


def run_code(module: AnsibleModule, provider: Provider, kind: str) -> None:
    """Bring the codes of a name to the state that the module's options describe, and leave."""
    _leave(module, lambda: _code(module, provider, kind))


def run_code_info(module: AnsibleModule, provider: Provider, kind: str) -> None:
    """Tell of the codes that pass the module's filters, and leave."""
    _leave(module, lambda: _info(module.params, provider, kind))


def _leave(module: AnsibleModule, work: Callable[[], dict[str, Any]]) -> None:
    module.no_log_values = {value for value in module.no_log_values if len(value) >= SHORTEST_SECRET}
    try:
        module.exit_json(**work())
    except MissingLibrary as missing:
        module.fail_json(msg=missing_required_lib(missing.library), exception=missing.cause)
    except MigrationError as error:
        module.fail_json(msg=error.problem.text)
    except OutOfTime:
        late = Problem("DeadlineExceeded", f"The cloud did not answer within {_PATIENCE:.0f} s.", "Run again.")
        module.fail_json(msg=late.text)
    except Exception as error:  # a fault of ours or of a library: a traceback alone is hidden by failed_when
        module.fail_json(msg=broken(error).text)


def _connected(options: Options, provider: Provider, kind: str, writing: bool) -> _Desk:
    provider.check(options)
    clock = Clock()
    callers = Callers(clock, clock.ticks() + _PATIENCE, requests_per_second(options), rates(options))
    place = Place(provider.name, "", options[provider.name].get("region") or provider.any_region)
    cloud = clouds(options, lambda at: callers.of(at.provider, at.profile))(place)
    port = required(required(cloud.works[kind].enrolments).codes)
    return _Desk(port, lambda: clock.sleep(cloud.capabilities.visibility), writing)


def _info(options: Options, provider: Provider, kind: str) -> dict[str, Any]:
    found = _connected(options, provider, kind, writing=False).codes.listed(options["name"] or "")
    wanted = options["status"]
    return {"changed": False, "codes": [shown(one) for one in found if wanted in (None, one.status)]}


def _wanted(options: Options) -> Code:
    wanted = Code(options["name"], options["count"], options["valid_days"], options["description"], status="active")
    wrong = what_is_wrong(wanted)
    if wrong:
        raise OptionError(wrong, "Correct the option.")
    return wanted


def _code(module: AnsibleModule, provider: Provider, kind: str) -> dict[str, Any]:
    options, wanted = module.params, _wanted(module.params)
    desk = _connected(options, provider, kind, writing=not module.check_mode)
    found = desk.codes.listed(wanted.name)
    what = changes(options["state"], found)
    if what.make and not options["return_code"]:
        message = "There is no activation code of this name that can be used, and a new one would be told to nobody."
        raise OptionError(message, "Set return_code true and register the result: what a code says is told once only.")
    if options["state"] == "present":
        for text in differences(wanted, found):
            module.warn(f"The activation code {wanted.name} cannot be changed: its {text}. Use another name.")
    now, says = desk.change(wanted, found, what)
    then = {"before": [shown(one) for one in found], "after": [shown(one) for one in now]}
    return {"changed": what.any, "codes": then["after"], "diff": then, **({"activation_code": says} if says else {})}
