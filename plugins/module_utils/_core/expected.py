# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration is expected to change in a guest, beside the kernel and the packages of the systems themselves.

The tables are data: what the newer generation of a system has in another way, as it is generally known, not line by
line from release notes. What is not in them is told as not expected, which is a warning and stops nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .catalog import SIGNS, is_own, is_windows
from .contents import Contents, versions

#: What is another one as a whole after a migration.
WHOLLY = ("kernel", "packages")

Fine = Callable[[str], bool]

#: Services of a system that the next generation does not have, or starts otherwise.
_SERVICES_GONE = re.compile(
    r"network|ntpd|ntpdate|rhel-.*|import-state|loadmodules|lvm2-lvmetad|dmraid-activation|dbus-org\.[\w.-]+|autovt@|"
    r"getty@|NetworkManager-(?:dispatcher|wait-online)|netcf-transaction|systemd-readahead-.*|initial-setup.*|abrt.*|"
    # Windows
    r"MMCSS|UxSms|Browser|AeLookupSvc|ProtectedStorage|wudfsvc|clr_optimization_.*",
    re.IGNORECASE,
)
#: What systems bring themselves in schedules; the files change with their packages. On Windows, tasks.
_SCHEDULES = re.compile(
    r"crontab|cron\.d/(?:0hourly|raid-check|sysstat|unbound-anchor|yum-.*|dailyjobs)|cron\.hourly/(?:0anacron|mcelog\.cron|"
    r"0yum.*)|cron\.(?:daily|weekly|monthly)/(?:logrotate|man-db\.cron|mlocate|rhsmd|rhn-virtualization|prelink|tmpwatch|"
    r"0yum.*|makewhatis\.cron|cups|readahead.*|99-raid-check)|"
    r"MicrosoftEdgeUpdate.*|CreateExplorerShellUnelevatedTask|User_Feed_Synchronization.*|npcapwatchdog",
    re.IGNORECASE,
)
#: What the newer time service, and newer versions of Windows, listen on.
_PORTS_NEW = frozenset(("udp/323@lo", "udp/123", "udp/123@lo"))
_PORTS_GONE = frozenset(("udp/123", "udp/123@lo", "udp/323@lo"))
_PORTS_NEW_WINDOWS = frozenset(("tcp/5985", "tcp/47001", "udp/5353", "udp/5355", "udp/5050", "tcp/5040"))
#: Accounts that newer versions of Windows make.
_ACCOUNTS = frozenset(("defaultaccount", "wdagutilityaccount", "defaultuser0"))
#: What the service "network" of Linux adds, and NetworkManager does not.
_ZEROCONF = "169.254.0.0/16 "
_SYSTEM_USERS = 1000


def of(name: str, target: str, before: Contents, after: Contents) -> Fine:
    """Return what says of a difference whether it is expected in a guest that has become the target."""
    if name == "packages":
        return _packages(target, before, after)
    if name == "ports":
        return _ports(target, before)
    if name == "users":
        return _users(after)
    return _FINE.get(name, nothing)


def nothing(difference: str) -> bool:
    """Say that no difference is expected."""
    return False


def _service(difference: str) -> bool:
    """What is new is the new system's; what is gone must be known as the former one's."""
    return difference.startswith("+") or _SERVICES_GONE.fullmatch(difference[1:]) is not None


def _schedule(difference: str) -> bool:
    return _SCHEDULES.fullmatch(difference[1:].split(":", 1)[0]) is not None


def _route(difference: str) -> bool:
    return difference[1:].startswith(_ZEROCONF)


_FINE: Mapping[str, Fine] = {
    "kernel": lambda difference: True,
    "services_enabled": _service,
    "services_running": _service,
    "cron": _schedule,
    "routes": _route,
}


def _users(after: Contents) -> Fine:
    """A system brings users of its own; their numbers are below those of people."""
    listed = after.listed("users")
    numbers = dict(name.rpartition(":")[::2] for name in (listed.names if listed else ()))

    def fine(difference: str) -> bool:
        number = numbers.get(difference[1:], "")
        own = number.isdecimal() and int(number) < _SYSTEM_USERS
        return difference.startswith("+") and (own or difference[1:].lower() in _ACCOUNTS)

    return fine


def _ports(target: str, before: Contents) -> Fine:
    """What listens again is no news where services had been stopped on purpose."""
    new = _PORTS_NEW | (_PORTS_NEW_WINDOWS if is_windows(target) else frozenset())

    def fine(difference: str) -> bool:
        port = difference[1:]
        return (bool(before.stopped) or port in new) if difference.startswith("+") else port in _PORTS_GONE

    return fine


def _packages(target: str, before: Contents, after: Contents) -> Fine:
    """Return what says whether a package is one of the systems themselves; of Windows' programs none is."""
    if is_windows(target):
        return nothing
    was, now = versions(before), versions(after)

    def fine(difference: str) -> bool:
        name = difference[1:].split(": ", 1)[0]
        seen = (was if difference[0] == "-" else now) or {}
        return name not in seen or _of_a_system(seen[name][1]) or _rebuilt(target, difference, seen[name][1])

    return fine


def _of_a_system(kind: str) -> bool:
    tag, _slash, key = kind.partition("/")
    return any(is_own(system, tag, key) for system in SIGNS)


def _rebuilt(target: str, difference: str, kind: str) -> bool:
    """Say whether somebody's package is another build of the same version, for the target."""
    if not difference.startswith("~"):
        return False
    old, _arrow, new = difference.split(": ", 1)[1].partition(" -> ")
    tags = (f"el{SIGNS[target].generation}", *SIGNS[target].tags) if target in SIGNS else ()
    return old.split("-")[0] == new.split("-")[0] and kind.split("/")[0] in tags
