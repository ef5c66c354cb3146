# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's wishes: its variables, as Ansible templates them for this host and task, checked before it takes part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._clouds.options import check_above_zero
from ..module_utils._core import checks, phases, waivers, windows
from ..module_utils._core.phases import PHASES, Phase, Variables
from ..module_utils._errors import OptionError
from ..module_utils._files import located
from ..module_utils._options import ABOVE_ZERO, CLOUDS, MIGRATION, MORE, WISHES, checked_hooks, checked_paths
from ..module_utils._report.options import ARGUMENTS as REPORT

Json = Mapping[str, Any]

OURS = phases.known(CLOUDS)


class Refusal(Exception):
    """A host cannot take part: why, and what to do about it."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy = code, message, remedy


@dataclass(frozen=True)
class Enrolment:
    """One host's part in a batch.

    ``names`` are the variables that its options of the whole call came from. ``clouds`` are digests of the options of
    clouds that it was given: these can hold secrets, which are not written down. ``elsewhere`` are waivers that are not
    meant for this host.
    """

    host: str
    item: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    clouds: dict[str, str] = field(default_factory=dict)
    elsewhere: list[Json] = field(default_factory=list)

    @property
    def instance_id(self) -> str:
        """Return the instance's id as the modules write it."""
        return str(self.item["instance_id"]).strip()

    @property
    def plain(self) -> dict[str, Any]:
        """Return the enrolment as it is written down."""
        return asdict(self)


class Reader:
    """Reads variables as one host has them."""

    def __init__(self, variables: Mapping[str, Any], template: Callable[[Any], Any]) -> None:
        self._variables, self._template = variables, template

    def __getitem__(self, name: str) -> Any:
        """Return a variable as plain data; None when it is not set, or left out by ``omit``."""
        if name not in self._variables:
            return None
        try:
            # Omitted values: left out of a dict by some versions of Ansible, marked by the others.
            value = self._template({name: self._variables[name]}).get(name)
        except AnsibleError as error:
            raise Refusal("InvalidVariable", f"{name} cannot be templated: {error}", "Correct the variable.") from None
        return None if value is None or value == self._variables.get("omit") else plain(value)

    def first(self, names: tuple[str, ...], counts: Callable[[Any], bool]) -> tuple[str, Any]:
        """Return the first of these variables that has a value which counts, and the value."""
        values = ((name, self[name]) for name in names)
        return next(((name, value) for name, value in values if counts(value)), ("", None))

    def all_of(self, wanted: Variables, counts: Callable[[Any], bool]) -> dict[str, tuple[str, Any]]:
        """Return the options that are set, each with the variable that it comes from."""
        found = {option: self.first(names, counts) for option, names in wanted.items()}
        return {option: (name, value) for option, (name, value) in found.items() if name}

    def names(self) -> list[str]:
        """Return the names of all variables that the host has."""
        return list(self._variables)


def plain(value: Any) -> Any:
    """Return a value as data of JSON's own types, whatever kinds of them Ansible made."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else str(value)


def digest(value: Any) -> str:
    """Return what tells two values apart without holding them."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def enrolment(host: str, name: str, read: Reader, clouds: Json, groups: list[str]) -> Enrolment:
    """Return a host's part in a batch of a phase; :class:`Refusal` when something is wrong with its variables.

    ``clouds`` are the options of clouds that the task itself gives.
    """
    phase = PHASES[name]
    _check_names(read)
    item = read.all_of(phase.wishes, bool)
    if "instance_id" not in item:
        raise Refusal(
            "MissingVariable",
            "the host variable instance_id is not set.",
            "Set instance_id for this host, or take the host out of the play.",
        )
    mine, elsewhere = _waivers(item, host, groups)
    options, report = read.all_of(phase.options, _given), read.all_of(phase.report, bool)
    wishes = _checked(WISHES, {**item, **mine})
    _check_windows(item, wishes)
    return Enrolment(
        host,
        {"name": host, **wishes},
        {**located(_checked(MIGRATION, options), "approval_file"), **_file(read, name, phase)},
        {option: variable for option, (variable, _value) in {**report, **options}.items()},
        _more(read, phase, host),
        located(_checked(REPORT, report), "dest", "results_dir", "previous"),
        {option: digest(value) for option, value in connections(read, clouds)},
        elsewhere,
    )


def _more(read: Reader, phase: Phase, host: str) -> dict[str, Any]:
    """Return what the phase itself uses, checked; the checks of applications know best what is wrong with one."""
    given = read.all_of(phase.more, _given)
    name, written = given.pop("checks", ("", None))
    found = _checked(MORE, given)
    if not name:
        return found
    try:
        return {**found, "checks": checks.completed(written, lambda: str(read["ansible_host"] or host))}
    except ValueError as error:
        raise Refusal("InvalidVariable", f"{name}: {error}", "Correct the check; see the role verify.") from None


def connections(read: Reader, clouds: Json) -> Iterator[tuple[str, Any]]:
    """Yield the options of clouds as the task gives them, else as the variables say; refuse what they cannot be."""
    for option, spec in CLOUDS.items():
        name = f"{phases.PREFIX}{option}"
        value = plain(clouds[option]) if clouds.get(option) is not None else read[name]
        if value is not None:
            _checked({option: spec}, {option: (name, value)})
            yield option, value


def _given(value: Any) -> bool:
    return value is not None


def _check_names(read: Reader) -> None:
    """Refuse a variable that looks like one of ours and that nothing reads: what it says would silently not count."""
    strange = phases.misspelt(read.names(), OURS)
    if strange:
        told = [f"{name} (did you mean {near}?)" if near else name for name, near in sorted(strange.items())]
        message = f"nothing reads the variable {', '.join(told)}."
        raise Refusal("UnknownVariable", message, "Correct its name, or remove it.")


def _waivers(
    item: dict[str, tuple[str, Any]], host: str, groups: list[str]
) -> tuple[dict[str, tuple[str, Any]], list[Json]]:
    """Return the waivers that are meant for this host, as its option, and the others."""
    if "waivers" not in item:
        return {}, []
    name, value = item["waivers"]
    own = {host, str(item["instance_id"][1]).strip()}
    try:
        entries = waivers.rows(value)
        mine = [waivers.unlimited(row) for row in entries if waivers.meant(row, own, groups)]
        waivers.checked(mine)
    except ValueError as error:
        raise Refusal("InvalidVariable", f"{name}: {error}", "Correct the list of waivers.") from None
    return {"waivers": (name, mine)}, [row for row in entries if not waivers.meant(row, own, groups)]


def _check_windows(item: dict[str, tuple[str, Any]], wishes: Json) -> None:
    try:
        windows.checked(wishes.get("windows") or ())
    except ValueError as error:
        name, _value = item["windows"]
        raise Refusal("InvalidVariable", f"{name}: {error}", "Correct the maintenance window.") from None


def _file(read: Reader, name: str, phase: Phase) -> dict[str, str]:
    directory = read[phases.REPORT_DIR] if phase.files else None
    return located({"results_file": f"{directory}/{name}.json"}, "results_file") if directory else {}


def _checked(specs: Json, given: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Return the options with values of their types; what is wrong is told by the variable's name."""
    spec = {variable: _bare(specs[option]) for option, (variable, _value) in given.items()}
    _check_dictionaries(spec, given)
    # First without what is in them: Ansible breaks down when it looks for that in a text.
    whole = {variable: {**one, "options": None} for variable, one in spec.items()}
    found = _valid(spec, _valid(whole, dict(given.values())))
    values = {option: found[variable] for option, (variable, _value) in given.items()}
    try:
        numbers = {variable: values[option] for option, (variable, _value) in given.items() if option in ABOVE_ZERO}
        check_above_zero(numbers, numbers)
        checked_paths(values.get("paths") or (), given.get("paths", ("",))[0])
        checked_hooks(values.get("hooks") or (), given.get("hooks", ("",))[0])
    except OptionError as error:
        raise Refusal(error.problem.code, error.problem.message, error.problem.remedy) from None
    return values


def _check_dictionaries(spec: Json, given: Mapping[str, tuple[str, Any]]) -> None:
    """Refuse a text where options belong by saying which: Ansible would tell how it tried to read it."""
    for name, value in given.values():
        if spec[name]["type"] == "dict" and isinstance(value, str) and "=" not in value and "{" not in value:
            known = ", ".join(sorted(spec[name].get("options") or ()))
            message = f"{name} is a text, and has to be a dictionary of options."
            raise Refusal("InvalidVariable", message, f"Write its options below it, each with its value: {known}.")


def _valid(spec: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    found = ArgumentSpecValidator(spec).validate(values)
    if found.error_messages:
        text = ". ".join(found.error_messages)
        raise Refusal("InvalidVariable", text, "Correct the variable; see the role's documentation.")
    return dict(found.validated_parameters)


def _bare(spec: Json) -> dict[str, Any]:
    """Return an option's spec without what would fill it in: what is not given stays so, for the module to decide."""
    return {name: value for name, value in spec.items() if name not in ("default", "fallback", "apply_defaults")}
