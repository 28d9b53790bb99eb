"""Key tones: made, heard in the sound itself, and collected into an entry. Quiet.

Most carriers send a message for each key and take the tone out of the sound; the detector is for
those that do not, and for what the agent itself must send into a menu. Frequencies, levels and
times: ITU-T Q.23 and Q.24.

The detector works on blocks of 13 ms, of all calls at once: a matrix product of 104 by 16 and a few
comparisons of arrays. In a bank of 100 calls that is run every 100 ms, a call costs 0.04 ms of CPU
for each second of its sound (measured), so it can be left on for every call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from media.audio import Encoding
from media.pcm import FLOATS, Samples

__all__ = [
    "KEYS",
    "Collecting",
    "DigitCollector",
    "DigitsCollected",
    "EndedBy",
    "ToneBank",
    "ToneEar",
    "ToneHeard",
    "tones",
]

KEYS: Final = "123A456B789C*0#D"
"""Row by row of the sixteen-key pad (Q.23)."""
_ROWS_HZ: Final = (697.0, 770.0, 852.0, 941.0)
_COLUMNS_HZ: Final = (1209.0, 1336.0, 1477.0, 1633.0)
_RATE_HZ: Final = 8000
_BLOCK: Final = 104
"""13 ms: the spectrum's bins are 77 Hz wide, just enough to part 697 from 770 Hz, and a tone of the
shortest valid length (40 ms, Q.24) always fills two whole blocks."""
_LEAST_POWER: Final = 10.0 ** (-36.0 / 10.0)
"""Of each tone, against a full-scale sine; Q.24 asks for -25 dBm0 and leaves what is below open."""
_STEEPEST: Final = 10.0 ** (9.0 / 10.0)
"""Most that one group may be louder than the other (Q.24: 4 to 10 dB by administration)."""
_OVER_OTHERS: Final = 10.0 ** (6.0 / 10.0)
"""A tone must be so much stronger than the other three of its group."""
_SHARE: Final = 0.82
"""Both tones must hold this much of the block's power: a voice spreads its power over more."""
_TRACE_SHARE: Final = 0.45
"""Enough for a tone that is there already to go on: an interruption of up to 10 ms, which must not
make two keys of one (Q.24), leaves one of the two blocks that it meets more than this."""
_BEGIN_BLOCKS: Final = 2
_END_BLOCKS: Final = 2
_LEVEL: Final = 10.0 ** (-9.0 / 20.0)
"""Peak of each synthesised tone: -9 dB, so that both together stay 3 dB under full scale."""


def tones(keys: str, *, on_s: float = 0.1, off_s: float = 0.08) -> Samples:
    """The key tones of `keys` as 8 kHz int16 samples, each followed by a pause.

    The times are those a menu surely hears (Q.24 asks for 40 ms of each); `w` is half a second of
    silence, as carriers' dialling strings have it.

    Raises:
        ValueError: if one of `keys` is on no telephone.
    """
    time = np.arange(round(on_s * _RATE_HZ)) / _RATE_HZ
    pause = np.zeros(round(off_s * _RATE_HZ), dtype=np.int16)
    pieces = [np.zeros(0, dtype=np.int16)]
    for key in keys.upper():
        if key == "W":
            pieces.append(np.zeros(_RATE_HZ // 2, dtype=np.int16))
            continue
        place = KEYS.find(key)
        if place < 0:
            raise ValueError(f"{key!r} is not a key of a telephone")
        both = sum(
            np.sin(2.0 * np.pi * hertz * time)
            for hertz in (_ROWS_HZ[place // 4], _COLUMNS_HZ[place % 4])
        )
        pieces += [np.rint(both * _LEVEL * 32767.0).astype(np.int16), pause]
    return np.concatenate(pieces)


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """A key was pressed; said once, when it is sure, not when it is released."""

    key: str
    at_s: float
    """Media time at which its tone began, to 13 ms."""


class ToneEar:
    """The key tones of one call; made by `ToneBank.add`."""

    __slots__ = ("_blocks", "_key", "_same", "_without", "encoding", "pending")

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.pending = bytearray()
        self._blocks = 0
        self._key = ""
        """The key of the newest tone; empty when there is none."""
        self._same = 0
        """Blocks in a row that held it."""
        self._without = 0
        """Blocks in a row that did not."""

    def feed(self, payload: bytes) -> None:
        """Take G.711 as it came, any number of bytes; nothing happens before the bank runs."""
        self.pending += payload

    def hear(self, key: str, trace: str) -> ToneHeard | None:
        """Weigh what the next block holds: a key or nothing, and the trace of one; for the bank."""
        self._blocks += 1
        if self._same >= _BEGIN_BLOCKS and trace == self._key:
            key = trace
        if key != self._key:
            self._other(key)
            return None
        if not key:
            return None
        self._same += 1
        self._without = 0
        if self._same != _BEGIN_BLOCKS:
            return None
        return ToneHeard(key, (self._blocks - _BEGIN_BLOCKS) * _BLOCK / _RATE_HZ)

    def _other(self, key: str) -> None:
        """A block that breaks a sure tone ends it only when another follows: lines crackle."""
        self._without += 1
        if self._same < _BEGIN_BLOCKS or self._without >= _END_BLOCKS:
            self._key, self._same, self._without = key, int(bool(key)), 0


class ToneBank:
    """The key-tone ears of all calls that need one, heard together."""

    __slots__ = ("_ears",)

    def __init__(self) -> None:
        self._ears: dict[int, ToneEar] = {}

    def __len__(self) -> int:
        return len(self._ears)

    def add(self, encoding: Encoding = Encoding.MULAW) -> ToneEar:
        """Give a call an ear for key tones in its G.711 sound.

        Raises:
            ValueError: for an encoding that is not G.711.
        """
        if encoding not in FLOATS:
            raise ValueError(f"key tones are heard in G.711, not in {encoding}")
        ear = ToneEar(encoding)
        self._ears[id(ear)] = ear
        return ear

    def remove(self, ear: ToneEar) -> None:
        """The call is over, or needs it no more. Removing twice is harmless."""
        self._ears.pop(id(ear), None)

    def run(self) -> list[tuple[ToneEar, ToneHeard]]:
        """Hear every whole block that has come in; each call's keys in their order."""
        return [
            (ear, heard)
            for encoding in FLOATS
            for ear, key, trace in self._listen(encoding)
            if (heard := ear.hear(key, trace)) is not None
        ]

    def _listen(self, encoding: Encoding) -> Iterator[tuple[ToneEar, str, str]]:
        """Each ear with what each of its blocks holds, for the ears of one encoding."""
        ears = [ear for ear in self._ears.values() if ear.encoding is encoding]
        counts = [len(ear.pending) // _BLOCK for ear in ears]
        codes = b"".join([_cut(ear, count) for ear, count in zip(ears, counts, strict=True)])
        if not codes:
            return
        blocks = np.take(FLOATS[encoding], np.frombuffer(codes, dtype=np.uint8))
        keys = iter(_keys(blocks.reshape(-1, _BLOCK)))
        for ear, count in zip(ears, counts, strict=True):
            for _ in range(count):
                yield ear, *next(keys)


def _cut(ear: ToneEar, count: int) -> bytearray:
    piece = ear.pending[: count * _BLOCK]
    del ear.pending[: count * _BLOCK]
    return piece


def _probes() -> npt.NDArray[np.float32]:
    """Cosines, then sines, of the eight frequencies over a block: Goertzel's sums as a matrix."""
    angle = 2.0 * np.pi * np.outer(np.arange(_BLOCK), _ROWS_HZ + _COLUMNS_HZ) / _RATE_HZ
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


_PROBES: Final = _probes()


def _keys(blocks: npt.NDArray[np.float32]) -> list[tuple[str, str]]:
    """What each block of sound (float32 [n, 104]) holds: surely a key, and the trace of one."""
    sums = blocks @ _PROBES
    sums *= sums
    # As part of a full-scale sine's power, whose sum over the block is half the block squared.
    power: npt.NDArray[np.float32] = (sums[:, :8] + sums[:, 8:]) * np.float32(4.0 / _BLOCK**2)
    row, column = power[:, :4], power[:, 4:]
    row_best, column_best = row.max(axis=1), column.max(axis=1)
    total: npt.NDArray[np.float32] = np.einsum("ij,ij->i", blocks, blocks) * (2.0 / _BLOCK)
    trace = (
        (np.minimum(row_best, column_best) >= _LEAST_POWER)
        & (row_best <= column_best * _STEEPEST)
        & (column_best <= row_best * _STEEPEST)
        & (row_best + column_best >= total * _TRACE_SHARE)
    )
    sure = (
        trace
        & (row_best + column_best >= total * _SHARE)
        & _alone(row, row_best)
        & _alone(column, column_best)
    )
    place = (row.argmax(axis=1) * 4 + column.argmax(axis=1)).tolist()
    return [
        (KEYS[key] if is_sure else "", KEYS[key] if is_trace else "")
        for key, is_sure, is_trace in zip(place, sure.tolist(), trace.tolist(), strict=True)
    ]


def _alone(group: npt.NDArray[np.float32], best: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Whether only one of the group's four frequencies is strong."""
    strong = group * _OVER_OTHERS > best[:, None]
    alone: npt.NDArray[np.bool_] = strong.sum(axis=1) == 1
    return alone


class EndedBy(StrEnum):
    """Why an entry of keys is over."""

    END_KEY = "end_key"
    FULL = "full"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Collecting:
    """What counts as an entry of keys."""

    max_digits: int = 20
    end_key: str = "#"
    """Ends the entry and is not part of it; empty when every key counts."""
    first_s: float = 8.0
    """How long to wait for the first key."""
    between_s: float = 3.0
    """How long to wait for the next."""


@dataclass(frozen=True, slots=True)
class DigitsCollected:
    """An entry is over."""

    keys: str
    """Without the end key; may be empty."""
    ended_by: EndedBy


class DigitCollector:
    """Collects keys into entries. A machine: verbs take `now` and return what has happened.

    After an entry it waits for the next one's first key, without a limit until `expect` is called.
    """

    __slots__ = ("_deadline", "_keys", "_rule")

    def __init__(self, rule: Collecting | None = None) -> None:
        self._rule = rule or Collecting()
        self._keys = ""
        self._deadline: float | None = None

    @property
    def keys(self) -> str:
        """The entry so far."""
        return self._keys

    def expect(self, now: float, rule: Collecting | None = None) -> list[DigitsCollected]:
        """Begin an entry: from `now` the time for the first key runs. An open one is dropped."""
        self._rule = rule or self._rule
        self._keys = ""
        self._deadline = now + self._rule.first_s
        return []

    def press(self, key: str, now: float) -> list[DigitsCollected]:
        """A key was pressed."""
        rule = self._rule
        if key == rule.end_key:
            return self._end(EndedBy.END_KEY)
        self._keys += key
        if len(self._keys) >= rule.max_digits:
            return self._end(EndedBy.FULL)
        self._deadline = now + rule.between_s
        return []

    def deadline(self) -> float | None:
        """When to call `tick`, if nothing comes before."""
        return self._deadline

    def tick(self, now: float) -> list[DigitsCollected]:
        """Time has passed."""
        if self._deadline is None or now < self._deadline:
            return []
        return self._end(EndedBy.SILENCE)

    def _end(self, why: EndedBy) -> list[DigitsCollected]:
        ended = DigitsCollected(self._keys, why)
        self._keys = ""
        self._deadline = None
        return [ended]
