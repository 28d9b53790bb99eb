"""A bad line: jitter, loss, stalls that end in bursts, clock drift, late or lost marks. Quiet.

The same seed gives the same line. Nothing overtakes: one TCP connection keeps its order
(telephony.md 1.3), so a delayed frame delays what follows it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

__all__ = ["PERFECT", "BadLine", "LineQuality"]

Item = TypeVar("Item")

_STALL_EVERY_S: Final = 8.0
"""Mean time between two stalls when bursts are asked for."""


@dataclass(frozen=True, slots=True)
class LineQuality:
    """How bad; everything at zero is a perfect line."""

    jitter_ms: float = 0.0
    """Each frame is late by up to this much."""
    loss: float = 0.0
    """Share of frames that never arrive, 0 to 1."""
    burst_ms: float = 0.0
    """About every 8 s nothing arrives for this long, and then everything at once."""
    drift_ppm: float = 0.0
    """How much the far end's clock runs fast (positive) or slow, in parts per million."""
    late_marks_ms: float = 0.0
    """Each mark comes back late by up to this much."""
    lose_marks: float = 0.0
    """Share of marks that never come back, 0 to 1."""

    @property
    def perfect(self) -> bool:
        """Whether nothing is wrong with it."""
        return self == PERFECT

    @property
    def clock_rate(self) -> float:
        """Seconds of the far end's clock that pass in one second of ours."""
        return 1.0 + self.drift_ppm * 1e-6


PERFECT: Final = LineQuality()


class BadLine(Generic[Item]):
    """Holds what is under way to the server. Verbs take `now` in monotonic seconds."""

    def __init__(self, quality: LineQuality, seed: int) -> None:
        self._quality = quality
        self._dice = np.random.default_rng(seed)
        self._frames: deque[tuple[float, Item]] = deque()
        self._marks: list[tuple[float, Item]] = []
        self._stalled_until = 0.0
        self._next_stall: float | None = None
        self.lost_frames = 0
        self.lost_marks = 0

    def frame(self, now: float, item: Item) -> bool:
        """A frame sets out; False when it is lost."""
        if self._chance(self._quality.loss):
            self.lost_frames += 1
            return False
        self._stall(now)
        late_s = self._late(self._quality.jitter_ms)
        after = self._frames[-1][0] if self._frames else 0.0
        self._frames.append((max(now + late_s, self._stalled_until, after), item))
        return True

    def mark(self, now: float, item: Item) -> bool:
        """A mark sets out; False when it is lost."""
        if self._chance(self._quality.lose_marks):
            self.lost_marks += 1
            return False
        late_s = self._late(self._quality.late_marks_ms)
        self._marks.append((max(now + late_s, self._stalled_until), item))
        return True

    def due(self, now: float) -> list[Item]:
        """What arrives by `now`: frames in their order, then marks in theirs."""
        arrived: list[Item] = []
        while self._frames and self._frames[0][0] <= now:
            arrived.append(self._frames.popleft()[1])
        if self._marks:
            ripe = sorted((entry for entry in self._marks if entry[0] <= now), key=_instant)
            self._marks = [entry for entry in self._marks if entry[0] > now]
            arrived.extend(item for _, item in ripe)
        return arrived

    def deadline(self) -> float | None:
        """When something arrives next; None when nothing is under way."""
        instants = [at_s for at_s, _ in self._marks]
        if self._frames:
            instants.append(self._frames[0][0])
        return min(instants, default=None)

    def _chance(self, share: float) -> bool:
        return share > 0.0 and float(self._dice.random()) < share

    def _late(self, most_ms: float) -> float:
        return float(self._dice.random()) * most_ms / 1000.0 if most_ms > 0.0 else 0.0

    def _stall(self, now: float) -> None:
        if self._quality.burst_ms <= 0.0:
            return
        if self._next_stall is None:
            self._next_stall = now + self._pause()
        if now >= self._next_stall:
            self._stalled_until = now + self._quality.burst_ms / 1000.0
            self._next_stall = self._stalled_until + self._pause()

    def _pause(self) -> float:
        return (0.5 + float(self._dice.random())) * _STALL_EVERY_S


def _instant(entry: tuple[float, Item]) -> float:
    return entry[0]
