"""Our forward pass against the package's own model, on real speech."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from media import silero
from media.audio import Encoding
from media.pcm import FLOATS
from media.silero import NumpySilero, OnnxSilero, SileroMissing, model_path, read_weights
from media.vad import WINDOW_SAMPLES, Floats, Vad, VadState
from tests.media.sound import clip, hiss


def windows_of(payload: bytes) -> Floats:
    codes = np.frombuffer(payload, dtype=np.uint8)
    codes = codes[: len(codes) - len(codes) % WINDOW_SAMPLES]
    return FLOATS[Encoding.MULAW][codes].reshape(-1, WINDOW_SAMPLES)


def along(vad: Vad, calls: list[Floats]) -> Floats:
    """The probabilities of calls of equal length, heard side by side: float32 [window, call]."""
    state, rows = VadState(len(calls)), np.arange(len(calls))
    return np.stack(
        [
            vad.probabilities(np.stack([call[at] for call in calls]), state, rows)
            for at in range(len(calls[0]))
        ]
    )


@pytest.mark.requirement("sound:vad:reference")
@pytest.mark.parametrize("name", ["tel_ship_regular_or_express", "steve_day", "noise_pink"])
def test_our_pass_equals_the_model_on_recorded_sound(speech_clips: Path, name: str) -> None:
    calls = [windows_of(clip(speech_clips, name))]
    ours, reference = along(NumpySilero(), calls), along(OnnxSilero(), calls)
    assert np.abs(ours - reference).max() < 1e-4


@pytest.mark.requirement("sound:vad:reference")
def test_our_pass_equals_the_model_on_loud_noise_in_a_large_batch() -> None:
    noise = (hiss(200 * 4 * WINDOW_SAMPLES) / np.float32(32768)).astype(np.float32)
    calls = list(noise.reshape(200, 4, WINDOW_SAMPLES))
    ours, reference = along(NumpySilero(), calls), along(OnnxSilero(), calls)
    assert ours.shape == (4, 200)
    assert np.abs(ours - reference).max() < 1e-4


def test_speech_is_likely_and_silence_is_not(speech_clips: Path) -> None:
    speech = along(NumpySilero(), [windows_of(clip(speech_clips, "librispeech_reader"))])
    silence = along(NumpySilero(), [windows_of(clip(speech_clips, "silence"))])
    assert np.median(speech) > 0.9
    assert silence.max() < 0.2


def test_rows_that_are_not_heard_are_left_alone() -> None:
    state = VadState(3)
    state.memory[:] = 0.5
    state.context[:] = 0.5
    window = (hiss(WINDOW_SAMPLES) / np.float32(32768)).astype(np.float32)[None]
    NumpySilero().probabilities(window, state, np.array([1]))
    assert (state.memory[[0, 2]] == 0.5).all()
    assert (state.context[[0, 2]] == 0.5).all()
    assert not (state.memory[1] == 0.5).all()
    assert np.array_equal(state.context[1], window[0, -32:])


def test_no_windows_give_no_probabilities() -> None:
    none = np.empty((0, WINDOW_SAMPLES), dtype=np.float32)
    assert len(NumpySilero().probabilities(none, VadState(1), np.empty(0, dtype=np.intp))) == 0


def test_the_packages_python_code_is_never_imported() -> None:
    NumpySilero()
    assert "torch" not in sys.modules
    assert "silero_vad" not in sys.modules


def test_a_file_that_is_another_model_is_refused() -> None:
    whole = model_path().read_bytes()
    with pytest.raises(SileroMissing, match=r"encoder\.0"):
        read_weights(whole.replace(b"encoder.0.reparam", b"encoder.9.reparam"))


def test_a_file_without_a_model_is_refused() -> None:
    # A fixed32, a fixed64 and an empty graph: well-formed, and nothing in it.
    with pytest.raises(SileroMissing, match="holds no weight"):
        read_weights(b"\x7d" + bytes(4) + b"\x71" + bytes(8) + b"\x3a\x00")
    with pytest.raises(SileroMissing, match="holds no weight"):
        read_weights(b"")


def test_a_missing_package_is_named_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(SileroMissing, match="install silero-vad"):
        silero.model_path(package="no_such_package_here")
    with pytest.raises(SileroMissing, match="numpy/data"):
        silero.model_path(package="numpy")
    error = SileroMissing("no file")
    assert error.what == "no file"
