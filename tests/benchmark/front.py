# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP endpoint before some simulated clouds: it sends each call to the cloud of its access key.

It can also leave a region's calls without an answer, as a region does that hangs. What it costs is this process's own,
not the controller's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_LENGTH = b"content-length:"


@dataclass
class Front:
    """Where calls go, by access key; ``hangs`` is the region that never answers."""

    backends: Mapping[str, str]
    hangs: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _stopped: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the client closes it."""
        behind: dict[str, Streams] = {}
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not self._stopped:  # one that was accepted at the last moment is not served any more
                head, body = await _message(reader)
                asked = _parameters(head, body)
                if self.hangs and asked.get("RegionId") == self.hangs:
                    await asyncio.Event().wait()
                writer.write(await self._answer(behind, asked.get("AccessKeyId", ""), head + body))
                await writer.drain()
        except (asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._tasks.discard(task)
            for _reader, other in behind.values():
                other.close()
            writer.close()

    async def _answer(self, behind: dict[str, Streams], key: str, request: bytes) -> bytes:
        url = urlsplit(self.backends[key])
        if key not in behind:
            behind[key] = await asyncio.open_connection(url.hostname, url.port)
        reader, writer = behind[key]
        writer.write(request)
        return b"".join(await _message(reader))

    def stop(self) -> None:
        """End what still waits."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(_LENGTH)]
    return head, await reader.readexactly(lengths[0] if lengths else 0)


def _parameters(head: bytes, body: bytes) -> dict[str, str]:
    target = head.split(b" ", 2)[1].decode("ascii", "replace")
    return dict(parse_qsl(urlsplit(target).query) + parse_qsl(body.decode("utf-8", "replace")))


@contextmanager
def front(backends: Mapping[str, str], hangs: str = "") -> Iterator[str]:
    """Serve in a thread of its own as long as the block lasts, and give the endpoint's URL."""
    loop, serving = asyncio.new_event_loop(), Front(backends, hangs)
    server = loop.run_until_complete(asyncio.start_server(serving.serve, "127.0.0.1", 0, limit=2**24))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(serving.stop)
        loop.call_soon_threadsafe(lambda: loop.call_later(0.1, loop.stop))
        thread.join(5)
