# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of the provider's SDK: what a user without a collection writes. For the benchmark only."""

from __future__ import annotations

import json
import os

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from ansible.module_utils.basic import AnsibleModule

VERSIONS = {"ecs": "2014-05-26", "smc": "2019-06-01"}
ARGUMENTS = {
    "service": {"type": "str", "required": True, "choices": list(VERSIONS)},
    "action": {"type": "str", "required": True},
    "endpoint": {"type": "str", "required": True},
    "parameters": {"type": "dict", "required": True},
}


def main() -> None:
    """Call, and return the answer."""
    module = AnsibleModule(argument_spec=ARGUMENTS)
    given = module.params
    parameters = given["parameters"]
    client = AcsClient(
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        parameters.get("RegionId", "cn-hangzhou"),
    )
    host = given["endpoint"].split("://")[1]
    request = CommonRequest(domain=host, version=VERSIONS[given["service"]], action_name=given["action"])
    request.set_protocol_type("http")
    request.set_method("POST")
    for name, value in parameters.items():
        request.add_body_params(name, value if isinstance(value, str) else json.dumps(value))
    try:
        answer = json.loads(client.do_action_with_exception(request))
    except ServerException as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(changed=not given["action"].startswith("Describe"), answer=answer)


if __name__ == "__main__":
    main()
