# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented migration paths. A new path is a row.

Every row names the document that lists it; where two documents disagree, the newer one wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .path import ARM, X86, Path

#: The services that the rows of a provider may name, the usual one first; and the provider of rows that name none.
SERVICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"alicloud": ("smc",), "aws": ("ssm",)})
PROVIDER = "alicloud"

_ECS_PAGE, _ECS_DATE = "Alibaba Cloud ECS: Migrate the operating system of an instance", "2025-11-09"
_SSM_PAGE = "AWS Systems Manager Automation runbook reference: AWSEC2-CloneInstanceAndUpgradeWindows"

# The regions in which the provider migrates Windows.
_WINDOWS_REGIONS = (
    *("cn-hangzhou", "cn-shanghai", "cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu"),
    *("cn-shenzhen", "cn-heyuan", "cn-guangzhou", "cn-chengdu", "cn-hongkong", "cn-wuhan-lr"),
    *("ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "ap-southeast-6"),
    *("ap-southeast-7", "eu-central-1", "eu-west-1", "us-west-1", "us-east-1", "me-central-1"),
)
_ALLOW_LIST = "Only for accounts that the provider has put on its allow list; ask for it with a ticket."


def _own(provider: str, source: str, target: str, **more: Any) -> Path:
    return Path(f"{provider}.{source}.{target}", source, target, provider, SERVICES[provider][0], **more)


def _linux(source: str, target: str, **more: Any) -> Path:
    return _own("alicloud", source, target, document=_ECS_PAGE, date=_ECS_DATE, **more)


def _windows(source: str, target: str, *editions: str) -> Path:
    return _own(
        "alicloud",
        source,
        target,
        regions=_WINDOWS_REGIONS,
        editions=editions,
        languages=("zh", "en"),
        target_edition="datacenter",
        document=_ECS_PAGE,
        date=_ECS_DATE,
    )


def _runbook(source: str, target: str, note: str = "") -> Path:
    return _own(
        "aws",
        source,
        target,
        minutes=120,
        editions=("standard", "datacenter"),
        note=note,
        document=_SSM_PAGE,
    )


PATHS: tuple[Path, ...] = (
    _linux("centos-7", "alinux-3", architectures=(X86, ARM)),
    _linux("centos-7", "alinux-2"),
    _linux("centos-7", "anolis-7", architectures=(X86, ARM)),
    _linux("centos-7", "anolis-8", architectures=(X86, ARM)),
    _linux("centos-7", "rhel-7", versions=("7.9",), allow_list=_ALLOW_LIST),
    _linux("centos-8", "alinux-3", architectures=(X86, ARM)),
    _linux("centos-8", "anolis-8", architectures=(X86, ARM)),
    _linux("centos-8", "rhel-8", versions=("8.5",), allow_list=_ALLOW_LIST),
    _linux("rhel-7", "alinux-3", versions=("7.9",)),
    _linux("rhel-7", "rhel-8", versions=("7.9",)),
    _linux("rhel-8", "alinux-3"),
    _linux("rhel-8", "rhel-9"),
    _linux("alinux-2", "alinux-3"),
    _windows("windows-2008r2", "windows-2012r2", "standard", "enterprise"),
    _windows("windows-2012r2", "windows-2016", "standard", "datacenter"),
    _windows("windows-2012r2", "windows-2019", "standard", "datacenter"),
    # An older page (without a date) lists 2012 R2 as the target of 2016 Standard. That would lead backwards.
    _windows("windows-2016", "windows-2019", "standard", "datacenter"),
    _windows("windows-2016", "windows-2022", "standard", "datacenter"),
    _windows("windows-2019", "windows-2022", "datacenter"),
    _runbook("windows-2008r2", "windows-2016", "The runbook upgrades twice: over Windows Server 2012 R2."),
    _runbook("windows-2012r2", "windows-2016"),
    _runbook("windows-2012r2", "windows-2019"),
    _runbook("windows-2012r2", "windows-2022", "The runbook allows it; Microsoft does not list this upgrade."),
    _runbook("windows-2012r2", "windows-2025", "Needs an instance type on the Nitro system."),
    _runbook("windows-2016", "windows-2019"),
    _runbook("windows-2016", "windows-2022"),
    _runbook("windows-2016", "windows-2025", "Needs an instance type on the Nitro system."),
    _runbook("windows-2019", "windows-2022"),
    _runbook("windows-2019", "windows-2025", "Needs an instance type on the Nitro system."),
    _runbook("windows-2022", "windows-2025", "Needs an instance type on the Nitro system."),
)
