# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of applications as users write them: a row per kind, what is wrong with one, and what their answers mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .telling import last_line

Json = Mapping[str, Any]
#: Returns the address of a check's host, where the check gives none.
Own = Callable[[], str]

CONTROLLER, GUEST = "controller", "guest"
#: What a check in a guest gets beside its own time before the agent stops it: shells are slow to start there.
AGENT_SLACK = 30
#: How alike an option and one of ours are when it is held for a slip.
_ALIKE = 0.6


# --- how a value is read; whatever a reader raises, the value is wrong -----------------------------------------------


def _like(pattern: str) -> Callable[[Any], str]:
    found = re.compile(pattern)

    def read(value: Any) -> str:
        if not isinstance(value, str) or not found.fullmatch(value):
            raise ValueError
        return value

    return read


def _number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool | float) or not least <= int(value) <= most:
            raise ValueError
        return int(value)

    return read


def _numbers(least: int, most: int) -> Callable[[Any], list[int]]:
    one = _number(least, most)

    def read(value: Any) -> list[int]:
        found = [one(each) for each in (value if isinstance(value, list) else [value])]
        if not found:
            raise ValueError
        return found

    return read


def _choice(*words: str) -> Callable[[Any], str]:
    return _like("|".join(map(re.escape, words)))


def _yes_or_no(value: Any) -> bool:
    return {"true": True, "yes": True, "false": False, "no": False}[str(value).lower()]


# --- the kinds --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """An option of a check: how it is read, and the words for what is right.

    A default can be a function of what the check has so far and of its host's address; None says that the option has to
    be given.
    """

    read: Callable[[Any], Any]
    right: str
    default: Any = None
    secret: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of check: from where it can be asked, the first place being the default, and what it is asked with.

    ``sent`` returns what the guest's script gets for it; a kind without is a script itself.
    """

    options: Mapping[str, Option]
    places: tuple[str, ...]
    timeout: int
    sent: Callable[[Json], list[str]] | None = None


def _address(row: Json, own: Own) -> str:
    return own() if row["from"] == CONTROLLER else "127.0.0.1"


def _server_name(row: Json, _own: Own) -> str | None:
    return row["address"] if row["given_address"] else None


_TEXT = _like(r"(?s).*\S.*")
_NAME = _like(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*")
_PORT = "a whole number from 1 to 65535"
ADDRESS = Option(_NAME, "a host name or an address, without port", _address)
KINDS: Mapping[str, Kind] = {
    "script": Kind(
        {
            "script": Option(_TEXT, "the text of a script", secret=True),
            "shell": Option(_choice("sh", "powershell"), "sh or powershell", "sh"),
        },
        (GUEST,),
        60,
    ),
    "tcp": Kind(
        {"address": ADDRESS, "port": Option(_number(1, 65535), _PORT)},
        (CONTROLLER, GUEST),
        10,
        lambda check: [check["address"], str(check["port"])],
    ),
    "http": Kind(
        {
            "url": Option(
                _like(r"https?://(?![!-.0-~]*@)[!-~]+"),
                "an address such as http://shop.example:8080/health, in ASCII and without user and password",
                secret=True,
            ),
            "status": Option(_numbers(100, 599), "a status or a list of them, from 100 to 599", (200,)),
            "contains": Option(_like(r"[^\r\n]*"), "one line of text", ""),
            "validate_certs": Option(_yes_or_no, "true or false", True),
        },
        (CONTROLLER, GUEST),
        10,
        lambda check: [
            check["url"],
            " ".join(map(str, check["status"])),
            check["contains"],
            str(check["validate_certs"]).lower(),
        ],
    ),
    "tls": Kind(
        {
            "address": ADDRESS,
            "port": Option(_number(1, 65535), _PORT, 443),
            "server_name": Option(_NAME, "the name that the certificate has to be for", _server_name),
            "valid_days": Option(_number(0, 3650), "a whole number of days from 0 to 3650", 0),
        },
        (CONTROLLER, GUEST),
        10,
        lambda check: [
            check["address"],
            str(check["port"]),
            check["server_name"],
            str(check["valid_days"]),
        ],
    ),
}
#: What a check of every kind has, beside its name and kind.
COMMON: Mapping[str, Option] = {
    "retries": Option(_number(0, 1000), "a whole number from 0 to 1000", 0),
    "delay": Option(_number(0, 3600), "a whole number of seconds from 0 to 3600", 5),
}
_TIMEOUT = Option(_number(1, 3600), "a whole number of seconds from 1 to 3600")
_ALL = ("name", "kind", "from", "timeout", *COMMON)


# --- what a user wrote ------------------------------------------------------------------------------------------------


def completed(value: Any, own: Own) -> list[dict[str, Any]]:
    """Return a host's checks with all their options; ``ValueError`` names the check, the option, and what to write."""
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise ValueError("it must be a list of checks, each with its name and options.")
    return [_completed(row, number, own) for number, row in enumerate(value, 1)]


def _completed(written: Json, number: int, own: Own) -> dict[str, Any]:
    row = {name: value for name, value in written.items() if value is not None}
    title = f"check {number}"
    try:
        name = _value(row, "name", Option(_TEXT, "a name by which its failures are told"), own)
        title = f"the check {name!r}"
        kind = _value(row, "kind", Option(_choice(*KINDS), _either(*KINDS), "script"), own)
        _check_known(row, kind)
        return {"name": name, "kind": kind, **_options(row, KINDS[kind], own)}
    except ValueError as error:
        raise ValueError(f"{title}: {error}") from None


def _options(row: Json, kind: Kind, own: Own) -> dict[str, Any]:
    """Return the options of a check one after the other: the default of one can depend on those before."""
    found = {"given_address": "address" in row}
    place = Option(_choice(*kind.places), _either(*kind.places), kind.places[0])
    limit = Option(_TIMEOUT.read, _TIMEOUT.right, kind.timeout)
    for name, option in {"from": place, "timeout": limit, **COMMON, **kind.options}.items():
        found[name] = _value({**row, **found, **({name: row[name]} if name in row else {})}, name, option, own)
    del found["given_address"]
    return found


def _value(row: Json, name: str, option: Option, own: Own) -> Any:
    if name not in row:
        value = option.default(row, own) if callable(option.default) else option.default
        if value is None:
            raise ValueError(f"{name} is missing: write {option.right}.")
        return list(value) if isinstance(value, tuple) else value
    try:
        return option.read(row[name])
    except (ValueError, TypeError, KeyError):
        is_what = "is not right" if option.secret else f"is {_shown(row[name])}"
        raise ValueError(f"{name} {is_what}: write {option.right}.") from None


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _either(*words: str) -> str:
    return " or ".join(words)


def _check_known(row: Json, kind: str) -> None:
    """Refuse an option that the kind of a check does not have: what it says would silently not count."""
    known = {*_ALL, *KINDS[kind].options}
    for name in sorted(set(row) - known):
        kinds = [other for other, one in KINDS.items() if name in one.options]
        if kinds:
            text = f"{name} is an option of kind {' and '.join(kinds)}, and this check is of kind {kind}"
            raise ValueError(f"{text}: write kind: {kinds[0]}, or leave it out.")
        close = get_close_matches(name, known, n=1, cutoff=_ALIKE)
        told = f"write {close[0]}" if close else f"write one of {', '.join(sorted(known))}"
        raise ValueError(f"there is no option {name}: {told}.")


# --- what is asked, and what answers mean -----------------------------------------------------------------------------

#: What can be found, each with its remedy.
FAULTS: Mapping[str, str] = {
    "NameUnknown": "Correct address or url of the check, set ansible_host for the host, or enter the name in DNS.",
    "PortClosed": (
        "Start the service, let firewall and security group pass its port, or correct address and port of the check."
    ),
    "NoAnswer": (
        "Look whether the service hangs and whether firewall or security group swallow its packets; where it only is "
        "slow, raise timeout, retries or delay of the check."
    ),
    "WrongStatus": "Look into the application's own log, or write this status in the check's status.",
    "TextMissing": "Look at what the application answers instead, or correct contains of the check.",
    "CertificateNotTrusted": (
        "Install a certificate with its whole chain, or let the place that the check is made from trust its authority."
    ),
    "CertificateOfAnother": "Install the certificate for that name, or correct server_name or url of the check.",
    "CertificateEnds": "Renew the certificate, or correct valid_days of the check.",
    "NoTls": "Correct address and port of the check, or look into the service's own log.",
    "CheckToolMissing": "Install it in the guest, or write from: controller in the check.",
    "CheckNotPossible": "Write from: controller in the check.",
    "CheckNotRun": "Run verify again; with -vvv it tells more.",
}
_SAID = re.compile(r"check (\w+): (.*)")


def fault(code: str, message: str, place: str) -> dict[str, Any]:
    """Return what a check found as an error, which tells from where it was seen."""
    return {"code": code, "message": f"{message}, seen from the {place}.", "remedy": FAULTS[code]}


def shell_of(check: Json, system: str) -> str:
    """Return what runs a check in a guest of this system; nothing where the check is not meant for it."""
    shell = "powershell" if system.startswith("windows") else "sh"
    return shell if check.get("shell", shell) == shell else ""


def arguments(check: Json) -> list[str]:
    """Return what the guest's script gets for a check."""
    sent = KINDS[check["kind"]].sent
    return [check["kind"], str(check["timeout"]), *sent(check)] if sent else []


def understood(check: Json, result: Json, ran: bool) -> dict[str, Any]:
    """Return what a guest's result means for a check: what was to run and could not has failed.

    ``ran`` says whether the script was to run: check mode runs no script of the user's.
    """
    answer = {"planned": not ran, **{key: result.get(key) for key in ("rc", "stdout", "restarted", "error")}}
    said = _SAID.fullmatch(last_line(str(answer["stdout"] or "")))
    if said and KINDS[check["kind"]].sent:
        return {**answer, **_said(said[1], said[2])}
    if ran and answer["rc"] is None and not answer["error"]:
        message = f"its script was not run, its state is {result.get('state')}"
        return {**answer, "error": fault("CheckNotRun", message, GUEST)}
    return answer


def _said(code: str, text: str) -> dict[str, Any]:
    """Return what our script's last line means."""
    if code == "ok":
        return {"stdout": text, "error": None}
    return {"stdout": None, "error": fault(code if code in FAULTS else "NoAnswer", text, GUEST)}
