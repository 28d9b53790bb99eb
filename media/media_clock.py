"""The carrier's clock as ours sees it: which instant of the stream is now. Quiet.

A recording lies on the carrier's time, since its frames say when they were spoken; the agent's
sound is known by our own clock. The two run apart by up to a tenth of a second in half an hour, so
the difference is followed: in each stretch of a few seconds the frame that was quickest tells it,
as delay only ever makes frames late.
"""

from __future__ import annotations

from math import inf
from typing import Final

__all__ = ["MediaClock"]

_FRAMES: Final = 250
"""A stretch of five seconds: long enough to hold a frame without delay, short against drift."""
_MOST_DRIFT: Final = 0.001
"""1,000 ppm, ten times what telephone clocks do; a time stamp beyond it is an error (house)."""


class MediaClock:
    """The media time of one stream. `now` is monotonic seconds."""

    __slots__ = ("_ahead_s", "_base_s", "_frames", "_opened", "_quickest_s")

    def __init__(self) -> None:
        self._opened: float | None = None
        self._ahead_s = 0.0
        self._base_s: float | None = None
        self._quickest_s = -inf
        self._frames = 0

    def open(self, now: float) -> None:
        """The stream begins."""
        self._opened = now

    def frame(self, now: float, at_s: float) -> None:
        """A frame came in that the carrier stamped `at_s`."""
        if self._opened is None:
            return
        early_s = at_s - (now - self._opened)
        if early_s > self._quickest_s:
            self._quickest_s = early_s
        self._frames += 1
        if self._frames == _FRAMES:
            self._follow(now - self._opened)

    def at(self, now: float) -> float:
        """Seconds since the stream began, by the carrier's clock; 0 before that."""
        return 0.0 if self._opened is None else max(0.0, now - self._opened + self._ahead_s)

    def _follow(self, elapsed_s: float) -> None:
        if self._base_s is None:
            self._base_s = self._quickest_s
        most_s = _MOST_DRIFT * elapsed_s
        self._ahead_s = min(most_s, max(-most_s, self._quickest_s - self._base_s))
        self._quickest_s, self._frames = -inf, 0
