"""Written text as it is to be said: times, prices, telephone numbers, dates, codes. Quiet.

The voice reads plain numbers, prices in dollars and dates by itself, so English is only put right
where it was heard to go wrong: "14:30" was said "fourteen", "555-0142" as hundreds, "25.50 €"
without its euros, "AB-1234" as a word. Spanish is written out in full (`bridges.speech.spanish`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from bridges.speech.spanish import CIPHERS, verbalize_spanish

__all__ = ["verbalize"]

_CIPHERS: Final = "zero one two three four five six seven eight nine"
_DIGITS: Final = tuple(_CIPHERS.split())
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY: Final = {day[:3]: day for day in _DAYS}
_SPEECHLESS: Final = re.compile(r"[*_`#~|]+|\[(?=[^\]]*\]\()|(?<=\])\([^)]*\)|\]")
"""Markup of text models; a screen shows it, a voice must not say it."""
_ISO_DATE: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_PHONE: Final = re.compile(r"(?<![\w.,:/-])\+?\(?\d[\d\s().-]{5,17}\d(?![\w:/]|[.,]\d)")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+")
_CODE: Final = re.compile(r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])(?!\d+(?:AM|PM)\b)[A-Z0-9-]{4,}\b")
_RANGE: Final = re.compile(
    r"(?<![\d/-])(\d{1,2}(?::\d\d)?\s?(?:[ap]m)?)\s?[-\u2013]\s?(?=\d{1,2}(?::\d\d)?(?![\d-]))",
    re.I,
)
_CLOCK: Final = re.compile(r"\b([01]?\d|2[0-4]):([0-5]\d)(?::\d\d)?(?!\s?[ap]\.?m\b)(?!\d)", re.I)
_EURO: Final = re.compile(r"(?<![\d.,])(\d+)(?:[.,](\d\d))?\s?€")
_DAY_RANGE: Final = re.compile(
    r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s?[-\u2013]\s?(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
)
_ABBREVIATED_DAY: Final = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b\.?(?=,?\s+\d|,)")
_SITE: Final = re.compile(r"\b(?:https?://)?www\.", re.I)


def verbalize(text: str, *, language: str) -> str:
    """The text as a voice should be given it; every language but Spanish is treated as English."""
    plain = " ".join(_SPEECHLESS.sub("", text).split())
    if language[:2].lower() == "es":
        return verbalize_spanish(_spelled(plain, CIPHERS))
    return _english(_spelled(plain, _DIGITS))


def _spelled(text: str, digits: tuple[str, ...]) -> str:
    """Telephone numbers digit by digit in groups, and codes sign by sign."""
    pieces: list[str] = []
    end = 0
    # Dates look like telephone numbers; they are left for the language to say.
    for date in _ISO_DATE.finditer(text):
        pieces += [_groups(text[end : date.start()], digits), date.group()]
        end = date.end()
    return "".join([*pieces, _groups(text[end:], digits)])


def _groups(text: str, digits: tuple[str, ...]) -> str:
    text = _PHONE.sub(lambda match: _phone(match.group(), digits), text)
    return _CODE.sub(lambda match: _code(match.group(), digits), text)


def _phone(number: str, digits: tuple[str, ...]) -> str:
    groups = re.findall(r"\d+", number)
    count = sum(map(len, groups))
    if not 7 <= count <= 15 or _THOUSANDS.fullmatch(number):
        return number
    if len(groups) == 1:
        groups = _cut(groups[0])
    said = ", ".join(" ".join(digits[int(digit)] for digit in group) for group in groups)
    return f"plus {said}" if number.startswith("+") and digits is _DIGITS else said


def _cut(number: str) -> list[str]:
    """A run of digits in threes, with four at the end: as telephone numbers are read."""
    head, tail = number[:-4], number[-4:]
    first = len(head) % 3
    groups = [head[:first]] + [head[start : start + 3] for start in range(first, len(head), 3)]
    return [group for group in (*groups, tail) if group]


def _code(code: str, digits: tuple[str, ...]) -> str:
    groups = re.findall(r"[A-Z]+|\d+", code)
    return ", ".join(
        " ".join(digits[int(sign)] if sign.isdigit() else sign for sign in group)
        for group in groups
    )


def _english(text: str) -> str:
    rules: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_SITE, lambda _: "W W W dot "),
        (_DAY_RANGE, lambda match: f"{_DAY[match[1]]} to {_DAY[match[2]]}"),
        (_ABBREVIATED_DAY, lambda match: _DAY[match[1]]),
        (_RANGE, lambda match: f"{match[1].strip()} to "),
        (_CLOCK, lambda match: _clock(int(match[1]), match[2])),
        (_EURO, lambda match: f"€{match[1]}.{match[2]}" if match[2] else f"€{match[1]}"),
    )
    for pattern, said in rules:
        text = pattern.sub(said, text)
    return text


def _clock(hour: int, minutes: str) -> str:
    """A time of the 24-hour clock on the clock of twelve."""
    half = "PM" if 12 <= hour < 24 else "AM"
    shown = (hour - 1) % 12 + 1
    return f"{shown} {half}" if minutes == "00" else f"{shown}:{minutes} {half}"
