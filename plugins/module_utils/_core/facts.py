# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the guest facts scripts print. No text makes this raise: rubbish is an unknown guest, and says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .catalog import Release, read_os_release, read_redhat_release, read_windows
from .model import UNKNOWN, Guest

FIRST_LINE = "osm-facts 1"
LAST_LINE = "osm-facts end"

# The scripts print less than a quarter of this; a guest may print anything.
_MOST_CHARACTERS = 65536
#: The line before the last: how many lines lie between the first and this one, and of how many characters they are
#: without their ends. Only older scripts leave it out.
_COUNT = re.compile(r"osm-facts lines (\d{1,6})(?: (\d{1,6}))?")
#: What a script makes of a character that is not ASCII, and of a backslash before what looks like one.
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def parse(text: str) -> Guest:
    """Return the guest that the output ``text`` of a facts script describes.

    Output without the protocol's first line is not ours, without its last line it was cut off, and where the count
    before the last line is not that of the lines, some are missing or were changed on the way: no fact counts.
    """
    lines = [line.strip("\r\ufeff ") for line in text[:_MOST_CHARACTERS].split("\n")]
    if FIRST_LINE not in lines:
        return Guest(UNKNOWN, trouble="unreadable")
    body = lines[lines.index(FIRST_LINE) + 1 :]
    if LAST_LINE not in body:
        return Guest(UNKNOWN, trouble="cut_off")
    body = body[: body.index(LAST_LINE)]
    hole = _hole(body)
    if hole:
        return Guest(UNKNOWN, trouble="cut_off", trouble_text=hole)
    pairs = (line.partition("=") for line in body)
    facts = {key: _readable(value.strip()) for key, separator, value in pairs if separator}
    release = _release(facts)
    return Guest(release.id, True, facts, release.version, release.edition, release.language)


def _hole(body: Sequence[str]) -> str:
    """Return what of the answer did not arrive; empty when all did, and where an older script counted nothing."""
    count = _COUNT.fullmatch(body[-1]) if body else None
    if count is None:
        return "the count of its lines is damaged" if any("osm-facts" in line for line in body) else ""
    came = body[:-1]
    if len(came) != int(count[1]):
        return f"{len(came)} of its {count[1]} lines arrived"
    characters = sum(map(len, came))
    if count[2] and characters != int(count[2]):
        return f"{characters} of its {count[2]} characters arrived"
    return ""


def _readable(value: str) -> str:
    """Return a value without the escapes that carried it through every code page; what is no text stays escaped."""
    units = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    text = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(char if char.isprintable() and char != "\ufffd" else f"\\u{ord(char):04x}" for char in text)


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
