# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assessments as the collection writes them, and the words of the reports on them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.action.fleet_report import resources
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal, in_words
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Disk,
    Finding,
    Guest,
    Hop,
    Instance,
    Item,
    Problem,
    Waiver,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import assessment, outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.document import Day, build

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "report/schema/fleet-report-1.schema.json").read_text("utf-8"))
RESOURCES = resources()
LANGUAGES = ("en", "ja", "zh")
WORDS = {language: json.loads(RESOURCES[f"words/{language}.json"]) for language in LANGUAGES}
RULE = {rule.id: rule for rule in RULES}
DAY = Day(date(2026, 11, 22))
HOP = Hop("centos-7", "alinux-3", "smc", 30, "alicloud.centos-7.alinux-3")
WAIVER = Waiver("linux.rsync", "copied by hand", "ops@example.com", "2027-01-31")

Json = dict[str, Any]


def texts(rule: str) -> tuple[str, str]:
    """The message and the remedy of a rule as they are told of an instance at Alibaba Cloud."""
    words = PROVIDERS["alicloud"].offer({}).words
    return in_words(RULE[rule].message, words), in_words(RULE[rule].remedy, words)


def finding(rule: str = "linux.i686_packages", severity: str = "inhibitor", **more: Any) -> Finding:
    """What a rule says of an instance, as the rules engine would."""
    known = RULE.get(rule)
    message, remedy = texts(rule) if known else ("Message.", "Remedy.")
    said = (message, "seen", remedy, known.source if known else "Document")
    return Finding(rule, severity, *said, **more)


def machine(number: int = 1, **more: Any) -> Instance:
    facts: Json = {
        "status": "Running",
        "os": "centos-7",
        "os_name": "CentOS  7.9 64位",
        "architecture": "x86_64",
        "hostname": f"web-{number}",
        "disks": (Disk("d-1", "system", 40), Disk("d-2", "data", 100)),
    }
    return Instance(f"i-{number}", "cn-hangzhou", "alicloud", **{**facts, **more})


def result(number: int = 1, *findings: Finding, instance: Instance | None = None, **more: Any) -> Json:
    """The entry of a CentOS 7 on its way to Alibaba Cloud Linux 3, blocked when a finding says so."""
    stopping = [found for found in findings if found.severity == "inhibitor"]
    told = {
        "state": more.pop("state", "blocked" if stopping else "ready"),
        "problem": more.pop("problem", Problem(stopping[0].id, stopping[0].message) if stopping else None),
    }
    seen: Json = {
        "instance": instance or machine(number),
        "guest": Guest("centos-7", version="7.9", language="en"),
        "hops": (HOP,),
        "findings": findings,
        **more,
    }
    record = Record(Item(f"i-{number}", "cn-hangzhou", "alicloud", target="alinux-3"), View(**seen), done=True, **told)
    return {**outcome(record), **assessment(record, Goal("assessed"))}


def report(*results: Json, day: Day = DAY) -> Json:
    return build(results, day)


def assessed(*results: Json) -> str:
    """The text of assess.json."""
    return json.dumps({"phase": "assess", "summary": {}, "results": results}, indent=2, ensure_ascii=False)
