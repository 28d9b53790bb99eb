"""A LiveKit Agents session fed from the Twilio wire by a thin adapter, without a room.

Runs in an environment of its own (livekit.txt). Usage: `livekit_server.py PROVIDER`. The provider
detects the turns (no Silero in the process), the adapter resamples with the SDK's own resampler and
hands a reply to the carrier as it comes. Prints its port.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
import sys
import time
from typing import Any, Final

import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from livekit import rtc  # type: ignore[import-not-found]
from livekit.agents import Agent, AgentSession  # type: ignore[import-not-found]
from livekit.agents.voice import io  # type: ignore[import-not-found]
from livekit.plugins.openai.realtime import RealtimeModel  # type: ignore[import-not-found]
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad

from media.pcm import mulaw_decode, mulaw_encode

_LINE_HZ: Final = 8000
_MODEL_HZ: Final = 24000


class _Ear(io.AudioInput):  # type: ignore[misc]
    """The caller's sound."""

    def __init__(self) -> None:
        super().__init__(label="twilio")
        self._frames: asyncio.Queue[Any] = asyncio.Queue()

    def feed(self, ulaw: bytes) -> None:
        sound = mulaw_decode(ulaw).tobytes()
        self._frames.put_nowait(rtc.AudioFrame(sound, _LINE_HZ, 1, len(ulaw)))

    async def __anext__(self) -> Any:
        return await self._frames.get()


class _Mouth(io.AudioOutput):  # type: ignore[misc]
    """The agent's sound, handed on at once; a mark says when it was played."""

    def __init__(self, socket_: WebSocket, stream: str) -> None:
        super().__init__(
            label="twilio",
            capabilities=io.AudioOutputCapabilities(pause=False),
            sample_rate=_MODEL_HZ,
        )
        self._socket = socket_
        self._stream = stream
        self._resampler = rtc.AudioResampler(_MODEL_HZ, _LINE_HZ)
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._pushed_s = 0.0
        self._began = 0.0
        self._marks = 0
        self._open = False

    async def send_all(self) -> None:
        while True:
            await self._socket.send_text(json.dumps(await self._outbox.get()))

    async def capture_frame(self, frame: Any) -> None:
        await super().capture_frame(frame)
        if not self._open:
            self._open = True
            self._pushed_s = 0.0
            self._began = time.monotonic()
            self.on_playback_started(created_at=time.time())
        self._pushed_s += frame.duration
        for piece in self._resampler.push(frame):
            self._say(piece)

    def flush(self) -> None:
        super().flush()
        if self._open:
            for piece in self._resampler.flush():
                self._say(piece)
            self._marks += 1
            self._post("mark", mark={"name": str(self._marks)})

    def clear_buffer(self) -> None:
        self._post("clear")
        self._over(interrupted=True)

    def marked(self, name: str) -> None:
        if name == str(self._marks):
            self._over(interrupted=False)

    def _over(self, *, interrupted: bool) -> None:
        if self._open:
            self._open = False
            heard_s = min(self._pushed_s, time.monotonic() - self._began)
            position_s = heard_s if interrupted else self._pushed_s
            self.on_playback_finished(playback_position=position_s, interrupted=interrupted)

    def _say(self, frame: Any) -> None:
        ulaw = mulaw_encode(np.frombuffer(frame.data, dtype=np.int16))
        self._post("media", media={"payload": base64.b64encode(ulaw).decode()})

    def _post(self, event: str, **fields: Any) -> None:
        self._outbox.put_nowait({"event": event, "streamSid": self._stream, **fields})


async def _listen(socket_: WebSocket, ear: _Ear, mouth: _Mouth) -> None:
    while True:
        message = json.loads(await socket_.receive_text())
        match message["event"]:
            case "media":
                ear.feed(base64.b64decode(message["media"]["payload"]))
            case "mark":
                mouth.marked(message["mark"]["name"])
            case "stop":
                return


async def _converse(socket_: WebSocket, provider: str) -> None:
    await socket_.accept()
    stream = ""
    while not stream:
        stream = (await socket_.receive_json()).get("streamSid", "")
    ear, mouth = _Ear(), _Mouth(socket_, stream)
    vad = ServerVad(type="server_vad", create_response=True, interrupt_response=True)
    model = RealtimeModel(
        base_url=provider, api_key="none", turn_detection=vad, input_audio_transcription=None
    )
    session = AgentSession(
        llm=model,
        vad=None,
        turn_handling={"turn_detection": "realtime_llm"},
        aec_warmup_duration=None,
    )
    session.input.audio = ear
    session.output.audio = mouth
    sending = asyncio.get_running_loop().create_task(mouth.send_all())
    try:
        await session.start(Agent(instructions="Answer the phone."), record=False)
        await _listen(socket_, ear, mouth)
    except WebSocketDisconnect:
        logging.getLogger("peer").info("caller gone")
    finally:
        sending.cancel()
        await session.aclose()


def main(provider: str) -> None:
    """Serve until ended."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    app = FastAPI()

    @app.websocket("/ws")
    async def stream(socket_: WebSocket) -> None:
        await _converse(socket_, provider)

    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="warning", loop="uvloop")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main(sys.argv[1])
