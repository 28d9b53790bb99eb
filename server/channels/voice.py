"""A telephone line as a channel: ear, turn machine, mouth and recorder of one call.

Everything here happens on the loop's thread, between two frames, without waiting: sound comes in
through `on_line`, the shared pulse calls `on_speech` and `tick`, the core's effects arrive through
`perform`. Whatever the core should know is handed to `post`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from media import mouth, turns
from media.call import Digit, LineClosed, LineEvent, LineOpened, Marked, Sound
from media.carrier import Wire
from media.dtmf import ToneEar
from media.ear import Ear, EarEvent, SpeechStarted
from media.media_clock import MediaClock
from media.mouth import Mouth
from media.recorder import Recorder
from media.turns import TurnMachine
from server.agent import effects as do
from server.agent.conversation import ConversationEvent, Opened
from server.agent.effects import Effect
from server.line import Line

__all__ = ["VoiceChannel", "VoiceParts"]

Post: TypeAlias = Callable[[ConversationEvent], None]


@dataclass(frozen=True, slots=True)
class VoiceParts:
    """The machines of one line."""

    wire: Wire
    ear: Ear
    tones: ToneEar | None
    """Where keys must be heard in the sound itself."""
    turns: TurnMachine
    mouth: Mouth
    recorder: Recorder | None


class VoiceChannel:
    """One caller's line, seen from the core."""

    def __init__(self, parts: VoiceParts, post: Post, listen: Callable[[bytes], None]) -> None:
        """`post` takes events for the core; `listen` takes the caller's sound for the mind."""
        self._parts = parts
        self._ear = parts.ear
        self._mouth = parts.mouth
        self._turns = parts.turns
        self._recorder = parts.recorder
        self._post = post
        self._listen = listen
        self._line: Line | None = None
        self._clock = MediaClock()
        self.slot = parts.ear.slot

    def attach(self, line: Line) -> None:
        """The socket is there; from now on sound can be sent."""
        self._line = line

    def detach(self) -> None:
        """The socket is gone; what is sent from now on falls silent."""
        self._line = None

    def on_line(self, event: LineEvent, now: float) -> None:
        """Take what came in from the carrier."""
        match event:
            case Sound(payload=payload, at_ms=at_ms):
                self._ear.feed(payload)
                self._listen(payload)
                self._clock.frame(now, at_ms / 1000)
                if self._parts.tones is not None:
                    self._parts.tones.feed(payload)
                if self._recorder is not None:
                    self._recorder.caller(payload, at_ms / 1000)
            case Marked(name=name):
                self._voiced(self._mouth.marked(now, name), now)
            case Digit():
                self._took(self._turns.digit(now))
                self._post(event)
            case LineClosed():
                self.detach()  # a codec that never saw `start` cannot even write a clear
                self._voiced(self._mouth.cut(now), now)
                self._post(event)
            case LineOpened():
                self._clock.open(now)
                self._post(Opened())

    def on_speech(self, event: EarEvent, now: float) -> None:
        """The caller began or ceased to speak, as the ear decided."""
        ago_s = max(0.0, self._ear.heard_s - event.at_s)
        if isinstance(event, SpeechStarted):
            self._took(self._turns.speech_started(now, ago_s))
        else:
            self._took(self._turns.speech_stopped(now, ago_s))

    def tick(self, now: float) -> None:
        """Do what is due; called every 20 ms by the pulse."""
        orders = self._mouth.tick(now)
        if orders:
            self._voiced(orders, now)
        due = self._turns.deadline()
        if due is not None and due <= now:
            self._took(self._turns.tick(now))

    def perform(self, effect: Effect, now: float) -> bool:
        """Carry out an effect of the line; False when it is none."""
        match effect:
            case do.Play(item=item, payload=payload):
                self._voiced(self._mouth.say(now, item, payload), now)
            case do.Caption(item=item, text=text):
                self._mouth.text(item, text)
            case do.PlayEnd(item=item):
                self._voiced(self._mouth.finish(now, item), now)
            case do.Hold():
                self._voiced(self._mouth.pause(now), now)
            case do.GoOn():
                self._voiced(self._mouth.resume(now), now)
            case do.Hush():
                self._voiced(self._mouth.cut(now), now)
            case do.Expect(expectation=expectation):
                self._took(self._turns.expect(now, expectation))
            case do.Protect(on=on):
                self._took(self._turns.protect(now, on))
            case do.Words(text=text, complete=complete):
                self._took(self._turns.heard_words(now, text, complete))
            case do.Waiting(on=on):
                self._took(self._turns.hold(now, on))
            case _:
                return False
        return True

    def media_s(self, now: float) -> float:
        """Media time: seconds since the stream began by the carrier's clock; 0 before that."""
        return self._clock.at(now)

    def record(self, now: float) -> None:
        """Give the recorder what was surely heard of the agent; once a second is enough."""
        if self._recorder is not None:
            for at, payload in self._mouth.played(now):
                self._recorder.agent(payload, self._clock.at(at))

    def _took(self, events: list[turns.TurnEvent]) -> None:
        for event in events:
            self._post(event)

    def _voiced(self, orders: list[mouth.Order], now: float) -> None:
        """Send what the mouth ordered, then tell what became of its sound."""
        if orders and self._line is not None:
            self._send(orders, self._line)
        for event in self._mouth.take_events():
            match event:
                case mouth.Audible():
                    self._took(self._turns.agent_started(now))
                case mouth.Quiet():
                    self._took(self._turns.agent_stopped(now))
                case mouth.ItemHeard():
                    pass
            self._post(event)

    def _send(self, orders: list[mouth.Order], line: Line) -> None:
        wire = self._parts.wire
        for order in orders:
            match order:
                case mouth.Send(payload=payload):
                    line.play(wire.media(payload))
                case mouth.Mark(name=name):
                    line.send(wire.mark(name))
                case mouth.Clear():
                    line.send(wire.clear())
                case _:
                    assert_never(order)
