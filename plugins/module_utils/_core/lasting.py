# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of an attempt lasts: a later run adds to an instance's result in a file, and erases nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

#: What a run that found nothing to do does not know any more.
_STAYS = ("source_os", "hops", "job_id", "method", "way_back", "data_lost_since", "proof")
#: What is kept of an attempt when the next one begins.
_OF_AN_ATTEMPT = (
    "attempt",
    "target_os",
    "state",
    "hop",
    *_STAYS,
    "works",
    "hooks",
    "snapshots",
    "error",
    "timeline",
    "runs",
)


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
        "works": _merged(earlier, result, "works", "id"),
        **_hooks(earlier, result),
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


def _merged(earlier: Json, result: Json, name: str, key: str) -> list[Any]:
    """Return works or hooks by what tells them apart: what is gone since is known as it was seen last."""
    both = (*_listed(earlier, name), *_listed(result, name))
    return list({str(one.get(key)): one for one in both if isinstance(one, Mapping)}.values())


def _hooks(earlier: Json, result: Json) -> Json:
    """Return the hooks, where there are any; of one that a former run has seen the end of this run knows no output."""
    known = {one.get("mark"): one for one in _listed(earlier, "hooks") if isinstance(one, Mapping)}
    now = [one for one in _listed(result, "hooks") if isinstance(one, Mapping)]
    told = [one for one in now if one.get("began") or known.get(one.get("mark"), {}).get("status") != one.get("status")]
    found = _merged(earlier, {"hooks": told}, "hooks", "mark")
    return {"hooks": found} if found else {}


def _end(result: Json) -> tuple[Any, Any]:
    error = result.get("error")
    return result.get("state"), error.get("code") if isinstance(error, Mapping) else error


def _listed(result: Json, name: str) -> list[Any]:
    found = result.get(name)
    return list(found) if isinstance(found, list) else []
