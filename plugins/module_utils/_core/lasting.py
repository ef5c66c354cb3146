# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of an attempt lasts: a later run adds to an instance's result in a file, and erases nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

#: What a run that found nothing to do does not know any more.
_STAYS = ("source_os", "hops", "job_id", "method", "way_back", "data_lost_since")
#: What is kept of an attempt when the next one begins.
_OF_AN_ATTEMPT = ("attempt", "target_os", "state", "hop", *_STAYS, "works", "snapshots", "error", "timeline", "runs")


def lasting(earlier: Json | None, result: Json, by: Json) -> Json:
    """Return the entry for a result, with what the entry before it tells; ``by`` says who ran, and when.

    A run that changed nothing and ended as the one before it leaves no trace of its own: reruns do not pile up.
    """
    run = {**by, "state": result.get("state"), "changed": bool(result.get("changed"))}
    if earlier is None:
        return {**result, "runs": [run], "earlier": []}
    if _is_another(earlier, result):
        former = {name: earlier[name] for name in _OF_AN_ATTEMPT if name in earlier}
        return {**result, "runs": [run], "earlier": [*_listed(earlier, "earlier"), former]}
    news = run["changed"] or _end(earlier) != _end(result)
    return {
        **result,
        **_what_stays(earlier, result),
        "works": _works(earlier, result),
        "timeline": [*_listed(earlier, "timeline"), *(_listed(result, "timeline") if news else ())],
        "runs": [*_listed(earlier, "runs"), *([run] if news else ())],
        "earlier": _listed(earlier, "earlier"),
    }


def _is_another(earlier: Json, result: Json) -> bool:
    """Say whether the result is of another attempt; one that tells none is of the last."""
    known, now = earlier.get("attempt"), result.get("attempt")
    return known is not None and now is not None and known != now


def _what_stays(earlier: Json, result: Json) -> dict[str, Any]:
    kept = {name: earlier[name] for name in _STAYS if earlier.get(name) and not result.get(name)}
    if result.get("attempt") is None and earlier.get("attempt") is not None:
        kept["attempt"] = earlier["attempt"]
    if "hops" in kept:
        kept["hop"] = earlier.get("hop", 0)
    return kept


def _works(earlier: Json, result: Json) -> list[Any]:
    """Return the works by their ids: what was deleted since is known as it was seen last."""
    both = (*_listed(earlier, "works"), *_listed(result, "works"))
    return list({str(work.get("id")): work for work in both if isinstance(work, Mapping)}.values())


def _end(result: Json) -> tuple[Any, Any]:
    error = result.get("error")
    return result.get("state"), error.get("code") if isinstance(error, Mapping) else error


def _listed(result: Json, name: str) -> list[Any]:
    found = result.get(name)
    return list(found) if isinstance(found, list) else []
