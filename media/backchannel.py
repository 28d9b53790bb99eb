"""Which words only say "I am listening", so that they must not take the floor. Quiet.

English and Spanish, in one list: callers mix them, and no word here means something else in the
other language. The words are ours, from what callers say on the telephone; they are
compared without case, accents and punctuation, since recognisers write them in many ways.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Final

__all__ = ["Overheard", "overheard"]


class Overheard(StrEnum):
    """What words spoken over the agent amount to."""

    NOTHING = "nothing"
    """No words, or a hesitation that neither agrees nor asks for anything."""
    ASSENT = "assent"
    """Agreement: a backchannel, unless a question is open."""
    WORDS = "words"
    """Something to say."""


_HESITATIONS: Final = frozenset(
    {
        "ah", "eh", "ehm", "em", "er", "erm", "ha", "hm", "hmm", "hmmm", "huh", "mm",
        "mmm", "oh", "ooh", "uh", "uhm", "um", "umm", "pues",
    }
)  # fmt: skip
_ASSENTS: Final = frozenset(
    {
        "aha", "aja", "alright", "bien", "bueno", "cierto", "claro", "cool", "correcto",
        "dale", "exactly", "exacto", "fine", "good", "great", "mhm", "mhmm", "mmhm",
        "mmhmm", "nice", "ok", "okay", "okey", "perfect", "perfecto", "right", "si",
        "sip", "sure", "true", "uhhuh", "uhuh", "vale", "ya", "yea", "yeah",
        "yep", "yes", "yup",
    }
)  # fmt: skip
_ASSENT_PHRASES: Final = frozenset(
    {
        ("all", "right"), ("claro", "que", "si"), ("de", "acuerdo"), ("esta", "bien"),
        ("got", "it"), ("i", "see"), ("m", "hm"), ("mm", "hm"), ("mm", "hmm"), ("of", "course"),
        ("that", "s", "right"), ("uh", "huh"), ("uh", "hu"), ("ya", "veo"),
    }
)  # fmt: skip
_LONGEST_PHRASE: Final = max(map(len, _ASSENT_PHRASES))
_MOST_WORDS: Final = 6
"""More than that is said to be heard, even when every word of it agrees."""


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    kept = (ch for ch in plain if not unicodedata.combining(ch))
    return "".join(ch if ch.isalnum() else " " for ch in kept).split()


def _assent_at(words: list[str], place: int) -> int:
    """How many words from `place` on agree as one: 0 when they do not."""
    for length in range(_LONGEST_PHRASE, 1, -1):
        if tuple(words[place : place + length]) in _ASSENT_PHRASES:
            return length
    return int(words[place] in _ASSENTS)


def overheard(text: str) -> Overheard:
    """What `text`, said while the agent was speaking, amounts to."""
    words = _words(text)
    if len(words) > _MOST_WORDS:
        return Overheard.WORDS
    place = 0
    agrees = False
    while place < len(words):
        length = _assent_at(words, place)
        if length:
            agrees = True
        elif words[place] not in _HESITATIONS:
            return Overheard.WORDS
        place += length or 1
    return Overheard.ASSENT if agrees else Overheard.NOTHING
