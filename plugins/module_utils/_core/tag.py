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
``committed``     there is no way back; the snapshots are deleted
``protected``     a set of points was taken, and no attempt is under way; there is no former and no wanted system

What was done is read from labels and names, which say of which instance they are. The tag holds only what cannot be
read there: its counters name the set and the try that were begun last, so that what was deleted never meets its old
token again.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from .model import Disk, Tag

TAG_KEY = "evergreen:os_migration"
#: The tag of a point that says in which place of the instance its disk was.
PLACE_KEY = f"{TAG_KEY}.place"
#: The tag of a point that says what the instance was before the attempt.
BEFORE_KEY = f"{TAG_KEY}.before"
#: The tag of a point that says what the guest consisted of.
CONTENTS_KEY = f"{TAG_KEY}.contents"
#: The tag of something that was made for an instance and is deleted when it is no longer needed.
MADE_KEY = f"{TAG_KEY}.made"
#: The tag of a clone that a run is about to delete: nobody begins anything on it any more.
GOING_KEY = f"{TAG_KEY}.going"
#: The tag of a stack, which its resources bear too: a key of its own, so that none of them is taken for anything else.
STACK_KEY = f"{TAG_KEY}.stack"
#: What a tag's value has room for, on every cloud.
MOST_CHARACTERS = 128
ROOT = "root"
UNREADABLE = "unreadable"
PROTECTED = "protected"

# A state that a later version may know is unreadable here: taken for "no attempt", it would start a second one.
_STATES = ("started", "migrated", "rolling_back", "restored", "rolled_back", "committed", PROTECTED)
_TAG = re.compile(rf"({'|'.join(_STATES)})((?: [a-z_]+=\S+)+)")
_NUMBER = re.compile(r"0|[1-9][0-9]*")
# A set that was taken without an attempt is of no system, and so is the way back to it.
_WITHOUT_SYSTEMS = (PROTECTED, "rolling_back", "restored", "rolled_back")
_OF_AN_ATTEMPT = {"attempt", "from", "to"}
# The tag's pairs in the order in which they are written, and the fields that hold them.
_COUNTERS = {"attempt": "attempt", "set": "sets", "try": "tries", "start": "start"}
_WORDS = {"from": "source", "to": "target", "run": "run", "by": "by", "back": "back", "undone": "undone"}
_LABEL = re.compile(r"of=(\S+) attempt=([1-9][0-9]*) set=([1-9][0-9]*)")
_FORMER_LABEL = re.compile(r"attempt=([1-9][0-9]*) hop=([1-9][0-9]*)")
_STACK_LABEL = re.compile(r"of=(\S+) from=([0-9a-f]+)")
_WORK_NAME = re.compile(r"osm-(.+)-a([1-9][0-9]*)-h([1-9][0-9]*)(?:-t([1-9][0-9]*))?")
_NAMESPACE = uuid.UUID("6f0d3e0c-1b51-4c0a-9c3e-5d1f0a7c2b11")


# --- the instance's tag ---------------------------------------------------------------------------------------------


def to_text(tag: Tag) -> str:
    """Return the value that is written for ``tag``; what is zero or empty is left out."""
    counters = ((name, getattr(tag, field)) for name, field in _COUNTERS.items())
    words = ((name, getattr(tag, field)) for name, field in _WORDS.items())
    pairs = [*counters, *words, ("reset", int(tag.reset)), *tag.others]
    return " ".join([tag.state, *(f"{name}={value}" for name, value in pairs if value)])


def from_tags(tags: Mapping[str, str]) -> Tag | None:
    """Return what an instance's tags say of it, ``None`` when there is none; a foreign text is ``unreadable``."""
    if TAG_KEY not in tags:
        return None
    return _read(tags[TAG_KEY]) or Tag(UNREADABLE, 0, "", "")


def _read(text: str) -> Tag | None:
    """Return the tag that a text says. Its pairs may come in any order; unknown ones are kept."""
    state, said = _parted(text)
    if not _whole(state, said):
        return None
    known: dict[str, Any] = {field: int(said.get(name, 0)) for name, field in _COUNTERS.items()}
    known |= {field: said.get(name, "") for name, field in _WORDS.items()}
    others = tuple((name, said[name]) for name in said if name not in {*_COUNTERS, *_WORDS, "reset"})
    return Tag(state, reset=said.get("reset") == "1", others=others, **known)


def _parted(text: str) -> tuple[str, Mapping[str, str]]:
    """Return a text's state and its pairs; no pairs where it is another text."""
    found = _TAG.fullmatch(text)
    if not found:
        return "", {}
    pairs = [tuple(pair.split("=", 1)) for pair in found[2].split()]
    return found[1], dict(pairs) if len(dict(pairs)) == len(pairs) else {}


def _whole(state: str, said: Mapping[str, str]) -> bool:
    """Say whether a tag says all that its state needs, and in numbers what is a number."""
    needed = {"attempt"} if state in _WITHOUT_SYSTEMS and not {"from", "to"} & said.keys() else _OF_AN_ATTEMPT
    numbers = [said[name] for name in (*_COUNTERS, "reset") if name in said]
    return needed <= said.keys() and all(map(_NUMBER.fullmatch, numbers)) and said["attempt"] != "0"


#: Methods and ways back by the words that the tag has for them; another is called by its name.
_SHORT = {
    "smc_watch": "watch",
    "setup_in_place": "setup",
    "clone_and_replace": "clone",
    "reset_disks": "disks",
    "replace_disks": "swap",
    "replace_root": "root",
}


def word(name: str) -> str:
    """Return the word for a method or a way back."""
    return _SHORT.get(name, name)


# --- points ---------------------------------------------------------------------------------------------------------


class Label(NamedTuple):
    """What is said of a point: whose it is, and of which set. Labels of the version before name no instance."""

    of: str
    attempt: int
    set: int


def set_label(instance_id: str, attempt: int, number: int) -> str:
    """Return the tag value of all points of one set, which is a number within its attempt."""
    return f"of={instance_id} attempt={attempt} set={number}"


def read_label(text: str) -> Label | None:
    """Return what a label says, ``None`` for anybody else's; a hop of the version before had one set."""
    if found := _LABEL.fullmatch(text):
        return Label(found[1], int(found[2]), int(found[3]))
    former = _FORMER_LABEL.fullmatch(text)
    return Label("", int(former[1]), int(former[2])) if former else None


def point_name(disk: Disk, attempt: int, number: int) -> str:
    """Return the name of a disk's point; names need not be unique, the label decides."""
    return f"osm-{disk.disk_id}-a{attempt}-s{number}"


def place_of(disk: Disk) -> str:
    """Return the place of a disk in its instance: its device, or that it is the root."""
    return ROOT if disk.type == "system" else disk.device


def group_name(instance_id: str, disk_id: str, name: str) -> str:
    """Return the name of a group of points, after that of one of them."""
    return name.replace(disk_id, instance_id)


def places_tags(places: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a group of points that say in which place each disk was, as many disks in one as it holds."""
    texts = [""]
    for disk_id, place in places.items():
        pair = f"{disk_id}={place}"
        if len(texts[-1]) + len(pair) < MOST_CHARACTERS:
            texts[-1] = f"{texts[-1]} {pair}".lstrip()
        else:
            texts.append(pair)
    return {PLACE_KEY + (f".{number}" if number > 1 else ""): text for number, text in enumerate(texts, 1) if text}


def places_of(tags: Mapping[str, str]) -> Mapping[str, str]:
    """Return the place of each disk, as a group's tags say it."""
    return _pairs(" ".join(text for key, text in tags.items() if f"{key}.".startswith(f"{PLACE_KEY}.")))


# --- stacks ---------------------------------------------------------------------------------------------------------


def stack_label(name: str, digest: str) -> str:
    """Return the tag value of a stack that this collection made, and what it was made from.

    It says the name, since a stack inside another one inherits its tags.
    """
    return f"of={name} from={digest}"


def stack_made_from(label: str, name: str) -> str:
    """Return the digest of what a stack was made from, empty where a stack of the name is none of ours."""
    found = _STACK_LABEL.fullmatch(label)
    return found[2] if found and found[1] == name else ""


# --- works ----------------------------------------------------------------------------------------------------------


class WorkPlace(NamedTuple):
    """Where a work belongs."""

    attempt: int
    hop: int
    tried: int


def work_name(instance_id: str, attempt: int, hop: int, tried: int = 1) -> str:
    """Return the unique name of the work for one hop of one attempt; from the second try on it has the try's number."""
    return f"osm-{instance_id}-a{attempt}-h{hop}" + (f"-t{tried}" if tried > 1 else "")


def work_place(name: str, instance_id: str) -> WorkPlace | None:
    """Return where a work that this collection made for the instance belongs, ``None`` for any other name."""
    found = _WORK_NAME.fullmatch(name)
    if not found or found[1] != instance_id:
        return None
    return WorkPlace(int(found[2]), int(found[3]), int(found[4] or 1))


def made_name(instance_id: str, attempt: int, what: str) -> str:
    """Return the unique name of something that is made for an attempt beside the works of its hops."""
    return f"osm-{instance_id}-a{attempt}-{what}"


def of_label(instance_id: str) -> str:
    """Return the tag value of something that is one instance's, such as what its import made."""
    return f"of={instance_id}"


def made_label(instance_id: str, what: str) -> str:
    """Return the tag value of something that was made for an instance."""
    return f"{of_label(instance_id)} what={what}"


def owner_of(label: str) -> str:
    """Return the instance that a tag value names as its owner, empty when it names none."""
    return _pairs(label).get("of", "")


def what_of(label: str) -> str:
    """Return what a tag value says that something is, empty when it says nothing."""
    return _pairs(label).get("what", "")


def _pairs(text: str) -> Mapping[str, str]:
    return dict(pair.partition("=")[::2] for pair in text.split())


# --- drills ---------------------------------------------------------------------------------------------------------


class Extra(NamedTuple):
    """Another tag of an instance than the one that tells of its migration."""

    key: str
    value: str


def drill_work_name(instance_id: str, attempt: int, run: str) -> str:
    """Return the unique name of a work by which the service itself drills."""
    return made_name(instance_id, attempt, f"drill-{run}")


def is_drill_work(name: str, instance_id: str) -> bool:
    """Say whether a work is a drill of the instance, by any run."""
    return attempt_of(name, instance_id) is not None and "-drill-" in name.removeprefix(f"osm-{instance_id}")


def drill_name(instance_id: str, run: str) -> str:
    """Return the name of what a run makes for its drill of an instance; each kind has one thing of this name."""
    return f"osm-{instance_id}-drill-{run}"


def drill_host(instance_id: str, run: str) -> str:
    """Return the host name of the clone for a drill: nobody else's, and short enough for every system."""
    return f"drill-{uuid.uuid5(_NAMESPACE, f'{instance_id}/{run}').hex[:8]}"


def drill_label(instance_id: str, run: str) -> str:
    """Return the tag value of the points that a drill takes; for a migration they are no set."""
    return f"of={instance_id} drill={run}"


def is_drill_label(label: str, instance_id: str) -> bool:
    """Say whether a point was taken for a drill of the instance, by any run."""
    return owner_of(label) == instance_id and "drill" in _pairs(label)


def disk_name(instance_id: str, attempt: int, disk_id: str, number: int, tried: int) -> str:
    """Return the unique name of a disk that is made in the place of another, from a point of a set."""
    return made_name(instance_id, attempt, f"disk-{disk_id}:{number}:{tried}")


def replaced_disk(name: str, instance_id: str, attempt: int) -> str:
    """Return the id of the disk in whose place something is made by its name; empty where it is no such thing."""
    prefix = made_name(instance_id, attempt, "disk-")
    return name.removeprefix(prefix).partition(":")[0] if name.startswith(prefix) else ""


def attempt_of(name: str, instance_id: str) -> int | None:
    """Return the attempt that made something by its name, ``None`` where it is not of this instance."""
    prefix = f"osm-{instance_id}-a"
    number = name.removeprefix(prefix).partition("-")[0] if name.startswith(prefix) else ""
    return int(number) if number != "0" and _NUMBER.fullmatch(number) else None


# --- tokens ---------------------------------------------------------------------------------------------------------


def client_token(instance_id: str, attempt: int, *what: object) -> str:
    """Return the idempotency token of one step: the same step of the same attempt always has the same one."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, (instance_id, attempt, *what)))))
