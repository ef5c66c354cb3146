# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Until when an operating system is supported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lifecycle import support

DOCUMENTATION = r"""
name: os_support
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: Say until when an operating system is supported
description:
  - Returns the day on which an operating system's security updates end, and what that means on a given day.
  - Support that has to be bought beyond that day does not count.
positional: _input
options:
  _input:
    description: Canonical id of an operating system, for instance V(centos-7).
    type: str
    required: true
  date:
    description: The day to judge by, as YYYY-MM-DD. Without it, today.
    type: str
  soon:
    description: How many days before its end the support counts as ending.
    type: int
    default: 365
"""

EXAMPLES = r"""
- name: Show until when CentOS 7 is supported
  ansible.builtin.debug:
    msg: "{{ 'centos-7' | evergreen.os_migration.os_support(date='2026-01-01') }}"
"""

RETURN = r"""
_value:
  description: The support state.
  type: dict
  contains:
    state:
      description: V(supported), V(ending), V(ended), or V(unknown) when the day is not known.
      type: str
      sample: ended
    ends:
      description: Last day of support, or null.
      type: str
      sample: "2024-06-30"
    days:
      description: Days that are left; negative when it has ended.
      type: int
      sample: -550
    source:
      description: The document that names the day.
      type: str
      sample: "Alibaba Cloud ECS: CentOS EOL guidance (2024-07-15)"
"""


def os_support(os_id: str, date: str | None = None, soon: int = 365) -> dict[str, Any]:
    """Return the support state of ``os_id``."""
    found = support(str(os_id), _day(date), _days(soon))
    return {
        "state": found.state,
        "ends": found.ends.isoformat() if found.ends else None,
        "days": found.days,
        "source": found.source,
    }


def _days(number: Any) -> int:
    try:
        return int(number)
    except (TypeError, ValueError):
        raise AnsibleFilterError(f"os_support: soon is {number!r}, which is not a number of days.") from None


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(str(text)[:10] if hasattr(text, "hour") else str(text)) if text else date.today()
    except ValueError:
        raise AnsibleFilterError(f"os_support: date is {text!r}, which is not a day such as 2026-01-31.") from None


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"os_support": os_support}
