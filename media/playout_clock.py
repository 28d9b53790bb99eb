"""Where the far end's playout is, reckoned from what was sent and corrected by receipts. Quiet.

The far end plays what it has, in order, at the rate of the format. A stretch begins when sound is
sent to a far end that has none; from then on the position grows with `now`. No network delay
enters: a `clear` is delayed on its way just as the sound was, so it finds the far end where the
clock is now.

A receipt that is later than the quickest one was may mean that the far end lags (its sound came
late), or only that the receipt did. A lag stays until the far end runs dry, a delayed receipt is an
exception: so lateness is believed when two receipts in a row show it.
"""

from __future__ import annotations

from math import inf
from typing import Final

__all__ = ["PlayoutClock"]

_ROUNDING_BYTES: Final = 1e-4
"""Times are floats; a whole byte must not be lost to their last digit."""
_EARLY_S: Final = 0.001
"""A receipt that is early by more than this moves the clock."""
_JITTER_S: Final = 0.03
"""Lateness under this is the carrier's frames of 20 ms and our own tick, not a lag."""
_BURST_S: Final = 0.05
"""Receipts closer together than this were held up together, and count as one."""


class PlayoutClock:
    """Positions are bytes since the call began, of sound that was or will be heard."""

    __slots__ = (
        "_base_s",
        "_before_s",
        "_from",
        "_lag_s",
        "_last_s",
        "_rate",
        "_reached",
        "_receipt_at",
        "_since",
        "confirmed",
        "sent",
    )

    def __init__(self, bytes_per_second: int) -> None:
        self._rate = bytes_per_second
        self.sent = 0
        """Position up to which sound was sent."""
        self.confirmed = 0
        """Position up to which receipts say that it was played."""
        self._reached = 0
        self._from = 0
        self._since = -inf
        self._lag_s = 0.0
        self._base_s = inf
        self._before_s = 0.0
        self._last_s = 0.0
        self._receipt_at = -inf

    def dry_at(self) -> float:
        """When the far end runs out, if it does not lag: what sound is paced by."""
        return self._since + (self.sent - self._from) / self._rate

    def reached_at(self, position: int) -> float:
        """When this position of the current stretch is heard."""
        return self._since + self._lag_s + (position - self._from) / self._rate

    def position(self, now: float) -> int:
        """How far the playout is: never beyond what was sent, never back."""
        if self._reached < self.sent:
            played_s = now - self._since - self._lag_s
            position = self._from + int(played_s * self._rate + _ROUNDING_BYTES)
            self._reached = min(self.sent, max(self._reached, position))
        return self._reached

    def send(self, now: float, size_bytes: int) -> bool:
        """Sound leaves now. Returns whether the far end had none left."""
        dry_at = self.dry_at()
        dry = now >= dry_at
        if dry:
            lag_s = max(0.0, dry_at + self._lag_s - now)
            self._since, self._from = now, self.sent
            self._late_from(lag_s)
        self.sent += size_bytes
        return dry

    def receipt(self, now: float, position: int) -> None:
        """The far end says that it has played up to `position`."""
        self.confirmed = max(self.confirmed, position)
        self._reached = max(self._reached, position)
        if position <= self._from:
            return  # of a stretch that is over: it says nothing about this one
        late_s = now - self._since - (position - self._from) / self._rate
        if late_s < -_EARLY_S:
            self._since += late_s
            self._base_s = 0.0
            self._late_from(0.0)
        else:
            self._weigh(now, late_s)

    def stop(self, now: float) -> int:
        """The far end drops what it has not played. Returns the position where that happened."""
        position = self.position(now)
        self.sent = self._from = position
        self._since = now
        self._late_from(0.0)
        return position

    def _late_from(self, lag_s: float) -> None:
        self._lag_s = lag_s
        base_s = 0.0 if self._base_s == inf else self._base_s
        self._before_s = self._last_s = lag_s + base_s
        self._receipt_at = -inf

    def _weigh(self, now: float, late_s: float) -> None:
        self._base_s = min(self._base_s, late_s)
        if now - self._receipt_at < _BURST_S:
            self._last_s = min(self._last_s, late_s)
        else:
            self._before_s, self._last_s = self._last_s, late_s
        self._receipt_at = now
        lag_s = min(self._before_s, self._last_s) - self._base_s
        self._lag_s = lag_s if lag_s > _JITTER_S else 0.0
