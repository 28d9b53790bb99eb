"""A mouth and its far end, driven together in virtual time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from media.mouth import Mouth
from media.playout import MouthEvent, Order, Send
from tests.media.playout_speaker import RATE, PlayoutSpeaker

__all__ = ["TICK_S", "Line", "heard_text", "ledger_agrees", "tone"]

TICK_S = 0.02


@dataclass
class Line:
    """A mouth and its far end, driven at deadlines, and every 20 ms for receipts."""

    mouth: Mouth = field(default_factory=Mouth)
    speaker: PlayoutSpeaker = field(default_factory=PlayoutSpeaker)
    now: float = 0.0
    orders: list[tuple[float, Order]] = field(default_factory=list)
    events: list[MouthEvent] = field(default_factory=list)
    recorded: bytearray = field(default_factory=bytearray)
    recorded_until: float = 0.0
    compared: int = 0
    farthest_ahead_s: float = 0.0

    def obey(self, orders: Iterable[Order]) -> None:
        given = list(orders)
        self.orders += [(self.now, order) for order in given]
        self.speaker.obey(self.now, given)
        self.events += self.mouth.take_events()
        self.farthest_ahead_s = max(self.farthest_ahead_s, self.speaker.unheard / RATE)

    def receive(self) -> None:
        for name in self.speaker.marks(self.now):
            self.obey(self.mouth.marked(self.now, name))

    def run(self, until: float) -> None:
        while True:
            deadline = self.mouth.deadline()
            if deadline is None and self.speaker.idle:
                break
            due = min(self.now + TICK_S, until if deadline is None else deadline)
            if due >= until:
                break
            self.now = max(due, self.now)
            self.receive()
            self.obey(self.mouth.tick(self.now))
            deadline = self.mouth.deadline()
            assert deadline is None or deadline > self.now
        self.now = until
        self.receive()

    def say(self, item: str, payload: bytes) -> None:
        self.obey(self.mouth.say(self.now, item, payload))

    def finish(self, item: str) -> None:
        self.obey(self.mouth.finish(self.now, item))

    def pause(self) -> None:
        self.obey(self.mouth.pause(self.now))

    def resume(self) -> None:
        self.obey(self.mouth.resume(self.now))

    def cut(self) -> None:
        self.obey(self.mouth.cut(self.now))

    def record(self) -> bytes:
        for at, payload in self.mouth.played(self.now):
            assert at >= self.recorded_until - 1e-6, "recorded pieces overlap"
            self.recorded_until = at + len(payload) / RATE
            self.recorded += payload
        return bytes(self.recorded)

    def sent(self, since: float = 0.0) -> bytes:
        return b"".join(o.payload for at, o in self.orders if isinstance(o, Send) and at >= since)


def tone(size: int, start: int = 0) -> bytes:
    """Bytes of which every stretch is recognisable."""
    return bytes((start + place) % 251 for place in range(size))


def ledger_agrees(line: Line) -> bool:
    """At any instant: what the mouth says was heard is what the speaker played, byte for byte."""
    line.speaker.play(line.now)
    line.record()
    heard, played, known = line.recorded, line.speaker.played, line.compared
    assert len(heard) <= line.speaker.sent
    assert round(line.mouth.position_s * RATE) == len(heard)
    line.compared = len(heard)
    return len(heard) == len(played) and heard[known:] == played[known:]


def heard_text(line: Line, item: str) -> str:
    """The words of the item that were heard up to now."""
    return line.mouth.heard_text(item, line.now)
