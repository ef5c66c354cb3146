# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report file of a phase: the latest result of every instance, over all waves and runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: report
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: Add the results of a wave to the report of a phase
description:
  - Returns the new text of a report file. The file holds the latest result of every instance, so waves and later runs
    add to it and replace only what they handled.
positional: _input, phase, previous
options:
  _input:
    description: The C(results) of a module of this collection.
    type: list
    elements: dict
    required: true
  phase:
    description: Name of the phase, for instance V(migrate).
    type: str
    required: true
  previous:
    description: Text of the report file so far, empty if there is none.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ result.results | evergreen.os_migration.report('migrate', previous) }}"
    dest: "{{ path }}"
    mode: "0600"
  vars:
    path: /var/tmp/os-migration/migrate.json
    previous: "{{ lookup('ansible.builtin.file', path, errors='ignore') | default('', true) }}"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: JSON text with the keys C(phase), C(summary) (number of instances in each state) and C(results).
  type: str
"""


def report(results: Iterable[Mapping[str, Any]], phase: str, previous: str = "") -> str:
    """Return the text of the report with these results in it."""
    merged = {result["instance_id"]: result for result in [*_previous_results(previous, phase), *results]}
    summary = Counter(str(result.get("state")) for result in merged.values())
    document = {"phase": phase, "summary": dict(summary), "results": list(merged.values())}
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _previous_results(text: str, phase: str) -> list[Mapping[str, Any]]:
    if not text:
        return []
    try:
        results: list[Mapping[str, Any]] = json.loads(text)["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"The report of the phase {phase} so far cannot be read ({error}). Move the file away and run again."
        ) from error
    return results


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"report": report}
