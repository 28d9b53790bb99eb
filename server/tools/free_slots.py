"""The times of a day at which a service can be booked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, time
from typing import Any

from bridges.port.brief import ToolSpec
from server.agent.wording import said_list, said_time
from server.store.diary import Verdict, Wish, free_starts, judge
from server.tool import Outcome, ToolContext
from server.tools._booking import DAY, SERVICE, Asked, judged, outcome_of, read_day, read_service

__all__ = ["SPEC", "run"]

_SPOKEN = 4
"""Times that a listener can keep in mind; all of them are in `starts`."""

SPEC = ToolSpec(
    name="free_slots",
    description="List the times of a day at which a service can be booked.",
    parameters={
        "type": "object",
        "properties": {"service": SERVICE, "day": DAY},
        "required": ["day"],
    },
)


async def run(arguments: Mapping[str, Any], context: ToolContext) -> Outcome:
    """`free` (with the times), `taken`, `closed`, `past` or `too_far`.

    Raises:
        ToolRefused: service or day cannot be meant.
    """
    key, service = read_service(arguments, context)
    day = read_day(arguments, context)
    business, now = context.business, context.local_now.astimezone(UTC)
    asked = Asked(key, service, Wish(day, _opening(context, day), service.minutes))
    async with context.scope() as scope:
        _, busy = await judged(scope, asked, context)
    starts = free_starts(business, day, service.minutes, now=now, busy=busy)
    if not starts:
        verdict = judge(business, asked.wish, now=now, busy=busy)
        if not business.open_on(day) and verdict is not Verdict.TOO_FAR:
            verdict = Verdict.PAST if day < context.local_now.date() else Verdict.CLOSED
        return outcome_of(verdict, asked, context, busy)
    language = context.call.language
    spread = starts[:: max(1, -(-len(starts) // _SPOKEN))]
    said = said_list([said_time(start.time(), language) for start in spread], language)
    return Outcome(
        "free",
        {
            "service": key,
            "starts": [start.isoformat(timespec="minutes") for start in starts],
            "said": said,
        },
    )


def _opening(context: ToolContext, day: date) -> time:
    spans = context.business.open_on(day)
    return spans[0].opens if spans else time(12)
