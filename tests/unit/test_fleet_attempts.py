# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet report tells of every attempt what the phases have written down of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.results import LASTING, merged
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import OptionError
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.attempts import READ, attempts
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.markdown import render
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.options import report
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.words import translated
from hypothesis import given
from hypothesis import strategies as st

from .fleet_results import SCHEMA, WORDS, assessed, result

HOP = {"source": "centos-7", "target": "alinux-3", "service": "smc", "minutes": 30}
ANN, BOB, CAT = (
    {"who": f"{name}@ctl", "at": f"2026-01-0{day}T00:00:00+00:00"} for name, day in (("ann", 1), ("bob", 2), ("cat", 3))
)


def told(attempt: int | None, state: str, *events: str, **more: Any) -> dict[str, Any]:
    """The result of one instance, as a phase has it."""
    timeline = [{"at": text.partition(" ")[0], "event": text.partition(" ")[2]} for text in events]
    nothing = {"hops": [], "hop": 0, "job_id": None, "works": [], "method": None, "error": None}
    known = {"instance_id": "i-1", "source_os": "centos-7", "target_os": "alinux-3", "attempt": attempt, "state": state}
    return {**known, **nothing, "changed": True, "timeline": timeline, **more}


def job(name: str, status: str) -> dict[str, Any]:
    return {"id": name, "kind": "smc", "status": status, "began": "1", "ended": "2", "outputs": {}}


#: One attempt that is migrated and rolled back, and another that is migrated and committed.
def compared(verdict: str, **facts: Any) -> dict[str, Any]:
    return {"verdict": verdict, "compared": "names", "facts": facts}


LOST = {"verdict": "not_expected", "expected_count": 2, "not_expected": ["-tcp/80", "+tcp/111"], "why": None}
FIRST = told(
    1,
    "migrated",
    "1 marked started",
    "2 marked migrated",
    hops=[HOP],
    works=[job("j-1", "done")],
    method="smc",
    proof=compared("not_expected", ports=LOST, users={"verdict": "equal"}),
)
BACK = told(
    1,
    "rolled_back",
    "3 disks put back",
    way_back="disks",
    works=[job("j-1", "gone")],
    proof=compared("equal", ports={"verdict": "equal"}),
)
SECOND = told(
    2, "failed", "5 marked started", hops=[HOP], works=[job("j-2", "failed")], error={"code": "X", "message": "M."}
)
AGAIN = told(2, "migrated", "6 marked migrated", works=[job("j-3", "done")])
OVER = told(2, "committed", "7 deleted the snapshots")


def files(directory: Path) -> None:
    """Write what three people's runs leave."""
    text = ""
    for one, by in ((FIRST, ANN), (SECOND, CAT), (AGAIN, CAT)):
        text = merged("migrate", [one], text, by)
    (directory / "migrate.json").write_text(text, "utf-8")
    (directory / "rollback.json").write_text(merged("rollback", [BACK], "", BOB), "utf-8")
    (directory / "commit.json").write_text(merged("commit", [OVER], "", CAT), "utf-8")
    (directory / "assess.json").write_text(assessed(result(1), result(2)), "utf-8")


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    files(tmp_path)
    return {"src": str(tmp_path / "assess.json"), "results_dir": None, "previous": None, "date": None, "soon": 365}


def document(options: dict[str, Any]) -> dict[str, Any]:
    return translated(report(options, date(2026, 11, 22)), WORDS["en"])


def test_attempts_are_put_together_from_the_results_of_all_phases(options: dict[str, Any]) -> None:
    known, unknown = document(options)["instances"]
    assert unknown["attempts"] == []
    first, second = known["attempts"]
    assert (first["attempt"], first["state"], first["method"], first["way_back"]) == (1, "rolled_back", "smc", "disks")
    assert [(run["phase"], run["who"], run["state"]) for run in first["runs"]] == [
        ("migrate", "ann@ctl", "migrated"),
        ("rollback", "bob@ctl", "rolled_back"),
    ]
    assert [event["event"] for event in first["timeline"]] == ["marked started", "marked migrated", "disks put back"]
    assert [(work["id"], work["status"]) for work in first["works"]] == [("j-1", "gone")]
    assert (second["attempt"], second["state"], second["error"]) == (2, "committed", None)
    assert [run["state"] for run in second["runs"]] == ["failed", "migrated", "committed"]
    assert [work["id"] for work in second["works"]] == ["j-2", "j-3"]
    assert [(hop["source"], hop["target"]) for hop in second["hops"]] == [("centos-7", "alinux-3")]


def test_the_report_with_attempts_follows_the_published_schema(options: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(document(options))


def test_a_report_without_the_key_still_follows_the_schema(options: dict[str, Any]) -> None:
    """Reports of the version before have no attempts."""
    before = document(options)
    for each in before["instances"]:
        del each["attempts"]
    jsonschema.Draft202012Validator(SCHEMA).validate(before)


def test_another_directory_can_be_named_and_one_without_results_has_no_attempts(
    options: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    elsewhere = document({**options, "results_dir": str(tmp_path / "empty")})
    assert [each["attempts"] for each in elsewhere["instances"]] == [[], []]
    assert document({**options, "results_dir": str(tmp_path)}) == document(options)


def test_that_an_instance_was_left_alone_is_no_attempt() -> None:
    assert attempts({"rollback": [told(None, "unchanged")]}) == {}
    (blocked,) = attempts({"migrate": [told(None, "blocked", error={"code": "X", "message": "M."})]})["i-1"]
    assert (blocked["attempt"], blocked["state"], blocked["error"]) == (None, "blocked", {"code": "X", "message": "M."})


def test_markdown_tells_who_ran_what_when_and_what_happened_in_attempts_that_were_undone(
    options: dict[str, Any],
) -> None:
    text = render(document(options), WORDS["en"]).partition("## Attempts")[2]
    first, second = [line for line in text.splitlines() if line.startswith("| web-1 |")]
    assert "2026-01-01T00:00:00+00:00 ann@ctl, Migration: Migrated; 2026-01-02" in first
    assert "bob@ctl, Rollback: Rolled back" in first
    assert "centos-7 → alinux-3" in first
    assert "j-2 (failed); j-3 (done)" in second
    assert "### web-1, attempt 1\n\n- 1 marked started\n- 2 marked migrated\n- 3 disks put back" in text
    assert "attempt 2" not in text


@pytest.mark.parametrize("phase", LASTING)
@pytest.mark.parametrize(
    "text",
    [
        "rubbish",
        "{}",
        '{"phase": "assess", "results": []}',
        '{"phase": "PHASE", "results": [{}]}',
        '{"phase": "PHASE", "results": [{"instance_id": "i-1", "attempt": "one"}]}',
        '{"phase": "PHASE", "results": [{"instance_id": "i-1", "attempt": 1, "runs": {}}]}',
    ],
)
def test_a_file_that_holds_no_such_results_is_named(
    options: dict[str, Any], tmp_path: Path, phase: str, text: str
) -> None:
    path = tmp_path / f"{phase}.json"
    path.write_text(text.replace("PHASE", phase), "utf-8")
    with pytest.raises(OptionError) as caught:
        document(options)
    assert caught.value.problem.message == f"results_dir: {path} cannot be used:"
    assert caught.value.problem.remedy


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ENTRY = st.dictionaries(st.sampled_from(sorted({*told(1, "failed"), "runs", "earlier"})), VALUES)


@given(st.sampled_from(READ), ENTRY)
def test_whatever_stands_in_a_result_is_told_or_refused(phase: str, entry: dict[str, Any]) -> None:
    """A file of results that somebody edited gives a report that follows the schema, or a message."""
    text = json.dumps({"phase": phase, "results": [{**entry, "instance_id": "i-1"}]})
    try:
        found = attempts({LASTING[0]: json.loads(text)["results"], phase: json.loads(text)["results"]})
    except (ValueError, TypeError, AttributeError):
        return
    of_attempts = {"$ref": "#/$defs/attempt", "$defs": SCHEMA["$defs"]}
    for one in found.get("i-1", ()):
        jsonschema.Draft202012Validator(of_attempts).validate(one)


def test_an_attempt_tells_how_its_guest_compared_with_what_it_was(options: dict[str, Any]) -> None:
    first, second = document(options)["instances"][0]["attempts"]
    whole, lost, back = first["proof"]
    assert (whole["phase"], whole["fact"], whole["verdict"]) == ("migrate", "", "not_expected")
    assert (lost["fact"], lost["differences"], lost["expected"]) == ("ports", "-tcp/80, +tcp/111", 2)
    assert (back["phase"], back["fact"], back["verdict"]) == ("rollback", "", "equal")
    assert second["proof"] == []


def test_the_newer_comparison_of_migrate_and_verify_is_told() -> None:
    early = told(1, "migrated", "2026-01-01T00:00:00+00:00 migrated", proof=compared("not_known"))
    late = told(1, "verified", "2026-01-02T00:00:00+00:00 verified", proof=compared("expected"))
    back = told(1, "rolled_back", "2026-01-03T00:00:00+00:00 back", proof=compared("equal"))

    def phases(**results: Any) -> list[tuple[str, str]]:
        found = attempts({phase: [one] for phase, one in results.items()}).get("i-1", [])
        return [(row["phase"], row["verdict"]) for one in found for row in one["proof"]]

    assert phases(migrate=early, verify=late) == [("verify", "expected")]
    assert phases(migrate=late, verify=early) == [("migrate", "expected")]
    assert phases(migrate=early, verify={**late, "proof": None}) == [("migrate", "not_known")]
    assert phases(migrate={**early, "proof": None}, verify=late) == [("verify", "expected")]
    assert phases(migrate=early, verify=late, rollback=back) == [("verify", "expected"), ("rollback", "equal")]
    assert phases(migrate=early, verify={**late, "attempt": 2}) == [("migrate", "not_known")]
    assert phases(verify=late) == []


def test_a_verification_tells_nothing_else_of_an_attempt() -> None:
    late = told(
        1, "failed", "9 failed", proof=compared("expected"), hops=[HOP, HOP], error={"code": "X", "message": "M"}
    )
    with_it, without = (attempts({"migrate": [FIRST], **more})["i-1"][0] for more in ({"verify": [late]}, {}))
    assert {**with_it, "proof": []} == {**without, "proof": []}


@pytest.mark.parametrize("wrong", [{"timeline": 1}, {"attempt": [1]}, {"proof": {"facts": {"ports": 1}}}])
def test_a_file_of_verifications_that_somebody_edited_is_refused_by_name(options: dict[str, Any], wrong: Any) -> None:
    file = Path(options["src"]).parent / "verify.json"
    late = told(1, "verified", "9 verified", proof=compared("expected"))
    file.write_text(json.dumps({"phase": "verify", "results": [{**late, **wrong}]}), "utf-8")
    with pytest.raises(OptionError, match=r"verify\.json"):
        document(options)


def test_of_very_many_differences_the_first_are_named() -> None:
    many = {"verdict": "not_expected", "not_expected": [f"-user{number}" for number in range(500)]}
    row = attempts({"migrate": [told(1, "migrated", proof=compared("not_expected", users=many))]})["i-1"][0]["proof"][1]
    assert row["differences"].endswith("-user19, … (500)")
