"""The agent's voice on the line, and the ledger of what was heard of it. Quiet.

Every byte belongs to an item, to a span of that item's words, and to a generation. Sound leaves a
little ahead of its playout; the playout clock and the line's receipts say how far it was heard. A
pause or a cut clears the far end and begins a new generation, whose receipts alone count. What was
heard feeds truncation at the model, the transcript, the recording and metering.

Verbs return orders for the line, to be carried out in their order; `take_events` returns what
became known. `deadline` and `tick` are the machine's contract.
"""

from __future__ import annotations

from math import inf

from media.playout import (
    Audible,
    Clear,
    ItemHeard,
    Mark,
    MouthEvent,
    Order,
    Pacing,
    Quiet,
    Send,
)
from media.playout_clock import PlayoutClock
from media.receipts import Receipts
from media.reservoir import Reservoir
from media.script import Script
from media.utterance import Utterance

__all__ = [
    "Audible",
    "Clear",
    "ItemHeard",
    "Mark",
    "Mouth",
    "MouthEvent",
    "Order",
    "Pacing",
    "Quiet",
    "Send",
]


class Mouth:
    """The playout of one call. `now` is monotonic seconds and never goes back.

    Items are named by whoever speaks; a name may return once its item is finished. Where
    `recorded`, `played` must be called every few seconds: it holds what was heard until then.
    """

    __slots__ = (
        "_audible",
        "_clock",
        "_due",
        "_events",
        "_pacing",
        "_paused",
        "_rate",
        "_receipts",
        "_script",
        "_sound",
        "underruns",
    )

    def __init__(
        self,
        bytes_per_second: int = 8000,
        pacing: Pacing | None = None,
        *,
        recorded: bool = True,
    ) -> None:
        self._rate = bytes_per_second
        self._pacing = pacing or Pacing()
        self._clock = PlayoutClock(bytes_per_second)
        self._sound = Reservoir(bytes_per_second, kept=recorded)
        self._script = Script()
        self._receipts = Receipts()
        self._events: list[MouthEvent] = []
        self._due = inf
        self._paused = False
        self._audible = False
        self.underruns = 0
        """How often the far end ran dry while sound was waiting here: ticks came late."""

    # What is to be said.

    def say(self, now: float, item: str, payload: bytes) -> list[Order]:
        """Append sound of an item; it leaves at once as far as the lead allows.

        Sound of an item that was cut before it was finished comes too late and is dropped.
        """
        utterance = self._script.open(item)
        if utterance.cut or not payload:
            return []
        follows = self._sound.waiting > 0 or self._paused
        self._script.add(utterance, len(payload))
        self._sound.add(payload)
        if follows and now < self._due:
            return []  # its turn comes after what waits already
        return self._settle(now)

    def text(self, item: str, text: str) -> None:
        """Words that belong to the sound of this item that is said after this call."""
        utterance = self._script.find(item)
        if utterance is None or utterance not in self._script.waiting:
            utterance = self._script.open(item)
        if text and not utterance.cut:
            utterance.add_text(text)

    def finish(self, now: float, item: str) -> list[Order]:
        """The item is complete. What was cut may be said again after this."""
        utterance = self._script.find(item) or self._script.open(item)
        if utterance.finished:
            return []
        utterance.finish()
        orders: list[Order] = []
        sent = not self._paused and self._clock.sent >= utterance.ends > 0
        if sent and not utterance.cut:
            orders += self._receipts.ask(self._clock.sent)
        return orders + self._settle(now)

    # What the caller or the line does.

    def pause(self, now: float) -> list[Order]:
        """Stop at once; what was not heard is kept, also what is said until `resume`."""
        self._stop(now)
        self._sound.take_back()
        self._paused = True
        self._hush(now)
        return [Clear(), *self._settle(now)]

    def resume(self, now: float) -> list[Order]:
        """Go on exactly from where it was paused."""
        self._paused = False
        return self._settle(now)

    def cut(self, now: float) -> list[Order]:
        """Stop at once and drop what was not heard; what was heard is final.

        There is always a `Clear`, even when nothing is known to be playing: the far end may be
        behind (telephony.md 5, row 1).
        """
        self._stop(now)
        self._sound.drop()
        self._paused = False
        for utterance in self._script.give_up():
            self._over(utterance, now)
        self._hush(now)
        return [Clear(), *self._settle(now)]

    def marked(self, now: float, name: str) -> list[Order]:
        """A receipt came back. One of an earlier generation means nothing: it was cleared."""
        position = self._receipts.returned(name)
        if position is None:
            return []
        self._clock.receipt(now, position)
        return self._settle(now)

    def tick(self, now: float) -> list[Order]:
        """Send and tell what is due by `now`."""
        if now < self._due:
            return []
        if self._audible and self._sound.waiting and now > self._clock.dry_at():
            self.underruns += 1
        return self._settle(now)

    def deadline(self) -> float | None:
        """When `tick` must be called at the latest; None when nothing will happen by itself."""
        return None if self._due == inf else self._due

    # What is known.

    def take_events(self) -> list[MouthEvent]:
        """What became known since the last call, in order."""
        events, self._events = self._events, []
        return events

    def heard_ms(self, item: str, now: float) -> int:
        """How much of the item was heard; 0 for an item that is not known."""
        self._advance(now)
        utterance = self._script.find(item)
        return self._milliseconds(utterance) if utterance else 0

    def heard_text(self, item: str, now: float) -> str:
        """The words of the item that were heard; empty for an item that is not known."""
        self._advance(now)
        utterance = self._script.find(item)
        return utterance.heard_text(self._rate) if utterance else ""

    def speaking(self, now: float) -> bool:
        """Whether the agent can be heard, as far as is known."""
        if not self._audible:
            return False
        return self._sound.waiting > 0 or self._clock.position(now) < self._clock.sent

    def played(self, now: float) -> list[tuple[float, bytes]]:
        """The sound that was heard since the last call, and when each piece began to be heard.

        Pieces are in order and do not overlap; cleared sound never comes.
        """
        self._advance(now)
        self._sound.split(self._clock.position(now), self._clock.reached_at)
        return self._sound.take_heard()

    @property
    def position_s(self) -> float:
        """How much of the agent was heard in this call, as of the last verb."""
        return self._script.heard / self._rate

    # How it is done.

    def _settle(self, now: float) -> list[Order]:
        self._advance(now)
        orders = [] if self._paused else self._refill(now)
        if orders and not self._script.runs[0].utterance.begun:
            self._advance(now)
        self._complete(now)
        self._due = self._plan()
        return orders

    def _refill(self, now: float) -> list[Order]:
        """Send while there is room for a whole piece; pieces end where items do."""
        clock, pacing = self._clock, self._pacing
        orders: list[Order] = []
        while self._sound.waiting and now >= clock.dry_at() - pacing.refill_s:
            run = self._script.run_at(clock.sent)
            size = min(int(pacing.piece_s * self._rate), run.ends - clock.sent)
            orders.append(Send(self._sound.take(clock.sent, size)))
            clock.send(now, size)
            ended = run.utterance.finished and clock.sent == run.utterance.ends
            if ended or self._receipts.since(clock.sent) >= pacing.mark_every_s * self._rate:
                orders += self._receipts.ask(clock.sent)
        return orders

    def _advance(self, now: float) -> None:
        """Move the ledger to where the playout is."""
        clock = self._clock
        position = clock.position(now)
        self._sound.heard(position, clock.reached_at)
        for utterance in self._script.advance(position, clock.sent):
            self._audible = True
            self._events.append(Audible(utterance.item, now))

    def _complete(self, now: float) -> None:
        """Tell what is over: by receipt, or because the receipt has had its time."""
        for utterance in self._script.whole():
            utterance.over_by = min(utterance.over_by, now + self._pacing.mark_wait_s)
            confirmed = self._clock.confirmed >= utterance.ends
            if confirmed or now >= utterance.over_by or not utterance.said:
                self._script.waiting.remove(utterance)
                self._over(utterance, now)
        if now >= self._quiet_at():
            self._hush(now)

    def _stop(self, now: float) -> None:
        """The far end drops what it has not played; no receipt will tell more."""
        self._advance(now)
        self._sound.split(self._clock.position(now), self._clock.reached_at)
        position = self._clock.stop(now)
        self._clock.confirmed = position
        self._receipts.forget(position)
        self._complete(now)

    def _hush(self, now: float) -> None:
        if self._audible:
            self._audible = False
            self._script.hush()
            self._events.append(Quiet(now))

    def _over(self, utterance: Utterance, now: float) -> None:
        text = utterance.heard_text(self._rate)
        heard_ms = self._milliseconds(utterance)
        self._events.append(ItemHeard(utterance.item, text, heard_ms, utterance.whole, now))

    def _milliseconds(self, utterance: Utterance) -> int:
        return utterance.heard * 1000 // self._rate

    def _quiet_at(self) -> float:
        """When silence begins, if nothing happens until then."""
        if not self._audible or self._sound.waiting:
            return inf
        if not self._script.waiting:
            return self._clock.reached_at(self._clock.sent)
        for utterance in self._script.waiting:
            if not utterance.finished:
                return self._clock.reached_at(self._clock.sent) + self._pacing.gap_s
        return inf  # the ends are awaited, and have a time of their own

    def _plan(self) -> float:
        clock, script = self._clock, self._script
        due = self._quiet_at()
        if self._sound.waiting and not self._paused:
            due = min(due, clock.dry_at() - self._pacing.refill_s)
        if script.runs and script.runs[0].ends <= clock.sent:
            due = min(due, clock.reached_at(script.runs[0].ends))
        for utterance in script.whole():
            due = min(due, utterance.over_by)
        return due
