# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to the activation codes of a name, and what no code can be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._codes import _Desk
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.codes import (
    Changes,
    changes,
    differences,
    shown,
    what_is_wrong,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Code, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Unclear

HERE = Code("wave-1", 50, 7, "", "at-1", "active", 3, "2026-11-26T10:00:00Z")
OVER = [replace(HERE, status="disabled"), replace(HERE, status="expired"), replace(HERE, used=50)]


def test_a_code_that_one_more_guest_can_use_is_enough_and_any_other_is_not() -> None:
    assert not changes("present", [*OVER, HERE]).any
    assert changes("present", OVER) == changes("present", []) == Changes(make=True)


def test_disabled_are_those_that_count_and_deleted_are_all() -> None:
    assert changes("disabled", [*OVER, HERE]) == Changes(disable=(OVER[2], HERE))
    assert changes("absent", [*OVER, HERE]) == Changes(delete=(*OVER, HERE))
    for state in ("disabled", "absent"):
        assert not changes(state, []).any


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"count": 0}, "count"),
        ({"count": 1001}, "count"),
        ({"days": 0}, "valid_days"),
        ({"days": 91}, "valid_days"),
        *(({"name": name}, "name") for name in ("", "a", "1st", "http://x", "https://x", "a b", "é" * 3, "a" * 129)),
    ],
)
def test_what_no_code_can_be_is_told(wanted: dict[str, object], named: str) -> None:
    assert what_is_wrong(replace(HERE, **wanted)).startswith(f"{named} is ")


@pytest.mark.parametrize("wanted", [{"count": 1}, {"count": 1000}, {"days": 1}, {"days": 90}, {"name": "a" * 128}])
def test_the_last_values_that_a_code_can_have_are_taken(wanted: dict[str, object]) -> None:
    assert what_is_wrong(replace(HERE, **wanted)) == ""


def test_a_code_that_is_there_otherwise_is_told() -> None:
    assert differences(replace(HERE, count=60, days=8), [HERE]) == ["count is 50, not 60", "valid_days is 7, not 8"]
    assert differences(HERE, [HERE]) == []
    assert differences(replace(HERE, count=60), OVER) == []


def test_a_code_is_shown_with_the_day_of_its_end() -> None:
    assert shown(HERE)["expires"] == "2026-12-03T10:00:00Z"
    assert shown(replace(HERE, created=""))["expires"] == ""


# --- at the desk ------------------------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """Codes in memory; the answers to the first ones that are made are lost."""

    there: list[Code] = field(default_factory=list)
    lost: int = 0
    made: int = 0

    def listed(self, name: str = "") -> list[Code]:
        return [one for one in self.there if name in ("", one.name)]

    def make(self, wanted: Code) -> tuple[Code, str]:
        self.made += 1
        self.there.append(replace(wanted, id=f"at-{self.made}"))
        if self.made <= self.lost:
            raise Unclear(Problem("SDK.HttpError", "no answer"))
        return self.there[-1], f"says-{self.made}"

    def disable(self, code_id: str) -> None:
        self.there = [replace(one, status="disabled") if one.id == code_id else one for one in self.there]

    def delete(self, code_id: str) -> None:
        if code_id not in [one.id for one in self.there]:
            raise CloudError(Problem("NotFound", "gone"))
        self.there = [one for one in self.there if one.id != code_id]


def test_a_code_that_nobody_knows_is_deleted_before_another_one_is_made() -> None:
    old = replace(HERE, id="at-old", status="expired")
    shelf, waits = Shelf([old], lost=1), []
    now, says = _Desk(shelf, lambda: waits.append(1), writing=True).change(HERE, [old], Changes(make=True))
    assert says == "says-2"
    assert [one.id for one in shelf.there] == [one.id for one in now] == ["at-old", "at-2"]
    assert waits == [1]


def test_who_never_gets_an_answer_leaves_no_code() -> None:
    shelf = Shelf(lost=9)
    with pytest.raises(Unclear):
        _Desk(shelf, lambda: None, writing=True).change(HERE, [], Changes(make=True))
    assert (shelf.made, shelf.there) == (3, [])


def test_that_somebody_else_deleted_a_code_meanwhile_is_no_fault() -> None:
    assert _Desk(Shelf(), lambda: None, writing=True).change(HERE, [HERE], Changes(delete=(HERE,))) == ([], "")


def test_who_does_not_write_is_told_the_same_and_nothing_is_changed() -> None:
    shelf = Shelf([HERE])
    desk = _Desk(shelf, lambda: None, writing=False)
    assert desk.change(HERE, [HERE], Changes(disable=(HERE,))) == ([replace(HERE, status="disabled")], "")
    assert desk.change(HERE, [HERE], Changes(delete=(HERE,))) == ([], "")
    assert desk.change(HERE, [], Changes(make=True)) == ([HERE], "")
    assert (shelf.there, shelf.made) == ([HERE], 0)
