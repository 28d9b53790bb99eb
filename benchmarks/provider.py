"""A speech-to-speech provider in a box: the wire of OpenAI's Realtime API, and no model behind it.

It thinks for 200 ms and then answers at three times real time in deltas of 100 ms. Input and output
are G.711 or PCM at 24 kHz, as the session asks (realtime-ai.md, part 1). With server turn detection
it hears by energy and at once, which flatters whoever leaves turn-taking to it; without, turns are
committed by the client. Prints its port and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import numpy as np
import orjson
import pybase64
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

from benchmarks.sound import reply
from benchmarks.stamp import stamped
from media.pcm import mulaw_encode
from server.clock import Clock
from server.rehearsal.loudness import audible
from server.rehearsal.ticker import Ticker

__all__ = ["REPLY_S", "THINKING_S", "open_provider"]

THINKING_S: Final = 0.2
REPLY_S: Final = 4.0
_DELTA_S: Final = 0.1
_SPEED: Final = 3.0
_LOUD: Final = 256
"""The same bound as `loudness.audible`, for PCM."""
_SILENCE_S: Final = 0.5
"""OpenAI's default `silence_duration_ms`."""
_SESSION: Final = {"id": "sess_1", "object": "realtime.session", "type": "realtime"}
_TEXT: Final = "We have a free table on Friday evening at half past seven, shall I book it?"


class _Voice:
    """The answer in both formats, cut into deltas."""

    def __init__(self) -> None:
        samples = np.frombuffer(reply(REPLY_S), dtype="<i2")
        ulaw = mulaw_encode(samples)
        wide = np.repeat(samples, 3).tobytes()
        count = round(REPLY_S / _DELTA_S)
        self.ulaw = [ulaw[at * 800 : (at + 1) * 800] for at in range(count)]
        self.pcm = [wide[at * 4800 : (at + 1) * 4800] for at in range(count)]
        self.ulaw_text = [pybase64.b64encode(delta).decode() for delta in self.ulaw]
        self.pcm_text = [pybase64.b64encode(delta).decode() for delta in self.pcm]


class _Session(WSListener):
    """One client."""

    def __init__(self, clock: Clock, voice: _Voice) -> None:
        self._clock = clock
        self._voice = voice
        self._transport: WSTransport | None = None
        self._due: deque[tuple[float, int]] = deque()
        """Deltas of the reply that is being spoken, by the instant they are sent."""
        self._replies = 0
        self._items = 0
        self._ulaw = False
        self._hears = True
        self._speaking = False
        self._loud_at = 0.0
        self._received_s = 0.0
        self.left = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._say("session.created", session=_SESSION)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self.left = True
        self._due.clear()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._take(orjson.loads(frame.get_payload_as_bytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
        elif frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())

    def tick(self, now: float) -> None:
        """Send what is due; told of the time every 5 ms."""
        if self._speaking and now - self._loud_at >= _SILENCE_S:
            self._stopped(now)
        while self._due and self._due[0][0] <= now:
            self._speak(self._due.popleft()[1], now)

    def _take(self, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "input_audio_buffer.append":
                if self._hears:
                    self._hear(pybase64.b64decode(event["audio"]))
            case "session.update":
                self._configure(event["session"])
            case "input_audio_buffer.commit":
                self._committed()
            case "response.create":
                self._answer(self._clock.monotonic())
            case "response.cancel":
                self._cancel("client_cancelled")
            case "conversation.item.truncate":
                self._say(
                    "conversation.item.truncated",
                    item_id=event["item_id"],
                    content_index=0,
                    audio_end_ms=event["audio_end_ms"],
                )
            case "conversation.item.create":
                item = {"id": f"user_{self._items}", **event["item"]}
                self._say("conversation.item.added", item=item, previous_item_id=None)
                self._say("conversation.item.done", item=item, previous_item_id=None)
            case _:
                return

    def _configure(self, session: dict[str, Any]) -> None:
        audio = session.get("audio") or {}
        heard, spoken = audio.get("input") or {}, audio.get("output") or {}
        if "format" in heard or "format" in spoken:
            kinds = [(part.get("format") or {}).get("type") for part in (heard, spoken)]
            self._ulaw = "audio/pcmu" in kinds
        if "turn_detection" in heard:
            self._hears = bool(heard["turn_detection"])
        self._say("session.updated", session={**_SESSION, **session})

    def _hear(self, sound: bytes) -> None:
        """Turn detection by energy, at once."""
        now = self._clock.monotonic()
        if self._ulaw:
            self._received_s += len(sound) / 8000
            loud = audible(sound)
        else:
            self._received_s += len(sound) / 48000
            loud = bool((np.abs(np.frombuffer(sound, "<i2")[::3]) >= _LOUD).mean() * 16 >= 1)
        if not loud:
            return
        self._loud_at = now
        if not self._speaking:
            self._speaking = True
            self._say(
                "input_audio_buffer.speech_started",
                audio_start_ms=int(self._received_s * 1000),
                item_id=f"user_{self._items}",
            )
            self._cancel("turn_detected")

    def _stopped(self, now: float) -> None:
        self._speaking = False
        self._say(
            "input_audio_buffer.speech_stopped",
            audio_end_ms=int(self._received_s * 1000),
            item_id=f"user_{self._items}",
        )
        self._committed()
        self._answer(now)

    def _committed(self) -> None:
        item = {
            "id": f"user_{self._items}",
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        self._say("input_audio_buffer.committed", item_id=item["id"], previous_item_id=None)
        self._say("conversation.item.added", item=item, previous_item_id=None)
        self._say("conversation.item.done", item=item, previous_item_id=None)
        self._items += 1

    def _answer(self, now: float) -> None:
        if self._due:
            return
        self._replies += 1
        begin = now + THINKING_S
        step = _DELTA_S / _SPEED
        count = len(self._voice.ulaw)
        self._due.extend((begin + at * step, at) for at in range(count + 1))
        self._say("response.created", response=self._response("in_progress"))

    def _speak(self, index: int, now: float) -> None:
        if index == 0:
            item = self._item("in_progress")
            part = {"type": "audio", "transcript": ""}
            self._reply("output_item.added", item=item)
            self._say("conversation.item.added", item=item, previous_item_id=None)
            self._reply("content_part.added", part=part, item_id=item["id"], content_index=0)
        texts = self._voice.ulaw_text if self._ulaw else self._voice.pcm_text
        if index == len(texts):
            self._finish()
            return
        if index * 2 < len(_TEXT):
            piece = _TEXT[index * 2 : index * 2 + 2]
            self._part("output_audio_transcript.delta", delta=piece)
        text = texts[index]
        if index == 0 and self._ulaw:
            text = pybase64.b64encode(stamped(self._voice.ulaw[0], now)).decode()
        self._part("output_audio.delta", delta=text)

    def _finish(self) -> None:
        self._part("output_audio.done")
        self._part("output_audio_transcript.done", transcript=_TEXT)
        part = {"type": "audio", "transcript": _TEXT}
        self._part("content_part.done", part=part)
        item = self._item("completed")
        self._reply("output_item.done", item=item)
        self._say("conversation.item.done", item=item, previous_item_id=None)
        self._say("response.done", response=self._response("completed"))

    def _cancel(self, reason: str) -> None:
        if not self._due:
            return
        self._due.clear()
        done = self._response("cancelled")
        done["status_details"] = {"type": "cancelled", "reason": reason}
        self._say("response.done", response=done)

    def _item(self, status: str) -> dict[str, Any]:
        return {
            "id": f"item_{self._replies}",
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": [],
        }

    def _response(self, status: str) -> dict[str, Any]:
        usage = {"total_tokens": 0, "input_tokens": 0, "output_tokens": 0}
        return {
            "id": f"resp_{self._replies}",
            "object": "realtime.response",
            "status": status,
            "status_details": None,
            "output": [],
            "usage": None if status == "in_progress" else usage,
        }

    def _part(self, kind: str, **fields: Any) -> None:
        self._reply(kind, item_id=f"item_{self._replies}", content_index=0, **fields)

    def _reply(self, kind: str, **fields: Any) -> None:
        self._say(f"response.{kind}", response_id=f"resp_{self._replies}", output_index=0, **fields)

    def _say(self, kind: str, **fields: Any) -> None:
        if self._transport is not None:
            message = {"type": kind, "event_id": "event_1", **fields}
            self._transport.send(WSMsgType.TEXT, orjson.dumps(message))


@asynccontextmanager
async def open_provider() -> AsyncIterator[int]:
    """Serve on a free port of this machine, which is returned, while the context is open."""
    clock = Clock()
    voice = _Voice()
    ticker = Ticker(clock)
    sessions: set[_Session] = set()

    def session(_: object) -> WSListener:
        opened = _Session(clock, voice)
        sessions.add(opened)
        return opened

    def tick(now: float) -> None:
        sessions.difference_update([each for each in sessions if each.left])
        for each in sessions:
            each.tick(now)

    server = await ws_create_server(session, "127.0.0.1", 0)
    async with server, asyncio.TaskGroup() as group:
        with ticker.member(tick, fine=True):
            ticking = group.create_task(ticker.run())
            try:
                yield server.sockets[0].getsockname()[1]
            finally:
                ticking.cancel()


async def _serve() -> None:
    async with open_provider() as port:
        print(port, flush=True)
        gc.freeze()
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve())
