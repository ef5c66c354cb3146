# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles and modules in somebody's own play, with the connection given once by module_defaults."""

from __future__ import annotations

from pathlib import Path

from integration.harness import ACCESS_KEY, SECRET_KEY, Controller, cloud, group, host, instance_id

PLAY = """
- name: Somebody's own play
  hosts: all
  gather_facts: false
  module_defaults:
    group/evergreen.os_migration.all:
      alicloud: {{access_key: {access_key}, secret_key: {secret_key}, endpoint: "{endpoint}", region: cn-hangzhou}}
  roles:
    - role: evergreen.os_migration.assess
      vars:
        assess_target: alinux-3
  tasks:
    - name: Look the instances up
      evergreen.os_migration.instance_info:
        instances: "{{{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}}}"
      run_once: true
      delegate_to: localhost
      register: looked_up

    - name: Ask the guests
      evergreen.os_migration.guest_command:
        instances: "{{{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}}}"
        script: hostname
        poll_interval: 0.2
      run_once: true
      delegate_to: localhost
      register: asked

    - name: Show what the role found and what they said
      ansible.builtin.debug:
        msg: "{{{{ inventory_hostname }}}} {{{{ assess_result.result.state }}}} {{{{ said }}}}"
      vars:
        said: "{{{{ asked.results | map(attribute='stdout') | map('trim') | join(' ') }}}}"
"""


def test_roles_and_modules_in_a_play_of_ones_own(tmp_path: Path) -> None:
    names = ("web-1", "web-2", "web-3")
    known = {name: {"instance_id": host(name)["instance_id"]} for name in names}
    with cloud({"groups": [group("web-1"), group("web-2")]}, tmp_path / "cloud") as simulated:
        play = tmp_path / "play.yml"
        play.write_text(PLAY.format(access_key=ACCESS_KEY, secret_key=SECRET_KEY, endpoint=simulated.endpoint), "utf-8")
        user = Controller(simulated, tmp_path / "user", known, credentials={})
        run = user.run(str(play))
    assert list(run.failures) == ["web-3"], run.output
    assert "InstanceNotFound" in run.failures["web-3"]
    assert "web-1 ready web-1 web-2" in run.output
    assert run.states("assess") == dict(zip(map(instance_id, names), ("ready", "ready", "failed"), strict=True))
    assert SECRET_KEY not in run.output
