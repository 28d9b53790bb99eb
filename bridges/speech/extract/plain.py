"""Brings an utterance into a plain form in which numbers are digits, for the grammars. Quiet.

`Half past two, on the twenty-third.` becomes `half past 2 , on the 23rd .`: lower case, without
accents, `pm` and `am` and `oclock` as words, punctuation kept apart so that it still divides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

__all__ = ["bare", "plain", "without_accents", "word_set"]


def word_set(text: str) -> frozenset[str]:
    """The words of a text that lists them."""
    return frozenset(text.split())


def _listed(text: str) -> list[str]:
    return text.split()


_UNITS_EN = _listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS_EN = _listed("twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS_EN = _listed(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_UNITS_ES = _listed(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro "
    "veinticinco veintiseis veintisiete veintiocho veintinueve"
)
_TENS_ES = _listed("treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_HUNDREDS_ES = _listed(
    "cien doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos "
    "novecientos"
)

_ENGLISH: Mapping[str, int] = {
    **{word: number for number, word in enumerate(_UNITS_EN)},
    **{word: 10 * number for number, word in enumerate(_TENS_EN, 2)},
}
_ENGLISH_ORDINALS: Mapping[str, int] = {
    **{word: number for number, word in enumerate(_ORDINALS_EN, 1)},
    "twentieth": 20,
    "thirtieth": 30,
}
_SPANISH: Mapping[str, int] = {
    **{word: number for number, word in enumerate(_UNITS_ES)},
    **{word: 10 * number for number, word in enumerate(_TENS_ES, 3)},
    **{word: 100 * number for number, word in enumerate(_HUNDREDS_ES, 1)},
    "un": 1,
    "una": 1,
    "veintiun": 21,
    "ciento": 100,
}
_TOKEN = re.compile(r"\d+(?:[:./-]\d+)*(?:st|nd|rd|th)?|[^\W\d_]+(?:'[^\W\d_]+)*|[+#*,;.!?]")
_MISHEARD = re.compile(r"(?<!\d )(?<!quarter )(?<!half )\b(to|too|for) ([0-5]\d (?:am|pm))\b")
_MISHEARD_PAST = re.compile(r"\b(half|has|have|quarter) (?:past|passed) (you|too?|\d{1,2})\b")
_REPEATS = {"double": 2, "triple": 3, "doble": 2}


def without_accents(text: str) -> str:
    """The same letters without their marks, in lower case."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))


def bare(text: str) -> str:
    """Only the words, for comparing phrases: no accents, no case, no punctuation."""
    kept = re.sub(r"[^\w\s']", " ", without_accents(text).replace("\u2019", "'"))
    return " ".join(kept.split())


def plain(text: str, *, spanish: bool = False) -> str:
    """The utterance with numbers as digits and its parts separated by single spaces."""
    lowered = _marks(without_accents(text).replace("\u2019", "'"))
    words = [token.group() for token in _TOKEN.finditer(lowered)]
    numbered = _spanish_numbers(words) if spanish else _english_numbers(words)
    spoken = " ".join(_repeated(list(numbered)))
    if spanish:
        return spoken
    # What a recogniser makes of `two thirty pm`, `four thirty pm`, and `half past two`.
    return _MISHEARD_PAST.sub(_as_past, _MISHEARD.sub(_as_number, spoken))


def _as_number(match: re.Match[str]) -> str:
    return f"{4 if match[1] == 'for' else 2} {match[2]}"


def _as_past(match: re.Match[str]) -> str:
    part = "quarter" if match[1] == "quarter" else "half"
    return f"{part} past {match[2] if match[2].isdigit() else 2}"


def _marks(text: str) -> str:
    text = re.sub(r"\b([ap])\.?\s?m\b\.?(?!\w)", r"\1m", text)
    text = re.sub(r"(\d)([ap]m)\b", r"\1 \2", text)
    # A pause between hour and minutes is written as a full stop: `2. 30 p.m.`
    text = re.sub(r"\b(\d{1,2})[.,] ([0-5]\d [ap]m)\b", r"\1 \2", text)
    text = re.sub(r"\bo'?\s?clock\b", "oclock", text)
    text = re.sub(r"(\d)\s?h(?:rs?|oras?)?\b(?!\w)", r"\1 h", text)
    # Hyphens join number words and letters that are spelled; a dash between digits stays.
    return re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", text)


def _english_numbers(words: list[str]) -> Iterator[str]:
    position = 0
    while position < len(words):
        word = words[position]
        if word in _ENGLISH_ORDINALS:
            yield _ordinal(_ENGLISH_ORDINALS[word])
        elif word in _ENGLISH:
            text, taken = _english_number(words[position:])
            yield text
            position += taken - 1
        else:
            yield word
        position += 1


def _english_number(words: list[str]) -> tuple[str, int]:
    """The number that begins here, as digits, and how many words it takes."""
    value, taken = _ENGLISH[words[0]], 1
    follows = words[1] if len(words) > 1 else ""
    if value >= 20 and follows in _ENGLISH_ORDINALS and _ENGLISH_ORDINALS[follows] < 10:
        return _ordinal(value + _ENGLISH_ORDINALS[follows]), 2
    if value >= 20 and 0 < _ENGLISH.get(follows, 0) < 10:
        value, taken = value + _ENGLISH[follows], 2
    if 0 < value < 10 and follows == "hundred":
        rest = words[3:] if words[2:3] == ["and"] else words[2:]
        value, taken = 100 * value, len(words) - len(rest)
        if rest and _ENGLISH.get(rest[0], 0) > 0:
            more, used = _english_number(rest)
            if more.isdigit() and int(more) < 100:
                return str(value + int(more)), taken + used
        taken = 2
    return str(value), taken


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 != 1 else "th"
    return f"{number}{ending}"


def _spanish_numbers(words: list[str]) -> Iterator[str]:
    position = 0
    while position < len(words):
        word = words[position]
        if word not in _SPANISH:
            yield "1" if word == "primero" else word
            position += 1
            continue
        value, position = _SPANISH[word], position + 1
        more = _SPANISH.get(words[position], 0) if position < len(words) else 0
        if value >= 100 and 0 < more < 100:
            value, position = value + more, position + 1
        if value % 100 >= 30 and value % 10 == 0 and words[position : position + 1] == ["y"]:
            unit = _SPANISH.get(words[position + 1], 0) if position + 1 < len(words) else 0
            if 0 < unit < 10:
                value, position = value + unit, position + 2
        yield str(value)


def _repeated(words: list[str]) -> Iterator[str]:
    """`double 5` as `5 5`."""
    times = 1
    for word in words:
        if word in _REPEATS:
            times = _REPEATS[word]
            continue
        if times > 1 and not (word.isdigit() or len(word) == 1 or word == "oh"):
            yield "double" if times == 2 else "triple"
            times = 1
        yield " ".join([word] * times)
        times = 1
