"""Telephone numbers, said digit by digit or in groups. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from bridges.speech.extract.kinds import Found, Scene

__all__ = ["FEWEST_DIGITS", "find_phones", "phone_value"]

FEWEST_DIGITS = 5
"""Shorter runs are not telephone numbers (the core refuses them too)."""
_RUN = re.compile(r"(?:\+ ?|plus )?(?:\d|\boh?\b)(?:[\d\s,./-]|\boh?\b)*(?:\d|\boh?\b)")


def find_phones(text: str, scene: Scene, *, asked: bool) -> Iterator[Found]:
    """Numbers in a plain text as E.164, or as bare digits where the region does not settle it.

    Unless it was asked for, only a run of seven digits or more counts.
    """
    for match in _RUN.finditer(text):
        digits = _digits(match[0])
        if len(digits) < (FEWEST_DIGITS if asked else 7) or len(digits) > 15:
            continue
        plus = match[0].startswith(("+", "plus"))
        yield Found(
            phone_value(("+" if plus else "") + digits, scene.region), match.start(), match.end()
        )


def phone_value(number: str, region: str) -> str:
    """E.164 where that is a real number in the region (or names its country), else the digits."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number.lstrip("+")
    if not phonenumbers.is_valid_number(parsed):
        return number.lstrip("+")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _digits(run: str) -> str:
    run = re.sub(r"\boh?\b", "0", run)
    return "".join(character for character in run if character.isdigit())
