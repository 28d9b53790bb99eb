"""The requests that the speech pool has open: who waits for what, how many, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bridges.speech import errors
from bridges.speech.errors import EngineFailed, EngineMissing, SpeechBusy, SpeechError, SpeechLate
from bridges.speech.wire import Failed, Reply, Request

__all__ = ["Lane", "Order", "Tickets", "error_of"]

_MOST_REPLIES: Final = 1024
"""More than the longest text can have sentences, so that a full queue is a fault."""
_MOST_TRIES: Final = 2


class Lane(StrEnum):
    """Kinds of work, each with its own threads and its own limit."""

    RECOGNITION = "recognition"
    SYNTHESIS = "synthesis"
    EMBEDDING = "embedding"


@dataclass(slots=True)
class Order:
    """One open request."""

    ticket: int
    lane: Lane
    messages: tuple[Request, ...]
    deadline_s: float
    """For each reply."""
    tries: int = 0
    """How many workers it was given to."""
    answered: bool = False
    """Whether part of the answer has come, so that asking again would say it twice."""
    _replies: asyncio.Queue[Reply | SpeechError] = field(
        default_factory=lambda: asyncio.Queue(_MOST_REPLIES)
    )

    @property
    def may_be_repeated(self) -> bool:
        """Whether another worker may be asked when the one that had it is lost."""
        return not self.answered and self.tries < _MOST_TRIES

    def give(self, reply: Reply | SpeechError) -> None:
        """Let the one who waits have it.

        Raises:
            asyncio.QueueFull: the worker says more than any answer has.
        """
        self.answered = True
        self._replies.put_nowait(reply)

    async def next_reply(self) -> Reply:
        """The next part of the answer.

        Raises:
            SpeechError: what the answer is instead.
        """
        reply = await self._replies.get()
        if isinstance(reply, SpeechError):
            raise reply
        return reply

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Give up the block with `SpeechLate` when it takes too long."""
        try:
            async with asyncio.timeout(self.deadline_s):
                yield
        except TimeoutError as error:
            raise SpeechLate(self.lane, self.deadline_s) from error


class Tickets:
    """All open orders, at most so many in each lane."""

    def __init__(self, most: Mapping[Lane, int]) -> None:
        self._most = most
        self._orders: dict[int, Order] = {}

    def __contains__(self, ticket: int) -> bool:
        return ticket in self._orders

    def count(self, lane: Lane) -> int:
        """How many are open in a lane."""
        return sum(order.lane is lane for order in self._orders.values())

    def admit(self, order: Order, *, spare: bool) -> None:
        """Open an order; a spare one (a guess) only while half of the lane is free.

        Raises:
            SpeechBusy: the lane is full.
        """
        waiting = self.count(order.lane)
        most = self._most[order.lane]
        if waiting >= (most // 2 if spare else most):
            raise SpeechBusy(order.lane, waiting)
        self._orders[order.ticket] = order

    def give(self, ticket: int, reply: Reply | SpeechError) -> bool:
        """Pass a reply on; False when nobody waits for it any more."""
        order = self._orders.get(ticket)
        if order is not None:
            order.give(reply)
        return order is not None

    def close(self, ticket: int) -> None:
        """Nobody waits for this one any more."""
        self._orders.pop(ticket, None)

    def lost(self, error: SpeechError) -> None:
        """The worker is gone: fail what cannot be asked once more; the rest stays open."""
        for order in self._orders.values():
            if not order.may_be_repeated:
                order.give(error)

    def fail(self, error: SpeechError) -> None:
        """There will be no other worker: fail all."""
        for order in self._orders.values():
            order.give(error)

    def unanswered(self) -> list[Order]:
        """What a new worker has to be asked."""
        return [order for order in self._orders.values() if order.may_be_repeated]


def error_of(failed: Failed) -> SpeechError:
    """The worker's error as it was raised there."""
    if failed.kind == EngineMissing.__name__:
        return EngineMissing(*failed.facts)
    known = failed.kind in errors.__all__
    kind = getattr(errors, failed.kind) if known else EngineFailed
    error: SpeechError = kind(*failed.facts)
    return error
