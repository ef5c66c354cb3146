# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which migration source is an instance's own. A source names no instance: it shows a host name and addresses.

The instance's id in our own tag decides. Where no source has it, addresses do, when they lead to one source and back to
one instance: private addresses are used again in every VPC. A host name never chooses between two; one that differs
makes even a single source doubtful, since machines outside the cloud are sources too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._core.model import Enrolment, Instance, Problem
from ..._core.tag import MADE_KEY, TAG_KEY, of_label, owner_of
from .client import trouble_of
from .rpc import tags_of, text

_STATES = {"Available": "ready", "InUse": "busy", "Unavailable": "lost"}
# Being deleted: as good as not there.
_DELETING = "Deleting"
# Addresses that every machine may have.
_EVERYWHERE = ("127.", "169.254.")

#: The instances that have an address, by the address.
Owners = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Source:
    """A migration source as it was listed. ``owner`` is the instance that our tag names."""

    enrolment: Enrolment
    hostname: str = ""
    addresses: frozenset[str] = frozenset()
    owner: str = ""

    @property
    def id(self) -> str:
        """Return what SMC calls it."""
        return self.enrolment.id

    @property
    def gone(self) -> bool:
        """Say whether its machine does not report."""
        return self.enrolment.state == "lost"


def to_enrolment(raw: Mapping[str, Any]) -> Enrolment:
    """Translate an entry of DescribeSourceServers."""
    said, tags, trouble = text(raw, "State"), tags_of(raw), trouble_of(raw)
    owner = owner_of(tags.get(TAG_KEY, ""))
    ours = bool(owner) and owner_of(tags.get(MADE_KEY, "")) == owner
    told = f"{said} ({trouble})" if trouble else said
    return Enrolment(_STATES.get(said, "pending"), raw["SourceId"], told, ours=ours)


def to_sources(listed: Iterable[Mapping[str, Any]]) -> list[Source]:
    """Translate the entries of DescribeSourceServers that stay.

    The list holds everybody's sources: one of a form that nobody foresaw has no address here, and is no error.
    """
    return [_to_source(raw) for raw in listed if text(raw, "State") != _DELETING]


def _to_source(raw: Mapping[str, Any]) -> Source:
    try:
        known = json.loads(text(raw, "SystemInfo"))
    except ValueError:
        known = None
    system = known if isinstance(known, dict) else {}
    given = system.get("ipv4")
    addresses = given if isinstance(given, list) else re.split(r"[,;\s]+", text(system, "ipv4"))
    usable = frozenset(one for one in map(str, addresses) if one and not one.startswith(_EVERYWHERE))
    return Source(to_enrolment(raw), text(system, "hostname"), usable, owner_of(tags_of(raw).get(TAG_KEY, "")))


def candidates(instance: Instance, sources: Sequence[Source]) -> list[Source]:
    """Return the sources that may be the instance's: those that our tag gives to it, else those at its addresses.

    What is gone does not count beside what lives, and what our tag gives to another instance never does.
    """
    tagged = [one for one in sources if one.owner == instance.instance_id]
    mine = frozenset(instance.private_addresses)
    matched = [one for one in sources if not one.owner and one.addresses & mine]
    for kind in (tagged, matched):
        live = [one for one in kind if not one.gone]
        if live:
            return live
    return tagged or matched


def own_source(instance: Instance, found: Sequence[Source], owners: Owners) -> Enrolment:
    """Return the enrolment of an instance of which these are the candidates."""
    if not found:
        return Enrolment()
    (first, *others) = found
    if others and first.gone:
        return Enrolment(said=f"{_named(found)} have its addresses, and none of them is online")
    shared = [] if first.owner else _shared(instance, first, owners)
    if others or shared:
        return Enrolment("unclear", problem=_unclear(instance, found, shared))
    return first.enrolment if first.owner else _matched(instance, first)


def _shared(instance: Instance, source: Source, owners: Owners) -> list[str]:
    """Return the other instances that have an address of the source."""
    there = {owner for address in source.addresses for owner in owners.get(address, ())}
    return sorted(there - {instance.instance_id})


def _matched(instance: Instance, first: Source) -> Enrolment:
    if _short(first.hostname) == _short(instance.hostname):
        return first.enrolment
    doubt = f"{first.id} has its address, but the host name {first.hostname or '(none)'}, not {instance.hostname}"
    return Enrolment(said=doubt)


def _short(hostname: str) -> str:
    """Return a host name as both sides may write it: with its domain or without, in capitals or not."""
    return hostname.partition(".")[0].casefold()


def of_another(instance: Instance, source_id: str, sources: Sequence[Source]) -> Problem:
    """Return why a source that an import named, and that was there before, is not taken for the instance's."""
    known = next((one for one in sources if one.id == source_id), Source(Enrolment(id=source_id)))
    whose = f"is tagged as that of {known.owner}" if known.owner else f"was there before and is {_shown(known)}"
    message = (
        f"The import in {instance.instance_id} named the migration source {source_id}, which {whose}. The client in the"
        " guest may have been copied from another machine."
    )
    return Problem("SourceUnclear", message, _remedy(instance))


def _unclear(instance: Instance, found: Sequence[Source], shared: Sequence[str]) -> Problem:
    by = "the tag" if found[0].owner else "addresses"
    also = f"; {', '.join(shared)} {'has' if len(shared) == 1 else 'have'} the same address" if shared else ""
    message = f"By {by}, {_named(found)} may be the migration source of {instance.instance_id}{also}."
    return Problem("SourceUnclear", message, _remedy(instance))


def _named(found: Sequence[Source]) -> str:
    return ", ".join(f"{one.id} ({_shown(one)})" for one in found)


def _shown(source: Source) -> str:
    return f"{source.hostname or 'no host name'}, {' '.join(sorted(source.addresses)) or 'no address'}"


def _remedy(instance: Instance) -> str:
    return (
        f"Give the source that is the instance's own the tag {TAG_KEY} with the value {of_label(instance.instance_id)}"
        " in the SMC console, delete sources there that no machine uses any more, and run again."
    )
