#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_report
short_description: Write the report on a fleet from the results of its assessment
version_added: 0.1.0
description:
  - Tells for each instance which operating system it runs and until when that is supported, which targets it can reach
    and by which hops, what stops it, what to do about that, and what the migration takes in time and snapshots.
  - Reads the file C(assess.json) of the role P(evergreen.os_migration.assess#role), and asks no cloud.
  - Shows what the phases have written down of attempts to migrate each instance, with who ran them when, their hops,
    jobs and events.
  - Relative paths start where C(ansible-playbook) was started.
  - Holds no time of day, so the same facts on the same day give the same files.
author:
  - evergreen.os_migration contributors (@evergreen)
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: none
options:
  src:
    description:
      - The file C(assess.json) on the controller.
    type: path
    required: true
  dest:
    description:
      - Directory on the controller for the files; it is created if missing. The files can be read by their owner only.
    type: path
    required: true
  formats:
    description:
      - V(json) is C(fleet.json), described by the collection's C(report/schema/fleet-report-1.schema.json).
      - V(csv) is C(fleet.csv) with a row for each instance and C(findings.csv) with a row for each finding, in UTF-8
        with a byte order mark. A text that a spreadsheet would take for a formula gets an apostrophe in front.
      - V(markdown) is C(fleet.md). It tells the events of those attempts that failed or were rolled back.
      - V(html) is C(fleet.html), one file that needs no network.
    type: list
    elements: str
    choices: [json, csv, markdown, html]
    default: [json, csv, markdown, html]
  languages:
    description:
      - Languages of the report. The first has the plain file names, and the JSON file; files of the others have the
        language in their name, for example C(fleet.ja.html).
      - Evidence, the events of attempts, and the names of documents are not translated.
    type: list
    elements: str
    choices: [en, ja, zh]
    default: [en]
  results_dir:
    description:
      - Directory on the controller with the results files C(migrate.json), C(rollback.json) and C(commit.json) of the
        roles of these names, as far as they are there, and C(verify.json), whose comparison of the guest with what it
        was is told where it is newer than that of the migration.
      - Attempts of instances that O(src) does not know are left out.
      - Without it, the directory of O(src).
    type: path
    version_added: 0.2.0
  previous:
    description:
      - An earlier C(fleet.json) to compare with. The report then tells what got better and what is new.
    type: path
  date:
    description:
      - The day to judge support and waivers by, as YYYY-MM-DD. Without it, today.
    type: str
  soon:
    description:
      - How many days before its end the support counts as ending.
    type: int
    default: 365
  resources:
    description:
      - Words and parts of the page. Set by the action plugin from the collection's files.
    type: dict
seealso:
  - module: evergreen.os_migration.os_migration
"""

EXAMPLES = r"""
- name: Write the report in three languages
  evergreen.os_migration.fleet_report:
    src: os-migration-report/assess.json
    dest: os-migration-report
    languages: [en, ja, zh]
  delegate_to: localhost
  run_once: true

- name: Tell what got better since last month
  evergreen.os_migration.fleet_report:
    src: os-migration-report/assess.json
    dest: os-migration-report
    formats: [html]
    previous: archive/2026-10/fleet.json
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
files:
  description: The files of the report.
  returned: success
  type: list
  elements: str
  sample: [/home/ops/os-migration-report/fleet.json, /home/ops/os-migration-report/fleet.html]
changed_files:
  description: Those of them that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/home/ops/os-migration-report/fleet.html]
totals:
  description:
    - The report's totals. C(minutes) is the documented upper duration of all hops, one after the other and without
      snapshots; C(snapshot_gib) is the size of the disks, the most that one set of snapshots can hold.
  returned: success
  type: dict
  sample:
    instances: 12
    states: {ready: 8, blocked: 3, failed: 0, migrated: 1, assessed: 0, in_progress: 0}
    support: {supported: 1, ending: 2, ended: 9, unknown: 0}
    hops: 14
    minutes: 420
    snapshot_gib: 960
    waived: 1
"""

from datetime import date
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import MigrationError
from ansible_collections.evergreen.os_migration.plugins.module_utils._files import Directory
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.files import files
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.options import ARGUMENTS, report


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    options, directory = module.params, Directory(Path(module.params["dest"]), writing=not module.check_mode)
    try:
        document = report(options, date.today())
        texts = files(document, options["languages"], options["formats"], options["resources"])
        written = [directory.put(name, text) for name, text in texts]
    except MigrationError as error:
        module.fail_json(msg=error.problem.text)
    module.exit_json(
        changed=bool(directory.changed),
        files=written,
        changed_files=directory.changed,
        totals=document["totals"],
    )


if __name__ == "__main__":
    main()
