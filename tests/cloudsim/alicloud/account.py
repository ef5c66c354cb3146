# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account with Server Migration Center in it."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

from ..core.clock import Timeline
from ..core.state import Instance, Tags
from ..core.world import Registration, World
from .migrations import AccessToken, Job, Source
from .stacks import Stack

CLIENT = "smc-client"
#: What takes the client's directory away, and with it what it knows of itself (inferred from where it is installed).
_FORGETS = re.compile(r"rm -rf /smc\b|Remove-Item[^\n]*C:\\smc\b")


class Account(World):
    """What the APIs of one account answer from."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.jobs: dict[str, Job] = {}
        self.jobs_of: defaultdict[str, dict[str, Job]] = defaultdict(dict)
        self.job_names: Counter[str] = Counter()
        self.sources: dict[str, Source] = {}
        self.source_of: dict[str, Source] = {}
        self.tokens: dict[str, AccessToken] = {}
        self.stacks: dict[str, Stack] = {}
        self.failed_resources: Counter[str] = Counter()
        self.owned += [self.jobs, self.sources]

    def add_job(self, job: Job) -> None:
        self.jobs[job.id] = self.jobs_of[job.instance_id][job.id] = job
        self.job_names[job.name] += 1
        self.sources[job.source_id].job.plan(job.created, job.id)

    def drop_job(self, job: Job, now: float) -> None:
        job.gone = now
        self.job_names -= Counter([job.name])

    def jobs_on(self, instance_id: str, now: float) -> list[Job]:
        """The jobs of an instance that there are."""
        return [job for job in self.jobs_of[instance_id].values() if job.created <= now < job.gone]

    def running_job(self, instance_id: str, now: float) -> Job | None:
        return next((job for job in self.jobs_on(instance_id, now) if job.status(now) == "Running"), None)

    def add_source(self, instance: Instance, source_id: str, created: float) -> Source:
        name = instance.group.source_host_name if created < 0 else None
        times = (created, Timeline(created), Timeline(""), Timeline[Tags]({}))
        source = Source(source_id, instance.id, name or instance.host_name, *times, self.serial())
        self.sources[source.id] = self.source_of[instance.id] = source
        return source

    def drop_source(self, source: Source, now: float) -> None:
        source.gone = now
        del self.source_of[source.instance_id]

    def arrived(self, instance: Instance, at: float) -> None:
        """An instance came into being: whether SMC knows it at once, its group says."""
        if instance.group.smc_source != "none":
            source = self.add_source(instance, self.new_id("s"), at)
            source.ready = Timeline(math.inf if instance.group.smc_source == "unavailable" else at)
            self.install_client(instance, at)

    def install_client(self, instance: Instance, at: float) -> None:
        """The SMC client lies on the system disk, and goes with it."""
        contents = instance.system_disk.contents
        content = contents.at(at)
        contents.plan(at, replace(content, installed=content.installed | {CLIENT}))

    def copied(self, instance: Instance, copy: Instance, now: float) -> None:
        """A client that lies on the disks is copied with all that it knows: it speaks as the original (inferred)."""
        if CLIENT in copy.content(now).installed:
            copy.group = replace(copy.group, smc_client_of=instance.group.smc_client_of or instance.id)

    # --- what guests do ---

    def registration(self, instance: Instance, script: str, now: float) -> Registration | None:
        """An activation code that still counts, and the id of the source: a guest that is known keeps its own."""
        token = self._usable_token(script, now)
        if _FORGETS.search(script):
            instance.group = replace(instance.group, smc_client_of="")
        if token is None:
            return None
        source = self._source_of_client(instance)
        return Registration(token.code, source.id if source else self.new_id("s"))

    def _source_of_client(self, instance: Instance) -> Source | None:
        """The source that the client in a guest keeps on its disk: of a copied disk it is the original's."""
        return self.source_of.get(instance.id) or self.source_of.get(instance.group.smc_client_of)

    def register(self, instance: Instance, registration: Registration, at: float) -> None:
        """The SMC client was installed with a code: a new source, or the known one of this guest comes back."""
        next(token for token in self.tokens.values() if token.code == registration.code).used += 1
        self.install_client(instance, at)
        source = self._source_of_client(instance) or self.add_source(instance, registration.id, at)
        source.host_name = self.instances[source.instance_id].host_name
        source.ready.plan(at, at + self.sample(instance, "import"))

    def _usable_token(self, text: str, now: float) -> AccessToken | None:
        tokens = (token for token in self.tokens.values() if token.code in text)
        return next((token for token in tokens if token.counts(now)), None)
