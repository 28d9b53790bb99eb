"""The one ticker of the process: hears all calls together and lets each do what is due.

Every 20 ms each call has its turn, in one of a few phase slots, so that the work is even. At every
beat the windows of all calls that are whole are heard in one inference: a barge-in waits for
nothing but the ear, and the more calls there are, the less each of them costs. A task or timer per
call would cost twenty times as much (performance.md 2, timers).
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Final, Protocol

from media.dtmf import ToneBank, ToneEar
from media.ear import Ear, EarEvent, EarPool
from server.clock import Clock
from server.metrics import Metrics

__all__ = ["PERIOD_S", "Beating", "Pulse"]

PERIOD_S: Final = 0.020


class Beating(Protocol):
    """A call, as the pulse sees it."""

    def on_speech(self, event: EarEvent, now: float) -> None:
        """The caller began or ceased to speak."""

    def on_tone(self, key: str, now: float) -> None:
        """A key's tone was heard in the caller's sound."""

    def tick(self, now: float) -> None:
        """Do what is due. Never raises."""


class Pulse(AbstractAsyncContextManager["Pulse"]):
    """Beats while the context is open."""

    def __init__(self, pool: EarPool, bank: ToneBank, clock: Clock, metrics: Metrics) -> None:
        self.pool = pool
        self.bank = bank
        self._tones: dict[ToneEar, Beating] = {}
        self._clock = clock
        self._metrics = metrics
        self._calls: list[dict[Ear, Beating]] = [{} for _ in range(pool.slots)]
        self._slot = 0
        self._next = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, call: Beating, ear: Ear, tones: ToneEar | None = None) -> None:
        """From the next beat on, the call has its turn; `tones` where keys are heard in-band."""
        self._calls[ear.slot][ear] = call
        if tones is not None:
            self._tones[tones] = call

    def remove(self, ear: Ear, tones: ToneEar | None = None) -> None:
        """The call is over; its ears are given back."""
        self._calls[ear.slot].pop(ear, None)
        self.pool.remove(ear)
        if tones is not None:
            self._tones.pop(tones, None)
            self.bank.remove(tones)

    async def __aenter__(self) -> Pulse:
        self._next = self._clock.monotonic()
        self._arm()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        """Deadlines are absolute: a late beat does not move the ones that follow."""
        self._next += PERIOD_S / self.pool.slots
        delay_s = self._next - self._clock.monotonic()
        if delay_s < -PERIOD_S:
            self._next -= delay_s
        self._timer = asyncio.get_running_loop().call_later(max(0.0, delay_s), self._beat)

    def _beat(self) -> None:
        started = self._clock.monotonic()
        self._metrics.frame_lateness.observe(max(0.0, started - self._next))
        slot, self._slot = self._slot, (self._slot + 1) % self.pool.slots
        if slot == 0 and self._tones:
            for tones, heard in self.bank.run():
                self._tones[tones].on_tone(heard.key, started)
        for ear, event in self.pool.run():
            speaking = self._calls[ear.slot].get(ear)
            if speaking is not None:
                speaking.on_speech(event, started)
        calls = self._calls[slot]
        for call in list(calls.values()):
            call.tick(started)
        self._arm()
