# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the guest facts scripts print. No text makes this raise: rubbish is an unknown guest."""

from __future__ import annotations

from .catalog import parse_name, parse_os_release
from .model import UNKNOWN, Guest

FIRST_LINE = "osm-facts 1"
LAST_LINE = "osm-facts end"


def parse(text: str) -> Guest:
    """Return the guest that the output ``text`` of a facts script describes.

    Output that does not start and end with the protocol's lines was cut off or is not ours: ``unknown``, no facts.
    """
    lines = [line.strip("\r\ufeff ") for line in text.splitlines()]
    if FIRST_LINE not in lines or LAST_LINE not in lines:
        return Guest(os=UNKNOWN)
    body = lines[lines.index(FIRST_LINE) + 1 : lines.index(LAST_LINE)]
    facts = {key: value.strip() for key, separator, value in (line.partition("=") for line in body) if separator}
    return Guest(os=_identify(facts), facts=facts)


def _identify(facts: dict[str, str]) -> str:
    if "os_id" in facts:
        return parse_os_release(facts["os_id"], facts.get("os_version", ""))
    return parse_name(facts.get("os_name", ""))
