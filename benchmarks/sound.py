"""What the callers of the load say: recorded speech where it is at hand, else bursts of noise."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.talker import Phrase
from media.pcm import mulaw_decode, mulaw_encode
from server.rehearsal.clips import Clip, clip_of, load_clip

__all__ = ["CLIPS", "onset_s", "phrases", "reply"]

CLIPS: Final = Path(__file__).resolve().parents[2] / "shared" / "audio"
_NAMES: Final = (
    "brooklyn_bridge",
    "two_thirty_pm",
    "tel_express_please",
    "young_man",
    "harvard_sunday",
    "common_voice_vote",
    "ten_of_clubs",
    "tel_buy_chromecast",
)
"""Real speakers, near and far from the microphone, one to five seconds each."""
_RATE_HZ: Final = 8000
_PIECE: Final = 80
"""10 ms."""
_RANGE_DB: Final = 35.0
"""How far below its loudest piece sound still is speech."""
_OF_TEN: Final = 8
"""So many of the next ten pieces must be speech too: a breath or a click is no onset."""


def phrases(folder: Path = CLIPS) -> tuple[list[Phrase], bool]:
    """The phrases, and whether they are real speech."""
    paths = [folder / f"{name}_8k_mulaw.wav" for name in _NAMES]
    if all(path.exists() for path in paths):
        return [_phrase(load_clip(path)) for path in paths], True
    return [_phrase(clip_of(_burst(seconds))) for seconds in (1.2, 1.6, 2.0, 2.6)], False


def onset_s(payload: bytes) -> float:
    """Where the speech of a clip begins: the first 10 ms within 35 dB of its loudest 10 ms, if most
    of the following 100 ms are so too."""
    samples = mulaw_decode(payload).astype(np.float64)
    pieces = samples[: len(samples) // _PIECE * _PIECE].reshape(-1, _PIECE)
    power = np.square(pieces).mean(axis=1)
    loud = power > power.max() * 10.0 ** (-_RANGE_DB / 10.0)
    sustained = np.convolve(loud, np.ones(10), mode="valid") >= _OF_TEN
    return float(np.argmax(loud[: len(sustained)] & sustained)) * _PIECE / _RATE_HZ


def reply(seconds: float) -> bytes:
    """What the fake provider answers with, as samples: a voice-like hum, loud all the time."""
    at = np.arange(int(seconds * _RATE_HZ)) / _RATE_HZ
    hum = sum(np.sin(2 * np.pi * 140 * part * at) / part for part in range(1, 12))
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * at)
    return np.asarray(hum * swell * 6000, dtype="<i2").tobytes()


def _phrase(clip: Clip) -> Phrase:
    return Phrase.of(clip.payload, onset_s(clip.payload), clip.end_s)


def _burst(seconds: float) -> bytes:
    """Noise with the rhythm of syllables, which Silero takes for speech only in part."""
    chance = np.random.default_rng(7)
    at = np.arange(int(seconds * _RATE_HZ)) / _RATE_HZ
    tone = sum(np.sin(2 * np.pi * 120 * part * at + part) / part for part in range(1, 24))
    syllables = np.clip(np.sin(2 * np.pi * 4 * at) + 0.4, 0, 1)
    sound = (tone + 0.2 * chance.standard_normal(len(at))) * syllables * 4000
    return mulaw_encode(sound.astype(np.int16))
