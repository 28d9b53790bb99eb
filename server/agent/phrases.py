"""The few sentences that the core itself can say, by language. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["phrase"]

_PHRASES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "one_moment": "One moment, please.",
        "too_slow": "that took too long",
        "still_there": "Are you still there?",
        "apology": "I'm sorry, something went wrong here. Please call again in a few minutes.",
        "busy": "All our lines are busy right now. Please call again in a few minutes.",
    },
    "es": {
        "one_moment": "Un momento, por favor.",
        "too_slow": "ha tardado demasiado",
        "still_there": "¿Sigue ahí?",
        "apology": "Lo siento, algo ha fallado. Por favor, llame de nuevo en unos minutos.",
        "busy": "Todas las líneas están ocupadas. Por favor, llame de nuevo en unos minutos.",
    },
}


def phrase(name: str, language: str) -> str:
    """The sentence of that name in the language, or in English where we have no other."""
    return _PHRASES.get(language[:2], _PHRASES["en"])[name]
