"""A small true server that speaks Twilio: what the box is tested against.

Its agent greets, answers each time the caller falls silent, clears when it is interrupted, and
hangs up after `goodbye_after` answers by closing the stream. Signatures are checked with Twilio's
own validator. What it saw is kept for the tests to look at.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator

from media.pcm import mulaw_decode, mulaw_encode

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "test-token-0123456789abcdef"


def tone(seconds: float, *, hz: float = 440.0) -> bytes:
    """Something to hear, as mu-law."""
    time = np.arange(int(seconds * 8000)) / 8000.0
    return mulaw_encode((np.sin(2 * np.pi * hz * time) * 9000).astype(np.int16))


@dataclass
class Manners:
    """How the agent behaves."""

    greeting: bytes = field(default_factory=lambda: tone(0.5))
    answer: bytes = field(default_factory=lambda: tone(0.4, hz=550.0))
    goodbye_after: int = 0
    """Close the stream after so many answers; 0 never."""
    silence_frames: int = 10
    loud_frames: int = 3
    first_message: str | None = None
    """A text sent before anything else."""
    close_code: int = 1000
    drop: bool = False
    """Break the connection instead of closing the stream."""
    voice_reply: Response | None = None
    transcript: list[dict[str, Any]] | None = None


@dataclass
class LittleServer:
    """The application and what it saw."""

    manners: Manners
    url: str = ""
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    handshake_headers: dict[str, str] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, event: str) -> list[dict[str, Any]]:
        """All stream messages of one kind."""
        return [message for message in self.messages if message["event"] == event]

    async def voice(self, request: Request) -> Response:
        """The voice webhook."""
        if not await self._signed(request):
            return Response(status_code=403)
        if self.manners.voice_reply is not None:
            return self.manners.voice_reply
        stream = self.url.replace("http", "ws", 1) + "/ws/stream/twilio/abc"
        return _xml(
            f'<Response><Connect action="/after"><Stream url="{stream}?lost=1" name="agent" '
            f'statusCallback="{self.url}/stream-status"><Parameter name="token" value="abc"/>'
            "</Stream></Connect><Hangup/></Response>"
        )

    async def note(self, request: Request) -> Response:
        """Any callback."""
        signed = await self._signed(request)
        return _xml("<Response><Hangup/></Response>") if signed else Response(status_code=403)

    async def calls(self, request: Request) -> Response:
        """The server's transcript."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(status_code=401)
        if self.manners.transcript is None:
            return Response(status_code=404)
        return JSONResponse({"turns": self.manners.transcript})

    async def stream(self, socket: WebSocket) -> None:
        """The media socket."""
        self.handshake_headers = dict(socket.headers)
        await socket.accept()
        with suppress(WebSocketDisconnect):
            await self._converse(socket)
        self.over.set()

    async def _converse(self, socket: WebSocket) -> None:
        agent = _Agent(self.manners, socket)
        while True:
            message = json.loads(await socket.receive_text())
            self.messages.append(message)
            if message["event"] == "stop" or not await agent.hear(message):
                if not self.manners.drop:
                    await socket.close(self.manners.close_code)
                return

    async def _signed(self, request: Request) -> bool:
        body = (await request.body()).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        self.forms.append((request.url.path, form))
        validator = RequestValidator(TOKEN)
        given = request.headers.get("x-twilio-signature", "")
        good = validator.validate(self.url + request.url.path, form, given)
        self.refused += not good
        return bool(good)


@dataclass
class _Agent:
    manners: Manners
    socket: WebSocket
    stream_id: str = ""
    marks_out: int = 0
    loud: int = 0
    silent: int = 0
    answers: int = 0
    count: int = 0

    async def hear(self, message: dict[str, Any]) -> bool:
        match message["event"]:
            case "start":
                self.stream_id = message["streamSid"]
                if self.manners.first_message is not None:
                    await self.socket.send_text(self.manners.first_message)
                await self._say(self.manners.greeting)
            case "mark":
                self.marks_out -= 1
                return not 0 < self.manners.goodbye_after <= self.answers or self.marks_out > 0
            case "media":
                await self._listen(base64.b64decode(message["media"]["payload"]))
            case "dtmf":
                await self._say(self.manners.answer)
        return True

    async def _listen(self, payload: bytes) -> None:
        if float(np.abs(mulaw_decode(payload).astype(np.float64)).mean()) > 300.0:
            self.loud, self.silent = self.loud + 1, 0
            if self.loud == self.manners.loud_frames and self.marks_out > 0:
                await self._send({"event": "clear"})
            return
        self.silent += 1
        if self.loud >= self.manners.loud_frames and self.silent >= self.manners.silence_frames:
            self.loud = 0
            self.answers += 1
            await self._say(self.manners.answer)

    async def _say(self, payload: bytes) -> None:
        text = base64.b64encode(payload).decode()
        self.count += 1
        self.marks_out += 1
        await self._send({"event": "media", "media": {"payload": text}})
        await self._send({"event": "mark", "mark": {"name": f"g1:{self.count}"}})

    async def _send(self, message: dict[str, Any]) -> None:
        await self.socket.send_text(json.dumps({**message, "streamSid": self.stream_id}))


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml")


@asynccontextmanager
async def little_server(manners: Manners | None = None) -> AsyncIterator[LittleServer]:
    """The server on a free port of loopback."""
    little = LittleServer(manners or Manners())
    app = Starlette(
        routes=[
            Route("/webhook/twilio/voice", little.voice, methods=["POST"]),
            Route("/webhook/twilio/status", little.note, methods=["POST"]),
            Route("/stream-status", little.note, methods=["POST"]),
            Route("/after", little.note, methods=["POST"]),
            Route("/api/v1/calls/by-carrier/{call_id}", little.calls),
            WebSocketRoute("/ws/stream/twilio/abc", little.stream),
        ]
    )
    config = uvicorn.Config(
        app, port=0, log_level="critical", ws="websockets-sansio", lifespan="off"
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server._serve())
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0)
        little.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            yield little
        finally:
            server.should_exit = True
            await serving
