# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of a scenario as they were before anybody called an API."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from ..core.build import DAY, furnish
from ..core.clock import Clock, Timeline
from ..core.scenario import ConsoleJob, Group, Scenario
from ..core.state import Instance
from . import jobs
from .account import Account
from .migrations import Job, JobState, Source

OTHER_TEAM = Group("other-team-{n:02}", "centos-7", id_prefix="i-bp1other", console_job=ConsoleJob("alinux-3"))


def open_accounts(scenario: Scenario, clock: Clock, seed: int | None = None) -> dict[str, Account]:
    """Every account that a credential is of, with its own instances; ids are used once in all of them."""
    groups = list(enumerate((*scenario.groups, *_other_team(scenario))))
    accounts: dict[str, Account] = {}
    for name in dict.fromkeys(credential.account for credential in scenario.credentials):
        account = Account(scenario, clock, seed, name)
        taken = {instance_id for other in accounts.values() for instance_id in other.instances}
        furnish(account, [(index, group) for index, group in groups if group.account == name], taken)
        for instance in account.instances.values():
            _begin(account, instance)
        accounts[name] = account
    return accounts


def _other_team(scenario: Scenario) -> Iterable[Group]:
    if not scenario.other_jobs:
        return []
    region = scenario.groups[0].region if scenario.groups else scenario.regions[0]
    account = scenario.credentials[0].account
    return [replace(OTHER_TEAM, count=scenario.other_jobs, region=region, account=account)]


def _begin(account: Account, instance: Instance) -> None:
    """What SMC knew before."""
    group = instance.group
    for number in range(group.old_sources):
        account.add_source(instance, account.new_id("s"), -DAY * (2 + number)).ready = Timeline(math.inf)
        del account.source_of[instance.id]
    for event in group.events:
        if event.what == "import":
            _import_by_hand(account, instance, event.at)
    if group.smc_source == "none" and not group.console_job:
        return
    source = account.add_source(instance, account.new_id("s"), -DAY)
    source.ready = Timeline(math.inf if group.smc_source == "unavailable" else source.created)
    account.install_client(instance, -math.inf)
    if group.console_job:
        _start_in_console(account, instance, source, group.console_job)


def _import_by_hand(account: Account, instance: Instance, at: float) -> None:
    source = account.add_source(instance, account.new_id("s"), at)
    source.ready = Timeline(at + account.sample(instance, "import"))
    account.install_client(instance, at)


def _start_in_console(account: Account, instance: Instance, source: Source, console: ConsoleJob) -> None:
    job = Job(
        id=account.new_id("j"),
        name=f"console-{instance.name}",
        source_id=source.id,
        instance_id=instance.id,
        target=console.target,
        created=console.after,
        states=Timeline(JobState("Ready")),
        tags=Timeline({}),
        request={"InstanceId": instance.id, "JobType": 1, "RegionId": instance.region},
        serial=account.serial(),
        visible=console.after,
    )
    account.add_job(job)
    jobs.start(account, job, console.after)
