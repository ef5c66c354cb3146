# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The toy cloud, which exists only in tests: a provider that is shaped like no other, so that the core is not either.

What it orders begins by itself and needs no enrolment; one of its kinds of works does not hold; its points are taken
of a whole instance at once, without a token; its queue is each region's own; on its way back disks are replaced.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import base
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal, Offer
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration import admit, plan, protect, view
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration import work as works
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Place, required
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step

KIND = "flash"
_PACE = {"type": "float", "default": 200.0}
_OPTIONS = {"directory": {"type": "path"}, "region": {"type": "str"}, "requests_per_second": _PACE}
CONNECTION: dict[str, Any] = {"type": "dict", "apply_defaults": True, "options": _OPTIONS}
WORDS = {"agent": "Toy Radio", "console": "toy box", "user": "player", "see_disks": "disks", "service": "Toy Flasher"}


def coming(record: view.Migration, goal: Goal, now: Moment) -> Step | None:
    """Wait for the ordered work to begin: it does so by itself."""
    return works.work_awaited(record, goal, now, required(view.work_of_hop(record)))


#: How a hop is done: the row of METHODS.
GATES = (
    *(works.work_followed, *plan.PLAN, admit.admitted(KIND), protect.set_taken),
    *(works.old_works_gone, works.ordered(KIND), coming),
)


def _connect(options: base.Options, place: Place, call: base.Caller) -> base.Cloud:
    from .cloud import ToyCloud

    return ToyCloud(Path(options["toy"]["directory"]), place.region, call)


PROVIDER = base.Provider(
    name="toy",
    title="Toy Cloud",
    ids=re.compile(r"toy-[0-9]{4}"),
    services=(KIND,),
    any_region="north",
    options={"toy": CONNECTION},
    offer=lambda options: Offer(methods={KIND: (KIND,)}, back=("replace_disks",), words=WORDS),
    check=lambda options: None,
    connect=_connect,
)
