"""Which engine goes by which name, and how it is opened.

A name is one of those below, or `package.module:function` of anybody's own engine: the function is
called with the `SpeechSettings` and returns the engine.
"""

from __future__ import annotations

import importlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, cast

from bridges.speech.engines import Embedder, SpeechSettings, SpeechToText, TextToSpeech
from bridges.speech.errors import EngineMissing

__all__ = ["Engines", "open_engines"]

_OPENERS: Final = {
    "whisper": "bridges.speech.whisper:open_engine",
    "hibari": "bridges.speech.hibari:open_engine",
    "espeak": "bridges.speech.espeak:open_engine",
    "minilm": "bridges.speech.minilm:open_engine",
}
_ESPEAK: Final = "espeak-ng"


@dataclass(frozen=True, slots=True)
class Engines:
    """All that the worker process holds."""

    recognizer: SpeechToText
    voices: dict[str, TextToSpeech]
    """By two-letter language; `en` is always there and speaks for the others too."""
    embedder: Embedder
    names: dict[str, str]
    """What does what, for the log and the console."""


def open_engines(settings: SpeechSettings) -> Engines:
    """Load all engines, side by side.

    Raises:
        EngineMissing: a package, a model or a program is not there; the text says how to mend it.
    """
    spanish = _spanish(settings)
    wanted = (settings.recognizer, settings.synthesizer, settings.embedder)
    with ThreadPoolExecutor(len(wanted), thread_name_prefix="open") as threads:
        opened = list(threads.map(lambda name: _open(name, settings), wanted))
    voices = {"en": cast(TextToSpeech, opened[1])}
    if spanish != settings.synthesizer:
        voices["es"] = cast(TextToSpeech, _open(spanish, settings))
    names = {
        "recognition": settings.recognizer,
        "voice": settings.synthesizer,
        "voice_es": spanish,
        "meaning": settings.embedder,
    }
    return Engines(cast(SpeechToText, opened[0]), voices, cast(Embedder, opened[2]), names)


def _spanish(settings: SpeechSettings) -> str:
    if settings.spanish != "auto":
        return settings.spanish
    return "espeak" if shutil.which(_ESPEAK) else settings.synthesizer


def _open(name: str, settings: SpeechSettings) -> Any:
    module, _, function = _OPENERS.get(name, name).partition(":")
    if not function:
        known = ", ".join(_OPENERS)
        raise EngineMissing(
            f"the speech engine {name}",
            "settings",
            f"use one of {known}, or package.module:function",
        )
    try:
        opener = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise EngineMissing(
            f"the speech engine {name}", str(error), "install what it needs (`make setup`)"
        ) from error
    return opener(settings)
