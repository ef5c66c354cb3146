# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fleet in one storm of faults; script/storm does it with 200 instances and twenty times."""

from __future__ import annotations

from pathlib import Path

from .storm import SICK, Storm, blow


def test_after_a_storm_each_instance_is_on_its_new_system_or_on_its_old_one_or_named(tmp_path: Path) -> None:
    aftermath, told = blow(Storm(seed=1, instances=len(SICK) + 2), tmp_path)
    assert list(aftermath.wrong()) == []
    assert told["migrated"] > sum(told.values()) / 2, told
