"""The carrier's far end in virtual time: the true wire both ways, around a real playout buffer.

The caller's frames leave every 20 ms of the far clock, which may drift from ours; what the server
sends is appended to the buffer, marks come back when they were played, `clear` is obeyed. With
`latency_s` every message is under way for so long, each way.

Without latency and drift everything happens on one lattice of 20 ms, so what was played until an
instant is known to the byte: a frame that is due at an instant of the lattice is handed over just
after it (`_AFTER_S`), so sound that is sent at that instant is heard from it on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from media.call import HangupCause, LineClosed, LineEvent
from media.carrier import Wire
from media.errors import WireError
from server.rehearsal.caller import Caller, CallerEvent, GaveUp, KeyPressed, PutDown, Utterance
from server.rehearsal.loudness import SpeechSpans
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
from server.rehearsal.script import Script
from server.rehearsal.speaker import MarkReturned, Played, Speaker, SpeakerEvent
from server.rehearsal.track import Track

__all__ = ["FRAME_S", "FarEnd", "FarLog", "Way"]

FRAME_S = 0.02
_FRAME_BYTES = 160
_AFTER_S = 1e-6
_IDS = StreamIds("AC" + "0" * 32, "CA" + "1" * 32, "MZ" + "2" * 32)
Sink = Callable[[LineEvent], None]


@dataclass(frozen=True, slots=True)
class Way:
    """What lies between the carrier and the server."""

    drift_ppm: float = 0.0
    """How fast the carrier's clock runs."""
    latency_s: float = 0.0
    starts: bool = True
    """False: the carrier sends sound at once, which breaks the protocol."""


@dataclass(slots=True)
class FarLog:
    """What happened at the far end, at the instants of its clock."""

    heard: Track = field(default_factory=Track)
    """What was played to the caller."""
    said: Track = field(default_factory=Track)
    """What the caller sent."""
    clears: list[float] = field(default_factory=list)
    utterances: list[Utterance] = field(default_factory=list)
    gave_up: GaveUp | None = None


class FarEnd:
    """One caller and their carrier. Satisfies the port of a line."""

    def __init__(self, wire: Wire, script: Script, way: Way) -> None:
        self.wire = wire
        self.log = FarLog()
        self.closed: HangupCause | None = None
        self.opened_s = 0.0
        self._script = script
        self._way = way
        self._messages = StreamMessages(_IDS)
        self._spans = SpeechSpans()
        self._sink: Sink | None = None
        self._ticking: asyncio.TimerHandle | None = None

    def begin(self, sink: Sink) -> None:
        """The socket is accepted: the stream opens, and its frames begin to flow."""
        self._sink = sink
        self.opened_s = asyncio.get_running_loop().time()
        self.speaker = Speaker(self.opened_s + _AFTER_S - FRAME_S)
        self.caller = Caller(self._script, self.opened_s)
        for message in (CONNECTED, self._messages.start({})) if self._way.starts else ():
            self._up(message)
        self._schedule()

    def hang_up(self) -> None:
        """The caller puts the receiver down."""
        self._up(self._messages.stop())

    def garbage(self, message: bytes) -> None:
        """The carrier sends what its protocol does not have."""
        self._up(message)

    # The port of a line.

    def play(self, sound: bytes, *control: bytes) -> bool:
        """See the port."""
        self.send(sound, *control)
        return True

    def send(self, *messages: bytes) -> None:
        """See the port."""
        for message in messages:
            if self._way.latency_s:
                asyncio.get_running_loop().call_later(self._way.latency_s, self._order, message)
            else:
                self._order(message)

    def close(self, cause: HangupCause) -> None:
        """See the port."""
        if self.closed is not None:
            return
        self.closed = cause
        if self._ticking is not None:
            self._ticking.cancel()
        if self._sink is not None:
            self._sink(LineClosed(cause))

    # The far end.

    def far_time(self) -> float:
        """Now, on the far end's clock."""
        now = asyncio.get_running_loop().time()
        return self.opened_s + (now - self.opened_s) * self._clock_rate()

    def _clock_rate(self) -> float:
        return 1.0 + self._way.drift_ppm / 1e6

    def _sent_frames(self) -> int:
        return self.log.said.size_bytes // _FRAME_BYTES

    def _schedule(self) -> None:
        due = self.opened_s + (self._sent_frames() + 1) * FRAME_S / self._clock_rate()
        self._ticking = asyncio.get_running_loop().call_at(due, self._tick)

    def _tick(self) -> None:
        if self.closed is not None:
            return
        far = self.far_time()
        self._played(self.speaker.tick(far))
        payload, events = self.caller.frame(far)
        self.log.said.add(self.opened_s + self._sent_frames() * FRAME_S, payload)
        self._up(self._messages.media(self._sent_frames(), payload))
        self._schedule()
        for event in events:
            self._did(event)

    def _did(self, event: CallerEvent) -> None:
        match event:
            case Utterance():
                self.log.utterances.append(event)
            case KeyPressed(key=key):
                self._up(self._messages.dtmf(key))
            case GaveUp():
                self.log.gave_up = event
            case PutDown():
                self.hang_up()

    def _order(self, message: bytes) -> None:
        if self.closed is not None:
            return
        far = self.far_time()
        order = read_order(message, _IDS.stream_id)
        match order:
            case Play(payload=payload):
                self._played(self.speaker.feed(far, payload))
            case MarkAsked(name=name):
                self._played(self.speaker.mark(far, name))
            case ClearAsked():
                self.log.clears.append(far)
                self._played(self.speaker.clear(far))
            case Unusable(reason=reason):
                raise AssertionError(f"the carrier cannot use what it was sent: {reason}")

    def _played(self, events: list[SpeakerEvent]) -> None:
        for event in events:
            match event:
                case Played(payload=payload, at_s=at_s):
                    self.log.heard.add(at_s, payload)
                    if self._spans.heard(at_s, payload, seconds=len(payload) / 8000):
                        self.caller.agent_audible(at_s)
                case MarkReturned(name=name):
                    self._up(self._messages.mark(name))

    def _up(self, message: bytes) -> None:
        # Never from within what the server is sending: on a network nothing comes back that soon.
        if self._way.latency_s:
            asyncio.get_running_loop().call_later(self._way.latency_s, self._receive, message)
        else:
            asyncio.get_running_loop().call_soon(self._receive, message)

    def _receive(self, message: bytes) -> None:
        if self._sink is None or self.closed is not None:
            return
        try:
            event = self.wire.receive(message)
        except WireError:
            self.close(HangupCause.PROTOCOL_BROKEN)
            return
        if isinstance(event, LineClosed):
            self.close(event.cause)
        elif event is not None:
            self._sink(event)
