"""Speech engines for tests of the pool: they do what the hint or the text says.

`gate PATH` waits until somebody opens that FIFO for writing; `die` ends the process, `once PATH`
only if that file is not there yet; `break` raises; everything else is said back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bridges.speech.engines import SpeechSettings, Transcription, Vectors

__all__ = ["open_embedder", "open_recognizer", "open_synthesizer"]


def _obey(order: str) -> None:
    verb, _, path = order.partition(" ")
    if verb == "gate":
        Path(path).read_bytes()
    elif verb == "die":
        os._exit(3)
    elif verb == "once" and not Path(path).exists():
        Path(path).touch()
        os._exit(3)
    elif verb == "break":
        raise RuntimeError("the engine broke")


class Echo:
    """All three engines."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder) if folder else None

    def transcribe(self, mulaw_8k: bytes, *, language: str, hint: str = "") -> Transcription:
        self._note(hint)
        _obey(hint)
        return Transcription(f"{language} {hint}", 0.5, len(mulaw_8k) / 8000)

    def stream(self, text: str, *, language: str, voice: str, speed: float) -> Iterator[bytes]:
        self._note(text)
        for sentence in text.split(". "):
            _obey(sentence)
            yield sentence.encode()

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([[len(text)] * 384 for text in texts], np.float32)

    def _note(self, order: str) -> None:
        """Write down what was asked, so that a test sees what reached an engine."""
        if self._folder is not None:
            with (self._folder / "asked").open("a", encoding="utf-8") as asked:
                asked.write(f"{order}\n")


def open_recognizer(settings: SpeechSettings) -> Echo:
    """`model_dir` is where it writes down what it was asked."""
    return Echo(settings.model_dir)


def open_synthesizer(settings: SpeechSettings) -> Echo:
    """The same."""
    return Echo(settings.model_dir)


def open_embedder(settings: SpeechSettings) -> Echo:
    """The same."""
    return Echo(settings.model_dir)
