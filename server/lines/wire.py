"""The media socket of one call: bytes in, events out; messages out, bounded.

Runs on the loop's thread and never waits. Sound that the peer does not read is dropped and counted;
marks and clears are kept, and when even those pile up the line is closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeAlias

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from media.call import HangupCause, LineClosed, LineEvent, LineOpened, Sound
from media.carrier import Wire
from media.errors import WireError
from server.metrics import Metrics

__all__ = ["MAX_MESSAGE_BYTES", "EventSink", "LineSocket"]

MAX_MESSAGE_BYTES = 64 * 1024
"""The largest message that is taken (telephony.md 5, row 13)."""

_LOG = logging.getLogger(__name__)
_START_S = 5.0
"""From the handshake to `start` (foundations.md 4, stream auth)."""
_GOODBYE_S = 1.0
"""How long a peer may take to answer our close; a dead one never does (telephony.md 5, row 14)."""
_SOUND_LIMIT_BYTES = 64 * 1024
"""Unsent bytes, beyond the kernel's, above which sound is dropped: some four seconds of it."""
_RESUME_BYTES = 16 * 1024
_CONTROL_LIMIT_BYTES = 256 * 1024
"""Unsent bytes above which the line is given up."""
_COPIED_BYTES = 8192
"""Up to here picows copies what it sends. Beyond, it lends uvloop a buffer that it then re-uses, so
that a message which has to wait for the peer arrives torn; those are written whole instead."""
_CLOSE_CODES = {
    "malformed": WSCloseCode.INVALID_TEXT,
    "oversized": WSCloseCode.MESSAGE_TOO_BIG,
    "peer_stalled": WSCloseCode.TRY_AGAIN_LATER,
}
"""All other kinds are a breach of policy: 1008."""

EventSink: TypeAlias = Callable[[LineEvent], None]
"""Takes each event as it comes, on the loop's thread; must be quick and must not wait."""


def _ignore(event: LineEvent) -> None:
    """Before anyone listens there is nobody to tell."""


class LineSocket(WSListener):
    """One stream. Delivers exactly one LineClosed, last, however the line ends."""

    def __init__(
        self,
        wire: Wire,
        metrics: Metrics,
        *,
        admits: Callable[[LineOpened], bool],
        start_s: float = _START_S,
    ) -> None:
        """`admits` says whether the stream that began is the one that was expected."""
        self.wire = wire
        self._metrics = metrics
        self._admits = admits
        self._start_s = start_s
        self._sink: EventSink = _ignore
        self._transport: WSTransport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._fragments: bytearray | None = None
        self._stalled = False
        self._over = False

    def listen(self, sink: EventSink) -> None:
        """Deliver every event to `sink` from now on."""
        self._sink = sink

    @property
    def stalled(self) -> bool:
        """Whether the peer has stopped reading, so that sound is being dropped."""
        return self._stalled

    @property
    def connected(self) -> bool:
        """Whether the handshake was answered and frames can flow, now or once."""
        return self._transport is not None

    @property
    def over(self) -> bool:
        """Whether LineClosed has been delivered."""
        return self._over

    def play(self, sound: bytes, *control: bytes) -> bool:
        """Send a message of sound and what must follow it; False if the sound was dropped."""
        if not self._stalled:
            self.send(sound, *control)
            return not self._over
        self._metrics.sound_dropped.inc()
        if control:
            self.send(*control)
        return False

    def send(self, *messages: bytes) -> None:
        """Send messages of control in this order; after the end of the line it does nothing."""
        transport = self._transport
        if transport is None or self._over:
            return
        if len(messages) == 1 and len(messages[0]) <= _COPIED_BYTES:
            transport.send(WSMsgType.TEXT, messages[0])
        elif not transport.is_disconnected:
            # One system call for all of them: half the price of a frame and its mark.
            transport.underlying_transport.write(b"".join(map(_frame, messages)))
        if self._stalled and _unsent_bytes(transport) > _CONTROL_LIMIT_BYTES:
            self._refuse("peer_stalled")

    def close(self, cause: HangupCause, code: WSCloseCode = WSCloseCode.OK) -> None:
        """End the line: LineClosed(cause) is delivered before this returns.

        The peer gets a second to answer the close, since to cut at once could lose its code.
        """
        if self._over:
            return
        transport = self._transport
        if transport is not None and not transport.is_disconnected:
            transport.send_close(code)
            loop = asyncio.get_running_loop()
            self._arm(loop.call_later(_GOODBYE_S, transport.disconnect, False))
        self._finish(cause)

    async def wait_gone(self) -> None:
        """Until the connection itself is closed; at most about a second after `close`."""
        if self._transport is not None:
            await self._transport.wait_disconnected()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done; the stream has five seconds to begin."""
        self._transport = transport
        self._metrics.lines_open.inc()
        transport.underlying_transport.set_write_buffer_limits(
            high=_SOUND_LIMIT_BYTES, low=_RESUME_BYTES
        )
        loop = asyncio.get_running_loop()
        self._arm(loop.call_later(self._start_s, self._refuse, "no_start"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One frame: nearly always a whole text message."""
        if (
            frame.msg_type != WSMsgType.TEXT
            or not frame.fin
            or self._fragments is not None
            or self._over
        ):
            self._on_unusual(transport, frame)
        else:
            self._take(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is closed, whoever did it."""
        self._metrics.lines_open.dec()
        self._arm(None)
        if self._over:
            return
        # Frames that broke the WebSocket protocol itself were answered by the transport.
        kind = _refused_by_transport(transport)
        if kind:
            self._count(kind)
        self._finish(HangupCause.PROTOCOL_BROKEN if kind else HangupCause.LINE_LOST)

    def pause_writing(self) -> None:
        """The peer has stopped reading."""
        self._stalled = True

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._stalled = False

    def _take(self, message: bytes) -> None:
        try:
            event = self.wire.receive(message)
        except WireError as broken:
            self._refuse(broken.kind)
            return
        if type(event) is Sound:
            self._deliver(event)
        elif event is not None:
            self._notice(event)

    def _notice(self, event: LineEvent) -> None:
        match event:
            case LineOpened():
                if not self._admits(event):
                    self._refuse("wrong_call")
                    return
                self._arm(None)
                self._deliver(event)
            case LineClosed():
                self.close(event.cause)
            case _:
                self._deliver(event)

    def _deliver(self, event: LineEvent) -> None:
        try:
            self._sink(event)
        except Exception:  # the edge of a call: one broken call must not touch the others
            self._metrics.failures.labels("line").inc()
            _LOG.exception("a call failed on an event of its line")
            self.close(HangupCause.PROTOCOL_BROKEN, WSCloseCode.INTERNAL_ERROR)

    def _on_unusual(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.CLOSE:
                if not transport.is_close_frame_sent:
                    transport.send_close(WSCloseCode.OK)
                transport.disconnect()
            case WSMsgType.PING:
                # Not answered while the peer reads nothing: pongs would pile up without bound.
                if not self._stalled and not self._over:
                    transport.send_pong(frame.get_payload_as_bytes())
            case WSMsgType.TEXT | WSMsgType.CONTINUATION if not self._over:
                self._join(frame)
            case WSMsgType.BINARY if not self._over:
                self._refuse("malformed")
            case _:
                return

    def _join(self, frame: WSFrame) -> None:
        """Put a message together that came in several frames."""
        first = frame.msg_type == WSMsgType.TEXT
        if first is not (self._fragments is None):
            self._refuse("malformed")
            return
        parts = bytearray() if self._fragments is None else self._fragments
        parts += frame.get_payload_as_memoryview()
        if len(parts) > MAX_MESSAGE_BYTES:
            self._fragments = None
            self._refuse("oversized")
        elif frame.fin:
            self._fragments = None
            self._take(bytes(parts))
        else:
            self._fragments = parts

    def _refuse(self, kind: str) -> None:
        self._count(kind)
        self.close(
            HangupCause.PROTOCOL_BROKEN, _CLOSE_CODES.get(kind, WSCloseCode.POLICY_VIOLATION)
        )

    def _count(self, kind: str) -> None:
        self._metrics.refuse("wire", kind)
        _LOG.warning("media socket refused", extra={"kind": kind})

    def _finish(self, cause: HangupCause) -> None:
        self._over = True
        self._fragments = None
        self._deliver(LineClosed(cause))

    def _arm(self, deadline: asyncio.TimerHandle | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = deadline


def _frame(message: bytes) -> bytes:
    """A whole, unmasked text frame (RFC 6455 5.2)."""
    size = len(message)
    if size < 126:
        head = bytes((0x81, size))
    elif size < 1 << 16:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return head + message


def _unsent_bytes(transport: WSTransport) -> int:
    return transport.underlying_transport.get_write_buffer_size()


def _refused_by_transport(transport: WSTransport) -> str:
    handshake = transport.close_handshake
    if handshake is None or handshake.sent is None or handshake.recv_then_sent:
        return ""
    return "oversized" if handshake.sent.code == WSCloseCode.MESSAGE_TOO_BIG else "malformed"
