# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report's words in one language. A words document is a file of report/words; findings are told in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.rules import RULES
from .._core.rules.documents import OWN
from .document import ERROR
from .source import Json

Words = Mapping[str, Any]

_RULES = {rule.id: rule for rule in RULES}


def translated(report: Mapping[str, Any], words: Words) -> Json:
    """Return the report with the texts of its findings in the language of ``words``."""
    texts = {each: {**said, **_own(each, words)} for each, said in report["findings"].items()}
    return {**report, "language": words["language"], "findings": texts}


def _own(finding_id: str, words: Words) -> Mapping[str, str]:
    """Return the texts that the language has for a finding; none for one of a rule that is not known here."""
    if finding_id.startswith(ERROR):
        return _error(finding_id.removeprefix(ERROR), words["errors"])
    rule = _RULES.get(finding_id)
    if rule is None:
        return {}
    source = words["words"]["own_check"] if rule.source == OWN else rule.source
    return {"source": source, **words.get("rules", {}).get(finding_id, {})}


def _error(code: str, errors: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Return the texts for an error code such as ``Forbidden.RAM``; its family counts for those not listed."""
    return errors.get(code) or errors.get(code.split(".")[0]) or errors["other"]


def word(words: Words, kind: str, value: str) -> str:
    """Return the word for one of several values; a value that has none stands for itself."""
    text: str = words["words"].get(f"{kind}.{value}", value)
    return text
