# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was approved is begun; anything else is refused with what differs; a file that was changed approves nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._approvals import approval, approve
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.approval import (
    Approval,
    from_text,
    plan,
    plans,
    to_text,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Hop
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import OptionError
from hypothesis import given
from hypothesis import strategies as st

from .situations import FRESH, GOAL, HERE, ID, STARTED, end_of, linux, verb_of, waiving

HOPS = (Hop("centos-7", "alinux-3"),)
PLAN = plan(HOPS, HERE.disks, ())

TEXTS = st.text(max_size=20)
PLANS = st.fixed_dictionaries(
    {
        "hops": st.lists(TEXTS, max_size=3),
        "disks": st.dictionaries(TEXTS, st.integers(0, 10**6), max_size=3),
        "waived": st.lists(TEXTS, max_size=3),
    }
)


def approving(**changed: Any) -> Any:
    return replace(GOAL, approval=Approval({ID: {**PLAN, **changed}}, "Mei Tanaka", "2026-11-26T09:30:00+00:00"))


# --- the file ---------------------------------------------------------------------------------------------------------


@given(st.dictionaries(TEXTS, PLANS, max_size=4), TEXTS, TEXTS)
def test_an_approval_is_read_as_it_was_written(given_plans: dict[str, Any], by: str, at: str) -> None:
    written = Approval(given_plans, by, at)
    assert from_text(to_text(written)) == written


@given(st.dictionaries(TEXTS, PLANS, min_size=1, max_size=3), st.sampled_from(["plans", "approved_by", "approved_at"]))
def test_an_approval_that_was_changed_approves_nothing(given_plans: dict[str, Any], part: str) -> None:
    data = json.loads(to_text(Approval(given_plans, "Mei", "now")))
    data[part] = {"i-other": {}} if part == "plans" else f"{data[part]}!"
    with pytest.raises(ValueError, match="changed after it was approved"):
        from_text(json.dumps(data))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "{", '{"plans": 1, "approved_by": "", "approved_at": ""}', "[" * 10**5]
)
def test_another_text_is_no_approval(text: str) -> None:
    with pytest.raises(ValueError, match="no file of plan_approval"):
        from_text(text)


def test_only_what_an_assessment_found_ready_can_be_approved() -> None:
    hops = [{"source": "centos-7", "target": "alinux-3"}]
    disks = [{"disk_id": disk.disk_id, "size_gib": disk.size_gib} for disk in HERE.disks]
    ready = {"instance_id": ID, "state": "ready", "hops": hops, "instance": {"disks": disks}, "findings": []}
    assert plans([ready, {**ready, "instance_id": "i-2", "state": "blocked"}]) == {ID: PLAN}


# --- the gate ---------------------------------------------------------------------------------------------------------


def test_what_is_planned_as_it_was_approved_is_begun() -> None:
    assert verb_of(FRESH, approving()) is Verb.MARK


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"hops": ["centos-7 -> alinux-2", "alinux-2 -> alinux-3"]}, "the hops were centos-7 -> alinux-2, alinux-2 -> al"),
    ({"disks": {"d-0": 0, "d-1": 40}}, "the disks were d-0 (0 GiB), d-1 (40 GiB), and are d-0 (0 GiB)"),
    ({"waived": ["linux.i686_packages"]}, "the waived rules were linux.i686_packages, and are none"),
]


@pytest.mark.parametrize(("changed", "told"), CHANGES)
def test_a_plan_that_differs_is_refused_with_the_difference(changed: dict[str, Any], told: str) -> None:
    after = end_of(FRESH, approving(**changed))
    assert (after.state, after.changed) == ("blocked", False)
    assert after.problem is not None
    assert after.problem.code == "NotApproved"
    assert "by Mei Tanaka at 2026-11-26T09:30:00+00:00" in after.problem.message
    assert told in after.problem.message


def test_a_waiver_that_came_after_the_approval_is_refused() -> None:
    waived = waiving(FRESH.learns(guest=linux(i686_count="1", i686_packages="glibc")), "linux.i686_packages")
    after = end_of(waived, approving())
    assert after.problem is not None
    assert "the waived rules were none, and are linux.i686_packages" in after.problem.message


def test_an_instance_that_nobody_approved_is_refused() -> None:
    after = end_of(FRESH, replace(GOAL, approval=Approval({}, "Mei", "now")))
    assert after.problem is not None
    assert "nobody has approved it" in after.problem.message


def test_an_attempt_that_is_under_way_goes_on_with_a_disk_more_but_not_over_other_hops() -> None:
    more = STARTED.view.instance
    assert more is not None
    grown = STARTED.learns(instance=replace(more, disks=(*more.disks, Disk("d-9", "data", 1, status="In_use"))))
    assert verb_of(grown, approving()) is not None
    after = end_of(STARTED, approving(hops=["centos-7 -> rhel-7"]))
    assert (after.state, after.problem.code if after.problem else "") == ("blocked", "NotApproved")


# --- the module's options ---------------------------------------------------------------------------------------------


def assessed(directory: Path, state: str = "ready") -> Path:
    entry = {"instance_id": ID, "state": state, "hops": [{"source": "centos-7", "target": "alinux-3"}]}
    file = directory / "assess.json"
    file.write_text(json.dumps({"phase": "assess", "summary": {}, "results": [entry]}), "utf-8")
    return file


def test_who_approves_again_changes_nothing_and_somebody_else_does(tmp_path: Path) -> None:
    options = {"src": str(assessed(tmp_path)), "dest": str(tmp_path / "approval.json"), "approved_by": "Mei"}
    assert approve(options, writing=False)["changed"]
    assert not (tmp_path / "approval.json").exists()
    first = approve(options, writing=True)
    again = approve(options, writing=True)
    assert (first["changed"], again["changed"], again["approved_at"]) == (True, False, first["approved_at"])
    other = approve({**options, "approved_by": "Li"}, writing=True)
    assert other["changed"]
    assert other["digest"] != first["digest"]
    read = approval({"approval_file": options["dest"]})
    assert read is not None
    assert (read.by, read.digest) == ("Li", other["digest"])


def test_what_cannot_be_approved_is_told(tmp_path: Path) -> None:
    blocked = {"src": str(assessed(tmp_path, "blocked")), "dest": str(tmp_path / "a.json"), "approved_by": "Mei"}
    with pytest.raises(OptionError, match="no instance that is ready"):
        approve(blocked, writing=True)
    ready = {**blocked, "src": str(assessed(tmp_path))}
    with pytest.raises(OptionError, match="approved_by is empty"):
        approve({**ready, "approved_by": " "}, writing=True)
    (tmp_path / "a.json").write_text("my notes", "utf-8")
    with pytest.raises(OptionError, match="no file of plan_approval"):
        approve(ready, writing=True)
    assert (tmp_path / "a.json").read_text("utf-8") == "my notes"
    with pytest.raises(OptionError, match=r"approval_file: .*nothing\.json cannot be read"):
        approval({"approval_file": str(tmp_path / "nothing.json")})
