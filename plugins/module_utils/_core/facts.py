# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the guest facts scripts print. No text makes this raise: rubbish is an unknown guest, and says so."""

from __future__ import annotations

from collections.abc import Mapping

from .catalog import Release, read_os_release, read_redhat_release, read_windows
from .model import UNKNOWN, Guest

FIRST_LINE = "osm-facts 1"
LAST_LINE = "osm-facts end"

# The scripts print less than a quarter of this; a guest may print anything.
_MOST_CHARACTERS = 65536


def parse(text: str) -> Guest:
    """Return the guest that the output ``text`` of a facts script describes.

    Output without the protocol's first line is not ours, and without its last line it was cut off: no fact counts.
    """
    lines = [line.strip("\r\ufeff ") for line in text[:_MOST_CHARACTERS].splitlines()]
    if FIRST_LINE not in lines:
        return Guest(UNKNOWN, trouble="unreadable")
    body = lines[lines.index(FIRST_LINE) + 1 :]
    if LAST_LINE not in body:
        return Guest(UNKNOWN, trouble="cut_off")
    pairs = (line.partition("=") for line in body[: body.index(LAST_LINE)])
    facts = {key: value.strip() for key, separator, value in pairs if separator}
    release = _release(facts)
    return Guest(release.id, True, facts, release.version, release.edition, release.language)


def _release(facts: Mapping[str, str]) -> Release:
    if {"os_id", "os_release"} & facts.keys():
        return _linux(facts)
    return read_windows(*(facts.get(f"os_{name}", "") for name in ("name", "build", "sku", "language")))


def _linux(facts: Mapping[str, str]) -> Release:
    """Return what os-release and redhat-release agree on; CentOS 6 has only the second, some systems only the first."""
    general = read_os_release(facts.get("os_id", ""), facts.get("os_version", ""), facts.get("os_name", ""))
    exact = read_redhat_release(facts.get("os_release", ""))
    if not facts.get("os_release"):
        return general
    if not facts.get("os_id"):
        return exact
    if general.id != exact.id:
        return Release(raw=exact.raw)
    return exact if exact.version else general
