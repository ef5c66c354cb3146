# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All texts that are written in a cloud: the instance's own tag, labels, names and tokens.

The tag is what must survive the death of a controller.
It is written *before* the step that it announces, so that a later run knows what an earlier one meant to do:

``started``       the attempt is under way (snapshots, work, verification)
``migrated``      the guest was seen to run the target
``rolling_back``  disks are being reset to the attempt's snapshots
``restored``      every disk is reset; the instance may be started again
``rolled_back``   the guest was seen to run its former OS again
``committed``     the snapshots are deleted; there is no way back
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

from .model import Disk, Tag

TAG_KEY = "evergreen:os_migration"
UNREADABLE = "unreadable"

# A state that a later version may know is unreadable here: taken for "no attempt", it would start a second one.
_STATES = ("started", "migrated", "rolling_back", "restored", "rolled_back", "committed")
_TAG = re.compile(rf"({'|'.join(_STATES)}) attempt=([1-9][0-9]*) from=(\S+) to=(\S+)")
_WORK_NAME = re.compile(r"osm-(.+)-a(\d+)-h(\d+)")
_NAMESPACE = uuid.UUID("6f0d3e0c-1b51-4c0a-9c3e-5d1f0a7c2b11")


def to_text(tag: Tag) -> str:
    """Return the value that is written for ``tag``."""
    return f"{tag.state} attempt={tag.attempt} from={tag.source} to={tag.target}"


def from_tags(tags: Mapping[str, str]) -> Tag | None:
    """Return what an instance's tags say of it, ``None`` when there is none; a foreign text is ``unreadable``."""
    if TAG_KEY not in tags:
        return None
    found = _TAG.fullmatch(tags[TAG_KEY])
    if not found:
        return Tag(UNREADABLE, 0, "", "")
    return Tag(found[1], int(found[2]), found[3], found[4])


def set_label(attempt: int, hop: int) -> str:
    """Return the tag value of the points taken before hop number ``hop`` (from 1) of an attempt."""
    return f"attempt={attempt} hop={hop}"


def is_of_attempt(label: str, attempt: int) -> bool:
    """Say whether a label is that of a set of the attempt."""
    return label.startswith(f"attempt={attempt} ")


def point_name(disk: Disk, attempt: int, hop: int) -> str:
    """Return the name of a disk's point; names need not be unique, the label decides."""
    return f"osm-{disk.disk_id}-a{attempt}-h{hop}"


def work_name(instance_id: str, attempt: int, hop: int) -> str:
    """Return the unique name of the work for one hop of one attempt."""
    return f"osm-{instance_id}-a{attempt}-h{hop}"


def work_place(name: str, instance_id: str) -> tuple[int, int] | None:
    """Return (attempt, hop) of a work that this collection made for the instance, ``None`` for any other name."""
    found = _WORK_NAME.fullmatch(name)
    return (int(found[2]), int(found[3])) if found and found[1] == instance_id else None


def made_name(instance_id: str, attempt: int, what: str) -> str:
    """Return the unique name of something that is made for an attempt beside the works of its hops."""
    return f"osm-{instance_id}-a{attempt}-{what}"


def of_label(instance_id: str) -> str:
    """Return the tag value of something that is one instance's, such as what its import made."""
    return f"of={instance_id}"


def owner_of(label: str) -> str:
    """Return the instance that a tag value names as its owner, empty when it names none."""
    pairs = dict(pair.partition("=")[::2] for pair in label.split())
    return pairs.get("of", "")


def client_token(instance_id: str, attempt: int, *what: object) -> str:
    """Return the idempotency token of one step: the same step of the same attempt always has the same one."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, (instance_id, attempt, *what)))))
