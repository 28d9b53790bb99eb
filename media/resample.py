"""Changes the sample rate of a stream without holding it back. Quiet.

The usual stream resamplers keep 45 to 110 ms of sound in hand (performance.md, part 2); on a
telephone that is heard. This one is a causal linear-phase FIR filter in polyphase form, done as one
small matrix product a piece, with the last few samples kept for the next.

Its figures, which `tests/media/test_resample.py` measures (low = the lower of the two rates; scale
the frequencies by low / 8 kHz):

- delay 12 samples of the lower rate: 1.5 ms between 8 kHz and anything, 0.75 ms from 16 kHz on;
- flat within 0.02 dB up to 3.4 kHz;
- images and aliases from 4.6 kHz on at least 55 dB down; at 4 kHz the filter is 6 dB down, so
  what lies between 4.0 and 4.6 kHz folds, weakened, to between 3.4 and 4.0 kHz: outside the
  telephone band (ITU-T G.712 ends at 3.4 kHz).
"""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from media.pcm import Samples

__all__ = ["RATES_HZ", "Resampler"]

RATES_HZ: Final = (8000, 16000, 24000, 48000)
"""The rates of telephone lines (8), recognisers (16), speech models (24) and rooms (48 kHz)."""
_HALF_SAMPLES: Final = 12
"""Half the filter's length, in samples of the lower rate."""
_KAISER_BETA: Final = 5.4
"""Window shape: with 24 samples of the lower rate, the best attenuation beyond 1.15 of its half."""
_SCALE: Final = float(1 << 20)
"""Coefficients are whole multiples of 1 / this. Products with 16-bit samples and their sums then
are exact in float64, in whatever order the matrix product adds them, so that the result cannot
depend on how the stream was cut."""
_FIRST_ROOM: Final = 1024


class Resampler:
    """One stream from `in_hz` to `out_hz`; what comes out does not depend on how it is fed."""

    __slots__ = ("_desk", "_filter", "_kept", "_room", "delay_s", "in_hz", "out_hz")

    def __init__(self, in_hz: int, out_hz: int) -> None:
        """Prepare a stream.

        Raises:
            ValueError: if one of the rates is none of `RATES_HZ`.
        """
        if in_hz not in RATES_HZ or out_hz not in RATES_HZ:
            raise ValueError(f"cannot resample {in_hz} to {out_hz} Hz, only among {RATES_HZ}")
        self.in_hz = in_hz
        self.out_hz = out_hz
        self.delay_s: float = _HALF_SAMPLES / min(in_hz, out_hz) if in_hz != out_hz else 0.0
        """How much later a sound leaves than it entered, filter only."""
        self._filter = _filter(in_hz, out_hz)
        self._room: npt.NDArray[np.float64] = np.zeros(_FIRST_ROOM)
        self._kept = self._filter.history
        """Samples at the front of `_room` that the next output still needs."""
        self._desk = _Desk(self._filter, self._room, blocks=1)

    def feed(self, samples: Samples) -> Samples:
        """Take any number of int16 samples and return all that can be said by now."""
        if self.in_hz == self.out_hz:
            return samples
        plan = self._filter
        held = self._kept + len(samples)
        if held + plan.spare > len(self._room):
            self._room = np.concatenate([self._room, np.zeros(held + plan.spare)])
        self._room[self._kept : held] = samples
        steps = (held - plan.history) // plan.down
        blocks = -(-steps // plan.block)
        if self._desk.blocks != blocks or self._desk.room is not self._room:
            self._desk = _Desk(plan, self._room, blocks=blocks)
        out = self._desk.work()[: steps * plan.up].astype(np.int16)
        used = steps * plan.down
        self._kept = held - used
        self._room[: self._kept] = self._room[used:held]
        return out

    def flush(self) -> Samples:
        """Return the filter's tail, as if silence followed, and be ready for a new stream."""
        if self.in_hz == self.out_hz:
            return np.zeros(0, dtype=np.int16)
        silence = self._filter.history + self._filter.down
        tail = self.feed(np.zeros(silence, dtype=np.int16))
        self._kept = self._filter.history
        self._room[:] = 0.0
        return tail


class _Filter:
    """The filter of one pair of rates as a matrix: a block of inputs to a block of outputs.

    One step is the smallest whole relation of the rates: `down` samples in, `up` samples out.
    """

    __slots__ = ("block", "down", "history", "matrix", "spare", "up")

    def __init__(self, ratio: Fraction) -> None:
        self.up, self.down = ratio.numerator, ratio.denominator
        taps = _prototype(self.up, self.down)
        self.history = (len(taps) - 1 + self.up - 1) // self.up
        # Blocks half as wide as the history: longer ones multiply more zeros, shorter ones copy
        # more often.
        self.block = max(4, self.history // self.down // 2)
        self.spare = self.block * self.down
        """Room that must be readable beyond the last sample, as the last block may be cut short."""
        self.matrix = self._banded(taps)

    def _banded(self, taps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Column k of the matrix holds the taps of output k, in the rows of the inputs it needs."""
        width = self.history + self.block * self.down
        matrix = np.zeros((width, self.block * self.up))
        for output in range(matrix.shape[1]):
            position = output * self.down
            # The newest input that a causal filter may use, and how far the output lies behind it.
            newest, phase = divmod(position, self.up)
            used = taps[phase :: self.up]
            rows = self.history + newest - np.arange(len(used))
            matrix[rows, output] = used
        return matrix


class _Desk:
    """Views and room for pieces of one size: most pieces of a stream are as long as the last."""

    __slots__ = ("_exact", "_matrix", "_overlapping", "_windows", "blocks", "room")

    def __init__(self, plan: _Filter, room: npt.NDArray[np.float64], *, blocks: int) -> None:
        self.blocks = blocks
        self.room = room
        self._matrix = plan.matrix
        width, outputs = plan.matrix.shape
        strides = (plan.block * plan.down * room.itemsize, room.itemsize)
        self._overlapping = np.lib.stride_tricks.as_strided(room, (blocks, width), strides)
        self._windows = np.zeros((blocks, width))
        self._exact = np.zeros((blocks, outputs))

    def work(self) -> npt.NDArray[np.float64]:
        """The outputs of all blocks at the front of the room, whole numbers within 16 bits."""
        exact = self._exact
        # Copied, because the matrix library cannot read rows that overlap.
        np.copyto(self._windows, self._overlapping)
        np.matmul(self._windows, self._matrix, out=exact)
        np.rint(exact, out=exact)
        np.minimum(exact, 32767.0, out=exact)
        np.maximum(exact, -32768.0, out=exact)
        return exact.reshape(-1)


@functools.cache
def _filter(in_hz: int, out_hz: int) -> _Filter:
    """One filter for each pair of rates, shared by its streams; it never changes."""
    return _Filter(Fraction(out_hz, in_hz))


def _prototype(up: int, down: int) -> npt.NDArray[np.float64]:
    """Windowed-sinc low-pass at the common multiple of both rates, half at the lower Nyquist."""
    decimation = max(up, down)
    half = _HALF_SAMPLES * decimation
    place = np.arange(-half, half + 1)
    taps = np.sinc(place / decimation) * np.kaiser(2 * half + 1, _KAISER_BETA)
    # Each phase must sum to exactly one, or a constant would come out as a buzz.
    for phase in range(up):
        taps[phase::up] /= taps[phase::up].sum()
    return np.rint(taps * _SCALE) / _SCALE
