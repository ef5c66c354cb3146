# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a text that the user named, and keep private files: atomically, and only when their content changes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._errors import OptionError

PRIVATE = 0o600
PRIVATE_DIRECTORY = 0o700


def located(options: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the options with absolute paths: Ansible runs modules elsewhere than where the user is."""
    given = {name: os.path.expandvars(os.path.expanduser(options[name])) for name in names if options.get(name)}
    return {**options, **{name: os.path.abspath(path) for name, path in given.items()}}


def read(option: str, path: str) -> str:
    """Return the text of the file that an option names."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise OptionError(f"{option}: {path} cannot be read ({error.strerror}).", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise OptionError(f"{option}: {path} is no UTF-8 text.", "Give the file as it was written.") from error


@dataclass
class Directory:
    """A directory of private files, named by an option. Without ``writing`` it only notes what would change."""

    path: Path
    writing: bool
    option: str = "dest"
    changed: list[str] = field(default_factory=list)

    def put(self, name: str, text: str) -> str:
        """Make a file hold a text, and return its path."""
        path, content = self.path / name, text.encode("utf-8", "replace")
        try:
            if not self._holds(path, content):
                self.changed.append(str(path))
                if self.writing:
                    self._write(path, content)
        except OSError as error:
            raise self._refusal(path, error) from error
        return str(path)

    def prove(self) -> None:
        """Make sure that files can be put here later."""
        try:
            self._create()
            tempfile.TemporaryFile(dir=self.path).close()
        except OSError as error:
            raise self._refusal(self.path, error) from error

    def _refusal(self, path: Path, error: OSError) -> OptionError:
        return OptionError(f"{self.option}: {path} cannot be written ({error.strerror}).", "Check the directory.")

    def _create(self) -> None:
        self.path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)

    def _holds(self, path: Path, content: bytes) -> bool:
        if not path.is_file() or path.is_symlink():
            return False
        found = path.stat()
        alike = found.st_mode & 0o777 == PRIVATE and found.st_size == len(content)
        return alike and path.read_bytes() == content

    def _write(self, path: Path, content: bytes) -> None:
        self._create()
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
