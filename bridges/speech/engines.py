"""What a speech engine is: three small protocols, the values they speak, and their settings.

An engine is synchronous and lives in the worker process; `bridges.speech.pool` is the asynchronous
side that the rest of the product talks to. Sound is always 8 kHz mu-law, as the telephone has it.

Languages: English is heard and spoken with what comes along. Spanish is heard where `model_dir`
names a multilingual Whisper (else `SpeechRefused`), and spoken by espeak-ng where that program is
installed, else by the English voice with Spanish sounds and an American accent. Meaning is English.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "RATE_HZ",
    "Embedder",
    "SpeechSettings",
    "SpeechToText",
    "TextToSpeech",
    "Transcription",
    "Vectors",
]

RATE_HZ = 8000
"""The telephone's sample rate; mu-law has one byte a sample, so also bytes per second."""

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was heard in one turn."""

    text: str
    """Empty when there was no speech in it."""
    confidence: float
    """0 to 1: the geometric mean of the tokens' probabilities; 0 for no speech."""
    seconds: float
    """How much sound was given."""


class SpeechToText(Protocol):
    """Writes down whole turns; called from several threads at once."""

    def transcribe(self, mulaw_8k: bytes, *, language: str, hint: str = "") -> Transcription:
        """The words of one turn. `hint` holds names and words that may come up, in any form.

        Raises:
            SpeechRefused: the engine does not know this language.
        """
        ...


class TextToSpeech(Protocol):
    """Speaks; called from one thread."""

    def stream(self, text: str, *, language: str, voice: str, speed: float) -> Iterator[bytes]:
        """8 kHz mu-law, a sentence at a time; empty `voice` is the engine's own, `speed` 1 normal.

        Raises:
            SpeechRefused: the engine has no such voice.
        """
        ...


class Embedder(Protocol):
    """Places sentences so that those of like meaning lie close; called from one thread."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, 384], each row of length 1: the dot product of two rows is their likeness."""
        ...


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """Which engines there are and how much they may hold. Engine names: `bridges.speech.choice`."""

    recognizer: str = "whisper"
    synthesizer: str = "hibari"
    """Speaks English, and every language without an engine of its own (with an English accent)."""
    spanish: str = "auto"
    """Engine for Spanish: `espeak`, `hibari`, or `auto`: espeak where its program is installed."""
    embedder: str = "minilm"
    model_dir: str = ""
    """Folder of a CTranslate2 Whisper model; empty is the English tiny.en that comes with us."""
    cache_dir: str = ""
    """Folder in which fixed lines are kept as sound; empty keeps them in memory only."""
    recognition_threads: int = 2
    """Turns recognized at once, one core each."""
    recognition_waiting: int = 24
    """Turns that may be on the way; about six seconds of work for two cores."""
    synthesis_waiting: int = 64
    embedding_waiting: int = 64
    recognition_deadline_s: float = 8.0
    synthesis_deadline_s: float = 5.0
    """For the next piece of sound, not for the whole text."""
