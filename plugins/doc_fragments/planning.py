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
      drill_parameter:
        description:
          - Name of the parameter of C(CreateReplicationJob) that asks for a migration drill. The public documentation
            names none. The default is made up from the console's words, and was never tried on the service.
        type: str
        default: DrillMode
      drill_location:
        description:
          - Where that parameter goes, as for O(smc.target_location).
        type: str
        choices: [query, replication_parameters]
        default: query
      drill_values:
        description:
          - What the service calls the two modes of a drill, C(only) (C(DrillOnly) unless it is given) and
            C(and_migrate) (C(DrillAndMigrate)). The defaults are made up from the console's words.
        type: dict
        default: {}
      drill_proven:
        description:
          - Say that you have seen, on an instance that could be lost, that your service takes this request as a drill.
            A request that it does not understand may migrate the instance, so without it no drill is ordered.
        type: bool
        default: false
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
  ecs_drill:
    description:
      - How clones for drills are made on Alibaba Cloud, see M(evergreen.os_migration.instance_clone). Without them a
        clone is of its original's type, beside it in its VSwitch.
      - Whether what is let out is enough for the migration in your network was not tried on the live service.
    type: dict
    suboptions:
      vswitch_id:
        description:
          - VSwitch for clones, in the VPC of their originals.
        type: str
      instance_type:
        description:
          - Type of clones, for instance where there is no stock of the original's.
        type: str
      egress:
        description:
          - What clones may reach; everything else is dropped. Unless it is given that is the provider's own network
            (100.64.0.0/10) by HTTP, HTTPS, DNS and NTP, where Cloud Assistant, mirrors and SMC are reached from a VPC.
        type: list
        elements: dict
        suboptions:
          cidr:
            description:
              - The addresses.
            type: str
            required: true
          protocol:
            description:
              - The protocol.
            type: str
            choices: [TCP, UDP, ICMP, ALL]
            default: TCP
          ports:
            description:
              - The first and the last port, as V(443/443).
            type: str
            default: "-1/-1"
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
