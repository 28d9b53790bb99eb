"""A whole front of house on loopback: the real door, webhooks, tokens and Twilio, a fake reception.

`Desk` is the server's side with what it was told; `Peer` is a caller's socket at the level of
bytes, so that it can also say what no library would.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode
from xml.etree import ElementTree as Xml

from fastapi import FastAPI, WebSocket
from twilio.request_validator import RequestValidator

from media.call import CallProgress, IncomingCall, LineClosed, LineEvent, StreamProgress
from media.carrier import Account
from media.carriers import twilio
from server.api.streams import Reservations, StreamDependencies, media_acceptor
from server.api.webhooks import WebhookDependencies, webhook_routes
from server.lines.door import Door, open_door
from server.lines.reception import Outcome, Welcome
from server.lines.wire import EventSink, LineSocket
from server.metrics import Metrics

__all__ = [
    "ACCOUNT",
    "PUBLIC",
    "SIGNER",
    "Desk",
    "Peer",
    "Reply",
    "handshake_head",
    "open_desk",
    "until",
]

PUBLIC = "https://voice.example.com"
ACCOUNT = Account("AC00000000000000000000000000000001", "test-token-0123456789abcdef")
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SIGNER = RequestValidator(ACCOUNT.secret)


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Let the loop run until `condition` holds; fails after `within_s`."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0)


@dataclass
class FakeReception:
    """Welcomes every call unless told otherwise, and remembers what it hears."""

    outcome: Outcome | Exception | None = None
    waits: bool = False
    full: bool = False
    broken_sink: type[LineEvent] | None = None
    broken_progress: bool = False
    lines: dict[object, LineSocket] = field(default_factory=dict)
    heard: dict[object, list[LineEvent]] = field(default_factory=lambda: defaultdict(list))
    calls: list[IncomingCall] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    async def incoming(self, carrier: str, call: IncomingCall) -> Outcome:
        self.calls.append(call)
        if self.waits:
            await asyncio.get_running_loop().create_future()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome or Welcome(call.call_id, (("ref", "r1"),))

    async def progress(self, carrier: str, account_id: str, progress: CallProgress) -> None:
        if self.broken_progress:
            raise RuntimeError("the store is away")
        self.states.append(progress.state)

    async def stream_progress(
        self, carrier: str, account_id: str, progress: StreamProgress
    ) -> None:
        self.states.append(progress.event)

    def pick_up(self, ticket: object, line: LineSocket) -> EventSink | None:
        if self.full:
            return None
        self.lines[ticket] = line

        def sink(event: LineEvent) -> None:
            self.heard[ticket].append(event)
            if self.broken_sink is not None and isinstance(event, self.broken_sink):
                raise RuntimeError("the call is broken")

        return sink

    def closed(self, ticket: object) -> list[LineClosed]:
        return [event for event in self.heard[ticket] if isinstance(event, LineClosed)]


class OneAccount:
    """Knows the one account of these tests."""

    def __init__(self) -> None:
        self.broken = False

    async def find(self, carrier: str, account_id: str) -> Account | None:
        if self.broken:
            raise RuntimeError("the store is away")
        return ACCOUNT if account_id == ACCOUNT.account_id else None


class Ticker:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """The server's side."""

    door: Door
    app: FastAPI
    metrics: Metrics
    reception: FakeReception
    accounts: OneAccount
    reservations: Reservations
    clock: Ticker

    def refused(self, kind: str, place: str = "wire") -> int:
        return self.metrics.refused(place, kind)

    def failures(self) -> float:
        (metric,) = self.metrics.failures.collect()
        return sum(sample.value for sample in metric.samples if sample.name.endswith("_total"))

    async def ring(self, call_id: str) -> str:
        """A signed voice webhook; the path of the stream that the answer offers."""
        reply = await self.post("/webhook/twilio/voice", {"CallSid": call_id})
        assert reply.status == 200, reply
        stream = Xml.fromstring(reply.body).find("Connect/Stream")
        assert stream is not None
        url = stream.get("url", "")
        assert url.startswith("wss://voice.example.com/ws/stream/twilio/")
        return url.removeprefix("wss://voice.example.com")

    async def post(self, path: str, fields: Mapping[str, str]) -> Reply:
        """A webhook, signed as Twilio would sign it."""
        form = {"AccountSid": ACCOUNT.account_id, "From": "+14155550100", **fields}
        signature = SIGNER.compute_signature(PUBLIC + path, form)
        return await self.request(
            "POST",
            path,
            body=urlencode(form).encode(),
            headers={
                "X-Twilio-Signature": signature,
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        async with self.peer() as peer:
            peer.send_head(method, path, {**headers, "Content-Length": str(len(body))})
            peer.write(body)
            return await peer.reply()

    @asynccontextmanager
    async def peer(self) -> AsyncGenerator[Peer]:
        peer = await Peer.dial(self.door.port)
        try:
            yield peer
        finally:
            await peer.hang_up()

    @asynccontextmanager
    async def caller(self, call_id: str, *, start: bool = True) -> AsyncGenerator[Peer]:
        """A call that rang and whose stream is open."""
        path = await self.ring(call_id)
        async with self.peer() as peer:
            reply = await peer.handshake(path)
            assert reply.status == 101, reply
            peer.call_id = call_id
            if start:
                peer.say(peer.connected())
                peer.say(peer.start())
            yield peer


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


class Peer:
    """One TCP connection to the door; not dialled, it only words messages."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, call_id: str = "") -> None:
        self.call_id = call_id
        self.stream_id = "MZ00000000000000000000000000000001"

    @classmethod
    async def dial(cls, port: int) -> Self:
        peer = cls()
        peer.reader, peer.writer = await asyncio.open_connection("127.0.0.1", port)
        return peer

    async def hang_up(self) -> None:
        self.writer.transport.abort()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return

    def write(self, sent: bytes) -> None:
        self.writer.write(sent)

    def send_head(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        self.write(head_of(method, path, headers))

    async def handshake(self, path: str, **changes: str) -> Reply:
        """Ask for a WebSocket; `changes` override headers (underscores for dashes)."""
        self.write(handshake_head(path, **changes))
        return await self.reply()

    async def reply(self) -> Reply:
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.rstrip().split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Reply(int(status.split()[1]), headers, body)

    def frame(self, payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
        """One masked frame."""
        size = len(payload)
        mask = os.urandom(4)
        head = bytes([opcode | (0x80 if final else 0)])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += b"\xfe" + size.to_bytes(2, "big")
        else:
            head += b"\xff" + size.to_bytes(8, "big")
        key = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
        return head + mask + masked

    def say(self, message: bytes) -> None:
        self.write(self.frame(message))

    async def hear(self) -> tuple[int, bytes]:
        """The next frame: its opcode and payload."""
        async with asyncio.timeout(10):
            first, size = await self.reader.readexactly(2)
            assert size < 128, "a server must not mask"
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x0F, await self.reader.readexactly(size)

    async def told(self) -> dict[str, Any]:
        """The next message of the server's."""
        opcode, payload = await self.hear()
        assert opcode == 1, (opcode, payload)
        return dict(json.loads(payload))

    async def close_code(self) -> int:
        """The code of the server's close, after whatever comes before it; 1006 if it just goes."""
        try:
            while True:
                opcode, payload = await self.hear()
                if opcode == 8:
                    self.write(self.frame(payload, 8))
                    return int.from_bytes(payload[:2], "big")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006

    def connected(self) -> bytes:
        return b'{"event":"connected","protocol":"Call","version":"1.0.0"}'

    def start(self, **changes: Any) -> bytes:
        facts = {
            "accountSid": ACCOUNT.account_id,
            "callSid": self.call_id,
            "customParameters": {"ref": "r1"},
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            **changes,
        }
        return self.message("start", start=facts)

    def media(self, payload: bytes = b"\xff" * 160, at_ms: int = 20) -> bytes:
        text = base64.b64encode(payload).decode()
        facts = {"track": "inbound", "chunk": "1", "timestamp": str(at_ms), "payload": text}
        return self.message("media", media=facts)

    def message(self, event: str, **facts: Any) -> bytes:
        return json.dumps({"event": event, "streamSid": self.stream_id, **facts}).encode()


def head_of(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: voice.example.com"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def handshake_head(path: str, **changes: str) -> bytes:
    """A signed WebSocket handshake; an empty change leaves the header out."""
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        "X-Twilio-Signature": SIGNER.compute_signature(f"wss://voice.example.com{path}", {}),
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return head_of("GET", path, {name: value for name, value in headers.items() if value})


@asynccontextmanager
async def open_desk(*, head_s: float = 5.0, answer_s: float = 10.0) -> AsyncGenerator[Desk]:
    """A desk that listens on a free port."""
    metrics, reception, accounts, clock = Metrics.create(), FakeReception(), OneAccount(), Ticker()
    reservations = Reservations(_counted_tokens())
    carriers = {"twilio": twilio}
    accept = media_acceptor(
        StreamDependencies(
            carriers, reservations, reception.pick_up, PUBLIC, metrics, monotonic=clock
        )
    )
    routes = webhook_routes(
        WebhookDependencies(
            carriers,
            accounts,
            reception,
            reservations,
            PUBLIC,
            metrics,
            monotonic=clock,
            answer_s=answer_s,
        )
    )
    app = FastAPI(redirect_slashes=False)
    app.include_router(routes)

    @app.websocket("/ws/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())

    async with open_door(
        app, accept, host="127.0.0.1", port=0, metrics=metrics, head_s=head_s
    ) as door:
        yield Desk(door, app, metrics, reception, accounts, reservations, clock)


def _counted_tokens() -> Callable[[], str]:
    numbers = iter(range(10**9))
    return lambda: f"token{next(numbers):027d}"
