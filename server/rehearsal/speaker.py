"""The playout buffer at the far end of a line: plays in real time, returns marks. Quiet.

Behaves as telephony.md 1.4 describes Twilio's: sound of any length is appended and played in order
at 8 kHz in frames of 20 ms; a mark comes back when everything sent before it has been played, or
at once when nothing is buffered; `clear` drops what has not been played and returns every mark
that is outstanding. A frame that has been handed to the line when `clear` comes is heard whole.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, TypeAlias

from media.audio import TELEPHONE, AudioFormat

__all__ = ["MarkReturned", "Played", "Speaker", "SpeakerEvent", "Underrun"]

_FRAME_S: Final = 0.02
_MOST_BUFFERED_S: Final = 1800.0
"""Twilio documents no limit; ours keeps a runaway sender from filling the memory."""
_UTTERANCE_GAP_S: Final = 0.3
"""Sound that comes back within this time belonged to the same utterance, so the gap was heard as
a stutter; a longer one is a pause between sentences."""


@dataclass(frozen=True, slots=True)
class Played:
    """Sound that is being heard from `at_s` on: at most one frame."""

    payload: bytes
    at_s: float


@dataclass(frozen=True, slots=True)
class MarkReturned:
    """The receipt of a mark."""

    name: str
    at_s: float
    played: bool
    """False when a `clear` returned it."""


@dataclass(frozen=True, slots=True)
class Underrun:
    """The buffer ran dry inside an utterance."""

    at_s: float
    gap_s: float


SpeakerEvent: TypeAlias = Played | MarkReturned


class Speaker:
    """One call's far end. Verbs take `now` (monotonic seconds) and return what came of them."""

    def __init__(self, opened_s: float, *, sound: AudioFormat = TELEPHONE) -> None:
        """Frames fall due at `opened_s` and every 20 ms after it, with or without sound."""
        self._rate = sound.bytes_per_second
        self._frame_bytes = round(_FRAME_S * self._rate)
        self.opened_s = opened_s
        self._frames = 0
        self._buffer = bytearray()
        self._taken = 0
        self._marks: deque[tuple[int, str]] = deque()
        self._ripe: deque[tuple[float, str]] = deque()
        self._sound_end_s: float | None = None
        self.underruns: list[Underrun] = []
        self.refused_bytes = 0
        """Sound that did not fit: the newest is dropped, as the buffer keeps its order."""

    @property
    def buffered_s(self) -> float:
        """How much is waiting to be played."""
        return len(self._buffer) / self._rate

    def feed(self, now: float, payload: bytes) -> list[SpeakerEvent]:
        """Sound arrived."""
        events = self.tick(now)
        room = int(_MOST_BUFFERED_S * self._rate) - len(self._buffer)
        self.refused_bytes += max(0, len(payload) - room)
        self._buffer += payload[:room]
        return events

    def mark(self, now: float, name: str) -> list[SpeakerEvent]:
        """A receipt is asked for behind everything that was sent so far."""
        events = self.tick(now)
        if not self._buffer and not self._ripe and self._silent_at(now):
            events.append(MarkReturned(name, now, played=True))
        elif not self._buffer:
            # The last frame is out but still being heard.
            self._ripe.append((self._sound_end_s or now, name))
        else:
            self._marks.append((self._taken + len(self._buffer), name))
        return events

    def clear(self, now: float) -> list[SpeakerEvent]:
        """Drop what is not played; every outstanding mark comes back, in its order."""
        events = self.tick(now)
        outstanding = [name for _, name in self._ripe] + [name for _, name in self._marks]
        events.extend(MarkReturned(name, now, played=False) for name in outstanding)
        self._buffer.clear()
        self._marks.clear()
        self._ripe.clear()
        self._sound_end_s = None
        return events

    def tick(self, now: float) -> list[SpeakerEvent]:
        """Play every frame that is due by `now` and return the marks that it reached."""
        events: list[SpeakerEvent] = []
        due = int((now - self.opened_s) / _FRAME_S + 1e-6) + 1
        while self._frames < due:
            if not self._buffer:
                self._frames = due
                break
            events.append(self._play(self.opened_s + self._frames * _FRAME_S))
            self._frames += 1
        # A mark ripens in the middle of a frame that may already be out.
        while self._ripe and self._ripe[0][0] <= now + 1e-9:
            at_s, name = self._ripe.popleft()
            events.append(MarkReturned(name, at_s, played=True))
        events.sort(key=_instant)
        return events

    def deadline(self) -> float | None:
        """When `tick` has something to do; None while nothing is buffered or outstanding."""
        frame = self.opened_s + self._frames * _FRAME_S if self._buffer else None
        ripe = self._ripe[0][0] if self._ripe else None
        return min((instant for instant in (frame, ripe) if instant is not None), default=None)

    def _silent_at(self, now: float) -> bool:
        return self._sound_end_s is None or self._sound_end_s <= now + 1e-9

    def _play(self, at_s: float) -> Played:
        payload = bytes(self._buffer[: self._frame_bytes])
        del self._buffer[: self._frame_bytes]
        if self._sound_end_s is not None:
            gap_s = at_s - self._sound_end_s
            if 1e-6 < gap_s <= _UTTERANCE_GAP_S:
                self.underruns.append(Underrun(self._sound_end_s, gap_s))
        before = self._taken
        self._taken += len(payload)
        self._sound_end_s = at_s + len(payload) / self._rate
        while self._marks and self._marks[0][0] <= self._taken:
            offset, name = self._marks.popleft()
            self._ripe.append((at_s + (offset - before) / self._rate, name))
        return Played(payload, at_s)


def _instant(event: SpeakerEvent) -> float:
    return event.at_s
