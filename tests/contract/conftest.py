# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every test of the contract runs against every cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud

from .alicloud_bed import AliCloudBed
from .bed import Bed, Setting
from .toy_bed import ToyBed

BEDS: Mapping[str, Callable[[Path, Setting], Bed]] = {"alicloud": AliCloudBed, "toy": ToyBed}
MakeBed = Callable[[Setting], Bed]


@pytest.fixture(params=BEDS)
def make_bed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeBed]:
    """Make a cloud with the faults, lag and quotas of a test."""
    with ExitStack() as stack:

        def make(setting: Setting) -> Bed:
            return stack.enter_context(closing(BEDS[request.param](tmp_path, setting)))

        yield make


@pytest.fixture
def bed(make_bed: MakeBed) -> Bed:
    return make_bed(Setting())


@pytest.fixture
def cloud(bed: Bed) -> Cloud:
    return bed.cloud()
