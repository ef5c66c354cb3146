# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a text that the user named, and keep private files: atomically, and only when their content changes."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._errors import OptionError

PRIVATE = 0o600
PRIVATE_DIRECTORY = 0o700
#: Seconds to wait for another writer, who reads and writes one file; and between two tries.
PATIENCE, PAUSE = 60.0, 0.05
_HELD = (errno.EAGAIN, errno.EACCES)


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

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Let nobody else who asks so change a file meanwhile: what is read here is still there when it is written.

        The lock is on a file beside it that stays, because the file itself is replaced. It is the kernel's, and goes
        with the process. On a network file system it holds between machines as far as that has locks: NFS has, unless
        it is mounted with ``nolock`` or ``local_lock``.
        """
        path = self.path / f".{name}.lock"
        try:
            self._create()
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        except OSError as error:
            raise self._refusal(path, error) from error
        try:
            self._lock(handle, path)
            yield
        finally:
            os.close(handle)

    def _lock(self, handle: int, path: Path) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                if error.errno not in _HELD:
                    message = f"{self.option}: {path} cannot be locked ({error.strerror})."
                    raise OptionError(message, "Name a directory on a file system that has locks.") from error
            if time.monotonic() > end:
                message = f"{self.option}: another process has held {path} for {PATIENCE:.0f} s."
                raise OptionError(message, "Look for a run that was stopped or hangs, and end it.")
            time.sleep(PAUSE)

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
