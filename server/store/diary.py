"""When an appointment can be: opening hours, capacity, steps, horizon, daylight saving. Quiet.

Wishes are local (a day and a time of day), everything else is an aware instant in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from server.agent.business import Business

__all__ = [
    "Busy",
    "Verdict",
    "Wish",
    "alternatives",
    "free_starts",
    "instant_of",
    "judge",
    "next_open_day",
    "peak",
    "stretch_around",
]

_SEARCH_DAYS = 14
"""How many days an alternative may lie after the day that was wished for."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch of time that is taken, or wanted; its end is not part of it."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """When a caller wants to come, and how long it takes."""

    day: date
    clock: time
    minutes: int


class Verdict(StrEnum):
    """Whether a wish can be met, else why not."""

    FREE = "free"
    TAKEN = "taken"
    OFF_STEP = "off_step"
    """The business is open, but bookings do not begin at that minute."""
    CLOSED = "closed"
    PAST = "past"
    TOO_FAR = "too_far"


def instant_of(business: Business, day: date, clock: time) -> datetime | None:
    """The instant of a local time; None for one that the clocks jump over in spring.

    A time that happens twice in autumn is the first of the two.
    """
    local = datetime.combine(day, clock, business.zone())
    instant = local.astimezone(UTC)
    back = instant.astimezone(business.zone())
    return instant if (back.date(), back.time()) == (day, clock) else None


def peak(busy: Iterable[Busy], within: Busy) -> int:
    """The most stretches that run at the same time at any moment of `within`."""
    changes: list[tuple[datetime, int]] = []
    for one in busy:
        if one.starts_at < within.ends_at and one.ends_at > within.starts_at:
            changes += [(max(one.starts_at, within.starts_at), 1), (one.ends_at, -1)]
    running = highest = 0
    # At the same instant, ends (-1) come before starts (+1): back to back is not at the same time.
    for _, change in sorted(changes):
        running += change
        highest = max(highest, running)
    return highest


def judge(business: Business, wish: Wish, *, now: datetime, busy: Sequence[Busy]) -> Verdict:
    """Whether the wish can be met. `busy` holds what is booked around it, `now` is aware."""
    today = now.astimezone(business.zone()).date()
    starts_at = instant_of(business, wish.day, wish.clock)
    if wish.day < today or (starts_at is not None and starts_at <= now):
        return Verdict.PAST
    if wish.day > today + timedelta(days=business.horizon_days):
        return Verdict.TOO_FAR
    if starts_at is None or not _open_for(business, starts_at, wish.minutes):
        return Verdict.CLOSED
    if not _on_step(business, wish.clock):
        return Verdict.OFF_STEP
    wanted = Busy(starts_at, starts_at + timedelta(minutes=wish.minutes))
    return Verdict.TAKEN if peak(busy, wanted) >= business.capacity else Verdict.FREE


def free_starts(
    business: Business, day: date, minutes: int, *, now: datetime, busy: Sequence[Busy]
) -> tuple[datetime, ...]:
    """Local instants of that day at which a booking of that length can begin, in order."""
    return tuple(
        datetime.combine(day, clock, business.zone())
        for clock in _steps(business)
        if judge(business, Wish(day, clock, minutes), now=now, busy=busy) is Verdict.FREE
    )


def alternatives(
    business: Business, wish: Wish, *, now: datetime, busy: Sequence[Busy], count: int = 3
) -> tuple[datetime, ...]:
    """Up to `count` local instants near the wish, in order; of its own day while there are any.

    Else of the next day that has room. Empty when two weeks have none.
    """
    today = now.astimezone(business.zone()).date()
    first = max(wish.day, today)
    for ahead in range(_SEARCH_DAYS + 1):
        starts = free_starts(
            business, first + timedelta(days=ahead), wish.minutes, now=now, busy=busy
        )
        if starts:
            nearest = sorted(starts, key=lambda start: _distance(start.time(), wish.clock))
            return tuple(sorted(nearest[:count]))
    return ()


def stretch_around(business: Business, wish: Wish) -> Busy:
    """What must be known of the book to judge a wish and to find alternatives for it."""
    zone = business.zone()
    begins = datetime.combine(wish.day, time(0), zone)
    ends = datetime.combine(wish.day + timedelta(days=_SEARCH_DAYS + 2), time(0), zone)
    return Busy(begins.astimezone(UTC), ends.astimezone(UTC))


def next_open_day(business: Business, day: date) -> date | None:
    """The first day after `day` on which the business opens; None when it does not soon."""
    days = (day + timedelta(days=ahead) for ahead in range(1, _SEARCH_DAYS + 1))
    return next((one for one in days if business.open_on(one)), None)


def _open_for(business: Business, starts_at: datetime, minutes: int) -> bool:
    """Measured in real minutes: an appointment does not grow when the clocks change."""
    zone = business.zone()
    opens = starts_at.astimezone(zone)
    closes = (starts_at + timedelta(minutes=minutes)).astimezone(zone)
    return opens.date() == closes.date() and any(
        span.opens <= opens.time() and closes.time() <= span.closes
        for span in business.open_on(opens.date())
    )


def _on_step(business: Business, clock: time) -> bool:
    """Steps under an hour count from the hour, longer ones from midnight."""
    if clock.second or clock.microsecond:
        return False
    if business.step_minutes < 60:
        return clock.minute % business.step_minutes == 0
    return (clock.hour * 60 + clock.minute) % business.step_minutes == 0


def _steps(business: Business) -> Iterator[time]:
    clocks = (time(minute // 60, minute % 60) for minute in range(24 * 60))
    return (clock for clock in clocks if _on_step(business, clock))


def _distance(one: time, other: time) -> int:
    return abs((one.hour - other.hour) * 60 + one.minute - other.minute)
