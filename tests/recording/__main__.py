# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record what an assessment or a migration says to a real account, without secrets and identities.

The playbook runs as always, but for its endpoint: a program of this machine that passes every call on. Credentials come
from the environment or a profile, as always; os_migration_alicloud of the inventory does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from cloudsim.core.server import Server

from .recorder import Recorder
from .redact import Redactor

_SECRETS = (
    *("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    *("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
)


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="script/record", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("conversation.jsonl"), metavar="FILE", help="a new file")
    parser.add_argument("--upstream", default="", metavar="URL", help="the cloud, if not the public one")
    parser.add_argument("phase", choices=("assess", "migrate"), help="assess only reads; migrate migrates")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="what ansible-playbook is to be given")
    options = parser.parse_args(given)
    if options.out.exists():
        parser.error(f"{options.out} is there already; name another file with --out")
    recorder = Recorder(options.out, Redactor(os.environ.get(name, "") for name in _SECRETS), options.upstream)
    server = Server(recorder, 0)
    server.start()
    try:
        reached = {"os_migration_alicloud": {"endpoint": server.url}}
        playbook = [
            "ansible-playbook",
            f"evergreen.os_migration.{options.phase}",
            *options.rest,
            "-e",
            json.dumps(reached),
        ]
        rc = subprocess.run(playbook, check=False).returncode
    finally:
        server.shutdown()
        server.server_close()
    print(f"{options.out}: {recorder.calls} calls. Read it before you give it to anybody.")
    return rc


if __name__ == "__main__":
    sys.exit(main())
