# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of all codes that a host can fail with, from the code that tells them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from _markdown import code, plain, table
from _said import GAP, Said, said_below
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud import errors
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.checks import FAULTS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import in_words
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.remedies import REMEDIES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES, Rule

PLUGINS = Path(__file__).resolve().parents[1] / "plugins"
INTRODUCTION = """\
# Troubleshooting by error code

Written by `script/docs` from the code; change the code, not this page.

A host that fails tells a code, what happened, and what to do:

```text
web-01: Locked: Run 1a2b3c4d (process 4242) works on the instance; its goal is migrated. Remedy: Wait until that run …
```

In results the code is `error.code`. Look it up here; `…` stands for what differs from case to case. A code with a dot
and in small letters, such as `linux.i686_packages`, is a [finding](#findings). Whatever it is: running the same command
again is safe, [nothing is started twice](how-it-works.md#running-it-again).
"""
OWN = "Words such as Cloud Assistant are those of Alibaba Cloud."
CHECKS = "Of the applications, by [verify](../roles/verify/README.md) with `verify_checks`."
FINDINGS = """\
What stops a migration, or should be looked at before. A waiver can take responsibility for one, see
[assessment](assessment.md#waivers); when each applies is in [rules](rules.md). Those with *remediate* are remedied by
the role [remediate](../roles/remediate/README.md) when you name them.
"""
CLOUD = """\
A code that Alibaba Cloud's API gives is told as it is, with the action that got it. The first line that it begins with
counts; for all others the provider's documentation of the code says more. What passes by itself is tried again before
it is told.
"""
#: The texts name things as their first provider does.
WORDS = next(iter(PROVIDERS.values())).offer({}).words


def page() -> str:
    return "\n".join(
        [
            INTRODUCTION,
            f"## Codes of the collection\n\n{OWN}\n",
            *(section(name, list(places)) for name, places in groupby(said_below(PLUGINS), lambda said: said.code)),
            f"## Application checks\n\n{CHECKS}\n",
            table(("code", "what to do"), ((code(name), plain(remedy)) for name, remedy in FAULTS.items())),
            f"## Findings\n\n{FINDINGS}",
            table(("finding", "says", "what to do"), map(finding_row, RULES)),
            f"## Codes of Alibaba Cloud\n\n{CLOUD}",
            table(("code begins with", "what to do"), ((code(name), plain(text)) for name, text in errors.REMEDIES)),
        ]
    )


def section(name: str, places: list[Said]) -> str:
    """Return what a code means, as often as it is told in other words."""
    texts = [text for place in places if (text := told(place))]
    return "\n\n".join(
        [f"### {name}", *(dict.fromkeys(texts) or ["The message says what is wrong and what to do."]), ""]
    )


def told(place: Said) -> str:
    pieces = [sentence(place.message), f"**What to do:** {sentence(place.remedy)}" if sentence(place.remedy) else ""]
    return "\n\n".join(filter(None, pieces))


def sentence(text: str) -> str:
    """Return a text as a reader is shown it; nothing, where all of it differs from case to case."""
    if not any(sign.isalpha() for sign in text.replace(GAP, "")):
        return ""
    text = in_words(text, WORDS)
    return plain(text[0].upper() + text[1:])


def finding_row(rule: Rule) -> Iterable[str]:
    does = [f"*remediate* can {remedy.does}." for remedy in REMEDIES if remedy.name == rule.id]
    return code(rule.id), plain(in_words(rule.message, WORDS)), " ".join([plain(in_words(rule.remedy, WORDS)), *does])
