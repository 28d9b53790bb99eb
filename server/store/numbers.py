"""The numbers that ring us."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound
from server.store.records import NumberRecord
from server.store.schema import Number

__all__ = ["NumberRepository"]


class NumberRepository:
    """The tenant's numbers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def assign(self, carrier: str, number: str, agent_id: str | None = None) -> None:
        """Let an agent answer a number; None is the default agent.

        Raises:
            StoreRefused: another organisation has the number, or there is no such agent.
        """
        row = await self._session.scalar(
            select(Number).where(Number.carrier == carrier, Number.number == number)
        )
        if row is None:
            self._session.add(Number(carrier=carrier, number=number, agent_id=agent_id))
        else:
            row.agent_id = agent_id
        await self._session.flush()

    async def all(self) -> tuple[NumberRecord, ...]:
        """All numbers, in order."""
        rows = await self._session.scalars(select(Number).order_by(Number.number))
        return tuple(NumberRecord(row.carrier, row.number, row.agent_id) for row in rows)

    async def remove(self, carrier: str, number: str) -> None:
        """Forget a number: the default agent answers it from now on.

        Raises:
            NotFound: it was not entered.
        """
        row = await self._session.scalar(
            select(Number).where(Number.carrier == carrier, Number.number == number)
        )
        if row is None:
            raise NotFound(f"there is no {carrier} number {number}")
        await self._session.delete(row)
        await self._session.flush()
