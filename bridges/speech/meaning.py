"""Which of several things was meant, by the likeness of sentences. Quiet.

The vectors come from outside. Without them (or in a language that the embedder does not know) the
words alone decide, which finds less and errs on the side of asking again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from bridges.speech.engines import Vectors
from bridges.speech.extract.plain import bare, word_set

__all__ = [
    "LIKE",
    "STRONG",
    "Match",
    "best_match",
    "is_generic",
    "is_question",
    "pieces",
    "ways_of",
]

LIKE = 0.5
"""Least likeness that counts. Measured with MiniLM on 41 callers' sentences against ten doors and
facts: unrelated ones reach 0.44, related ones have a median of 0.6."""
_LEAD = 0.06
"""Least distance to the next best: below it two things are meant equally well."""
STRONG = 0.75
"""Likeness that outweighs a value found by the way."""
_WORDS_ALIKE = 86.0
"""Likeness of the bare words, of 100, that stands in for meaning."""
_GENERIC = word_set(
    """
    yes yeah yep yup ok okay sure hello hi hey good morning afternoon evening thanks thank you very
    much please um uh right well so fine great alright a an the no nope hm mm i it is that's
    si vale hola buenos buenas dias tardes noches gracias por favor bueno pues claro no bien eh
    """
)
_ASKS = re.compile(
    r"^(?:(?:and|so|um|uh|oh|hi|hello|okay|ok|yes|well|sorry|but|y|hola|oiga|perdone)[\s,]+)*"
    r"(?:what|when|where|who|how|which|why|is|are|do|does|did|can|could|will|would|have|has|"
    r"que|cuando|donde|quien|como|cual|cuanto|cuanta|cuantos|hay|tienen|estan|abren|cierran|puedo"
    r"|aceptan)\b"
)
_STEM = re.compile(
    r"^(?:the )?callers? (?:wants?|would like|is asking|asks|needs?|is|has) (?:to )?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Match:
    """What was meant."""

    key: str
    likeness: float
    """1 when a way of saying it was said word for word."""


def pieces(text: str) -> list[str]:
    """The utterance and its sentences: a story before the request hides it otherwise."""
    sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]
    clauses = [part.strip(" ,.!?") for part in re.split(r",\s+|\s(?:and|but|pero)\s", text)]
    longer = [part for part in (*sentences, *clauses) if len(part.split()) >= 2]
    return list(dict.fromkeys((text.strip(), *longer)))


def is_generic(text: str) -> bool:
    """Whether it is only courtesy or assent, which means nothing by itself."""
    return all(word in _GENERIC for word in bare(text).split())


def is_question(text: str) -> bool:
    """Whether something is asked, by mark or by its first word."""
    return text.rstrip().endswith("?") or bool(_ASKS.match(bare(text)))


def ways_of(description: str, examples: Iterable[str]) -> tuple[str, ...]:
    """The examples, and the description without its `The caller wants to`."""
    return (*examples, _STEM.sub("", description)) if description else tuple(examples)


def best_match(
    text: str,
    doors: Mapping[str, Sequence[str]],
    vectors: Mapping[str, Vectors],
    *,
    least: float = LIKE,
) -> Match | None:
    """The door (key to ways of saying it) that was meant; None when none, or two equally.

    Courtesy and assent mean a door only when they are its very words.
    """
    parts = [piece for piece in pieces(text) if not is_generic(piece)]
    if not parts:
        said = (key for key, ways in doors.items() if bare(text) in map(bare, ways))
        return next((Match(key, 1.0) for key in said), None)
    if not doors:
        return None
    likeness = {
        key: max((_likeness(parts, way, vectors) for way in ways), default=0.0)
        for key, ways in doors.items()
    }
    first, *others = sorted(likeness, key=likeness.__getitem__, reverse=True)
    lead = likeness[first] - max((likeness[key] for key in others), default=0.0)
    if likeness[first] < least or lead < _LEAD:
        return None
    return Match(first, likeness[first])


def _likeness(parts: Sequence[str], way: str, vectors: Mapping[str, Vectors]) -> float:
    said = bare(way)
    best = max(_wording(bare(part), said) for part in parts)
    meant = vectors.get(way)
    if meant is not None:
        best = max(
            best,
            *(float(np.dot(vectors[part], meant)) if part in vectors else 0.0 for part in parts),
        )
    return best


def _wording(words: str, said: str) -> float:
    if not said:
        return 0.0
    if words == said or (len(said.split()) > 1 and f" {said} " in f" {words} "):
        return 1.0
    alike = fuzz.token_sort_ratio(words, said)
    return alike / 100 if alike >= _WORDS_ALIKE else 0.0
