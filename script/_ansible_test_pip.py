# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give ansible-test the pip it starts its environments with.

ansible-test downloads a get-pip script from a host that a closed network does not reach, but takes the file from
its cache when it is there. What is put there runs the same release of pip from its wheel, which any Python package
index has.
"""

from __future__ import annotations

import importlib.util
import pathlib
import re
import subprocess
import sys

GET_PIP = """
import sys
sys.path.insert(0, {wheel!r})
from pip._internal.cli.main import main
options = [option for option in sys.argv[1:] if option not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--upgrade", "--force-reinstall", *options]))
"""


def wanted_versions() -> list[str]:
    """Return the releases of pip that the installed ansible-test asks for."""
    spec = importlib.util.find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("ansible-test is not installed")
    source = pathlib.Path(spec.submodule_search_locations[0], "_internal", "python_requirements.py").read_text("utf-8")
    return sorted(set(re.findall(r"\bpip='([0-9.]+)'", source)))


def seed(version: str, cache: pathlib.Path) -> None:
    """Put a get-pip script for this release of pip, and the wheel it runs, into the cache."""
    wheel = cache / f"pip-{version}-py3-none-any.whl"
    if not wheel.exists():
        download = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(cache), f"pip=={version}"]
        subprocess.run([sys.executable, "-m", "pip", *download], check=True)
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    script.write_text(GET_PIP.format(wheel=str(wheel)), "utf-8")


def main() -> None:
    cache = pathlib.Path("~/.ansible/test/cache").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    for version in wanted_versions():
        seed(version, cache)


if __name__ == "__main__":
    main()
