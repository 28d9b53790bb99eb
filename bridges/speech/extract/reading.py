"""From an utterance to slot values: one slot, or all that are in it. Quiet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

from babel.dates import format_date, format_time

from bridges.port.brief import SlotGuide, SlotKind
from bridges.speech.extract.choices import find_choices
from bridges.speech.extract.dates import find_dates, keyed_date
from bridges.speech.extract.kinds import Found, Scene, Understood
from bridges.speech.extract.names import find_names
from bridges.speech.extract.numbers import find_numbers
from bridges.speech.extract.phones import find_phones, phone_value
from bridges.speech.extract.plain import plain
from bridges.speech.extract.texts import find_text
from bridges.speech.extract.times import find_times, keyed_time
from bridges.speech.extract.yes_no import find_yes_no

__all__ = ["keyed", "understand", "understand_all"]

_ORDER = (
    SlotKind.CHOICE,
    SlotKind.PHONE,
    SlotKind.DATE,
    SlotKind.NUMBER,
    SlotKind.TIME,
    SlotKind.NAME,
    SlotKind.YES_NO,
    SlotKind.TEXT,
)
"""Which kind may take its words first; a time takes the bare numbers that a count has left."""
_OF_PLAIN = {SlotKind.DATE, SlotKind.TIME, SlotKind.NUMBER, SlotKind.PHONE}
_AMENDS = re.compile(
    r"(?:\bno wait\b|\bwait no\b|\bi mean\b|\bmake that\b|\bscratch that\b|\bsorry\b|\bactually\b"
    r"|\bcorrection\b"
    r"|\bdigo\b|\bperdon\b|\bmejor\b|\bmas bien\b|, no ,|\. no ,)"
)
_DENIES = re.compile(
    r"\b(?:not|instead of|rather than|en vez de|en lugar de|y no)"
    r" (?:the |on |at |for |an? |el |a las? |las? |para )*[\w:]+(?: (?:am|pm|oclock|people"
    r"|personas))?"
)
_EITHER = re.compile(
    r"^ ?,?(?: maybe| perhaps| quizas)? (?:or|o|u)(?: maybe| perhaps| at| a las?| on)? ?$"
)


def understand(
    text: str, slot: SlotGuide, scene: Scene, *, asked: bool = True
) -> Understood | None:
    """What the utterance says for this slot; None when nothing, or nothing certain."""
    return understand_all(text, (slot,), scene, asked=slot.name if asked else None).get(slot.name)


def understand_all(
    text: str, slots: Sequence[SlotGuide], scene: Scene, *, asked: str | None = None
) -> dict[str, Understood]:
    """What the utterance says for any of the slots.

    `asked` is the slot that was just asked for: it may take words that say nothing by themselves
    (`Smith`, `three`). A name or free text that was not asked for is never guessed.
    """
    out: dict[str, Understood] = {}
    rest = plain(text, spanish=scene.spanish)
    ranked = sorted(slots, key=lambda slot: (_ORDER.index(slot.kind), slot.name != asked))
    strict = [slot for slot in ranked if slot.kind is not SlotKind.TEXT]
    for certain in (True, False):
        for slot in strict:
            if slot.name in out or (not certain and slot.name != asked):
                continue
            found = _find(text, rest, slot, scene, asked=slot.name == asked and not certain)
            if found is None:
                continue
            if slot.kind is SlotKind.DATE:
                scene = replace(scene, day=found.value)
            out[slot.name] = Understood(
                found.value, _said(slot, found.value, scene), found.confidence
            )
            if slot.kind in _OF_PLAIN:
                rest = rest[: found.start] + " | " + rest[found.end :]
    for slot in ranked:
        if slot.kind is SlotKind.TEXT and slot.name == asked and (words := find_text(text)):
            out[slot.name] = Understood(words.value, words.value, words.confidence)
    return out


def keyed(digits: str, slot: SlotGuide, scene: Scene) -> Understood | None:
    """What keys that were pressed say for this slot."""
    value: Any = None
    match slot.kind:
        case SlotKind.NUMBER:
            value = int(digits) if digits.isdigit() else None
        case SlotKind.PHONE:
            value = (
                phone_value(digits, scene.region) if digits.isdigit() and len(digits) > 4 else None
            )
        case SlotKind.DATE:
            value = keyed_date(digits, scene)
        case SlotKind.TIME:
            value = keyed_time(digits, scene)
        case SlotKind.YES_NO:
            value = {"1": True, "2": False}.get(digits)
        case SlotKind.CHOICE:
            keys = list(slot.options)
            place = int(digits) if digits.isdigit() else 0
            value = keys[place - 1] if 1 <= place <= len(keys) else None
        case SlotKind.NAME | SlotKind.TEXT:
            value = None
    return None if value is None else Understood(value, _said(slot, value, scene))


def _find(text: str, rest: str, slot: SlotGuide, scene: Scene, *, asked: bool) -> Found | None:
    match slot.kind:
        case SlotKind.CHOICE:
            return next(find_choices(text, slot.options, asked=asked), None)
        case SlotKind.NAME:
            return next(find_names(text, scene, asked=asked), None)
        case SlotKind.YES_NO:
            return next(find_yes_no(text, scene), None) if asked else None
        case SlotKind.TEXT:
            return None
        case _:
            return _settled(rest, slot, scene, asked=asked)


def _settled(rest: str, slot: SlotGuide, scene: Scene, *, asked: bool) -> Found | None:
    """The value that stands at the end: after `no wait`, and without what was denied."""
    heard = _DENIES.sub(lambda match: " " * len(match[0]), rest)
    amended = list(_AMENDS.finditer(heard))
    if amended:
        cut = amended[-1].end()
        later = _first(" " * cut + heard[cut:], slot, scene, asked=asked)
        if later is not None:
            return later
    return _first(heard, slot, scene, asked=asked) if heard.strip(" ,.|") else None


def _first(text: str, slot: SlotGuide, scene: Scene, *, asked: bool) -> Found | None:
    found = sorted(_all(text, slot, scene, asked=asked), key=lambda one: -one.confidence)
    if not found:
        return None
    best = found[0]
    doubtful = any(
        other.value != best.value
        and _EITHER.match(text[min(best.end, other.end) : max(best.start, other.start)])
        for other in found[1:]
    )
    return None if doubtful else best


def _all(text: str, slot: SlotGuide, scene: Scene, *, asked: bool) -> list[Found]:
    match slot.kind:
        case SlotKind.DATE:
            return list(find_dates(text, scene, asked=asked))
        case SlotKind.TIME:
            return list(find_times(text, scene, asked=asked))
        case SlotKind.NUMBER:
            return list(find_numbers(text, slot, scene, asked=asked))
        case _:
            return list(find_phones(text, scene, asked=asked))


def _said(slot: SlotGuide, value: Any, scene: Scene) -> str:
    locale = "es" if scene.spanish else "en"
    match slot.kind:
        case SlotKind.DATE:
            day = date.fromisoformat(value)
            return format_date(day, "EEEE d 'de' MMMM" if scene.spanish else "EEEE, MMMM d", locale)
        case SlotKind.TIME:
            clock = time.fromisoformat(value)
            return format_time(clock, "H:mm" if scene.spanish else "h:mm a", locale=locale)
        case SlotKind.CHOICE:
            return slot.options[value][0]
        case SlotKind.PHONE:
            return " ".join(str(value))
        case SlotKind.YES_NO:
            return ""
        case _:
            return str(value)
