"""Status callbacks: what the carrier tells about a call and its stream, in any order it likes.

telephony.md 1.2 and 1.6: callbacks may come late, repeated and reordered; `SequenceNumber` orders
them. A server that only works with tidy ones is found out here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from server.rehearsal.office import Office

__all__ = ["CallbackOrder", "Reports"]

_MOST_WAITING: Final = 64
"""A call has fewer than ten callbacks; more would be a mistake here, so it is loud."""


class CallbackOrder(StrEnum):
    """How tidy the callbacks are."""

    IN_ORDER = "in_order"
    REVERSED = "reversed"
    """All of them after the call, the last one first."""
    REPEATED = "repeated"
    """Each of them twice."""
    NONE = "none"


class Reports:
    """The callbacks of one call, posted one after another beside it."""

    def __init__(self, office: Office, order: CallbackOrder, problems: Counter[str]) -> None:
        self._office = office
        self._order = order
        self._problems = problems
        self._held: list[tuple[str, Mapping[str, str]]] = []
        self._queue: asyncio.Queue[tuple[str, Mapping[str, str]] | None] = asyncio.Queue(
            _MOST_WAITING
        )

    def post(self, url: str, form: Mapping[str, str]) -> None:
        """Have a callback sent; returns at once."""
        match self._order:
            case CallbackOrder.NONE:
                return
            case CallbackOrder.REVERSED:
                self._held.append((url, form))
            case CallbackOrder.REPEATED:
                self._queue.put_nowait((url, form))
                self._queue.put_nowait((url, form))
            case CallbackOrder.IN_ORDER:
                self._queue.put_nowait((url, form))

    def close(self) -> None:
        """No more will come; `deliver` returns when all are sent."""
        for callback in reversed(self._held):
            self._queue.put_nowait(callback)
        self._held.clear()
        self._queue.put_nowait(None)

    async def deliver(self) -> None:
        """Send until closed; what fails is a problem of the call, not its end."""
        while (callback := await self._queue.get()) is not None:
            problem = await self._office.tell(*callback)
            if problem is not None:
                self._problems[problem] += 1
