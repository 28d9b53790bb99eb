"""Spanish numbers, times, dates and prices in words. Quiet."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["CIPHERS", "in_words", "verbalize_spanish"]

_UNITS: Final = "cero uno dos tres cuatro cinco seis siete ocho nueve"
_TEENS: Final = "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve"
_TWENTIES: Final = """
    veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho
    veintinueve"""
_ROUND: Final = "treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_ROUND_HUNDREDS: Final = """
    ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos
    novecientos"""
_YEAR: Final = """
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"""
CIPHERS: Final = tuple(_UNITS.split())
"""The words of the digits 0 to 9."""
_SMALL: Final = (*CIPHERS, *_TEENS.split(), *_TWENTIES.split())
_TENS: Final = tuple(_ROUND.split())
_HUNDREDS: Final = tuple(_ROUND_HUNDREDS.split())
_MONTHS: Final = tuple(_YEAR.split())
_ISO_DATE: Final = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_SLASH_DATE: Final = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b")
_CLOCK: Final = re.compile(
    r"\b(?:(a|de|desde) )?(?:las? )?([01]?\d|2[0-4]):([0-5]\d)\b(?:\s?(?:h|horas))?"
)
_EURO: Final = re.compile(
    r"(?<![\d.,])([\d.]*\d)(?:,(\d\d))?\s?(€|euros)|(\$|US\$)\s?([\d.]*\d)(?:,(\d\d))?"
)
_PERCENT: Final = re.compile(r"(\d+)\s?%")
_NUMBER: Final = re.compile(r"\b\d{1,3}(?:\.\d{3})+\b|\d+")
_LONGEST: Final = 6
"""Numbers of more digits are read digit by digit."""


def in_words(number: int) -> str:
    """0 to 999,999 in masculine words.

    Raises:
        ValueError: the number is out of that range.
    """
    if not 0 <= number < 1_000_000:
        raise ValueError(f"{number} is not between 0 and 999,999")
    if number < 30:
        return _SMALL[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return _TENS[tens - 3] + (f" y {_SMALL[unit]}" if unit else "")
    if number == 100:
        return "cien"
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return _HUNDREDS[hundreds - 1] + (f" {in_words(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    head = "mil" if thousands == 1 else f"{_shortened(in_words(thousands))} mil"
    return head + (f" {in_words(rest)}" if rest else "")


def _shortened(words: str) -> str:
    """Uno before a noun: un, veintiún."""
    if words.endswith("veintiuno"):
        return words.removesuffix("veintiuno") + "veintiún"
    return words.removesuffix("o") if words.endswith("uno") else words


def verbalize_spanish(text: str) -> str:
    """Times, dates, prices, percentages and whole numbers in words; the rest as it is."""
    text = _ISO_DATE.sub(lambda m: _date(int(m[3]), int(m[2]), m[1]) or m[0], text)
    text = _SLASH_DATE.sub(lambda m: _date(int(m[1]), int(m[2]), m[3]) or m[0], text)
    text = _CLOCK.sub(_clock, text)
    text = _EURO.sub(_price, text)
    text = _PERCENT.sub(lambda m: f"{_amount(m[1])} por ciento", text)
    return _NUMBER.sub(lambda m: _amount(m[0]), text)


def _amount(figures: str) -> str:
    digits = figures.replace(".", "")
    if len(digits) > _LONGEST or (len(digits) > 1 and digits[0] == "0"):
        return " ".join(CIPHERS[int(digit)] for digit in digits)
    return in_words(int(digits))


def _date(day: int, month: int, year: str | None) -> str:
    """The day in words; empty when there is no such day, so it was no date."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    first = "primero" if day == 1 else in_words(day)
    return f"{first} de {_MONTHS[month - 1]}" + (f" de {in_words(int(year))}" if year else "")


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[2]) % 24, int(match[3])
    shown = (hour - 1) % 12 + 1
    article = "la una" if shown == 1 else f"las {in_words(shown)}"
    minutes = {0: "", 15: " y cuarto", 30: " y media"}.get(minute, f" y {in_words(minute)}")
    before = f"{match[1]} " if match[1] else ""
    return f"{before}{article}{minutes} {_part_of_day(hour)}"


def _part_of_day(hour: int) -> str:
    if hour == 12:
        return "del mediodía"
    if hour < 6:
        return "de la madrugada"
    return "de la mañana" if hour < 12 else "de la tarde" if hour < 20 else "de la noche"


def _price(match: re.Match[str]) -> str:
    whole, cents, dollars = match[1] or match[5], match[2] or match[6], match[4] is not None
    unit = "dólar" if dollars else "euro"
    plural = "dólares" if dollars else "euros"
    amount = int(whole.replace(".", ""))
    said = _amount(whole) if amount > 999_999 else _shortened(in_words(amount))
    price = f"{said} {unit if amount == 1 else plural}"
    return f"{price} con {in_words(int(cents))}" if cents and cents != "00" else price
