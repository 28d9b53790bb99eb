"""Free words that are kept as they were said. Quiet."""

from __future__ import annotations

import re

from bridges.speech.extract.kinds import Found
from bridges.speech.extract.plain import bare

__all__ = ["find_text"]

_LEADS = re.compile(
    r"^(?:(?:um+|uh+|er+|well|yes|yeah|yep|sure|okay|ok|so|please|alright|s\u00ed|si|vale|bueno"
    r"|pues|eh)[\s,.!]+)+",
    re.IGNORECASE,
)
_EMPTY = frozenset(
    phrase.strip()
    for phrase in re.split(
        r"[|]",
        "yes|yeah|yep|no|okay|ok|sure|hello|hi|thanks|thank you|please|um|uh|hmm|right"
        "|one moment|wait|hold on|just a moment|just a second|si|vale|hola|gracias|un momento"
        "|espere|claro|yes please|are you there|can you hear me|what|sorry|pardon|excuse me|que"
        "|perdon|como",
    )
)


def find_text(text: str) -> Found | None:
    """The words without a leading `yes, well`; None when nothing is left that says something."""
    kept = _LEADS.sub("", " ".join(text.split()))
    if bare(text) in _EMPTY or bare(kept) in _EMPTY or not bare(kept):
        return None
    return Found(kept[:1].upper() + kept[1:], 0, len(text), 0.9)
