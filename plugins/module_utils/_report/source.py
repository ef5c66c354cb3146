# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a fleet report is made of: the results of an assessment and of other phases, and an earlier report."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .._core import contents

Json = dict[str, Any]

VERSION = 1
#: What the report takes of a result. The rest is many times as much, so it is dropped while the file is read.
_KEPT = frozenset(
    (
        *("results", "instance_id", "name", "provider", "region", "profile", "target_os", "state", "targets"),
        *("hops", "source", "target", "service", "minutes", "path"),
        *("findings", "id", "severity", "message", "evidence", "remedy", "waiver", "reason", "owner", "expires"),
        *("error", "code", "guest", "os", "version", "edition", "language", "trouble"),
        *("instance", "status", "hostname", "os_name", "os_version", "os_edition", "os_language", "architecture"),
        *("disks", "size_gib"),
    )
)
#: What it takes of the results of other phases: what is known of attempts.
_OF_ATTEMPTS = frozenset(
    (
        *("results", "phase", "instance_id", "attempt", "source_os", "target_os", "state", "error", "code", "message"),
        *("method", "way_back", "data_lost_since", "hops", "source", "target", "service"),
        *("works", "id", "kind", "status", "began", "ended", "runs", "who", "at", "changed", "timeline", "event"),
        *("earlier", "proof", "verdict", "facts", "expected_count", "not_expected", "why", *contents.WORDS.values()),
    )
)


def results(text: str) -> list[Json]:
    """Return the results in the assess role's report; :class:`ValueError` says what is wrong with another text."""
    return _results(_object(text, _trimmed(_KEPT)), "assess")


def of_attempts(text: str, phase: str) -> list[Json]:
    """Return what the results of another phase tell of attempts; :class:`ValueError` as above."""
    data = _object(text, _trimmed(_OF_ATTEMPTS))
    if data.get("phase") != phase:
        raise ValueError(f"it holds no results of {phase}. Move it away.")
    return _results(data, phase)


def _results(data: Json, phase: str) -> list[Json]:
    found = data.get("results")
    if not isinstance(found, list):
        raise ValueError(f"it has no list of results. Give the file {phase}.json that the role {phase} wrote.")
    for place, entry in enumerate(found):
        if not isinstance(entry, dict) or not isinstance(entry.get("instance_id"), str):
            raise ValueError(f"its result {place} names no instance. Let the role {phase} write the file anew.")
    return found


def earlier(text: str) -> Json:
    """Return an earlier report; :class:`ValueError` says what is wrong with another text."""
    report = _object(text)
    version = report.get("schema_version")
    if version != VERSION:
        raise ValueError(
            f"its schema_version is {version!r}, not {VERSION}. Give a fleet.json of this collection's release."
        )
    if not isinstance(report.get("instances"), list):
        raise ValueError("it has no list of instances. Give a complete fleet.json.")
    return report


def _object(text: str, hook: Callable[[Json], Json] | None = None) -> Json:
    try:
        data = json.loads(text, object_hook=hook)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({error}).") from None
    if not isinstance(data, dict):
        raise ValueError("it holds no JSON object.")
    return data


def _trimmed(kept: frozenset[str]) -> Callable[[Json], Json]:
    return lambda data: {key: data[key] for key in data.keys() & kept}
