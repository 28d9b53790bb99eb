"""The appointment book. Whether there is room is decided inside the transaction that books."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.clock import Clock
from server.store.diary import Busy, peak
from server.store.records import AppointmentRecord, Booking
from server.store.schema import Appointment, Organization
from server.store.scope import Tenant

__all__ = ["AppointmentRepository"]

_REFERENCES = 1_000_000
_BOOKED = "booked"
_CANCELLED = "cancelled"


class AppointmentRepository:
    """The tenant's appointments."""

    def __init__(self, session: AsyncSession, clock: Clock, tenant: Tenant) -> None:
        self._session = session
        self._clock = clock
        self._organization_id = tenant.organization_id

    async def book(self, booking: Booking, *, capacity: int) -> AppointmentRecord | None:
        """Enter it; None when `capacity` others run at the same time already.

        The same booking on the same call is entered once, however often it is asked for.
        """
        await self._one_at_a_time()
        same = await self._same(booking)
        if same is not None:
            return _record(same)
        busy = await self.busy(booking.diary, booking.starts_at, booking.ends_at)
        if peak(busy, Busy(booking.starts_at, booking.ends_at)) >= capacity:
            return None
        row = Appointment(
            id=self._clock.uuid(),
            diary=booking.diary,
            service=booking.service,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            name=booking.name,
            phone=booking.phone,
            people=booking.people,
            note=booking.note,
            status=_BOOKED,
            reference=await self._reference(),
            call_id=booking.call_id,
            created_at=self._clock.wall(),
        )
        self._session.add(row)
        await self._session.flush()
        return _record(row)

    async def cancel(self, appointment_id: str) -> AppointmentRecord | None:
        """Strike it out; None when it is not in the book, or struck out already."""
        row = await self._session.scalar(
            select(Appointment).where(
                Appointment.id == appointment_id, Appointment.status == _BOOKED
            )
        )
        if row is None:
            return None
        row.status = _CANCELLED
        await self._session.flush()
        return _record(row)

    async def busy(self, diary: str, since: datetime, until: datetime) -> tuple[Busy, ...]:
        """The stretches that are taken between two instants."""
        rows = await self._session.execute(
            select(Appointment.starts_at, Appointment.ends_at).where(
                Appointment.diary == diary,
                Appointment.status == _BOOKED,
                Appointment.ends_at > since,
                Appointment.starts_at < until,
            )
        )
        return tuple(Busy(starts_at, ends_at) for starts_at, ends_at in rows)

    async def upcoming(self, diary: str, now: datetime) -> tuple[AppointmentRecord, ...]:
        """What is booked and not over yet, in order."""
        rows = await self._session.scalars(
            select(Appointment)
            .where(
                Appointment.diary == diary,
                Appointment.status == _BOOKED,
                Appointment.ends_at > now,
            )
            .order_by(Appointment.starts_at)
        )
        return tuple(map(_record, rows))

    async def recent(self, limit: int = 50) -> tuple[AppointmentRecord, ...]:
        """Those that were entered last, first."""
        rows = await self._session.scalars(
            select(Appointment).order_by(Appointment.created_at.desc()).limit(limit)
        )
        return tuple(map(_record, rows))

    async def of_call(self, call_id: str) -> tuple[AppointmentRecord, ...]:
        """Those made on a call, in order."""
        rows = await self._session.scalars(
            select(Appointment)
            .where(Appointment.call_id == call_id)
            .order_by(Appointment.created_at)
        )
        return tuple(map(_record, rows))

    async def _one_at_a_time(self) -> None:
        """Bookings of one organisation wait for each other.

        On SQLite the transaction holds the write lock already; elsewhere this row is the lock.
        """
        own = select(Organization).where(Organization.id == self._organization_id)
        await self._session.scalars(own.with_for_update())

    async def _same(self, booking: Booking) -> Appointment | None:
        if not booking.call_id:
            return None
        return await self._session.scalar(
            select(Appointment).where(
                Appointment.call_id == booking.call_id,
                Appointment.status == _BOOKED,
                Appointment.diary == booking.diary,
                Appointment.service == booking.service,
                Appointment.starts_at == booking.starts_at,
                Appointment.name == booking.name,
                Appointment.phone == booking.phone,
            )
        )

    async def _reference(self) -> str:
        while True:
            reference = f"{int(self._clock.uuid(), 16) % _REFERENCES:06}"
            taken = await self._session.scalar(
                select(Appointment.id).where(Appointment.reference == reference)
            )
            if taken is None:
                return reference


def _record(row: Appointment) -> AppointmentRecord:
    return AppointmentRecord(
        appointment_id=row.id,
        reference=row.reference,
        diary=row.diary,
        service=row.service,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        name=row.name,
        phone=row.phone,
        people=row.people,
        note=row.note,
        status=row.status,
        call_id=row.call_id,
    )
