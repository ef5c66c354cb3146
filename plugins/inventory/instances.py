# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The instances of an account as an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: instances
author:
  - evergreen.os_migration contributors (@evergreen)
version_added: 0.1.0
short_description: The instances of a cloud account, grouped by operating system and support state
description:
  - Lists the instances of an account over its regions, in parallel.
  - A region that cannot be listed costs its own instances only; a warning names it and says why. That all regions fail,
    or that the credentials are refused, is an error. A list that lacks a region is not cached.
  - Each instance becomes a host with the variables that this collection's roles read, C(instance_id), C(region) and
    C(provider). What the cloud knows of it is in C(os_migration_instance), and can be used by name in C(compose),
    C(groups) and C(keyed_groups); see M(evergreen.os_migration.instance_info). Agent, architecture, disks and snapshots
    are not listed.
  - Puts every host into groups such as C(provider_alicloud), C(region_cn_hangzhou), C(os_centos_7) and
    C(support_ended), so that a play can be given the hosts whose system is out of support.
  - The name of the file must end in C(os_migration.yml) or C(os_migration.yaml).
extends_documentation_fragment:
  - evergreen.os_migration.providers
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Must be V(evergreen.os_migration.instances).
    type: str
    required: true
    choices: [evergreen.os_migration.instances]
  provider:
    description: The provider whose instances are listed. Without it, the one that has options here, or the only one.
    type: str
  timeout:
    description: Seconds after which a region that has not answered is left out.
    type: float
    default: 300
  regions:
    description: Regions to look into. Without it, all that the account sees.
    type: list
    elements: str
    default: []
  filters:
    description: Which instances to take. An instance has to pass every filter that is given.
    type: dict
    default: {}
    suboptions:
      instance_ids:
        description: Ids of instances.
        type: list
        elements: str
      statuses:
        description: Status as the cloud says it, for instance V(Running).
        type: list
        elements: str
      os:
        description: Canonical ids of operating systems, for instance V(centos-7), or V(unknown).
        type: list
        elements: str
      tags:
        description: Tags that the instance must have, with these values.
        type: dict
  host_name:
    description:
      - What a host is called. Host names in the cloud need not be unique; ids are.
      - Instances whose host name is that of others, of a group or of Ansible itself (C(all)) are called by their ids,
        and a warning names them.
    type: str
    choices: [instance_id, hostname]
    default: instance_id
  support_ending_days:
    description: How many days before its end the support counts as ending.
    type: int
    default: 365
"""

EXAMPLES = r"""
# fleet.os_migration.yml: all running instances of two regions
plugin: evergreen.os_migration.instances
regions: [cn-hangzhou, cn-shanghai]
filters:
  statuses: [Running]
---
# old.os_migration.yml: everything that runs CentOS 7 in the shop, with its target
plugin: evergreen.os_migration.instances
filters:
  os: [centos-7]
  tags: {estate: shop}
compose:
  os_migration_target: "'alinux-3'"
keyed_groups:
  - {prefix: estate, key: tags.estate}
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from threading import Thread
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.display import Display
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, Options, Provider
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.options import check_above_zero
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import is_known, unknown_id
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lifecycle import support
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    UNKNOWN,
    Instance,
    Place,
    Problem,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.limits import Callers, Clock
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import (
    CloudError,
    MigrationError,
    MissingLibrary,
    OptionError,
    OutOfTime,
    Transient,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import (
    CONNECTIONS,
    clouds,
    rates,
    requests_per_second,
)

display = Display()

CloudFor = Callable[[Place], Cloud]
#: What became of a region: its instances, or why there are none.
Answer = Sequence[Instance] | Exception

_FILTERS: dict[str, Any] = {
    "instance_ids": {"type": "list", "elements": "str"},
    "statuses": {"type": "list", "elements": "str"},
    "os": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
}
#: Names that Ansible has for itself.
_OWN_NAMES = {"all", "ungrouped", "localhost"}
_NOT_LISTED = ("agent", "architecture", "disks", "snapshots_in_progress")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Ansible's way to find the plugin."""

    NAME = "evergreen.os_migration.instances"

    def verify_file(self, path: str) -> bool:
        """Say whether the file is meant for this plugin."""
        return bool(super().verify_file(path)) and path.endswith(("os_migration.yml", "os_migration.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory from the account, or from the cache."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        filters = self._checked({"filters": {"type": "dict", "options": _FILTERS}}, "filters")
        check_systems(filters)
        check_statuses(filters, {status for provider in PROVIDERS.values() for status in provider.statuses})
        listed = self._facts(self.get_cache_key(path), cache)
        chosen = [facts for facts in listed if passes(facts, filters)]
        if not chosen:
            display.warning(why_empty(listed, filters, self.get_option("regions")))
        names, texts = host_names(chosen, self.get_option("host_name"), self._taken(chosen))
        for text in texts:
            display.warning(text)
        for facts, name in zip(chosen, names, strict=True):
            self._add(facts, name)

    def _taken(self, chosen: Sequence[Mapping[str, Any]]) -> set[str]:
        """Return the names that groups have or will have."""
        ending = self.get_option("support_ending_days")
        named = {self._sanitize_group_name(name) for facts in chosen for name in groups(facts, date.today(), ending)}
        return named | set(self.inventory.groups) | _OWN_NAMES

    def _facts(self, key: str, cache: bool) -> Sequence[Mapping[str, Any]]:
        """Return the instances as plain dicts; they hold no credentials, so they may be cached."""
        wanted = self.get_option("cache")
        if wanted and cache and key in self._cache:
            known: Sequence[Mapping[str, Any]] = self._cache[key]
            return known
        found, failures = self._answers()
        facts = [to_facts(instance) for instance in found]
        for failure in failures:
            display.warning(f"{failure} The instances of this region are not listed.")
        if wanted and not failures:
            self._cache[key] = facts
        return facts

    def _answers(self) -> tuple[list[Instance], list[str]]:
        """Return the instances of the regions that answered, and why the others did not."""
        try:
            provider, timeout = self._provider(), self.get_option("timeout")
            options = {provider.name: self._checked({provider.name: CONNECTIONS[provider.name]}, provider.name)}
            provider.check(options)
            check_above_zero({"timeout": timeout}, ("timeout",))
            cloud_for = _connected(options, timeout)
            places = _places(cloud_for, provider, options[provider.name], self.get_option("regions"))
            return sorted_out(asked(cloud_for, places, timeout))
        except OutOfTime:
            raise AnsibleParserError(f"The instances could not be listed within {timeout:.0f} s.") from None
        except MissingLibrary as missing:
            raise AnsibleParserError(missing_required_lib(missing.library)) from None
        except MigrationError as error:
            raise AnsibleParserError(error.problem.text) from None

    def _provider(self) -> Provider:
        """Return the named provider, else the one that has options here, else the only one."""
        named = self.get_option("provider")
        given = [named] if named else [name for name in PROVIDERS if self.get_option(name)] or list(PROVIDERS)
        if len(given) == 1 and given[0] in PROVIDERS:
            return PROVIDERS[given[0]]
        raise OptionError(f"provider: it can be {' or '.join(PROVIDERS)}.", "Name one of them.")

    def _checked(self, spec: dict[str, Any], name: str) -> dict[str, Any]:
        """Return an option as modules get theirs: with defaults and environment, refused when it is wrong."""
        checked = ArgumentSpecValidator(spec).validate({name: self.get_option(name) or {}})
        if checked.error_messages:
            raise AnsibleParserError(f"The inventory's option is wrong: {'; '.join(checked.error_messages)}.")
        return dict(checked.validated_parameters[name])

    def _add(self, facts: Mapping[str, Any], name: str) -> None:
        host = self.inventory.add_host(name)
        for name in ("instance_id", "region", "provider"):
            self.inventory.set_variable(host, name, facts[name])
        self.inventory.set_variable(host, "os_migration_instance", dict(facts))
        for name in groups(facts, date.today(), self.get_option("support_ending_days")):
            self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(name)), host)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), dict(facts), host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), dict(facts), host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), dict(facts), host, strict=strict)


def _connected(options: Options, timeout: float) -> CloudFor:
    """Return the function that connects to a place, with calls until the time is over."""
    clock = Clock()
    callers = Callers(clock, clock.ticks() + timeout, requests_per_second(options), rates(options))
    return clouds(options, lambda place: callers.of(place.provider, place.profile))


def _places(cloud_for: CloudFor, provider: Provider, options: Options, regions: Sequence[str]) -> list[Place]:
    """Return the places of the regions, or of all regions, in a stable order."""
    here = Place(provider.name, "", options.get("region") or provider.any_region)
    return [here._replace(region=region) for region in sorted(set(regions or cloud_for(here).regions()))]


def asked(cloud_for: CloudFor, places: Sequence[Place], timeout: float) -> dict[Place, Answer]:
    """Return what each place answers, each in a thread of its own; after the timeout nobody waits for one any more."""
    answers: dict[Place, Answer] = dict.fromkeys(places, OutOfTime(f"It did not answer within {timeout:.0f} s."))

    def ask(place: Place) -> None:
        try:
            answers[place] = cloud_for(place).instances.listed()
        except OutOfTime:
            pass  # as it is told from the beginning
        except Exception as failure:  # an answer that nobody foresaw costs its own region only
            answers[place] = failure

    threads = [Thread(target=ask, args=(place,), daemon=True) for place in places]
    until = time.monotonic() + timeout
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return dict(answers)


def sorted_out(answers: Mapping[Place, Answer]) -> tuple[list[Instance], list[str]]:
    """Return the instances of the places that answered, and a text for each of the others.

    What is wrong with the caller, not with a place, is raised; so is that no place answered.
    """
    found: list[Instance] = []
    failures: list[str] = []
    for place, answer in answers.items():
        if not isinstance(answer, Exception):
            found += sorted(answer, key=lambda instance: instance.instance_id)
        elif isinstance(answer, (MissingLibrary, OptionError)):
            raise answer
        else:
            problem = _problem(answer)
            failures.append(f"{place.region}: {problem.code}: {problem.text}")
            if is_refusal_of_caller(answer):
                raise AnsibleParserError(failures[-1])
    if failures and len(failures) == len(answers):
        raise AnsibleParserError(f"No region could be listed. {' '.join(failures)}")
    return found, failures


def is_refusal_of_caller(failure: Exception) -> bool:
    """Say whether it is the credentials that were refused, or what they may do."""
    return isinstance(failure, CloudError) and failure.whole_call and not isinstance(failure, Transient)


def _problem(failure: Exception) -> Problem:
    if isinstance(failure, MigrationError):
        return failure.problem
    if isinstance(failure, OutOfTime):
        return Problem("DeadlineExceeded", str(failure), "Try again, raise timeout, or leave it out of regions.")
    said = f"An answer could not be understood ({type(failure).__name__}: {failure})."
    return Problem("UnexpectedAnswer", said, "This is a fault of the collection: report this message.")


def to_facts(instance: Instance) -> dict[str, Any]:
    """Return an instance as a plain dict, without what a list does not tell."""
    return {name: value for name, value in asdict(instance).items() if name not in _NOT_LISTED}


def passes(facts: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Say whether an instance passes every filter that is given."""
    allowed = {"instance_id": filters.get("instance_ids"), "status": filters.get("statuses"), "os": filters.get("os")}
    tags = filters.get("tags") or {}
    fits = all(not values or facts[name] in values for name, values in allowed.items())
    return fits and all(facts["tags"].get(name) == str(value) for name, value in tags.items())


def check_systems(filters: Mapping[str, Any]) -> None:
    """Refuse the name of a system that there is not: it would let nothing through."""
    strange = [os_id for os_id in filters.get("os") or () if os_id != UNKNOWN and not is_known(os_id)]
    if strange:
        raise AnsibleParserError(f"The inventory's option is wrong: filters.os: {unknown_id(strange[0])}")


def check_statuses(filters: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a status that there is not: it would let nothing through."""
    strange = [status for status in filters.get("statuses") or () if status not in known]
    if strange:
        there = ", ".join(sorted(known))
        raise AnsibleParserError(
            f"The inventory's option is wrong: filters.statuses: there is no status {strange[0]}. Use one of {there}."
        )


def why_empty(listed: Sequence[Mapping[str, Any]], filters: Mapping[str, Any], regions: Sequence[str]) -> str:
    """Return why no instance is left: what the account shows, or what the filters let through."""
    if not listed:
        where = f"in {', '.join(regions)}" if regions else "in any region"
        return f"There is no instance {where} that these credentials show. Are they those of the right account?"
    parts = [_lets_through(listed, name, filters[name]) for name in _FILTERS if filters.get(name)]
    return f"None of {len(listed)} instances passes the filters: {'; '.join(parts)}."


def _lets_through(listed: Sequence[Mapping[str, Any]], name: str, wanted: Any) -> str:
    """Return how many instances pass one filter, and what there is instead where none does."""
    count = sum(passes(facts, {name: wanted}) for facts in listed)
    if count or name not in ("statuses", "os"):
        return f"{name} lets {count} through"
    seen = sorted({str(facts["status" if name == "statuses" else "os"]) for facts in listed})
    return f"{name} lets none through, there are {', '.join(seen)}"


def host_names(listed: Sequence[Mapping[str, Any]], key: str, taken: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the instances' names as hosts, and a text for each name that could not be given.

    A name that several instances have, or that a group has, would put hosts together: they are called by their ids.
    """
    ids = [str(facts["instance_id"]) for facts in listed]
    wished = [str(facts[key] or facts["instance_id"]) for facts in listed]
    unfit = {**_doubled(wished, ids), **{name: "a group" for name in wished if name in taken}}
    names = [ids[place] if name in unfit else name for place, name in enumerate(wished)]
    return names, [_replaced(name, who, wished, ids) for name, who in unfit.items()]


def _doubled(wished: Sequence[str], ids: Sequence[str]) -> dict[str, str]:
    """Return the names that several instances would have, with who has them."""
    counts = Counter(wished)
    of_others = {name for name, own in zip(wished, ids, strict=True) if name != own} & set(ids)
    return {
        **dict.fromkeys((name for name in counts if counts[name] > 1), "several instances"),
        **dict.fromkeys(of_others, "another instance's id"),
    }


def _replaced(name: str, who: str, wished: Sequence[str], ids: Sequence[str]) -> str:
    using = ", ".join(own for other, own in zip(wished, ids, strict=True) if other == name)
    return f"'{name}' is the name of {who}, and cannot be that of a host: {using} goes by its id."


def groups(facts: Mapping[str, Any], today: date, soon: int) -> tuple[str, ...]:
    """Return the names of the groups that an instance belongs to."""
    return (
        f"provider_{facts['provider']}",
        f"region_{facts['region']}",
        f"os_{facts['os']}",
        f"support_{support(facts['os'], today, soon).state}",
    )
