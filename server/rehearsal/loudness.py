"""Which of the frames that are heard hold speech, and where the stretches of it lie. Quiet.

A look at loudness, not a voice detector: what comes from the agent's side of a rehearsal is either
synthetic speech or silence. Counting the loud codes of a mu-law frame costs a third of a
microsecond, so it runs on every frame of hundreds of calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from media.pcm import mulaw_decode

__all__ = ["Span", "SpeechSpans", "audible", "speech_bounds"]

_LOUD: Final = 256
"""Amplitude of 32,768: 42 dB under full scale, above comfort noise and below any speech."""
_QUIET_CODES: Final = bytes(
    code for code in range(256) if abs(int(mulaw_decode(bytes([code]))[0])) < _LOUD
)
_SHARE: Final = 16
"""A frame is audible when one sample in 16 is loud: a click is not."""
_JOIN_S: Final = 0.4
"""A shorter silence is a pause between words."""


def audible(payload: bytes) -> bool:
    """Whether a mu-law frame can be heard."""
    return len(payload.translate(None, _QUIET_CODES)) * _SHARE >= len(payload) > 0


@dataclass(frozen=True, slots=True)
class Span:
    """Speech from its first to its last audible frame."""

    start_s: float
    end_s: float


@dataclass(slots=True)
class SpeechSpans:
    """The stretches of speech in what is played, in their order."""

    closed: list[Span] = field(default_factory=list)
    since_s: float | None = None
    """Start of the stretch that is open; None while silent."""
    last_s: float = 0.0
    """End of the last audible frame."""

    def heard(self, at_s: float, payload: bytes, *, seconds: float) -> bool:
        """One frame was played at `at_s`; returns whether it was audible."""
        if not audible(payload):
            return False
        if self.since_s is not None and at_s - self.last_s > _JOIN_S:
            self.closed.append(Span(self.since_s, self.last_s))
            self.since_s = None
        if self.since_s is None:
            self.since_s = at_s
        self.last_s = at_s + seconds
        return True

    def spans(self) -> list[Span]:
        """All stretches, the open one up to its last audible frame."""
        if self.since_s is None:
            return list(self.closed)
        return [*self.closed, Span(self.since_s, self.last_s)]


def speech_bounds(samples: npt.NDArray[np.int16], rate_hz: int) -> Span | None:
    """Where speech begins and ends in a recording: the outermost windows of 10 ms whose level is
    within 35 dB of the loudest one's; None when there is no sound at all."""
    window = rate_hz // 100
    count = len(samples) // window
    if count == 0:
        return None
    frames = samples[: count * window].reshape(count, window).astype(np.float64)
    power = np.square(frames).mean(axis=1)
    loudest = float(power.max())
    if loudest <= 0.0:
        return None
    (loud,) = np.nonzero(power >= loudest * 10.0**-3.5)
    return Span(float(loud[0]) * 0.01, float(loud[-1] + 1) * 0.01)
