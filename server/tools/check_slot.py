"""Whether an appointment can be had at a time, and if not, what else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridges.port.brief import ToolSpec
from server.store.diary import Verdict
from server.tool import Outcome, ToolContext
from server.tools._booking import (
    DAY,
    SERVICE,
    TIME,
    interval_of,
    judged,
    outcome_of,
    read_asked,
    spoken_start,
)

__all__ = ["SPEC", "run"]

SPEC = ToolSpec(
    name="check_slot",
    description="Check whether a service can be booked at a day and time. Books nothing.",
    parameters={
        "type": "object",
        "properties": {
            "service": SERVICE,
            "day": DAY,
            "time": TIME,
            "people": {"type": "integer", "description": "How many people come."},
        },
        "required": ["day", "time"],
    },
)


async def run(arguments: Mapping[str, Any], context: ToolContext) -> Outcome:
    """`free`, `taken` (with alternatives), `closed` (with hours), `past` or `too_far`.

    Raises:
        ToolRefused: service, day or time cannot be meant.
    """
    asked = read_asked(arguments, context)
    async with context.scope() as scope:
        verdict, busy = await judged(scope, asked, context)
    if verdict is not Verdict.FREE:
        return outcome_of(verdict, asked, context, busy)
    slot = interval_of(context.business, asked.wish)
    return Outcome(
        "free",
        {
            "service": asked.key,
            "service_said": asked.service.says[0],
            "starts_at": slot.starts_at.astimezone(context.business.zone()).isoformat(
                timespec="minutes"
            ),
            "said": spoken_start(slot.starts_at, context),
        },
    )
