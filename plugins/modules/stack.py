#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stack
short_description: Make and delete stacks of cloud resources
version_added: 0.2.0
description:
  - A stack is what a template describes (networks, instances, scripts that run in them), made and deleted as one. On
    Alibaba Cloud it is a stack of Resource Orchestration Service (ROS).
  - All stacks of a call, in all of their regions, are made or deleted at the same time, and waited for.
  - A stack is known by its name, which is the only one in its region, and by a tag of this collection. A call that is
    killed and run again finds the stack that it began, waits for it, and makes no second one. With a stack of the name
    that has no such tag nothing is done; that is an error.
  - Stacks are not updated. One that was made from another template, or with other parameters, stays as it is, and a
    warning tells so.
  - When a creation fails, the cloud deletes again what was made, and the error says which resource failed and why. The
    next call deletes what is left, which is only the name, and makes the stack anew.
  - Runs on the controller.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.write_module
  - evergreen.os_migration.providers
options:
  stacks:
    description:
      - The stacks.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the stack.
        type: str
        required: true
      region:
        description:
          - Its region. The default is that of the provider's connection.
        type: str
      provider:
        description:
          - Its provider. It need not be given where there is only one.
        type: str
      profile:
        description:
          - Profile of the provider's own configuration file whose account the stack is in.
        type: str
      template:
        description:
          - The template as a text, or in JSON as what it says. One of O(stacks[].template) and
            O(stacks[].template_url) is needed for O(state=present).
        type: raw
      template_url:
        description:
          - Where the cloud finds the template.
        type: str
      parameters:
        description:
          - What is put in for the template's parameters. Lists and dicts are given as JSON.
        type: dict
        default: {}
      secret_parameters:
        description:
          - More of them, such as passwords, that are shown nowhere.
        type: dict
        default: {}
      tags:
        description:
          - Tags of the stack, which its resources get too where they can have tags.
        type: dict
        default: {}
      creation_minutes:
        description:
          - For how long the cloud goes on creating before it gives up and deletes what it made. ROS takes 10 to 1440.
        type: int
        default: 60
  state:
    description:
      - V(present) makes the stacks that are not there, and waits until they are complete.
      - V(absent) deletes those that this collection made, with all of their resources, and waits until they are gone.
        Snapshots of disks are no resources of a stack, and stay.
    type: str
    choices: [present, absent]
    default: present
  poll_interval:
    description:
      - Seconds between two looks at the stacks.
    type: float
    default: 10
  timeout:
    description:
      - Seconds after which the call ends. What is under way goes on in the cloud; a later call follows it.
    type: float
    default: 7200
  progress_file:
    description:
      - File that gets the lines of progress. Set by the action plugin, which shows them.
    type: path
  watched:
    description:
      - Processes as lists of process id and start time. When one of them is gone, the call ends; what is under way goes
        on in the cloud. Set by the action plugin.
    type: list
    elements: list
    default: []
notes:
  - In check mode the template is validated, as far as it alone can tell, and nothing is made.
  - Does not support C(async), since it shows its progress.
seealso:
  - module: evergreen.os_migration.stack_info
"""

EXAMPLES = r"""
- name: Make a network in two regions
  evergreen.os_migration.stack:
    stacks:
      - name: drill-network
        region: cn-hangzhou
        template: "{{ network }}"
      - name: drill-network
        region: cn-shanghai
        template: "{{ network }}"
        parameters:
          Cidr: 172.16.0.0/12
  vars:
    network: |
      ROSTemplateFormatVersion: '2015-09-01'
      Parameters:
        Cidr:
          Type: String
          Default: 192.168.0.0/16
      Resources:
        Network:
          Type: ALIYUN::ECS::VPC
          Properties:
            CidrBlock: !Ref Cidr
      Outputs:
        NetworkId:
          Value: !GetAtt Network.VpcId
  delegate_to: localhost
  run_once: true
  register: made

- name: Show what came of it
  ansible.builtin.debug:
    msg: "{{ item.region }}: {{ item.outputs.NetworkId }}"
  loop: "{{ made.stacks }}"
  loop_control:
    label: "{{ item.name }}"

- name: Delete both
  evergreen.os_migration.stack:
    state: absent
    stacks:
      - name: drill-network
        region: cn-hangzhou
      - name: drill-network
        region: cn-shanghai
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
stacks:
  description: Each stack as it is at the end, in the order of the option.
  returned: when anything was asked of a cloud
  type: list
  elements: dict
  contains:
    name: {description: Its name., type: str, returned: always, sample: wordpress}
    provider: {description: Its provider., type: str, returned: always, sample: alicloud}
    profile: {description: The profile of its account., type: str, returned: always, sample: ""}
    region: {description: Its region., type: str, returned: always, sample: cn-hangzhou}
    id: {description: "Its id, empty when it is not there.", type: str, returned: always, sample: 4a6c9851-3b0f}
    status:
      description: What the cloud says of it, empty when it is not there.
      type: str
      returned: always
      sample: CREATE_COMPLETE
    created: {description: When it was made., type: str, returned: always, sample: "2026-01-01T00:00:00Z"}
    outputs: {description: The template's outputs by name., type: dict, returned: always, sample: {Url: "http://47.96.0.1/"}}
    state:
      description:
        - V(present) or V(absent) as it was wanted, V(planned) in check mode where something would be done, or
          V(failed).
      type: str
      returned: always
      sample: present
    changed: {description: Whether something was done., type: bool, returned: always, sample: true}
    error:
      description: Why it could not be done, or nothing.
      type: dict
      returned: always
      contains:
        code: {description: A stable code., type: str, returned: always, sample: StackRolledBack}
        message: {description: What happened., type: str, returned: always, sample: The stack could not be made.}
        remedy: {description: What to do about it., type: str, returned: always, sample: Correct the template.}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import STACK
from ansible_collections.evergreen.os_migration.plugins.module_utils._stacks import run_stacks


def main() -> None:
    run_stacks(AnsibleModule(argument_spec=STACK, supports_check_mode=True))


if __name__ == "__main__":
    main()
