"""Strikes an appointment out of the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from bridges.port.brief import ToolSpec
from server.agent.wording import said_list
from server.store.records import AppointmentRecord
from server.tool import Outcome, ToolContext
from server.tools._booking import (
    DAY,
    NAME,
    PHONE,
    matching,
    read_day,
    read_text,
    said_appointment,
    spoken_start,
)

__all__ = ["SPEC", "run"]

SPEC = ToolSpec(
    name="cancel",
    description="Cancel an appointment, by its reference, or by name or telephone number.",
    parameters={
        "type": "object",
        "properties": {
            "reference": {"type": "string", "description": "Six digits, as said when booking."},
            "name": NAME,
            "phone": PHONE,
            "day": DAY,
        },
    },
)


async def run(arguments: Mapping[str, Any], context: ToolContext) -> Outcome:
    """`cancelled`, `not_found`, or `several` when it is not clear which is meant.

    Raises:
        ToolRefused: the day is no date.
    """
    async with context.scope() as scope:
        booked = await scope.appointments.upcoming(
            context.business.name, context.local_now.astimezone(UTC)
        )
        found = _meant(booked, arguments, context)
        if len(found) == 1 and await scope.appointments.cancel(found[0].appointment_id):
            return Outcome("cancelled", said_appointment(found[0], context))
    if not found:
        return Outcome("not_found")
    starts = [spoken_start(one.starts_at, context) for one in found]
    return Outcome(
        "several",
        {
            "appointments": [said_appointment(one, context) for one in found],
            "said": said_list(starts, context.call.language, either=True),
        },
    )


def _meant(
    booked: Sequence[AppointmentRecord], arguments: Mapping[str, Any], context: ToolContext
) -> tuple[AppointmentRecord, ...]:
    spoken = read_text(arguments, "reference")
    reference = "".join(character for character in spoken if character.isdigit())
    if reference:
        return tuple(one for one in booked if one.reference == reference)
    found = matching(
        booked,
        name=read_text(arguments, "name"),
        phone=read_text(arguments, "phone") or context.call.caller,
    )
    if not read_text(arguments, "day"):
        return found
    day, zone = read_day(arguments, context), context.business.zone()
    return tuple(one for one in found if one.starts_at.astimezone(zone).date() == day)
