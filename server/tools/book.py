"""Enters an appointment into the book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridges.port.brief import ToolSpec
from server.errors import ToolRefused
from server.store.diary import Busy, Verdict
from server.store.records import AppointmentRecord, Booking
from server.store.scope import Scope
from server.tool import Outcome, ToolContext
from server.tools._booking import (
    DAY,
    NAME,
    PHONE,
    SERVICE,
    TIME,
    Asked,
    interval_of,
    judged,
    outcome_of,
    read_asked,
    read_text,
    said_appointment,
)

__all__ = ["SPEC", "run"]

SPEC = ToolSpec(
    name="book",
    description="Book a service at a day and time. Say back what was understood before calling it.",
    parameters={
        "type": "object",
        "properties": {
            "service": SERVICE,
            "day": DAY,
            "time": TIME,
            "name": NAME,
            "phone": PHONE,
            "people": {"type": "integer", "description": "How many people come."},
            "note": {"type": "string", "description": "Anything else that was asked for."},
        },
        "required": ["day", "time", "name"],
    },
)


async def run(arguments: Mapping[str, Any], context: ToolContext) -> Outcome:
    """`booked` (with its reference), else the outcomes of `check_slot`.

    The same booking asked for again on the same call is the same appointment.

    Raises:
        ToolRefused: service, day, time or people cannot be meant.
    """
    asked = read_asked(arguments, context)
    people = _read_people(arguments)
    async with context.scope() as scope:
        booked = await _enter(scope, asked, arguments, context, people=people)
        if booked is not None:
            return Outcome("booked", said_appointment(booked, context))
        verdict, busy = await judged(scope, asked, context)
    # Off the steps and other refusals keep their reason; a free time that was refused is full.
    verdict = Verdict.TAKEN if verdict is Verdict.FREE else verdict
    return outcome_of(verdict, asked, context, busy)


async def _enter(
    scope: Scope,
    asked: Asked,
    arguments: Mapping[str, Any],
    context: ToolContext,
    *,
    people: int,
) -> AppointmentRecord | None:
    """Book unless something else than a full book is in the way; that is for the store to see."""
    verdict, _ = await judged(scope, asked, context)
    if verdict not in (Verdict.FREE, Verdict.TAKEN):
        return None
    slot: Busy = interval_of(context.business, asked.wish)
    booking = Booking(
        diary=context.business.name,
        service=asked.key,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        name=read_text(arguments, "name"),
        phone=read_text(arguments, "phone") or context.call.caller,
        people=people,
        note=read_text(arguments, "note"),
        call_id=context.call.call_id,
    )
    return await scope.appointments.book(booking, capacity=context.business.capacity)


def _read_people(arguments: Mapping[str, Any]) -> int:
    try:
        people = int(arguments.get("people") or 1)
    except (TypeError, ValueError):
        raise ToolRefused("How many people?") from None
    return max(1, people)
