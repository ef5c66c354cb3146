# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach Alibaba Cloud."""

    DOCUMENTATION = r"""
options:
  alicloud:
    description:
      - How to reach Alibaba Cloud.
    type: dict
    suboptions:
      access_key:
        description:
          - AccessKey id. Environment variables E(ALIBABA_CLOUD_ACCESS_KEY_ID) and E(ALICLOUD_ACCESS_KEY).
        type: str
      secret_key:
        description:
          - AccessKey secret. Environment variables E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and E(ALICLOUD_SECRET_KEY).
        type: str
      security_token:
        description:
          - Token of temporary credentials. Environment variables E(ALIBABA_CLOUD_SECURITY_TOKEN) and
            E(ALICLOUD_SECURITY_TOKEN).
        type: str
      profile:
        description:
          - Profile of C(~/.aliyun/config.json) to use when no keys are given; its mode must be C(AK) or C(StsToken).
            Environment variables E(ALIBABA_CLOUD_PROFILE) and E(ALICLOUD_PROFILE).
        type: str
      region:
        description:
          - Region of the instances that name none. Environment variables E(ALIBABA_CLOUD_REGION_ID) and
            E(ALICLOUD_REGION).
        type: str
      endpoint:
        description:
          - URL to use for every service, for example a gateway's. The default are the services' public HTTPS endpoints.
        type: str
      endpoints:
        description:
          - URL per service (C(ecs), C(smc), C(ram)); overrides O(alicloud.endpoint).
          - RAM is only asked whether SMC has its service role. Where its endpoint is not reached, that is not known.
        type: dict
      validate_certs:
        description:
          - Whether to check the endpoints' certificates.
        type: bool
        default: true
      timeout:
        description:
          - Seconds to wait for the answer to one API call.
        type: int
        default: 30
      requests_per_second:
        description:
          - The most API calls per second for one account. The provider's own limits are shared with its console and
            with other tools.
        type: float
        default: 20
      rates:
        description:
          - Calls per minute that an action may have in a region, as the Quota Center of the account shows them, by the
            name of the action.
          - For C(DescribeSnapshots) and C(AttachDisk) they are documented (1000 and 500). What is not named here keeps
            to O(alicloud.requests_per_second) only.
        type: dict
        default: {}
      visibility:
        description:
          - Seconds after which a write is surely seen in the provider's lists.
          - Every write is sent within that time after a look at what it depends on; raise it where answers take longer.
          - The lock of an instance is read back after three times as long, renewed after twenty times, and over after
            forty. A write whose answer was lost is looked for during twelve times as long before it is sent again.
        type: float
        default: 15
requirements:
  - aliyun-python-sdk-core >= 2.16
"""
