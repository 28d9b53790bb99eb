"""The one listening port: HTTP for the application, media sockets for the lines.

uvicorn's protocol reads every request; when the request is a WebSocket handshake under
`/ws/stream/`, the connection is handed to picows, which costs a quarter per message
(performance.md 2). A connection that carried other requests before can still become a media
socket, as proxies and tunnels re-use their connections.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import logging
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias, cast
from weakref import WeakSet

from picows import WSAutoPingStrategy, WSCloseCode
from picows.picows import WSProtocol  # type: ignore[attr-defined]
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from media.call import HangupCause
from media.http import HttpRequest
from server.lines.wire import MAX_MESSAGE_BYTES, LineSocket
from server.metrics import Metrics

__all__ = ["AcceptMedia", "Door", "DoorFailed", "Refusal", "open_door"]

MEDIA_PATH = "/ws/stream/"
_LOG = logging.getLogger(__name__)
_HEAD_LIMIT_BYTES = 16 * 1024
_HEAD_S = 5.0
_READ_BUFFER_BYTES = 4 * 1024
"""Ten frames; grows when a message needs more, up to the largest message."""
_CLOSING_S = 5.0
_Transport: TypeAlias = asyncio.Transport


class DoorFailed(Exception):
    """The application did not start, so the port was not opened to it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a media socket is not accepted: an HTTP status and a short public word."""

    status: int
    reason: str


AcceptMedia: TypeAlias = Callable[[HttpRequest], LineSocket | Refusal]
"""Decides on a handshake before it is answered. Quick; does not wait."""


@dataclass(frozen=True, slots=True)
class _Gate:
    """What every connection of one door shares."""

    accept: AcceptMedia
    metrics: Metrics
    lines: WeakSet[LineSocket]
    head_s: float


class Door:
    """The open port. Made by `open_door`."""

    def __init__(self, server: Server, port: int) -> None:
        self.port = port
        self._server = server

    async def serve_until(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Closing is left to the context that opened the door."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._server.main_loop())
            await stop.wait()
            self._server.should_exit = True


@asynccontextmanager
async def open_door(
    app: Any,
    accept_media: AcceptMedia,
    *,
    host: str,
    port: int,
    metrics: Metrics,
    reuse_port: bool = False,
    head_s: float = _HEAD_S,
) -> AsyncGenerator[Door]:
    """Start the ASGI application and listen; on leaving, close in order.

    Port 0 takes a free one. `reuse_port` lets several processes share the port (SO_REUSEPORT).
    On leaving, the port closes first, live lines are closed with 1001, requests in progress get
    five seconds, and then the application's shutdown runs.

    Raises:
        DoorFailed: the application's startup failed.
        OSError: the address cannot be bound.
    """
    # picows logs an error for every frame that breaks the protocol; those are counted in `wire`.
    logging.getLogger(f"{__name__}.picows").setLevel(logging.CRITICAL)
    gate = _Gate(accept_media, metrics, WeakSet(), head_s)
    server = Server(_config(app, gate))
    listener = _listen(host, port, reuse_port=reuse_port)
    try:
        await _start(server, listener)
        yield Door(server, listener.getsockname()[1])
    finally:
        await _stop(server, listener, gate.lines)


def _config(app: Any, gate: _Gate) -> Config:
    protocol = cast("type[asyncio.Protocol]", functools.partial(DoorProtocol, gate=gate))
    config = Config(
        app,
        http=protocol,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(_CLOSING_S),
    )
    config.load()
    return config


def _listen(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048, reuse_port=reuse_port)


async def _start(server: Server, listener: socket.socket) -> None:
    server.lifespan = server.config.lifespan_class(server.config)
    try:
        await server.startup(sockets=[listener])
    except SystemExit as refused:
        raise DoorFailed("the application's startup failed; its own log says why") from refused


async def _stop(server: Server, listener: socket.socket, lines: WeakSet[LineSocket]) -> None:
    if not server.started:
        listener.close()
        return
    for accepting in server.servers:
        accepting.close()
    remaining = list(lines)
    for line in remaining:
        line.close(HangupCause.SERVER_STOPPED, WSCloseCode.GOING_AWAY)
    for line in remaining:
        await line.wait_gone()
    await server.shutdown(sockets=[listener])


class DoorProtocol(HttpToolsProtocol):
    """One connection: bounds the head of each request and hands media sockets over."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        gate: _Gate,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gate = gate
        self._head_deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True
        self._clean_end = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection begins with the head of a request."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer, or we, closed."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls back; then see whether the head grows too long."""
        if self.transport.is_closing():
            return
        self._head_bytes += len(data)
        self._clean_end = data.endswith(b"\n")
        super().data_received(data)
        if self._in_head and self._head_bytes > _HEAD_LIMIT_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large")

    def on_message_begin(self) -> None:
        """A request, perhaps not the first of its connection."""
        super().on_message_begin()
        if not self._in_head:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is there; what follows is a body, bounded by who reads it."""
        self._disarm()
        self._in_head = False
        size_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size_bytes > _HEAD_LIMIT_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large")
            raise ValueError("the request's head is too large")
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """The parser gave up; unless that was our doing, say so."""
        if not self.transport.is_closing():
            self._disarm()
            self._in_head = False
            self._gate.metrics.refuse("door", "malformed")
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        """A handshake: a media socket goes to picows, any other to the application."""
        if self.url.startswith(MEDIA_PATH.encode()):
            self._meet_media()
        else:
            super().handle_websocket_upgrade()

    def _meet_media(self) -> None:
        request = self._handshake()
        if request is None:
            return
        try:
            decision = self._gate.accept(request)
        except Exception:  # the edge of a request
            self._gate.metrics.failures.labels("handshake").inc()
            _LOG.exception("a media handshake failed")
            decision = Refusal(500, "failed")
        if isinstance(decision, Refusal):
            # Counted and logged by who refused: only there is it known what was wrong.
            self._reply(decision.status, decision.reason)
        else:
            self._hand_over(decision, request)

    def _handshake(self) -> HttpRequest | None:
        """The request as a value, or None when it was answered because it is no handshake."""
        path, _, query = self.url.decode("latin-1").partition("?")
        request = HttpRequest(self.scope["method"], path, query, _merged(self.headers))
        busy = self.cycle is not None and not self.cycle.response_complete
        if request.headers.get("sec-websocket-version") != "13":
            self._refuse(HTTPStatus.UPGRADE_REQUIRED, "handshake_malformed")
        elif busy or not self._clean_end or not _is_handshake(request):
            self._refuse(HTTPStatus.BAD_REQUEST, "handshake_malformed")
        else:
            return request
        return None

    def _hand_over(self, line: LineSocket, request: HttpRequest) -> None:
        """Give the connection to picows, replaying a handshake in the one form that it takes."""
        self._disarm()
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self._gate.lines.add(line)
        transport = self.transport
        protocol = _media_protocol(line)
        # uvloop chooses how to read when reading starts, so a change of protocol needs a restart.
        transport.pause_reading()
        transport.set_protocol(protocol)
        try:
            protocol.connection_made(transport)
            _replay(protocol, _canonical(request))
        except OSError:  # the peer was gone before its socket could be set up
            transport.abort()
        if not line.connected:
            line.close(HangupCause.LINE_LOST)
        elif not transport.is_closing():
            transport.resume_reading()

    def _expect_head(self) -> None:
        self._disarm()
        self._in_head = True
        self._head_bytes = 0
        self._head_deadline = self.loop.call_later(self._gate.head_s, self._too_slow)

    def _disarm(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "head_too_slow")

    def _refuse(self, status: HTTPStatus, kind: str) -> None:
        self._gate.metrics.refuse("door", kind)
        _LOG.info("connection refused", extra={"kind": kind})
        self._reply(status, kind)

    def _reply(self, status: int, reason: str) -> None:
        self._disarm()
        body = reason.encode()
        phrase = HTTPStatus(status).phrase
        upgrade = "upgrade: websocket\r\nsec-websocket-version: 13\r\n" if status == 426 else ""
        head = (
            f"HTTP/1.1 {status:d} {phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n{upgrade}"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        if not self.transport.is_closing():
            self.transport.write(head.encode() + body)
            self.transport.close()


def _merged(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Repeated names joined by commas (RFC 9110 5.2): a doubled signature or key fits nothing."""
    merged: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip()
        merged[name] = f"{merged[name]}, {value}" if name in merged else value
    return merged


def _is_handshake(request: HttpRequest) -> bool:
    """RFC 6455 4.2.1, as far as the parser has not seen to it; a handshake has no body."""
    headers = request.headers
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return (
        request.method == "GET"
        and len(key) == 16
        and headers.get("content-length", "0") == "0"
        and "transfer-encoding" not in headers
    )


def _media_protocol(line: LineSocket) -> Any:
    """The server side of a socket, as `picows.ws_create_server` makes it."""
    return WSProtocol(
        None,  # host and port: of a client
        None,  # path: of a client
        False,  # is_client_side
        lambda _request: line,
        logging.LoggerAdapter(logging.getLogger(f"{__name__}.picows"), {}),
        True,  # disconnect_on_exception
        None,  # handshake timeout: the handshake is complete when we hand over
        False,  # enable_auto_ping: sound is the sign of life (telephony.md 1.3)
        60,
        60,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # enable_auto_pong: the line answers, within its bounds
        MAX_MESSAGE_BYTES,
        None,  # extra_headers: of a client
        _READ_BUFFER_BYTES,
    )


def _canonical(request: HttpRequest) -> bytes:
    """The handshake reduced to what matters; no extension, so no compression, is passed on."""
    return (
        "GET /media HTTP/1.1\r\nHost: media\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {request.headers['sec-websocket-key']}"
        "\r\n\r\n"
    ).encode("ascii")


def _replay(protocol: Any, head: bytes) -> None:
    view = memoryview(head)
    while view:
        room = protocol.get_buffer(-1)
        count = min(len(room), len(view))
        room[:count] = view[:count]
        protocol.buffer_updated(count)
        view = view[count:]
