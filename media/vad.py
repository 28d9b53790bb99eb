"""How likely a window is to hold speech: the port that models fill, and one for tests. Quiet.

A model keeps memory between the windows of one call. That memory lives here, one row a call in
arrays shared by all calls, so that a batch reads and writes its rows with two array operations and
a call costs no objects of its own.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "CONTEXT_SAMPLES",
    "MEMORY_FLOATS",
    "RATE_HZ",
    "WINDOW_S",
    "WINDOW_SAMPLES",
    "EnergyVad",
    "Floats",
    "Rows",
    "Vad",
    "VadState",
]

RATE_HZ = 8000
"""Telephone sound is heard at its native rate: half the work of 16 kHz and no resampling."""
WINDOW_SAMPLES = 256
"""The window that Silero's 8 kHz model was trained on."""
WINDOW_S = WINDOW_SAMPLES / RATE_HZ
CONTEXT_SAMPLES = 32
"""The end of the window before, which Silero's own wrapper puts before each window at 8 kHz."""
MEMORY_FLOATS = 256
"""One recurrent layer of 128 units: its output and its cell."""

Floats: TypeAlias = npt.NDArray[np.float32]
Rows: TypeAlias = npt.NDArray[np.intp]


class VadState:
    """What a model remembers of many calls, one row a call."""

    __slots__ = ("context", "memory")

    def __init__(self, rows: int) -> None:
        self.memory: Floats = np.zeros((rows, MEMORY_FLOATS), dtype=np.float32)
        self.context: Floats = np.zeros((rows, CONTEXT_SAMPLES), dtype=np.float32)

    @property
    def rows(self) -> int:
        """How many calls fit."""
        return len(self.memory)

    def clear(self, row: int) -> None:
        """Forget a call, so that the next one in its row starts from nothing."""
        self.memory[row] = 0.0
        self.context[row] = 0.0

    def grow(self, rows: int) -> None:
        """Make room for `rows` calls; what is remembered stays in its row."""
        wider = VadState(rows)
        wider.memory[: self.rows] = self.memory
        wider.context[: self.rows] = self.context
        self.memory, self.context = wider.memory, wider.context


class Vad(Protocol):
    """A model of voice activity."""

    def probabilities(self, windows: Floats, state: VadState, rows: Rows) -> Floats:
        """Say for each of n windows how likely it holds speech, 0 to 1, as float32 [n].

        `windows` is float32 [n, 256], samples at 8 kHz scaled to -1..1, one window a call. `rows`
        (n different numbers) says which row of `state` belongs to which window; those rows are
        read and written, no others.
        """
        ...


class EnergyVad:
    """Loudness over a slowly learned floor of noise: for tests and development, never for callers.

    It needs no model and is sharp and repeatable on tones and silence; it takes any loud sound for
    speech.
    """

    def __init__(self, *, threshold_db: float = 12.0, least_dbfs: float = -45.0) -> None:
        self._ratio = 10.0 ** (threshold_db / 10.0)
        self._least_power = 10.0 ** (least_dbfs / 10.0)

    def probabilities(self, windows: Floats, state: VadState, rows: Rows) -> Floats:
        """See `Vad`: 0.5 where a window is exactly `threshold_db` over the floor."""
        power = np.einsum("ij,ij->i", windows, windows) / WINDOW_SAMPLES
        floor = np.maximum(state.memory[rows, 0], self._least_power / self._ratio)
        limit = floor * self._ratio
        # The floor follows quiet windows within a second and is not raised by speech.
        quiet = power < limit
        state.memory[rows, 0] = np.where(quiet, floor + (power - floor) * 0.05, floor)
        chance: Floats = (power / (power + limit)).astype(np.float32)
        return chance
