"""Text to speech with hibari: one American English voice, in the package, at 185 times real time.

It reads other languages by English rules; Spanish is put into its sounds first
(`bridges.speech.accent`), which is Spanish with an American accent. Voices beside "heart" are used
only where their file already lies in hibari's cache: it would fetch them, and nothing may be
fetched here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from hibari import Hibari
from hibari.voices import VOICES, voice_path

from bridges.speech.accent import with_american_accent
from bridges.speech.engines import RATE_HZ, SpeechSettings
from bridges.speech.errors import EngineMissing, SpeechRefused
from bridges.speech.rates import Floats, from_24k
from media.pcm import mulaw_encode

__all__ = ["HibariVoice", "open_engine"]

_VOICE: Final = "heart"
_GAIN: Final = 1.8
"""The voice comes at -27 dBFS, telephone speech lies near -21 dBFS; the peaks stay whole."""
_SEED: Final = 7
"""Of the voice's breath noise: one text is always the same sound, so that it can be cached."""
_QUIET: Final = 0.004
"""Under this (-48 dBFS) a sample is not speech yet."""
_LEAD_S: Final = 0.03
"""Silence kept before the first sound, which is what callers wait for."""
_SLOWEST, _FASTEST = 0.5, 2.0
"""hibari's own limits."""


class HibariVoice:
    """The synthesizer; each voice is loaded once, when it is first asked for."""

    def __init__(self) -> None:
        """Load the voice "heart" and its lexicon, and speak once, which takes half a second."""
        self._voices: dict[str, Any] = {}
        for _ in self.stream(
            "Hello, how may I help you at 2:30?", language="en", voice="", speed=1.0
        ):
            pass

    def stream(self, text: str, *, language: str, voice: str, speed: float) -> Iterator[bytes]:
        """8 kHz mu-law, one sentence at a time.

        Raises:
            SpeechRefused: no such voice.
            EngineMissing: the voice exists, and its file is not on this machine.
        """
        speaker = self._speaker(voice or _VOICE)
        said = with_american_accent(text) if language[:2].lower() == "es" else text
        pace = min(_FASTEST, max(_SLOWEST, speed))
        for index, samples in enumerate(speaker.stream(said, pace, _SEED)):
            sound = _trimmed(samples) if index == 0 else samples
            if len(sound):
                yield _telephone(sound)

    def _speaker(self, voice: str) -> Any:
        if voice not in self._voices:
            self._voices[voice] = _load(voice)
        return self._voices[voice]


def _load(voice: str) -> Any:
    if voice not in VOICES:
        raise SpeechRefused(f"hibari has the voices {', '.join(VOICES)}, not {voice}")
    try:
        path = voice_path(voice, download_missing=False)
    except FileNotFoundError as error:
        raise EngineMissing(
            f"hibari's voice {voice}", str(error), 'put its file there, or use the voice "heart"'
        ) from error
    return Hibari(voice=voice, model=path, threads=1)


def _trimmed(samples: Floats) -> Floats:
    """Without the silence before the first sound, but for a little."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    lead = int(_LEAD_S * 3 * RATE_HZ)
    return samples[max(0, int(loud[0]) - lead) :] if len(loud) else samples


def _telephone(samples: Floats) -> bytes:
    scaled = from_24k(samples) * np.float32(_GAIN * 32767.0)
    return mulaw_encode(np.rint(np.clip(scaled, -32768, 32767)).astype(np.int16))


def open_engine(settings: SpeechSettings) -> HibariVoice:
    """The voice, warm; there is nothing to set."""
    del settings
    return HibariVoice()
