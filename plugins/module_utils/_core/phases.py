# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles read, by name: a row per phase, with the variables of each option. To add an option, add it here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

#: Options with the variables that give them, of which the first that is set counts.
Variables = Mapping[str, tuple[str, ...]]

PREFIX = "os_migration_"
#: The roles' own prefixes are common words: others may use them too.
ROLES = (
    "assess",
    "centos",
    "commit",
    "drill",
    "migrate",
    "remediate",
    "report",
    "rollback",
    "sequence",
    "verify",
    "windows_server",
)
#: What the playbooks read, beside what the roles read.
OF_PLAYBOOKS = (
    "os_migration_waves",
    "os_migration_error_budget",
    "os_migration_approved_by",
    "os_migration_released",
    "os_migration_released_region",
)
#: What is a host's own, and no option of a role. The last one comes from our inventory plugin, for templates.
OF_HOSTS = ("os_migration_target", "os_migration_profile", "os_migration_instance")
#: How alike a name of somebody's own and one of ours are when it is held for a slip.
_ALIKE = 0.75


@dataclass(frozen=True)
class Phase:
    """What one application of a role asks for.

    ``state`` is the goal; ``wishes`` are options of each instance, ``options`` those of the whole call. ``more`` is
    what the phase itself uses beside the call, each host's own; ``report`` is what the report on the fleet is made by.
    """

    state: str
    wishes: Variables
    options: Variables = field(default_factory=dict)
    more: Variables = field(default_factory=dict)
    report: Variables = field(default_factory=dict)
    files: bool = True

    @property
    def variables(self) -> Iterator[str]:
        """Yield the names of all variables that are read."""
        for group in (self.wishes, self.options, self.more, self.report):
            for names in group.values():
                yield from names
        if self.files:
            yield REPORT_DIR


REPORT_DIR = "os_migration_report_dir"
_WHO: Variables = {
    "instance_id": ("instance_id",),
    "region": ("region",),
    "provider": ("provider",),
    "profile": ("os_migration_profile",),
}
_WAITS: Variables = {"poll_interval": ("os_migration_poll_interval",)}
_TELLS: Variables = {**_WAITS, "progress_interval": ("os_migration_progress_interval",)}
_AGE: Variables = {"snapshots_valid": ("os_migration_snapshots_valid",)}
_PRICE: Variables = {"snapshot_price": ("os_migration_snapshot_price",)}
_PATHS: Variables = {"paths": ("os_migration_paths",)}


def _way(*targets: str) -> Variables:
    """Return the wishes for an instance and its path; a host's own target goes before the role's."""
    target = {"target": ("os_migration_target", *targets)}
    return {**_WHO, **target, "via": ("os_migration_via",), "avoid": ("os_migration_avoid",)}


def _wishes(role: str) -> Variables:
    return {**_way(f"{role}_target"), "waivers": ("os_migration_waivers",)}


def _own(role: str, *options: str) -> Variables:
    return {option: (f"{role}_{option}",) for option in options}


PHASES: Mapping[str, Phase] = {
    "assess": Phase(
        "assessed",
        _wishes("assess"),
        {**_WAITS, **_PATHS, **_own("migrate", "retry")},
        report={
            "dest": ("report_dest", REPORT_DIR),
            "formats": ("report_formats",),
            "languages": ("report_languages", "os_migration_report_languages"),
            "results_dir": ("report_results_dir",),
            "previous": ("report_previous", "os_migration_report_previous"),
            "date": ("report_date",),
            "soon": ("report_soon",),
        },
    ),
    "migrate": Phase(
        "migrated",
        {**_wishes("migrate"), "windows": ("os_migration_windows",), "hooks": ("os_migration_hooks",)},
        {
            **_TELLS,
            **_PATHS,
            **_AGE,
            **_PRICE,
            "approval_file": ("os_migration_approval",),
            "drill_max_age": ("os_migration_drill_max_age",),
            "window_wait": ("os_migration_window_wait",),
            **_own("migrate", "on_failure", "rollback_to", "retry", "max_running", "max_hops", "hop_timeout"),
            **_own("migrate", "drill_first", "timeout"),
        },
    ),
    "drill": Phase(
        "drilled",
        {**_wishes("drill"), "hooks": ("os_migration_hooks",)},
        {**_TELLS, **_PATHS, **_AGE, **_own("drill", "max_running", "hop_timeout", "timeout")},
        more={
            "checks": ("drill_checks", "verify_checks"),
            **_own("drill", "by", "cleanup", "on_difference", "lifetime", "price_hour"),
            "price_gib_month": ("drill_price_gib_month", "os_migration_snapshot_price"),
        },
    ),
    "verify": Phase("verified", _way("verify_target"), _WAITS, more={"checks": ("verify_checks",)}),
    "rollback": Phase(
        "rolled_back",
        {**_way(), "confirm": ("rollback_confirm",)},
        {**_TELLS, **_AGE, "rollback_to": ("rollback_to",), **_own("rollback", "timeout")},
    ),
    "commit": Phase(
        "committed",
        _way("commit_target"),
        {**_TELLS, **_PRICE, **_own("commit", "soak_days", "delete_smc_snapshots")},
    ),
    "script": Phase("scripted", _WHO, _WAITS, more={"step": ("__sequence_step",)}, files=False),
    "remediate": Phase(
        "assessed",
        _wishes("remediate"),
        {**_WAITS, **_PATHS},
        more=_own("remediate", "rules", "mirror", "update_packages", "clean_components", "uninstaller"),
        files=False,
    ),
}
#: Variables of roles that compose phases; their values become those of the phases.
_COMPOSED = (
    *("sequence_target", "sequence_shell", "sequence_preparations", "sequence_stop_services"),
    *("sequence_before_tasks", "sequence_between_tasks", "sequence_after_tasks"),
    *("centos_target", "centos_stop_services", "centos_switch_repositories", "centos_mirror"),
    *("windows_server_target", "windows_server_stop_services", "windows_server_free_disk_space"),
    "report_src",
)
#: What the roles give back.
RESULTS = tuple(
    f"{role}_result" for role in ("assess", "drill", "migrate", "verify", "rollback", "commit", "remediate")
)


def known(providers: Collection[str]) -> frozenset[str]:
    """Return the names of all variables that anything of ours reads; ``providers`` are the names of their options."""
    read = (name for phase in PHASES.values() for name in phase.variables)
    named = (f"{PREFIX}{name}" for name in providers)
    return frozenset((*read, *_COMPOSED, *OF_PLAYBOOKS, *OF_HOSTS, *named))


def misspelt(names: Collection[str], ours: frozenset[str]) -> dict[str, str]:
    """Return the names that nothing reads, each with the nearest of ours, which is empty where none is near.

    Below ``os_migration_`` that is every name which is not ours. Below a role's prefix only a name that is very much
    like one of ours is taken for a slip.
    """
    begun = tuple(f"{role}_" for role in ROLES)
    strange = [name for name in names if name.startswith((PREFIX, *begun)) and name not in ours]
    told = {name: _nearest(name, ours) for name in strange if name not in RESULTS}
    return {name: near for name, near in told.items() if near or name.startswith(PREFIX)}


def _nearest(name: str, ours: frozenset[str]) -> str:
    prefix = max((one for one in (PREFIX, *(f"{role}_" for role in ROLES)) if name.startswith(one)), key=len)
    rests = {one[len(prefix) :]: one for one in ours if one.startswith(prefix)}
    close = get_close_matches(name[len(prefix) :], rests, n=1, cutoff=_ALIKE)
    return rests[close[0]] if close else ""
