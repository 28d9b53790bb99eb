"""The worker process as seen by its parent: started, spoken to, listened to, ended."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Final

import bridges
from bridges.speech.engines import SpeechSettings
from bridges.speech.wire import HEADER_BYTES, Reply, Request, Setup, pack, packed_size, unpack_reply

__all__ = ["WorkerProcess"]

_ROOT: Final = Path(bridges.__file__).resolve().parents[1]
_GRACE_S: Final = 2.0
"""What a worker gets to end by itself when its input is closed."""
_READ_AHEAD_BYTES: Final = 1 << 20


class WorkerProcess:
    """A running worker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, settings: SpeechSettings) -> AsyncIterator[WorkerProcess]:
        """Start a worker and tell it its settings; it is gone when the block is left."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bridges.speech.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_READ_AHEAD_BYTES,
            cwd=_ROOT,
            # Ctrl-C goes to the whole foreground group; the worker must outlast the drain.
            start_new_session=True,
        )
        worker = cls(process)
        try:
            await worker.send(Setup(settings))
            yield worker
        finally:
            await worker._end()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def post(self, *messages: Request) -> None:
        """Hand messages over without waiting for the pipe; when the worker is gone, nowhere."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(b"".join(pack(message) for message in messages))

    async def send(self, *messages: Request) -> None:
        """The same, and wait until the pipe has room; a broken pipe is told by `replies`."""
        assert self._process.stdin is not None
        self.post(*messages)
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.drain()

    async def replies(self) -> AsyncGenerator[Reply, None]:
        """What the worker says, until it ends."""
        output = self._process.stdout
        assert output is not None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                header = await output.readexactly(HEADER_BYTES)
                yield unpack_reply(await output.readexactly(packed_size(header)))

    def kill(self) -> None:
        """End it at once: it hangs."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(_GRACE_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
