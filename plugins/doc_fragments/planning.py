# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules take that plan: which system is wanted, over which paths, and how the jobs on them are made."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that os_migration and precheck_info share."""

    DOCUMENTATION = r"""
options:
  target:
    description:
      - Canonical id of the operating system that the instances are to run, for example V(alinux-3) or V(windows-2016).
    type: str
  smc:
    description:
      - How OS migration jobs of Server Migration Center are made.
    type: dict
    suboptions:
      transport:
        description:
          - V(api) creates and starts the jobs.
          - V(watch) follows jobs that were started in the SMC console, and never writes to SMC. It takes no snapshots,
            SMC itself does.
        type: str
        choices: [api, watch]
        default: api
      target_parameter:
        description:
          - Name of the parameter of C(CreateReplicationJob) that carries the target operating system. The default is
            inferred from an error message of the service; the public documentation names none.
        type: str
        default: TargetOsType
      target_location:
        description:
          - Where that parameter goes. V(query) is a parameter of the request, V(replication_parameters) a key of the
            JSON text in C(ReplicationParameters).
        type: str
        choices: [query, replication_parameters]
        default: query
      target_values:
        description:
          - What the service calls an operating system, by canonical id. The defaults are the names of the console's
            list, such as C(Alibaba Cloud Linux 3).
        type: dict
        default: {}
      import_command:
        description:
          - The command that registers a guest as a migration source, as the SMC console gives it. The text
            C({activation_code}) in it is replaced by O(smc.activation_code), else by a code that is made for this run
            and deleted at its end.
          - When it ends with the exit code by which Cloud Assistant restarts the guest (194, on Windows 3010), the
            restart is waited for; an import that registered nothing before it is repeated after it.
          - Without one, an instance must have been imported before; its source is found by its address, and refused
            where another source or instance has that address too.
        type: dict
        suboptions:
          linux:
            description:
              - For Linux guests, run by C(sh).
            type: str
          windows:
            description:
              - For Windows guests, run by PowerShell.
            type: str
      abort_command:
        description:
          - The command that ends the client of an earlier import, such as C(go2aliyun_client --abort) in the client's
            directory. It is run before each import, so that an import that was interrupted or failed can be made again.
            That it fails, or that there is no client, is no fault.
        type: dict
        suboptions:
          linux:
            description:
              - For Linux guests, run by C(sh).
            type: str
          windows:
            description:
              - For Windows guests, run by PowerShell.
            type: str
      activation_code:
        description:
          - The activation code to use instead of one that is made for this run, for instance by
            M(evergreen.os_migration.smc_activation_code).
        type: str
      wait_for_source:
        description:
          - Where there is no O(smc.import_command) for a system, seconds for which an import that somebody makes by
            hand is waited for, before anything is begun.
          - With V(0) such an instance is refused.
        type: float
        default: 0
  paths:
    description:
      - Migration paths beside the documented ones, for instance what the provider has opened for your account. A row
        with the same source, target and provider as a documented one replaces it.
      - Each has C(source) and C(target) (canonical ids), and optionally C(provider), C(service), C(minutes),
        C(architectures), C(regions), C(editions), C(languages), C(versions), C(target_edition), C(allow_list), C(note),
        C(document) and C(date).
    type: list
    elements: dict
    default: []
"""
