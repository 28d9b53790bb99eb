"""Yes or no, in the many ways in which it is said. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridges.speech.extract.kinds import Found, Scene
from bridges.speech.extract.plain import bare

__all__ = ["find_yes_no"]

_YES_EN = re.compile(
    r"\b(?:yes|yeah|yea|yep|yup|ya|aye|sure|correct|right|ok|okay|affirmative|absolutely"
    r"|definitely|certainly"
    r"|exactly|perfect|please do|go ahead|of course|sounds (?:good|great|fine|right)|that works|"
    r"that's (?:it|fine|good|great|ok|okay|right|correct)|that is (?:fine|right|correct)|it is|"
    r"you got it|(?:fine|great|good|lovely|wonderful)|i do|i would|uh huh|mm hm+|indeed|all good"
    r"|confirm(?:ed)?)\b"
)
_NO_EN = re.compile(
    r"\b(?:no|nope|nah|negative|wrong|incorrect|not|don't|do not|isn't|never|cancel(?: that)?|"
    r"that isn't|neither|i'm afraid)\b"
)
_NOT_NO_EN = re.compile(
    r"\b(?:no (?:problem|worries|trouble|objections?)|why not|not a problem"
    r"|(?:no )?that's (?:right|correct|fine|perfect)"
    r"|don't mind)\b"
)
_DENIED_EN = re.compile(
    r"\b(?:not|isn't|aren't|wasn't|doesn't|don't|no longer)\s+(?:\w+\s+){0,2}?"
    r"(?:right|correct|fine|good|ok|okay|sure|it|perfect|sound|think so|want|quite|exactly"
    r"|really)\b"
)
_YES_ES = re.compile(
    r"\b(?:si|claro(?: que si)?|vale|correcto|exacto|eso es|de acuerdo|perfecto|por supuesto"
    r"|asi es|esta bien|"
    r"muy bien|bien|adelante|confirmo|confirmado|desde luego|ok|okay|sip|efectivamente|estupendo)\b"
)
_NO_ES = re.compile(r"\b(?:no|nada|incorrecto|mal|tampoco|negativo|nunca|en absoluto)\b")
_NOT_NO_ES = re.compile(r"\b(?:no (?:hay )?(?:problema|pasa nada)|como no|por que no)\b")
_DENIED_ES = re.compile(r"\bno\s+(?:\w+\s+){0,2}?(?:correcto|bien|eso|asi|claro|vale|exacto)\b")


def find_yes_no(text: str, scene: Scene) -> Iterator[Found]:
    """True or false when the words say one of them and not both."""
    words = bare(text)
    if scene.spanish:
        yes, no, not_no, denied = _YES_ES, _NO_ES, _NOT_NO_ES, _DENIED_ES
    else:
        yes, no, not_no, denied = _YES_EN, _NO_EN, _NOT_NO_EN, _DENIED_EN
    reassured = not_no.search(words)
    if reassured and not denied.search(words) and not no.search(words[reassured.end() :]):
        yield Found(value=True, start=reassured.start(), end=reassured.end())
        return
    if match := denied.search(words):
        yield Found(value=False, start=match.start(), end=match.end())
        return
    agreed, refused = yes.search(words), no.search(words)
    if agreed and not refused:
        yield Found(value=True, start=agreed.start(), end=agreed.end())
    elif refused and not agreed:
        yield Found(value=False, start=refused.start(), end=refused.end())
    elif agreed and refused and refused.start() == 0:
        # `No, it should be right after lunch`: the first word is the answer.
        yield Found(value=False, start=0, end=refused.end(), confidence=0.7)
