"""Finds what a caller has booked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from bridges.port.brief import ToolSpec
from server.agent.wording import said_list
from server.tool import Outcome, ToolContext
from server.tools._booking import (
    NAME,
    PHONE,
    matching,
    read_text,
    said_appointment,
    spoken_start,
)

__all__ = ["SPEC", "run"]

SPEC = ToolSpec(
    name="find_booking",
    description="Find a caller's coming appointments by name or telephone number.",
    parameters={"type": "object", "properties": {"name": NAME, "phone": PHONE}},
)


async def run(arguments: Mapping[str, Any], context: ToolContext) -> Outcome:
    """`found` (one appointment), `several` (which are listed) or `not_found`.

    Without name and number the caller's own number is looked for.
    """
    name = read_text(arguments, "name")
    phone = read_text(arguments, "phone") or context.call.caller
    async with context.scope() as scope:
        booked = await scope.appointments.upcoming(
            context.business.name, context.local_now.astimezone(UTC)
        )
    found = matching(booked, name=name, phone=phone)
    if not found:
        return Outcome("not_found")
    if len(found) == 1:
        return Outcome("found", said_appointment(found[0], context))
    starts = [spoken_start(one.starts_at, context) for one in found]
    return Outcome(
        "several",
        {
            "appointments": [said_appointment(one, context) for one in found],
            "said": said_list(starts, context.call.language),
        },
    )
