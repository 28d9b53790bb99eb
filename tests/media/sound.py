"""Sound for the tests of the line: recorded clips and made-up signals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np

from media.pcm import Samples, mulaw_decode

__all__ = ["clip", "clip_names", "clip_samples", "hiss", "sine"]

RATE_HZ = 8000


def clip(folder: Path, name: str) -> bytes:
    """The mu-law bytes of a recorded clip."""
    wav = (folder / f"{name}_8k_mulaw.wav").read_bytes()
    return wav[wav.index(b"data") + 8 :]


def clip_samples(folder: Path, name: str) -> Samples:
    """The same as int16 samples."""
    return mulaw_decode(clip(folder, name))


def clip_names(folder: Path, *, kind: str | None = None) -> list[str]:
    """The clips of one kind, or all."""
    table = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
    return [cast(str, row["id"]) for row in table if kind in (None, row["kind"])]


def sine(hertz: float, seconds: float, *, rate_hz: int = RATE_HZ, peak: float = 10000.0) -> Samples:
    """A pure tone."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.rint(peak * np.sin(2.0 * np.pi * hertz * time)).astype(np.int16)


def hiss(count: int, *, seed: int = 0, peak: int = 32767) -> Samples:
    """White noise over the whole range, the same for the same seed."""
    return np.random.default_rng(seed).integers(-peak, peak, count, endpoint=True, dtype=np.int16)
