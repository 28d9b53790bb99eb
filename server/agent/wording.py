"""How dates, times, numbers and lists are said on the telephone, in English and Spanish. Quiet.

Languages are BCP 47 tags; every Spanish one is worded alike, everything else is English.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

from babel.dates import format_date
from babel.lists import format_list

__all__ = ["is_spanish", "said_date", "said_list", "said_number", "said_phone", "said_time"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NUMBERS = {
    "en": _words(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty"
    ),
    "es": _words(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés "
        "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve treinta"
    ),
}
_TENS = {40: "cuarenta", 50: "cincuenta"}
_TWO_DIGIT_CODES = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 "
    "65 66 81 82 84 86 90 91 92 93 94 95 98"
)
"""Country codes of two digits (ITU E.164 assigned codes); 1 and 7 have one, the others three."""


def is_spanish(language: str) -> bool:
    """Whether the tag names a kind of Spanish."""
    return language.lower().partition("-")[0] == "es"


def _tongue(language: str) -> str:
    return "es" if is_spanish(language) else "en"


def said_date(day: date, language: str, today: date) -> str:
    """`tomorrow`, `Monday, November 23rd`, `el lunes 23 de noviembre`; another year is said."""
    near = {today: ("today", "hoy"), today + timedelta(days=1): ("tomorrow", "mañana")}
    if day in near:
        return near[day][is_spanish(language)]
    if is_spanish(language):
        year = "" if day.year == today.year else f" de {day.year}"
        return format_date(day, "'el' EEEE d 'de' MMMM", locale="es") + year
    year = "" if day.year == today.year else f", {day.year}"
    return f"{format_date(day, 'EEEE, MMMM', locale='en')} {_ordinal(day.day)}{year}"


def _ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    if 11 <= number % 100 <= 13:
        suffix = "th"
    return f"{number}{suffix}"


def said_time(clock: str | time, language: str) -> str:
    """`2:30 PM`, `noon`, `las dos y media de la tarde`; `clock` is 24-hour HH:MM or a time.

    Raises:
        ValueError: it is no time of day.
    """
    at = time.fromisoformat(clock) if isinstance(clock, str) else clock
    if is_spanish(language):
        return _spanish_time(at)
    if at.minute == 0 and at.hour in (0, 12):
        return "noon" if at.hour else "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{(at.hour - 1) % 12 + 1}{minutes} {'PM' if at.hour >= 12 else 'AM'}"


def _spanish_time(at: time) -> str:
    quarter_to = at.minute == 45
    hour = (at.hour + quarter_to) % 24
    twelve = (hour - 1) % 12 + 1
    spoken = "la una" if twelve == 1 else f"las {_NUMBERS['es'][twelve]}"
    minutes = {0: "", 15: " y cuarto", 30: " y media", 45: " menos cuarto"}.get(at.minute)
    if minutes is None:
        minutes = f" y {_spanish_minutes(at.minute)}"
    part = "de la mañana" if at.hour == 11 and quarter_to else _spanish_part(hour)
    return f"{spoken}{minutes} {part}"


def _spanish_part(hour: int) -> str:
    if hour == 0 or hour >= 21:
        return "de la noche"
    if hour < 6:
        return "de la madrugada"
    if hour < 12:
        return "de la mañana"
    return "del mediodía" if hour == 12 else "de la tarde"


def _spanish_minutes(minutes: int) -> str:
    if minutes <= 30:
        return _NUMBERS["es"][minutes]
    tens, rest = minutes - minutes % 10, minutes % 10
    word = _TENS.get(tens, "treinta")
    return f"{word} y {_NUMBERS['es'][rest]}" if rest else word


def said_list(items: Sequence[str], language: str, *, either: bool = False) -> str:
    """`a, b and c`; with `either`, `a, b or c`. Empty for nothing."""
    spoken = format_list(list(items), "or" if either else "standard", locale=_tongue(language))
    return spoken.replace(", and ", " and ").replace(", or ", " or ")


def said_number(number: int, language: str) -> str:
    """Small numbers as words, the others as digits."""
    words = _NUMBERS[_tongue(language)]
    return words[number] if 0 <= number < len(words) else str(number)


def said_phone(number: str, language: str) -> str:
    """Digit by digit, in groups that can be written down: `plus 3 4, 6 1 2, 3 4 5, 6 7 8`.

    Letters and punctuation are left out; empty when there is no digit.
    """
    digits = "".join(character for character in number if character in "0123456789")
    groups: list[str] = []
    plus = number.strip().startswith("+") and bool(digits)
    if plus:
        length = 1 if digits[0] in "17" else 2 if digits[:2] in _TWO_DIGIT_CODES else 3
        groups, digits = [digits[:length]], digits[length:]
    groups += _phone_groups(digits)
    spoken = ", ".join(" ".join(group) for group in groups)
    return f"{'más' if is_spanish(language) else 'plus'} {spoken}" if plus else spoken


def _phone_groups(digits: str) -> list[str]:
    """Threes; a single digit that would be left over joins the last group."""
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        last = groups.pop()
        groups[-1] += last
    return groups
