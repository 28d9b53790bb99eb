"""How many, and how long. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridges.port.brief import SlotGuide
from bridges.speech.extract.kinds import Found, Scene
from bridges.speech.extract.plain import bare

__all__ = ["find_numbers", "is_duration"]

_PEOPLE_EN = (
    "people|persons?|guests?|adults?|of us|pax|covers?|diners?|attendees?|participants?|seats?"
)
_PEOPLE_ES = "personas?|comensales?|adultos?|invitados?|asistentes?|plazas?"
_NOT_A_COUNT = (
    r"(?! ?(?:[:.]\d|oclock|am\b|pm\b|h\b|st\b|nd\b|rd\b|th\b|minutes?|mins?|hours?|days?|weeks?"
    r"|months?|minutos?|horas?|dias?|semanas?|de (?:la|enero|febrero|marzo|abril|mayo|junio|julio"
    r"|agosto|septiembre|octubre|noviembre|diciembre)|january|february|march|april|may|june|july"
    r"|august|september|october|november|december|\d))"
)
_ALONE_EN = re.compile(
    r"\b(?:(?:it's |it is )?(?:just|only) (?:me|myself|1)\b(?! (?:thing|question|second|moment))"
    r"|by myself|on my own|for myself|alone|me alone)"
)
_ALONE_ES = re.compile(
    r"\b(?:(?:solo|solamente|nada mas) (?:yo|para mi|1)\b|yo sol[oa]|para mi sol[oa])"
)
_PAIR_EN = re.compile(r"\b(?:me and (?:my )?\w+|my \w+ and (?:i|me)|a couple(?: of)?|both of us)\b")
_PAIR_ES = re.compile(r"\b(?:mi \w+ y yo|\w+ y yo|1 pareja|los dos|las dos personas)\b")
_LENGTHS_EN = (
    (re.compile(r"\b(\d+|an?|1) hours? and (?:a )?(half|quarter)\b"), "hours_and"),
    (re.compile(r"\b(?:an?|1) and a half hours?\b"), "90"),
    (re.compile(r"\b(\d+) and a half hours?\b"), "halves"),
    (re.compile(r"\bhalf (?:an?|1) hour\b|\b(?:a |1 )?half hour\b"), "30"),
    (re.compile(r"\bquarter of an hour\b"), "15"),
    (re.compile(r"\bthree quarters of an hour\b|\b3 quarters of an hour\b"), "45"),
    (re.compile(r"\b(\d+|an?) hours?(?: and)? (\d+)(?: minutes?| mins?)?\b"), "sum"),
    (re.compile(r"\b(\d+|an?) (?:hours?|h)\b"), "hours"),
    (re.compile(r"\b(\d+) (?:minutes?|mins?)\b"), "minutes"),
)
_LENGTHS_ES = (
    (re.compile(r"\b(\d+) horas? y (media|cuarto)\b"), "hours_and"),
    (re.compile(r"\bmedia hora\b"), "30"),
    (re.compile(r"\b(?:1 )?cuarto de hora\b"), "15"),
    (re.compile(r"\b3 cuartos de hora\b"), "45"),
    (re.compile(r"\b(\d+) horas? y (\d+)(?: minutos?)?\b"), "sum"),
    (re.compile(r"\b(\d+) (?:horas?|h)\b"), "hours"),
    (re.compile(r"\b(\d+) minutos?\b"), "minutes"),
)
_LASTS = re.compile(
    r"how long|minutes?|hours?|duration|length|cuanto tiempo|minutos?|horas?|duracion|cuanto dura"
)


def is_duration(slot: SlotGuide) -> bool:
    """Whether the number is a length in minutes, by the slot's name and wording."""
    return bool(_LASTS.search(bare(" ".join((slot.name.replace("_", " "), *slot.asks)))))


def find_numbers(text: str, slot: SlotGuide, scene: Scene, *, asked: bool) -> Iterator[Found]:
    """Numbers in a plain text that can be meant for this slot, the likeliest first.

    Lengths are minutes. A bare number counts only when it was asked for.
    """
    if is_duration(slot):
        yield from _lengths(text, scene)
    else:
        yield from _counts(text, slot, scene, asked=asked)
    if asked:
        yield from _bare_numbers(text, scene)


def _lengths(text: str, scene: Scene) -> Iterator[Found]:
    for pattern, rule in _LENGTHS_ES if scene.spanish else _LENGTHS_EN:
        for match in pattern.finditer(text):
            yield Found(_minutes(rule, match), match.start(), match.end())


def _minutes(rule: str, match: re.Match[str]) -> int:
    if rule.isdigit():
        return int(rule)
    first = int(match[1]) if match[1].isdigit() else 1
    match rule:
        case "minutes":
            return first
        case "halves":
            return 60 * first + 30
        case "hours_and":
            return 60 * first + (30 if match[2] in ("half", "media") else 15)
        case "sum":
            return 60 * first + int(match[2])
        case _:
            return 60 * first


def _counts(text: str, slot: SlotGuide, scene: Scene, *, asked: bool) -> Iterator[Found]:
    nouns = _PEOPLE_ES if scene.spanish else _PEOPLE_EN
    asked_for = _asked_nouns(slot, scene)
    if asked_for and not re.search(nouns, asked_for):
        nouns = asked_for
    patterns = [rf"\b(\d+) (?:more |other |different |mas )?(?:{nouns})\b"]
    if nouns in (_PEOPLE_EN, _PEOPLE_ES) or asked_for:
        lead = (
            r"(?:somos|seremos|mesa para|habitacion para|para|grupo de|vamos a ser|vamos)"
            if scene.spanish
            else r"(?:table (?:for|of)|room for|party of|group of|for|we are|we're|we'll be"
            r"|there are|"
            r"there're|there'll be|there will be|just|only|total of)"
        )
        patterns.append(
            rf"\b{lead} (?:the |about |around |unas? |los |las )?(\d{{1,3}})\b{_NOT_A_COUNT}"
        )
    for pattern in patterns:
        for match in re.finditer(pattern, text):
            yield Found(int(match[1]), match.start(1), match.end())
    if nouns not in (_PEOPLE_EN, _PEOPLE_ES) and not asked:
        return
    for pattern_, value in (
        (_ALONE_ES if scene.spanish else _ALONE_EN, 1),
        (_PAIR_ES if scene.spanish else _PAIR_EN, 2),
    ):
        for match in pattern_.finditer(text):
            yield Found(value, match.start(), match.end(), 0.9)
    if dozen := re.search(r"\ba dozen\b|\b1 docena\b", text):
        yield Found(12, dozen.start(), dozen.end(), 0.9)


def _asked_nouns(slot: SlotGuide, scene: Scene) -> str:
    """What is counted, from the question itself: `nights` of `How many nights?`."""
    question = r"cuant[oa]s (\w+)" if scene.spanish else r"how many (?:of )?(\w+)"
    nouns = {
        re.escape(noun.removesuffix("s")) + "s?"
        for ask in slot.asks
        for noun in re.findall(question, bare(ask))
        if noun not in {"you", "will", "are", "of", "seran", "sois", "son", "vais", "vienen"}
    }
    return "|".join(sorted(nouns))


def _bare_numbers(text: str, scene: Scene) -> Iterator[Found]:
    if scene.spanish and re.fullmatch(r"(?:1)[ .,]*", text):
        yield Found(1, 0, 1)
        return
    for match in re.finditer(rf"(?<![:.\d+])\b(\d{{1,5}})\b(?!st|nd|rd|th){_NOT_A_COUNT}", text):
        yield Found(int(match[1]), match.start(), match.end(), 0.8)
    if few := re.fullmatch(r"(?:uh |um |just |only )*(?:me|myself|solo yo|yo)[ .!]*", text):
        yield Found(1, few.start(), few.end(), 0.8)
