"""What the tools of the appointment book share: reading a wish, and saying why it cannot be met."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rapidfuzz import fuzz

from server.agent.business import Business, Service, Span
from server.agent.wording import is_spanish, said_date, said_list, said_time
from server.errors import ToolRefused
from server.store.diary import (
    Busy,
    Verdict,
    Wish,
    alternatives,
    instant_of,
    judge,
    next_open_day,
    stretch_around,
)
from server.store.records import AppointmentRecord
from server.store.scope import Scope
from server.tool import Outcome, ToolContext

__all__ = [
    "DAY",
    "NAME",
    "PHONE",
    "SERVICE",
    "TIME",
    "Asked",
    "interval_of",
    "judged",
    "matching",
    "outcome_of",
    "read_asked",
    "read_day",
    "read_service",
    "read_text",
    "said_appointment",
    "spoken_start",
]

SERVICE = {"type": "string", "description": "Key of the service; may be left out if there is one."}
DAY = {"type": "string", "description": "ISO date in the business's time zone, e.g. 2026-11-23."}
TIME = {"type": "string", "description": "24-hour HH:MM in the business's time zone."}
NAME = {"type": "string", "description": "Name the appointment is under."}
PHONE = {"type": "string", "description": "Telephone number, E.164 where known."}

_ALIKE = 85.0
"""Least likeness (0 to 100) of two names that were heard on the telephone."""
_DIGITS_ALIKE = 9
"""Last digits that make two telephone numbers the same, with and without their country code."""

_NO_SUCH_SERVICE = {
    "en": "We offer {offer}.",
    "es": "Ofrecemos {offer}.",
}
_UNCLEAR = {
    "en": "Sorry, I did not get the day and the time.",
    "es": "Perdone, no he entendido el día y la hora.",
}
_PAST = {
    "en": "That time has passed already.",
    "es": "Esa hora ya ha pasado.",
}
_TOO_FAR = {
    "en": "We take bookings up to {days} days ahead.",
    "es": "Aceptamos reservas con un máximo de {days} días de antelación.",
}
_TAKEN = {
    "en": "That time is taken. I could offer {offer}.",
    "es": "Esa hora está ocupada. Le puedo ofrecer {offer}.",
}
_ANOTHER_DAY = {"en": "another day", "es": "otro día"}
_OPEN = {
    "en": "On {day} we are open from {spans}.",
    "es": "Abrimos {day} de {spans}.",
}
_NEXT_OPEN = {
    "en": "We are closed that day. The next day we open is {day}, from {spans}.",
    "es": "Ese día está cerrado. El próximo día que abrimos es {day}, de {spans}.",
}
_CLOSED = {"en": "We are closed that day.", "es": "Ese día está cerrado."}
_AT = {"en": "{day} at {time}", "es": "{day} a {time}"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller asked for: a service and when."""

    key: str
    service: Service
    wish: Wish


def _in(wordings: Mapping[str, str], context: ToolContext) -> str:
    return wordings["es" if is_spanish(context.call.language) else "en"]


def read_text(arguments: Mapping[str, Any], name: str) -> str:
    """An optional argument as text; empty when absent."""
    value = arguments.get(name)
    return "" if value is None else " ".join(str(value).split())


def read_service(arguments: Mapping[str, Any], context: ToolContext) -> tuple[str, Service]:
    """The service by its key or by how callers name it; the only one need not be named.

    Raises:
        ToolRefused: there is no such service; the text names those there are.
    """
    services = context.business.services
    wanted = read_text(arguments, "service").casefold()
    for key, service in services.items():
        named = wanted in (key.casefold(), *(name.casefold() for name in service.says))
        if named or (not wanted and len(services) == 1):
            return key, service
    names = [service.says[0] for service in services.values()]
    offer = said_list(names, context.call.language)
    raise ToolRefused(_in(_NO_SUCH_SERVICE, context).format(offer=offer))


def read_day(arguments: Mapping[str, Any], context: ToolContext) -> date:
    """The day that was asked for.

    Raises:
        ToolRefused: it is no date.
    """
    try:
        return date.fromisoformat(read_text(arguments, "day"))
    except ValueError:
        raise ToolRefused(_in(_UNCLEAR, context)) from None


def read_asked(arguments: Mapping[str, Any], context: ToolContext) -> Asked:
    """Service, day and time.

    Raises:
        ToolRefused: one of them cannot be meant.
    """
    key, service = read_service(arguments, context)
    day = read_day(arguments, context)
    try:
        clock = time.fromisoformat(read_text(arguments, "time")).replace(tzinfo=None)
    except ValueError:
        raise ToolRefused(_in(_UNCLEAR, context)) from None
    return Asked(key, service, Wish(day, clock, service.minutes))


async def judged(
    scope: Scope, asked: Asked, context: ToolContext
) -> tuple[Verdict, tuple[Busy, ...]]:
    """Whether it can be booked, and what is taken around it."""
    around = stretch_around(context.business, asked.wish)
    busy = await scope.appointments.busy(context.business.name, around.starts_at, around.ends_at)
    now = context.local_now.astimezone(UTC)
    return judge(context.business, asked.wish, now=now, busy=busy), busy


def interval_of(business: Business, wish: Wish) -> Busy:
    """The stretch a bookable wish takes.

    Raises:
        ValueError: the clocks jump over that time; `judge` never lets it pass.
    """
    starts_at = instant_of(business, wish.day, wish.clock)
    if starts_at is None:
        raise ValueError(f"{wish.clock} does not exist on {wish.day}")
    return Busy(starts_at, starts_at + timedelta(minutes=wish.minutes))


def outcome_of(
    verdict: Verdict, asked: Asked, context: ToolContext, busy: Sequence[Busy]
) -> Outcome:
    """How a wish that cannot be met is answered, with what could be offered instead."""
    why = {"why": verdict.value}
    match verdict:
        case Verdict.PAST:
            return Outcome("past", why | {"said": _in(_PAST, context)})
        case Verdict.TOO_FAR:
            said = _in(_TOO_FAR, context).format(days=context.business.horizon_days)
            return Outcome("too_far", why | {"said": said})
        case Verdict.CLOSED:
            said = _said_hours(asked.wish.day, context)
            return Outcome("closed", why | {"hours_said": said, "said": said})
        case _:
            return Outcome("taken", why | _offers(asked, context, busy))


def _offers(asked: Asked, context: ToolContext, busy: Sequence[Busy]) -> dict[str, Any]:
    now = context.local_now.astimezone(UTC)
    starts = alternatives(context.business, asked.wish, now=now, busy=busy)
    language = context.call.language
    if starts and starts[0].date() == asked.wish.day:
        spoken = [said_time(start.time(), language) for start in starts]
        offer = said_list(spoken, language, either=True)
    elif starts:
        spoken = [said_time(start.time(), language) for start in starts]
        day = said_date(starts[0].date(), language, context.local_now.date())
        times = said_list(spoken, language, either=True)
        offer = _in(_AT, context).format(day=day, time=times)
    else:
        offer = _in(_ANOTHER_DAY, context)
    return {
        "alternatives": [start.isoformat(timespec="minutes") for start in starts],
        "alternatives_said": offer,
        "said": _in(_TAKEN, context).format(offer=offer),
    }


def _said_hours(day: date, context: ToolContext) -> str:
    """The hours of that day; where it is closed, the next day that is not."""
    business, today = context.business, context.local_now.date()
    spans = business.open_on(day)
    wording = _OPEN
    if not spans:
        following = next_open_day(business, day)
        if following is None:
            return _in(_CLOSED, context)
        day, spans, wording = following, business.open_on(following), _NEXT_OPEN
    said_day = said_date(day, context.call.language, today)
    if wording is _OPEN and not is_spanish(context.call.language):
        said_day = day.strftime("%A")
    said_spans = said_list([_said_span(span, context) for span in spans], context.call.language)
    return _in(wording, context).format(day=said_day, spans=said_spans)


def _said_span(span: Span, context: ToolContext) -> str:
    opens = said_time(span.opens, context.call.language)
    closes = said_time(span.closes, context.call.language)
    return f"{opens} {'a' if is_spanish(context.call.language) else 'to'} {closes}"


def spoken_start(starts_at: datetime, context: ToolContext) -> str:
    """An instant as it is said: `tomorrow at 2:30 PM`."""
    local = starts_at.astimezone(context.business.zone())
    language = context.call.language
    day = said_date(local.date(), language, context.local_now.date())
    return _in(_AT, context).format(day=day, time=said_time(local.time(), language))


def said_appointment(found: AppointmentRecord, context: ToolContext) -> dict[str, Any]:
    """An appointment as a tool's output."""
    local = found.starts_at.astimezone(context.business.zone())
    service = context.business.services.get(found.service)
    return {
        "reference": found.reference,
        "reference_said": ", ".join((" ".join(found.reference[:3]), " ".join(found.reference[3:]))),
        "service": found.service,
        "service_said": service.says[0] if service else found.service,
        "day": local.date().isoformat(),
        "time": local.strftime("%H:%M"),
        "starts_at": local.isoformat(timespec="minutes"),
        "name": found.name,
        "people": found.people,
        "said": spoken_start(found.starts_at, context),
    }


def matching(
    booked: Sequence[AppointmentRecord], *, name: str, phone: str
) -> tuple[AppointmentRecord, ...]:
    """Those that this caller can mean.

    Name and number together if both fit, else the name; the number alone only without a name.
    """
    by_phone = [one for one in booked if phone and _same_phone(one.phone, phone)]
    by_name = [one for one in booked if name and _same_name(one.name, name)]
    both = [one for one in by_phone if one in by_name]
    return tuple(both or by_name or ([] if name else by_phone))


def _same_phone(one: str, other: str) -> bool:
    ends = [
        "".join(character for character in number if character.isdigit())[-_DIGITS_ALIKE:]
        for number in (one, other)
    ]
    return bool(ends[0]) and ends[0] == ends[1]


def _same_name(one: str, other: str) -> bool:
    return fuzz.token_set_ratio(_plain(one), _plain(other)) >= _ALIKE


def _plain(name: str) -> str:
    """Without accents and case: recognisers write José and Jose for the same sound."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))
