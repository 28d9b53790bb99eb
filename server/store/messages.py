"""Messages that callers have left."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.clock import Clock
from server.store.records import MessageRecord
from server.store.schema import Message

__all__ = ["MessageRepository"]


class MessageRepository:
    """The tenant's messages."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def add(
        self, text: str, *, name: str = "", phone: str = "", call_id: str = ""
    ) -> MessageRecord:
        """Write one down; the same message on the same call is written down once."""
        if call_id:
            same = await self._session.scalar(
                select(Message).where(
                    Message.call_id == call_id,
                    Message.text == text,
                    Message.name == name,
                    Message.phone == phone,
                )
            )
            if same is not None:
                return _record(same)
        row = Message(
            id=self._clock.uuid(),
            text=text,
            name=name,
            phone=phone,
            call_id=call_id,
            created_at=self._clock.wall(),
        )
        self._session.add(row)
        await self._session.flush()
        return _record(row)

    async def recent(self, limit: int = 50) -> tuple[MessageRecord, ...]:
        """The newest ones first."""
        rows = await self._session.scalars(
            select(Message).order_by(Message.created_at.desc()).limit(limit)
        )
        return tuple(map(_record, rows))

    async def of_call(self, call_id: str) -> tuple[MessageRecord, ...]:
        """Those left on a call, in order."""
        rows = await self._session.scalars(
            select(Message).where(Message.call_id == call_id).order_by(Message.created_at)
        )
        return tuple(map(_record, rows))


def _record(row: Message) -> MessageRecord:
    return MessageRecord(row.id, row.text, row.name, row.phone, row.call_id, row.created_at)
