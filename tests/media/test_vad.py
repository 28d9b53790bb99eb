"""The memory that calls share, and the development model."""

from __future__ import annotations

import numpy as np

from media.vad import WINDOW_SAMPLES, EnergyVad, Floats, Vad, VadState
from tests.media.sound import hiss, sine


def windows_of(*parts: np.ndarray) -> Floats:
    return np.stack([part[:WINDOW_SAMPLES] / 32768 for part in parts]).astype(np.float32)


def test_growing_keeps_what_is_remembered_in_its_row() -> None:
    state = VadState(2)
    state.memory[1] = 3.0
    state.context[1] = 4.0
    state.grow(5)
    assert state.rows == 5
    assert (state.memory[1] == 3.0).all()
    assert (state.context[1] == 4.0).all()
    assert not state.memory[2:].any()


def test_clearing_forgets_one_row_only() -> None:
    state = VadState(2)
    state.memory[:] = 1.0
    state.context[:] = 1.0
    state.clear(0)
    assert not state.memory[0].any()
    assert not state.context[0].any()
    assert state.memory[1].all()
    assert state.context[1].all()


def test_the_development_model_tells_a_tone_from_silence_and_soft_hiss() -> None:
    vad: Vad = EnergyVad()
    silence = np.zeros(WINDOW_SAMPLES, dtype=np.int16)
    windows = windows_of(sine(300, 0.1), silence, hiss(WINDOW_SAMPLES, peak=100))
    chances = vad.probabilities(windows, VadState(3), np.arange(3))
    assert chances.dtype == np.float32
    assert chances[0] > 0.9
    assert (chances[1:] < 0.3).all()


def test_the_development_model_learns_the_floor_of_a_noisy_line() -> None:
    vad = EnergyVad()
    state, row = VadState(1), np.array([0])
    noise = windows_of(hiss(WINDOW_SAMPLES, peak=280))
    first = float(vad.probabilities(noise, state, row)[0])
    for _ in range(60):
        last = float(vad.probabilities(noise, state, row)[0])
    assert last < first
    assert last < 0.2
    assert vad.probabilities(windows_of(sine(300, 0.1)), state, row)[0] > 0.9
