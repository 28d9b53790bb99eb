"""A caller's recordings: WAV files of any rate, or synthetic speech, as telephone sound."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import soundfile

from media.pcm import mulaw_decode, mulaw_encode
from server.rehearsal.errors import ClipRefused
from server.rehearsal.loudness import speech_bounds

__all__ = ["Clip", "Voice", "clip_of", "load_clip", "read_wav", "to_telephone"]

_RATE_HZ: Final = 8000
_LONGEST_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Clip:
    """Something to say: telephone sound with the words in it."""

    payload: bytes
    """Mu-law at 8 kHz."""
    text: str = ""
    onset_s: float = 0.0
    """Where its speech begins, and where it ends: silence around it is no speech."""
    end_s: float = 0.0

    @property
    def seconds(self) -> float:
        """Its whole length, silence included."""
        return len(self.payload) / _RATE_HZ


class Voice(Protocol):
    """Makes speech of a caller's words."""

    async def speak(self, text: str) -> bytes:
        """Mu-law at 8 kHz. Raises PartMissing when this machine has no such voice."""


def clip_of(payload: bytes, text: str = "") -> Clip:
    """A clip of mu-law sound, with the bounds of its speech measured."""
    bounds = speech_bounds(mulaw_decode(payload), _RATE_HZ)
    if bounds is None:
        return Clip(payload, text, 0.0, len(payload) / _RATE_HZ)
    return Clip(payload, text, bounds.start_s, bounds.end_s)


def load_clip(path: Path, text: str = "") -> Clip:
    """Read a WAV file (or FLAC, or Ogg): PCM, mu-law or A-law, any rate, channels mixed.

    Raises:
        ClipRefused: it is missing, is no sound file, or is longer than ten minutes.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ClipRefused(
            f"the sound file cannot be opened: {error.strerror}",
            where=str(path),
            mend="Give the path of a WAV file; in a scenario, relative to the scenario's folder.",
        ) from error
    return clip_of(to_telephone(*read_wav(raw, str(path))), text or path.stem.replace("_", " "))


def read_wav(raw: bytes, where: str) -> tuple[npt.NDArray[np.int16], int]:
    """The samples of a sound file, mixed to one channel, and their rate.

    Raises:
        ClipRefused: the bytes are no sound file.
    """
    try:
        samples, rate_hz = soundfile.read(io.BytesIO(raw), dtype="int16", always_2d=True)
    except soundfile.SoundFileError as error:
        raise ClipRefused(
            "the file holds no sound that can be read",
            where=where,
            mend="Convert it to WAV: 16-bit PCM or G.711, any rate.",
        ) from error
    if len(samples) > _LONGEST_S * rate_hz:
        raise ClipRefused(
            f"the recording is {len(samples) / rate_hz:.0f} s long",
            where=where,
            mend=f"Cut it to {_LONGEST_S:.0f} s at most.",
        )
    mixed = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    return mixed.astype(np.int16), int(rate_hz)


def to_telephone(samples: npt.NDArray[np.int16], rate_hz: int) -> bytes:
    """Samples of any rate as mu-law at 8 kHz.

    The whole recording is at hand, so a long windowed sinc (stop band under -70 dB) is affordable;
    sound that is at 8 kHz already is not touched, so G.711 recordings pass through exactly.
    """
    if rate_hz == _RATE_HZ:
        return mulaw_encode(np.ascontiguousarray(samples))
    shared = gcd(rate_hz, _RATE_HZ)
    up, down = _RATE_HZ // shared, rate_hz // shared
    count = len(samples) * up // down
    cutoff = min(1.0, _RATE_HZ / rate_hz) * 0.94
    half = int(np.ceil(32 / cutoff))
    padded = np.pad(samples.astype(np.float64), (half, half + 1))
    out = np.empty(count)
    for phase in range(up):
        # Every `up`-th output has the same distance to its nearest input, so the same filter.
        picked = np.arange(phase, count, up)
        nearest, distance = phase * down // up, (phase * down % up) / up
        taps = _sinc(np.arange(-half, half + 1, dtype=np.float64) - distance, cutoff, half)
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(taps))
        out[picked] = windows[nearest::down][: len(picked)] @ taps
    return mulaw_encode(np.clip(np.rint(out), -32768, 32767).astype(np.int16))


def _sinc(offsets: npt.NDArray[np.float64], cutoff: float, half: int) -> npt.NDArray[np.float64]:
    window = np.i0(7.0 * np.sqrt(np.clip(1.0 - (offsets / (half + 1)) ** 2, 0.0, 1.0)))
    taps = np.sinc(offsets * cutoff) * window
    scaled: npt.NDArray[np.float64] = taps / taps.sum()
    return scaled
