"""Recordings as telephone sound."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.pcm import mulaw_decode
from server.rehearsal.clips import clip_of, load_clip, to_telephone
from server.rehearsal.errors import ClipRefused
from server.rehearsal.loudness import audible
from server.rehearsal.report import wav
from tests.server.rehearsal.little_server import tone


@pytest.mark.requirement("rehearsal:sound:any-wav")
def test_telephone_recordings_pass_unchanged(tmp_path: Path) -> None:
    payload = bytes(range(127)) + bytes(range(128, 256)) + tone(0.5)
    (tmp_path / "g711.wav").write_bytes(wav(payload, channels=1))
    assert load_clip(tmp_path / "g711.wav").payload == payload


@pytest.mark.requirement("rehearsal:sound:any-wav")
@pytest.mark.parametrize("rate_hz", [11025, 16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("hz", [300.0, 1000.0, 3000.0])
def test_other_rates_keep_the_tone_and_its_level(rate_hz: int, hz: float) -> None:
    time = np.arange(rate_hz) / rate_hz
    samples = (np.sin(2 * np.pi * hz * time) * 12000).astype(np.int16)
    heard = mulaw_decode(to_telephone(samples, rate_hz)).astype(np.float64)[400:7600]
    assert len(heard) == 7200
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * 8000 / len(heard) == pytest.approx(hz, abs=2)
    assert np.sqrt((heard**2).mean()) == pytest.approx(12000 / np.sqrt(2), rel=0.03)


@pytest.mark.requirement("rehearsal:sound:any-wav")
def test_what_a_telephone_cannot_carry_does_not_fold_back() -> None:
    time = np.arange(16000) / 16000
    samples = (np.sin(2 * np.pi * 5000 * time) * 12000).astype(np.int16)
    assert np.abs(mulaw_decode(to_telephone(samples, 16000))[400:-400]).max() < 40


@pytest.mark.requirement("rehearsal:sound:any-wav")
def test_stereo_is_mixed(tmp_path: Path) -> None:
    left = np.full(800, 8000, dtype=np.int16)
    both = np.stack([left, np.zeros_like(left)], axis=1)
    raw = io.BytesIO()
    soundfile.write(raw, both, 8000, format="WAV", subtype="PCM_16")
    (tmp_path / "stereo.wav").write_bytes(raw.getvalue())
    clip = load_clip(tmp_path / "stereo.wav")
    assert mulaw_decode(clip.payload).mean() == pytest.approx(4000, rel=0.05)
    assert clip.text == "stereo"


def test_the_bounds_of_speech_are_found() -> None:
    clip = clip_of(b"\xff" * 4000 + tone(0.5) + b"\xff" * 2400, "hum")
    assert clip.onset_s == pytest.approx(0.5, abs=0.011)
    assert clip.end_s == pytest.approx(1.0, abs=0.011)
    assert (clip_of(b"\xff" * 80).end_s, clip_of(b"").end_s) == (0.01, 0.0)


def test_silence_is_not_audible_and_a_tone_is() -> None:
    assert audible(tone(0.02))
    assert not audible(b"\xff" * 160)
    assert not audible(b"\x00" * 5 + b"\xff" * 155)
    assert not audible(b"")


@pytest.mark.requirement("rehearsal:sound:any-wav")
def test_what_is_no_sound_is_refused_with_a_mend(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello", encoding="utf-8")
    with pytest.raises(ClipRefused, match="Convert it"):
        load_clip(tmp_path / "text.wav")
    with pytest.raises(ClipRefused, match="No such file"):
        load_clip(tmp_path / "none.wav")
    (tmp_path / "long.wav").write_bytes(wav(b"\xff" * (8000 * 601), channels=1))
    with pytest.raises(ClipRefused, match="601 s"):
        load_clip(tmp_path / "long.wav")


@pytest.mark.requirement("rehearsal:sound:any-wav")
def test_real_recordings_are_read_at_both_rates(speech_clips: Path) -> None:
    narrow = load_clip(speech_clips / "two_thirty_pm_8k_mulaw.wav")
    wide = load_clip(speech_clips / "two_thirty_pm_16k.wav")
    assert wide.seconds == pytest.approx(narrow.seconds, abs=0.02)
    assert wide.onset_s == pytest.approx(narrow.onset_s, abs=0.05)
