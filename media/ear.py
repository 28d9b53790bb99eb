"""Who is speaking now: every call's sound through one stacked inference. Quiet.

An `Ear` belongs to a call and only collects bytes. The `EarPool` of the process takes one whole
window from each ear that has one, asks the model once for all of them, and repeats until no ear
holds another. Hysteresis turns probabilities into `SpeechStarted` and `SpeechStopped`, dated in
media time: the samples of that call, counted from its first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from media.audio import Encoding
from media.pcm import decode_floats
from media.vad import RATE_HZ, WINDOW_S, WINDOW_SAMPLES, Floats, Vad, VadState

__all__ = [
    "Ear",
    "EarEvent",
    "EarPool",
    "Hearing",
    "SpeechStarted",
    "SpeechStopped",
]

_FIRST_ROWS: Final = 64
_NONE: Final = -1
_SAMPLE_BYTES: Final = {Encoding.MULAW: 1, Encoding.ALAW: 1, Encoding.PCM16: 2}
_WINDOW_BYTES: Final = {encoding: WINDOW_SAMPLES * size for encoding, size in _SAMPLE_BYTES.items()}


@dataclass(frozen=True, slots=True)
class Hearing:
    """When speech counts as begun and as ended."""

    start_probability: float = 0.5
    """A window at or over this may begin an utterance (Silero's own default)."""
    stop_probability: float = 0.35
    """A window under this counts as silence (Silero's default: 0.15 under the start)."""
    start_windows: int = 2
    """So many windows in a row must be speech before it is believed, 32 ms each."""
    sure_probability: float = 0.8
    """One window at or over this is believed alone. On recorded speech that decides 20 ms sooner in
    the median; on noise, clicks and tones it adds no false start, which 0.7 would."""
    stop_windows: int = 3
    """So many windows in a row must be silence before the utterance has stopped: 96 ms."""
    backlog_s: float = 2.0
    """What an ear keeps at most while nobody runs the pool; older sound is skipped, and counted."""
    forget_windows: int = 63
    """After so many silent windows (2 s) the model starts afresh. Silero grows deaf in long
    silence: over 85 changes of speaker after 3 to 8 s of it, the onset was decided 0.15 s late in
    the median and 4 were missed; so 0.06 s and none, and noise and tones are still no speech."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak."""

    at_s: float
    """Media time of the first window of the utterance."""
    decided_s: float
    """Media time up to which was heard when it was decided."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller has been silent for a moment; whether the turn is over is for others to say."""

    at_s: float
    """Media time at which the silence began."""
    decided_s: float
    """Media time up to which was heard when it was decided."""


EarEvent: TypeAlias = SpeechStarted | SpeechStopped


class Ear:
    """The hearing of one call; made by `EarPool.add`."""

    __slots__ = (
        "_backlog_bytes",
        "_first",
        "_hearing",
        "_windows",
        "encoding",
        "idle",
        "pending",
        "probability",
        "row",
        "skipped_s",
        "slot",
        "speaking",
    )

    def __init__(self, hearing: Hearing, encoding: Encoding, *, row: int, slot: int) -> None:
        self.encoding = encoding
        self.row = row
        self.slot = slot
        self.pending = bytearray()
        """Bytes that wait for the pool."""
        self.probability = 0.0
        """Of the last window, for meters."""
        self.speaking = False
        self.idle = 0
        """Silent windows since speech, or since the model started afresh."""
        self.skipped_s = 0.0
        """Sound that was never heard because the pool was too late."""
        self._hearing = hearing
        self._backlog_bytes = int(hearing.backlog_s * RATE_HZ) * _SAMPLE_BYTES[encoding]
        self._windows = 0
        self._first = _NONE
        """The first of the windows in a row that speak for a change."""

    @property
    def heard_s(self) -> float:
        """Media time up to which this call was heard, skipped sound included."""
        return self._windows * WINDOW_S + self.skipped_s

    def feed(self, payload: bytes) -> None:
        """Take 8 kHz sound as it came, any number of bytes; the pool will hear it."""
        self.pending += payload
        if len(self.pending) > self._backlog_bytes:
            self._skip()

    def hear(self, probability: float) -> EarEvent | None:
        """Weigh the next window; for the pool."""
        self._windows += 1
        self.probability = probability
        if self.speaking:
            return self._listen_for_silence(probability)
        self.idle = self.idle + 1 if probability < self._hearing.stop_probability else 0
        if probability < self._hearing.start_probability:
            self._first = _NONE
            return None
        return self._listen_for_speech(probability)

    def _listen_for_speech(self, probability: float) -> SpeechStarted | None:
        began_s = self._began_s()
        sure = probability >= self._hearing.sure_probability
        if not sure and self._windows - self._first < self._hearing.start_windows:
            return None
        self.speaking, self._first = True, _NONE
        return SpeechStarted(began_s, self.heard_s)

    def _listen_for_silence(self, probability: float) -> SpeechStopped | None:
        if probability >= self._hearing.stop_probability:
            self._first = _NONE
            return None
        began_s = self._began_s()
        if self._windows - self._first < self._hearing.stop_windows:
            return None
        self.speaking, self._first = False, _NONE
        return SpeechStopped(began_s, self.heard_s)

    def _began_s(self) -> float:
        """Count this window into the run; the media time at which the run began."""
        if self._first == _NONE:
            self._first = self._windows - 1
        return self._first * WINDOW_S + self.skipped_s

    def _skip(self) -> None:
        """Drop whole samples from the old end, down to the backlog that is kept."""
        width = _SAMPLE_BYTES[self.encoding]
        excess = (len(self.pending) - self._backlog_bytes + width - 1) // width
        del self.pending[: excess * width]
        self.skipped_s += excess / RATE_HZ


_Slot: TypeAlias = dict[Encoding, dict[int, Ear]]
"""The ears of a slot by their encoding and their row."""


class EarPool:
    """The ears of all calls of a process, heard together.

    Ears are spread over `slots` so that a ticker can run one slot at a time and the work of a tick
    is even. A call's probabilities do not depend on who else is heard with it.
    """

    __slots__ = ("_free", "_hearing", "_slots", "_state", "_vad")

    def __init__(self, vad: Vad, hearing: Hearing | None = None, *, slots: int = 1) -> None:
        self._vad = vad
        self._hearing = hearing or Hearing()
        self._slots: tuple[_Slot, ...] = tuple(
            {encoding: {} for encoding in Encoding} for _ in range(slots)
        )
        self._state = VadState(_FIRST_ROWS)
        self._free = list(reversed(range(_FIRST_ROWS)))

    @property
    def slots(self) -> int:
        """Over how many slots the ears are spread."""
        return len(self._slots)

    def __len__(self) -> int:
        return sum(map(_population, self._slots))

    def add(self, encoding: Encoding = Encoding.MULAW, *, hearing: Hearing | None = None) -> Ear:
        """Give a new call an ear, in the slot that has the fewest."""
        if not self._free:
            rows = self._state.rows
            self._state.grow(rows * 2)
            self._free.extend(reversed(range(rows, rows * 2)))
        row = self._free.pop()
        self._state.clear(row)
        slot = min(range(self.slots), key=lambda number: _population(self._slots[number]))
        ear = Ear(hearing or self._hearing, encoding, row=row, slot=slot)
        self._slots[slot][encoding][row] = ear
        return ear

    def remove(self, ear: Ear) -> None:
        """The call is over; its row goes to the next one. Removing twice is harmless."""
        ears = self._slots[ear.slot][ear.encoding]
        if ears.get(ear.row) is ear:
            del ears[ear.row]
            self._free.append(ear.row)
        ear.pending.clear()

    def run(self, slot: int | None = None) -> list[tuple[Ear, EarEvent]]:
        """Hear every whole window that has come in, of one slot or of all; oldest events first."""
        chosen = self._slots if slot is None else (self._slots[slot],)
        events: list[tuple[Ear, EarEvent]] = []
        while groups := _ready(chosen):
            ears = [ear for _, group in groups for ear in group]
            for ear, probability in zip(ears, self._listen(groups, ears), strict=True):
                event = ear.hear(probability)
                if event is not None:
                    events.append((ear, event))
                elif ear.idle >= self._hearing.forget_windows:
                    self._state.clear(ear.row)
                    ear.idle = 0
        return events

    def _listen(self, groups: list[tuple[Encoding, list[Ear]]], ears: list[Ear]) -> list[float]:
        """The probabilities of each ear's oldest window, which is taken, in one inference."""
        windows = np.empty((len(ears), WINDOW_SAMPLES), dtype=np.float32)
        first = 0
        for encoding, group in groups:
            _cut(group, encoding, windows[first : first + len(group)])
            first += len(group)
        rows = np.array([ear.row for ear in ears], dtype=np.intp)
        chances: list[float] = self._vad.probabilities(windows, self._state, rows).tolist()
        return chances


def _population(slot: _Slot) -> int:
    return sum(map(len, slot.values()))


def _ready(slots: tuple[_Slot, ...]) -> list[tuple[Encoding, list[Ear]]]:
    """The ears that hold a whole window, by encoding; no encoding without one."""
    groups = []
    for slot in slots:
        for encoding, ears in slot.items():
            size = _WINDOW_BYTES[encoding]
            ready = [ear for ear in ears.values() if len(ear.pending) >= size]
            if ready:
                groups.append((encoding, ready))
    return groups


def _cut(ears: list[Ear], encoding: Encoding, windows: Floats) -> None:
    """Take one window from each ear, all of one encoding, as float32 -1..1."""
    size = _WINDOW_BYTES[encoding]
    pieces = []
    for ear in ears:
        pending = ear.pending
        pieces.append(pending[:size])
        del pending[:size]
    joined = b"".join(pieces)
    if encoding is Encoding.PCM16:
        samples = np.frombuffer(joined, dtype="<i2").reshape(windows.shape)
        np.multiply(samples, np.float32(1.0 / 32768.0), out=windows)
        return
    codes = np.frombuffer(joined, dtype=np.uint8).reshape(windows.shape)
    decode_floats(codes, encoding, windows)
