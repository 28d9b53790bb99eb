"""What a caller of the load does: speaks, listens, and every other time interrupts. Quiet.

Every caller follows the same script with clips of real speech: it says one, waits for the reply,
then either hears it out or speaks into it; a reply that does not come is given up after a while.
The instants that measurements start from are those at which frames with known content are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["FRAME_BYTES", "Phrase", "Talker", "TalkerEvent"]

FRAME_BYTES: Final = 160
_FRAME_S: Final = 0.02
_SILENCE: Final = b"\xff" * FRAME_BYTES
_BARGE_AFTER_S: Final = 1.4
"""So long a caller hears a reply before it speaks into it."""
_POLITE_GAP_S: Final = 0.9
"""So long after a reply's end a polite caller speaks."""
_PATIENCE_S: Final = 6.0
"""A reply that has not begun by then is not coming."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A clip cut into frames; its speech begins in frame `onset` and ends with frame `end`."""

    frames: tuple[bytes, ...]
    onset: int
    end: int

    @classmethod
    def of(cls, payload: bytes, onset_s: float, end_s: float) -> Phrase:
        """Cut telephone sound, whose speech has these bounds, into whole frames."""
        size = FRAME_BYTES
        frames = [
            payload[at : at + size].ljust(size, b"\xff") for at in range(0, len(payload), size)
        ]
        last = len(frames) - 1
        return cls(
            tuple(frames), min(last, int(onset_s / _FRAME_S)), min(last, int(end_s / _FRAME_S))
        )


@dataclass(frozen=True, slots=True)
class TalkerEvent:
    """What the frame that was just given holds."""

    kind: str
    """`onset`: the first speech of a phrase; `end`: the last."""
    over_agent: bool = False


class Talker:
    """One caller. `frame` is asked for every 20 ms; `heard` says that the agent is audible."""

    __slots__ = (
        "_heard_at",
        "_heard_since",
        "_next",
        "_phrase",
        "_phrases",
        "_place",
        "_spoken",
        "_waiting_since",
    )

    def __init__(self, phrases: Sequence[Phrase], first: int, begin_s: float) -> None:
        """Starts with phrase `first` at the instant `begin_s`."""
        self._phrases = phrases
        self._next = first
        self._phrase: Phrase | None = None
        self._place = 0
        self._spoken = 0
        self._waiting_since = begin_s - _PATIENCE_S
        self._heard_since: float | None = None
        self._heard_at = 0.0

    def heard(self, at_s: float) -> None:
        """A frame of the agent is being played."""
        if self._heard_since is None:
            self._heard_since = at_s
        self._heard_at = at_s

    def frame(self, now: float) -> tuple[bytes, TalkerEvent | None]:
        """The next 20 ms, and what is in them."""
        if self._phrase is None:
            if not self._wants_to_speak(now):
                return _SILENCE, None
            self._begin()
        return self._say(now)

    def _wants_to_speak(self, now: float) -> bool:
        if self._heard_since is None:
            return now - self._waiting_since >= _PATIENCE_S
        if self._spoken % 2:
            return now - self._heard_since >= _BARGE_AFTER_S
        return now - self._heard_at >= _POLITE_GAP_S

    def _begin(self) -> None:
        self._phrase = self._phrases[self._next % len(self._phrases)]
        self._next += 1
        self._place = 0
        self._spoken += 1

    def _say(self, now: float) -> tuple[bytes, TalkerEvent | None]:
        phrase = self._phrase
        if phrase is None:
            return _SILENCE, None
        place = self._place
        self._place += 1
        event = None
        if place == phrase.onset:
            event = TalkerEvent("onset", over_agent=now - self._heard_at < 2 * _FRAME_S)
        elif place == phrase.end:
            event = TalkerEvent("end")
            self._waiting_since = now
            self._heard_since = None
        if self._place >= len(phrase.frames):
            self._phrase = None
        return phrase.frames[place], event
