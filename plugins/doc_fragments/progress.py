# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules take that write: how long a call may last, and what the action plugin gives it to show progress."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that os_migration and instance_snapshot share."""

    DOCUMENTATION = r"""
options:
  timeout:
    description:
      - Seconds after which the call ends. What is under way goes on in the cloud; a later call follows it.
    type: float
    default: 86400
  progress_interval:
    description:
      - Seconds between two lines of progress. A line is shown only when the state of an instance has changed, or after
        ten minutes. When a run takes long, its lines become rarer, but for those on an instance that failed.
    type: float
    default: 15
  progress_file:
    description:
      - File that gets the lines of progress. Set by the action plugin, which shows them; the results are packed then,
        and unpacked by it.
    type: path
  watched:
    description:
      - Processes as lists of process id and start time. When one of them is gone, the call ends; what is under way goes
        on in the cloud. Set by the action plugin.
    type: list
    elements: list
    default: []
  guest_scripts:
    description:
      - The scripts that read a guest's facts, by type of system, and what goes before and after hooks. Set by the
        action plugin from the collection's files.
    type: dict
"""
