"""Several callers at once through one box: what the command, the tests and the benchmarks run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from server.clock import Clock
from server.rehearsal.office import Target
from server.rehearsal.placed import CallPlan, PlacedCall
from server.rehearsal.record import CallRecord
from server.rehearsal.twilio import open_box

__all__ = ["Rehearsed", "Watch", "rehearse"]

_APART_S: Final = 0.01
"""Callers do not all dial in the same instant."""

Watch = Callable[[PlacedCall], Coroutine[Any, Any, None]]
"""Follows a call while it is going on; cancelled when the call is over."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """All calls, and how punctual this process itself was."""

    records: tuple[CallRecord, ...]
    ticker_late_ms: float
    """99th percentile of the ticker's own lateness: above a few ms the figures are this
    machine's and not the server's."""


async def rehearse(
    target: Target,
    plans: Sequence[CallPlan],
    *,
    watch: Watch | None = None,
    clock: Clock | None = None,
    rest_port: int = 0,
) -> Rehearsed:
    """Place all calls at once and stay until the last is over; failures are in the records."""
    records: list[CallRecord | None] = [None] * len(plans)
    async with open_box(target, clock=clock, rest_port=rest_port) as box:

        async def one(index: int, plan: CallPlan) -> None:
            await asyncio.sleep(index * _APART_S)
            placed = box.place(plan)
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(watch(placed)) if watch is not None else None
                records[index] = await placed.run()
                if watching is not None:
                    watching.cancel()

        async with asyncio.TaskGroup() as group:
            for index, plan in enumerate(plans):
                group.create_task(one(index, plan))
        late_ms = box.ticker.lateness_ms(0.99)
    return Rehearsed(tuple(record for record in records if record is not None), late_ms)
