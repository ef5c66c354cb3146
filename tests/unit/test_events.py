# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a host is small enough for AWX, whatever is in it, and says what was left out."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.telling import failure, outcome
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._batch import differing, without_doubled
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._events import MOST, fitting, size
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._wishes import Enrolment
from hypothesis import given, settings
from hypothesis import strategies as st

from .fleet_results import RULE, finding, result

BYTES_OF_AN_EVENT = 20_000
LONG = st.integers(0, 30_000).flatmap(lambda length: st.sampled_from(["x" * length, "字" * length, "\0" * length]))
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | LONG,
    lambda inner: st.lists(inner, max_size=90) | st.dictionaries(st.text(max_size=9), inner, max_size=9),
    max_leaves=30,
)
OUTCOME = st.fixed_dictionaries(
    {"changed": st.booleans(), "failed": st.booleans(), "msg": LONG},
    optional={
        "result": st.dictionaries(st.sampled_from(["instance_id", "name", "state", "findings", "stdout", "x"]), VALUE),
        "diff": VALUE,
    },
)


def test_the_bound_leaves_room_for_what_ansible_adds_to_an_event() -> None:
    """Its data, and what is printed of a host that failed or with -v, with indents."""
    assert MOST * 2.3 + 1500 <= BYTES_OF_AN_EVENT


def test_a_usual_result_stays_as_it_is() -> None:
    told = outcome("web", result(1, finding(), finding("linux.rsync", "warning")))
    assert fitting(told) == told


@settings(deadline=None)
@given(OUTCOME)
def test_no_outcome_is_larger_than_the_bound(told: dict[str, Any]) -> None:
    shown = fitting(told)
    assert size(shown) <= MOST
    assert (shown["changed"], shown["failed"]) == (told["changed"], told["failed"])


def test_a_host_with_every_finding_keeps_its_error_and_says_what_was_left_out() -> None:
    told = outcome("web", result(1, *(finding(rule) for rule in RULE)))
    assert size(told) > BYTES_OF_AN_EVENT
    shown = fitting(told)
    assert size(shown) <= MOST
    assert shown["result"]["error"] == told["result"]["error"]
    assert shown["msg"].startswith(told["msg"][:200])
    assert "findings" in shown["result"]["left_out"]
    assert shown["result"]["findings"] == told["result"]["findings"][: len(shown["result"]["findings"])] != []


def test_of_a_long_output_the_beginning_and_the_end_are_kept() -> None:
    script = {**result(1), "stdout": f"first {'x' * 90_000} last", "rc": 0}
    shown = fitting(outcome("web", script))["result"]
    assert (shown["stdout"][:5], shown["stdout"][-4:], shown["rc"]) == ("first", "last", 0)
    assert shown["left_out"] == ["stdout"]


def test_what_a_thousand_hosts_have_wrong_together_is_told_each_of_them_in_few_words() -> None:
    everyone = [Enrolment(f"web-{at}", {"instance_id": "i-1"}, {"hop_timeout": at}) for at in range(1000)]
    out: dict[str, dict[str, Any]] = {}
    assert without_doubled(everyone, out) == []
    told = failure("web", "i-1", "InvalidOptions", differing(everyone), "Act.")
    assert max(len(json.dumps(one)) for one in (*out.values(), told)) < 1500


def test_a_guest_that_differs_in_much_is_told_in_numbers_and_few_names() -> None:
    names = [f"+package-{number}" for number in range(600)]
    changed = {"verdict": "expected", "expected_count": 600, "not_expected_count": 0, "expected": names}
    proof = {"verdict": "expected", "compared": "names", "facts": {"packages": changed, "users": {"verdict": "equal"}}}
    told = outcome("web", {**result(1, finding()), "proof": proof})
    shown = fitting(told)["result"]
    assert shown["left_out"] == ["proof"]
    assert shown["proof"]["facts"] == {"packages": {**changed, "expected": names[:5]}}
    assert shown["findings"] == told["result"]["findings"]
