"""One clock for all calls of a process: every 20 ms each of them is told the time, on the dot.

A task or timer per call costs twenty times as much (performance.md, part 2) and lets the calls
pile up on one instant; here they share four slots, 5 ms apart, on absolute deadlines that do not
drift.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from server.clock import Clock

__all__ = ["Ticker"]

_PERIOD_S: Final = 0.02
_SLOTS: Final = 4
_STEP_S: Final = _PERIOD_S / _SLOTS
_KEPT_LATENESSES: Final = 60_000
"""Five minutes of steps; older ones are overwritten."""


class Ticker:
    """Calls every member's function with the time, each 20 ms or each 5 ms."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: list[list[Callable[[float], None]]] = [[] for _ in range(_SLOTS)]
        self._late_ms = array("f")
        self._steps = 0

    @contextmanager
    def member(self, tick: Callable[[float], None], *, fine: bool = False) -> Iterator[None]:
        """Have `tick` called for as long as the context is open.

        `fine`: every 5 ms, for a line whose frames do not lie on the grid of 20 ms.
        """
        slots = self._slots if fine else [min(self._slots, key=len)]
        for slot in slots:
            slot.append(tick)
        try:
            yield
        finally:
            for slot in slots:
                slot.remove(tick)

    async def run(self) -> None:
        """Tick until cancelled."""
        start_s = self._clock.monotonic()
        step = 0
        while True:
            await asyncio.sleep(max(0.0, start_s + step * _STEP_S - self._clock.monotonic()))
            now = self._clock.monotonic()
            self._note_lateness((now - start_s - step * _STEP_S) * 1000.0)
            for tick in tuple(self._slots[step % _SLOTS]):
                tick(now)
            step += 1
            # Members catch up by themselves on what fell due, so after a long stall a whole
            # rotation is enough; the grid itself never moves.
            behind = int((self._clock.monotonic() - start_s) / _STEP_S) - step
            step += behind - behind % _SLOTS if behind > _SLOTS else 0

    def lateness_ms(self, share: float) -> float:
        """How late this process itself was: 0.99 gives the 99th percentile of all steps."""
        if not self._late_ms:
            return 0.0
        ordered = sorted(self._late_ms)
        return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))])

    def _note_lateness(self, late_ms: float) -> None:
        if len(self._late_ms) < _KEPT_LATENESSES:
            self._late_ms.append(late_ms)
        else:
            self._late_ms[self._steps % _KEPT_LATENESSES] = late_ms
        self._steps += 1
