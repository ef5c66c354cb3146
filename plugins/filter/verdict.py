# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a batch call, seen by host: a summary, and what is wrong with which host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

DOCUMENTATION = r"""
name: verdict
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: Tell which hosts failed in the results of this collection's modules
description:
  - The modules of this collection handle many instances in one call. This filter maps their results back to inventory
    hosts, so that a role can fail exactly the hosts whose instance failed.
  - Do this once for all hosts (C(run_once)) and look hosts up in the answer. Looking through the results anew for each
    host makes the time grow with the square of the number of hosts.
positional: _input, hosts, hostvars
options:
  _input:
    description: Results of the modules, each as registered. A host is as good as the worst of them.
    type: list
    elements: dict
    required: true
  hosts:
    description: Names of the inventory hosts to judge.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars). The variable C(instance_id) of each host is read.
    type: dict
    required: true
seealso:
  - plugin: evergreen.os_migration.fleet
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look up the instances
  evergreen.os_migration.instance_info:
    instances: "{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}"
  run_once: true
  delegate_to: localhost
  register: result
  failed_when: result.results is not defined

- name: Judge the hosts
  ansible.builtin.debug:
    msg: "{{ [result] | evergreen.os_migration.verdict(ansible_play_batch, hostvars) }}"
  run_once: true
  register: verdict

- name: Fail the hosts whose instance has an error
  ansible.builtin.assert:
    that: inventory_hostname not in verdict.msg.problems
    fail_msg: "{{ verdict.msg.problems[inventory_hostname] | default('') }}"
    quiet: true
"""

RETURN = r"""
_value:
  description: The verdict.
  type: dict
  contains:
    summary:
      description: How many instances ended in which state.
      type: str
      sample: 8 migrated, 1 blocked, 1 rolled_back
    problems:
      description: One line for each host that failed, by host name. Empty when all is well.
      type: dict
      sample:
        app-02: "i-bp1app02f6t1v8m3q7xw (app-02): JobStuck: Job j-bp1 is still Running. Remedy: Look at the job."
"""

NO_INSTANCE_ID = (
    "{host}: MissingVariable: the host variable instance_id is not set. "
    "Remedy: Set instance_id for this host, or take the host out of the play."
)
NO_RESULT = (
    "{instance_id} ({host}): MissingResult: the call returned nothing about this instance. "
    "Remedy: Run the playbook again with -v and look at the call's own message."
)


def verdict(
    calls: Iterable[Mapping[str, Any]], hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the number of instances in each state and, by host, what went wrong."""
    calls = list(calls)
    problems: dict[str, list[str]] = {}
    for call in calls:
        for result in call["results"]:
            problems.setdefault(result["instance_id"], []).extend(_problems(result, _label(call)))
    texts = {host: _host_text(host, _id(hostvars[host]), problems) for host in hosts}
    return {
        "summary": _summary(calls[0]["results"] if calls else []),
        "problems": {host: text for host, text in texts.items() if text},
    }


def _id(variables: Mapping[str, Any]) -> str:
    """Return the instance's id as the modules write it, whatever form it has in the inventory."""
    return str(variables.get("instance_id") or "").strip()


def _summary(results: Iterable[Mapping[str, Any]]) -> str:
    counts = Counter(str(result.get("state")) for result in results)
    return ", ".join(f"{count} {state}" for state, count in counts.most_common()) or "no instances"


def _label(call: Mapping[str, Any]) -> str:
    """Return the name of the loop item that the call was made for, if it was made in a loop."""
    item = call.get("item")
    return str(item.get("name", "")) if isinstance(item, Mapping) else ""


def _host_text(host: str, instance_id: str | None, problems: Mapping[str, list[str]]) -> str:
    if not instance_id:
        return NO_INSTANCE_ID.format(host=host)
    if instance_id not in problems:
        return NO_RESULT.format(host=host, instance_id=instance_id)
    return f"{instance_id} ({host}): {' '.join(problems[instance_id])}" if problems[instance_id] else ""


def _problems(result: Mapping[str, Any], label: str) -> Iterator[str]:
    """Yield the error and what else stops the instance."""
    error = result.get("error")
    if not error:
        return
    text = _sentence(error["code"], error["message"], error.get("remedy"))
    yield f"{label}: {text}" if label else text
    yield from (_finding(one) for one in result.get("findings") or [] if _stops(one) and one["id"] != error["code"])
    if result.get("stdout"):
        yield f"Its last line: {_last_line(result['stdout'])}"
    if result.get("state") == "rolled_back":
        yield "The instance was rolled back."


def _stops(finding: Mapping[str, Any]) -> bool:
    return bool(finding["severity"] == "inhibitor")


def _finding(finding: Mapping[str, Any]) -> str:
    evidence = finding.get("evidence")
    message = finding["message"]
    return _sentence(finding["id"], f"{message} {evidence}" if evidence else message, finding.get("remedy"))


def _sentence(code: str, message: str, remedy: str | None) -> str:
    end = "" if message.endswith((".", "?")) else "."
    text = f"{code}: {message}{end}"
    return f"{text} Remedy: {remedy}" if remedy else text


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else ""


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"verdict": verdict}
