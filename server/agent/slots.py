"""What was learned from the caller: checked, kept, and how it is read back. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from bridges.port.brief import SlotKind
from server.agent.spec import AgentSpec, SlotSpec
from server.agent.wording import said_date, said_number, said_phone, said_time

__all__ = ["Known", "SlotRefused", "Surroundings", "options_of", "read_slot"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the core knows of the world when a call begins; it never looks for itself."""

    today: date
    """In the business's time zone."""
    now: time
    caller: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A slot's value and how it is said."""

    value: Any
    said: str


class SlotRefused(ValueError):
    """The value cannot be meant; the text may be told to the caller."""


_REFUSALS = {
    "en": {
        "unclear": "Sorry, I did not get that.",
        "past": "That day has passed already.",
        "far": "That is further ahead than I can book.",
        "few": "That has to be at least one.",
    },
    "es": {
        "unclear": "Perdone, no lo he entendido.",
        "past": "Ese día ya ha pasado.",
        "far": "Eso es más adelante de lo que puedo reservar.",
        "few": "Tiene que ser al menos uno.",
    },
}


def options_of(spec: AgentSpec, slot: SlotSpec) -> Mapping[str, tuple[str, ...]]:
    """The options of a choice: its own, or the services of the business."""
    if slot.services:
        return {key: service.says for key, service in spec.business.services.items()}
    return slot.options


def read_slot(spec: AgentSpec, name: str, value: Any, around: Surroundings) -> Known:
    """Check what a mind understood for a slot.

    Raises:
        SlotRefused: it is not a value of the slot's kind, or lies outside what can be booked.
    """
    slot = spec.slots[name]
    refusals = _REFUSALS["es" if spec.language.startswith("es") else "en"]
    try:
        return _READERS[slot.kind](spec, slot, value, around)
    except SlotRefused as refused:
        raise SlotRefused(refusals[str(refused)]) from None
    except (TypeError, ValueError, KeyError):
        raise SlotRefused(refusals["unclear"]) from None


def _read_date(spec: AgentSpec, _slot: SlotSpec, value: Any, around: Surroundings) -> Known:
    day = date.fromisoformat(str(value))
    if day < around.today:
        raise SlotRefused("past")
    if day > around.today + timedelta(days=spec.business.horizon_days):
        raise SlotRefused("far")
    return Known(day.isoformat(), said_date(day, spec.language, around.today))


def _read_time(spec: AgentSpec, _slot: SlotSpec, value: Any, _around: Surroundings) -> Known:
    clock = time.fromisoformat(str(value)).strftime("%H:%M")
    return Known(clock, said_time(clock, spec.language))


def _read_number(spec: AgentSpec, _slot: SlotSpec, value: Any, _around: Surroundings) -> Known:
    number = int(value)
    if number < 1:
        raise SlotRefused("few")
    return Known(number, said_number(number, spec.language))


def _read_choice(spec: AgentSpec, slot: SlotSpec, value: Any, _around: Surroundings) -> Known:
    return Known(str(value), options_of(spec, slot)[str(value)][0])


def _read_phone(spec: AgentSpec, _slot: SlotSpec, value: Any, _around: Surroundings) -> Known:
    number = "".join(character for character in str(value) if character in "+0123456789")
    if len(number.lstrip("+")) < 5:
        raise SlotRefused("unclear")
    return Known(number, said_phone(number, spec.language))


def _read_words(_spec: AgentSpec, _slot: SlotSpec, value: Any, _around: Surroundings) -> Known:
    words = " ".join(str(value).split())
    if not words:
        raise SlotRefused("unclear")
    return Known(words, words)


def _read_yes_no(_spec: AgentSpec, _slot: SlotSpec, value: Any, _around: Surroundings) -> Known:
    if not isinstance(value, bool):
        raise SlotRefused("unclear")
    return Known(value, "")


_READERS = {
    SlotKind.DATE: _read_date,
    SlotKind.TIME: _read_time,
    SlotKind.NUMBER: _read_number,
    SlotKind.CHOICE: _read_choice,
    SlotKind.PHONE: _read_phone,
    SlotKind.NAME: _read_words,
    SlotKind.TEXT: _read_words,
    SlotKind.YES_NO: _read_yes_no,
}
