"""The floor: the least that a relay with its own ears can cost, to compare ourselves with.

picows and uvloop, every call heard by Silero in the stacked pool, turns taken by half a second of
silence, `clear` on the onset of speech, G.711 passed through. No agent, no ledger, no recording, no
journal, no webhook, no checks. Run: `python -m benchmarks.floor PROVIDER_URL`; prints its port.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Final

import pybase64
import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
    ws_create_server,
)

from benchmarks.realtime import CANCEL, COMMIT, CREATE, SESSION, SoundBatch, audio_text, is_audio
from media.ear import Ear, EarEvent, EarPool, SpeechStarted
from media.silero import NumpySilero
from server.clock import Clock

_END_S: Final = 0.5
_SLOTS: Final = 4
_PERIOD_S: Final = 0.02
_BYTES_PER_S: Final = 8000


class _Mind(WSListener):
    """The provider's socket of one call."""

    def __init__(self, call: _Call) -> None:
        self._call = call
        self._transport: WSTransport | None = None

    def tell(self, *messages: bytes) -> None:
        if self._transport is not None:
            for message in messages:
                self._transport.send(WSMsgType.TEXT, message)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self.tell(SESSION)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        message = frame.get_payload_as_bytes()
        if is_audio(message):
            self._call.play(audio_text(message))


class _Call(WSListener):
    """The carrier's socket of one call."""

    def __init__(self, floor: _Floor) -> None:
        self._floor = floor
        self._transport: WSTransport | None = None
        self._head = self._clear = b""
        self._ear: Ear | None = None
        self._mind = _Mind(self)
        self._batch = SoundBatch()
        self._silent_since: float | None = None
        self._plays_until = 0.0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self._mind.close()
        if self._ear is not None:
            self._floor.leave(self._ear)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            transport.disconnect()
            return
        message = frame.get_payload_as_bytes()
        at = message.find(b'"payload":"')
        if at >= 0 and self._ear is not None:
            sound = pybase64.b64decode(message[at + 11 : message.index(b'"', at + 11)])
            self._ear.feed(sound)
            batch = self._batch.add(sound)
            if batch is not None:
                self._mind.tell(batch)
        elif b'"event":"start"' in message:
            self._start(message)

    def play(self, text: bytes) -> None:
        """Pass a piece of the reply on as it is."""
        now = self._floor.clock.monotonic()
        seconds = len(text) * 3 / 4 / _BYTES_PER_S
        self._plays_until = max(now, self._plays_until) + seconds
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, b"".join((self._head, text, b'"}}')))

    def on_speech(self, event: EarEvent, now: float) -> None:
        if not isinstance(event, SpeechStarted):
            self._silent_since = now
            return
        self._silent_since = None
        if now < self._plays_until and self._transport is not None:
            self._plays_until = 0.0
            self._transport.send(WSMsgType.TEXT, self._clear)
            self._mind.tell(CANCEL)

    def tick(self, now: float) -> None:
        if self._silent_since is not None and now - self._silent_since >= _END_S:
            self._silent_since = None
            rest = self._batch.flush()
            self._mind.tell(*([rest] if rest else []), COMMIT, CREATE)

    def _start(self, message: bytes) -> None:
        at = message.index(b'"streamSid":"') + 13
        stream = message[at : message.index(b'"', at)]
        self._head = b'{"event":"media","streamSid":"' + stream + b'","media":{"payload":"'
        self._clear = b'{"event":"clear","streamSid":"' + stream + b'"}'
        self._ear = self._floor.join(self, self._mind)


class _Floor:
    """What all calls share."""

    def __init__(self, url: str, tasks: asyncio.TaskGroup) -> None:
        self.clock = Clock()
        self._url = url
        self._tasks = tasks
        self._pool = EarPool(NumpySilero(), slots=_SLOTS)
        self._calls: list[dict[Ear, _Call]] = [{} for _ in range(_SLOTS)]

    def join(self, call: _Call, mind: _Mind) -> Ear:
        ear = self._pool.add()
        self._calls[ear.slot][ear] = call
        self._tasks.create_task(self._connect(mind))
        return ear

    def leave(self, ear: Ear) -> None:
        self._calls[ear.slot].pop(ear, None)
        self._pool.remove(ear)

    async def beat(self) -> None:
        """One slot after the other, on absolute deadlines."""
        due = self.clock.monotonic()
        slot = 0
        while True:
            due = max(due + _PERIOD_S / _SLOTS, self.clock.monotonic() - _PERIOD_S)
            await asyncio.sleep(max(0.0, due - self.clock.monotonic()))
            now = self.clock.monotonic()
            calls = self._calls[slot]
            for ear, event in self._pool.run(slot):
                calls[ear].on_speech(event, now)
            for call in tuple(calls.values()):
                call.tick(now)
            slot = (slot + 1) % _SLOTS

    async def _connect(self, mind: _Mind) -> None:
        await ws_connect(lambda: mind, self._url, websocket_handshake_timeout=10.0)


async def _serve(url: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        floor = _Floor(url, tasks)
        server = await ws_create_server(lambda _: _Call(floor), "127.0.0.1", 0)
        gc.freeze()
        print(server.sockets[0].getsockname()[1], flush=True)
        await floor.beat()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
