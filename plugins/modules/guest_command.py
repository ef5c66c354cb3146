#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_command
short_description: Run one script in many guests through the cloud's agent
version_added: 0.1.0
description:
  - Runs a script through Cloud Assistant in every instance of a list, waits, and returns how it ended in each guest.
  - Nothing but the agent is needed in the guest, so it works where Ansible modules cannot run any more.
  - Agents act on some exit codes. After 194 on Linux and 3010 on Windows the guest restarts; this is told, and waited
    for, half an hour at most. After 193 and 3009 Cloud Assistant powers the guest off, which is a failure.
  - Runs on the controller and does not connect to the instances.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.write_module
  - evergreen.os_migration.instances
  - evergreen.os_migration.providers
  - evergreen.os_migration.providers.several
options:
  script:
    description:
      - The text of the script. Cloud Assistant takes 18 KiB at most; a longer one is refused for each instance.
    type: str
    required: true
  shell:
    description:
      - What runs the script. An instance of the other kind of system is refused, the others go on.
    type: str
    choices: [sh, powershell]
    default: sh
  timeout:
    description:
      - Seconds that the script may run in a guest. The agent stops it then.
      - The call itself waits ten minutes longer for agents that are slow to answer.
    type: int
    default: 60
  username:
    description:
      - The guest's user that runs the script. The agent's default is root, or System on Windows.
    type: str
  working_directory:
    description:
      - The directory that the script starts in. The agent's default is root's home directory.
    type: str
  poll_interval:
    description:
      - Seconds between two looks at the scripts that are running.
    type: float
    default: 5
  guest_scripts:
    description:
      - The scripts that read a guest's facts, by type of system. They are asked whether a guest has started again. Set
        by the action plugin from the collection's files.
    type: dict
seealso:
  - module: evergreen.os_migration.instance_info
"""

EXAMPLES = r"""
- name: Ask every Linux guest for its kernel
  evergreen.os_migration.guest_command:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    script: uname -r
  delegate_to: localhost
  run_once: true
  register: kernels

- name: Show the kernels
  ansible.builtin.debug:
    msg: "{{ kernels.results | map(attribute='stdout') }}"
"""

RETURN = r"""
results:
  description:
    - One entry per instance, in the order given. Keys that do not apply to this module are empty.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id: {description: The instance., type: str, returned: always, sample: i-bp1demo0centos7web01}
    state:
      description: V(finished) or V(failed); V(planned) in check mode.
      type: str
      returned: always
      sample: finished
    rc: {description: The script's exit code; null when it did not end., type: int, returned: always, sample: 0}
    stdout:
      description: What the script printed. Cloud Assistant sends both streams as one, so errors are in here too.
      type: str
      returned: always
      sample: 3.10.0-1160.el7.x86_64
    stderr:
      description: The agent's own words when it could not run the script.
      type: str
      returned: always
      sample: ""
    restarted:
      description: Whether the guest has restarted because of the script's exit code, and is back.
      type: bool
      returned: always
      sample: false
    stopped_services:
      description: >-
        The services that the script stopped, if it is the one by which the collection stops services. The guest keeps
        the same list, so whoever runs next can start them again.
      type: list
      elements: str
      returned: always
      sample: [nginx.service]
    truncated: {description: Whether the agent cut the output., type: bool, returned: always, sample: false}
    dropped_bytes: {description: How many bytes the agent cut off., type: int, returned: always, sample: 0}
    error:
      description: >-
        Why the script has no good result; C(code), C(message) and C(remedy). Codes are V(ScriptFailed),
        V(ScriptTimeout), V(ScriptTooLarge), V(ScriptSentTwice), V(AgentFailed), V(AgentLost), V(GuestUnreachable),
        V(GuestPolicyForbidsScripts), V(GuestForbidsPrograms), V(GuestDiskFull), V(GuestPoweredOff), V(GuestNotBack),
        V(WrongShell) and the cloud's own.
      type: dict
      returned: always
      sample: null
summary:
  description: Counts by state, and one line of text.
  returned: always
  type: dict
  sample: {total: 1, failed: 0, states: {finished: 1}, text: 1/1 finished}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import command
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import script_outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._module import run_module
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import COMMAND, offers, script

SLOW_AGENT = 600


def main() -> None:
    module = AnsibleModule(argument_spec=COMMAND, supports_check_mode=True)
    module.no_log_values.discard(module.params["script"])  # not logged, but no word to be blanked out in answers
    text = script(module.params)
    patience = text.timeout + SLOW_AGENT
    goal = Goal("scripted", hop_timeout=patience, shell=text.shell, offers=offers(module.params))
    timeout = patience + 2 * command.RESTART_TIMEOUT
    run_module(module, command.COMMAND, lambda parameters: goal, timeout=timeout, script=text, extra=script_outcome)


if __name__ == "__main__":
    main()
