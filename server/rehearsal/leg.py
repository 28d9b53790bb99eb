"""One call's stream as the carrier has it: frames out on the dot, orders in, marks when played.

A listener of the WebSocket client and a member of the shared ticker; nothing here waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from server.clock import Clock
from server.rehearsal.badline import PERFECT, BadLine, LineQuality
from server.rehearsal.caller import CallerEvent, GaveUp, KeyPressed, PutDown, Utterance
from server.rehearsal.loudness import SpeechSpans, audible
from server.rehearsal.messages import (
    CONNECTED,
    ClearAsked,
    MarkAsked,
    Play,
    StreamIds,
    StreamMessages,
    Unusable,
    read_order,
)
from server.rehearsal.record import EndedBy, LegLog
from server.rehearsal.source import Source
from server.rehearsal.speaker import MarkReturned, Played, Speaker, SpeakerEvent

__all__ = ["Leg", "LegSetup", "Listen", "SourceFactory"]

_FRAME_S: Final = 0.02
_MOST_FRAMES_AT_ONCE: Final = 50
"""After a stall of our own, what a carrier would have dropped is not made up for."""
_NORMAL_CLOSES: Final = frozenset({1000, 1001, 1005})


Listen: TypeAlias = Callable[[bytes], None]
SourceFactory: TypeAlias = Callable[[float], Source]
"""Makes the caller of a leg, given the instant at which the stream opened."""


@dataclass(frozen=True, slots=True)
class _Frame:
    chunk: int
    payload: bytes


_Item: TypeAlias = _Frame | str
"""What is under way on a bad line: a frame, or the name of a mark."""


@dataclass(frozen=True, slots=True)
class LegSetup:
    """What a leg is given."""

    ids: StreamIds
    source: SourceFactory
    clock: Clock
    log: LegLog
    parameters: Mapping[str, str] = field(default_factory=dict)
    quality: LineQuality = PERFECT
    seed: int = 0
    listen: Listen | None = None
    """Told of every frame that is played, for someone who listens live."""


class Leg(WSListener):
    """The carrier's end of one media stream."""

    def __init__(self, setup: LegSetup) -> None:
        self._setup = setup
        self._messages = StreamMessages(setup.ids)
        self._transport: WSTransport | None = None
        self._under_way: BadLine[_Item] | None = None
        if not setup.quality.perfect:
            self._under_way = BadLine(setup.quality, setup.seed)
        self._speaker: Speaker | None = None
        self._source: Source | None = None
        self._chunks = 0
        self.opened_s: float | None = None
        self.spans = SpeechSpans()
        self.log = setup.log
        self.ended: asyncio.Future[EndedBy] = asyncio.get_running_loop().create_future()

    @property
    def source(self) -> Source | None:
        """The caller; None until the stream is open."""
        return self._source

    @property
    def speaker(self) -> Speaker | None:
        """The playout buffer; None until the stream is open."""
        return self._speaker

    def far_time(self, now: float) -> float:
        """`now` on the far end's clock, which may drift from ours."""
        opened_s = self.opened_s
        rate = self._setup.quality.clock_rate
        return now if opened_s is None else opened_s + (now - opened_s) * rate

    def end(self, by: EndedBy) -> None:
        """End the stream from the carrier's side: `stop`, then close."""
        if self.ended.done():
            return
        self.ended.set_result(by)
        if self._transport is not None:
            self._send(self._messages.stop())
            # The server's close is awaited: dropping the socket with its messages still unread
            # would reset the connection and take our `stop` along.
            self._transport.send_close(WSCloseCode.OK)

    def tick(self, now: float) -> None:
        """Send the frames that are due, play what is due; called by the ticker."""
        if self._transport is None or self.ended.done():
            return
        if self._speaker is None or self._source is None:
            self._open(now)
            return
        far = self.far_time(now)
        self._played(self._speaker.tick(far), now)
        # Half a frame of tolerance: the ticker's own jitter must not become the line's.
        due = int((far - self._speaker.opened_s) / _FRAME_S + 0.5)
        self._chunks = max(self._chunks, due - _MOST_FRAMES_AT_ONCE)
        while self._chunks < due and not self.ended.done():
            self._frame(self._source, far, now)
        if self._under_way is not None:
            self._deliver(self._under_way.due(now))

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done; the first tick opens the stream, so that it lies on its slot."""
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone: without a close frame before, the server was lost."""
        self._transport = None
        if not self.ended.done():
            self.log.problems["31921: the socket broke without a close"] += 1
            self.ended.set_result(EndedBy.SERVER_LOST)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One message of the server."""
        if frame.msg_type == WSMsgType.TEXT:
            self._order(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self._closed(int(frame.get_close_code().value), transport)
        elif frame.msg_type == WSMsgType.BINARY:
            self.log.problems["31951: a binary message"] += 1

    def _open(self, now: float) -> None:
        self.opened_s = now
        self._speaker = Speaker(now)
        self._source = self._setup.source(now)
        self._send(CONNECTED)
        self._send(self._messages.start(self._setup.parameters))

    def _frame(self, source: Source, far: float, now: float) -> None:
        payload, events = source.frame(far)
        self._chunks += 1
        self.log.said.add(self._frame_instant(self._chunks - 1), payload)
        if self._under_way is None:
            self._send(self._messages.media(self._chunks, payload))
        elif not self._under_way.frame(now, _Frame(self._chunks, payload)):
            self._messages.lost()
        for event in events:
            self._caller_did(event, far)

    def _frame_instant(self, index: int) -> float:
        return (self.opened_s or 0.0) + index * _FRAME_S

    def _caller_did(self, event: CallerEvent, far: float) -> None:
        match event:
            case Utterance():
                self.log.utterances.append(event)
            case KeyPressed(key=key):
                self.log.keys.append((far, key))
                self._send(self._messages.dtmf(key))
            case GaveUp():
                self.log.gave_up = event
            case PutDown():
                self.end(EndedBy.CALLER)

    def _order(self, message: bytes) -> None:
        speaker = self._speaker
        if speaker is None or self.ended.done():
            return
        now = self._setup.clock.monotonic()
        far = self.far_time(now)
        order = read_order(message, self._setup.ids.stream_id)
        match order:
            case Play(payload=payload):
                if audible(payload):
                    self.log.arrivals.append(far)
                self._played(speaker.feed(far, payload), now)
            case MarkAsked(name=name):
                self._played(speaker.mark(far, name), now)
            case ClearAsked():
                self.log.clears.append(far)
                self._played(speaker.clear(far), now)
            case Unusable(reason=reason):
                self.log.problems[f"31951: {reason}"] += 1

    def _played(self, events: list[SpeakerEvent], now: float) -> None:
        for event in events:
            match event:
                case Played(payload=payload, at_s=at_s):
                    self.log.heard.add(at_s, payload)
                    heard = self.spans.heard(at_s, payload, seconds=len(payload) / 8000.0)
                    if heard and self._source is not None:
                        self._source.agent_audible(at_s)
                    if self._setup.listen is not None:
                        self._setup.listen(payload)
                case MarkReturned(name=name):
                    self._mark(name, now)

    def _mark(self, name: str, now: float) -> None:
        self.log.marks_returned += 1
        if self._under_way is None:
            self._send(self._messages.mark(name))
        else:
            self._under_way.mark(now, name)

    def _deliver(self, items: list[_Item]) -> None:
        for item in items:
            if isinstance(item, str):
                self._send(self._messages.mark(item))
            else:
                self._send(self._messages.media(item.chunk, item.payload))

    def _closed(self, code: int, transport: WSTransport) -> None:
        self.log.close_code = code
        if not self.ended.done():
            normal = code in _NORMAL_CLOSES
            if not normal:
                self.log.problems[f"31921: the server closed the socket with code {code}"] += 1
            self.ended.set_result(EndedBy.AGENT if normal else EndedBy.SERVER_LOST)
        if not transport.is_close_frame_sent:
            transport.send_close(WSCloseCode.OK)
        transport.disconnect()

    def _send(self, message: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, message)
