"""When an appointment can be: hours, steps, capacity, horizon, and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.agent.business import Business
from server.store.diary import (
    Busy,
    Verdict,
    Wish,
    alternatives,
    free_starts,
    instant_of,
    judge,
    next_open_day,
    peak,
    stretch_around,
)

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _business(**changes: object) -> Business:
    return Business.model_validate(
        {
            "name": "Salon",
            "timezone": "Europe/Madrid",
            "hours": {
                "mon": ["09:00-13:00", "15:00-19:00"],
                "tue": "09:00-17:00",
                "sat": "09:00-14:00",
            },
            "closed": ["2026-11-24"],
            **changes,
        }
    )


def _judge(
    clock: str, *, day: date = MONDAY, minutes: int = 60, busy: tuple[Busy, ...] = ()
) -> str:
    wish = Wish(day, time.fromisoformat(clock), minutes)
    return judge(_business(), wish, now=NOW, busy=busy).value


def _taken(clock: str, minutes: int, day: date = MONDAY) -> Busy:
    starts_at = instant_of(_business(), day, time.fromisoformat(clock))
    assert starts_at is not None
    return Busy(starts_at, starts_at + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("clock", "day", "verdict"),
    [
        ("09:00", MONDAY, "free"),
        ("12:00", MONDAY, "free"),
        ("12:30", MONDAY, "closed"),
        ("08:30", MONDAY, "closed"),
        ("18:00", MONDAY, "free"),
        ("18:30", MONDAY, "closed"),
        ("09:10", MONDAY, "off_step"),
        ("10:00", date(2026, 11, 22), "closed"),
        ("10:00", date(2026, 11, 24), "closed"),
        ("10:00", date(2026, 11, 20), "past"),
        ("12:59", date(2026, 11, 21), "past"),
        ("13:00", date(2026, 11, 21), "past"),
        ("10:00", date(2027, 2, 20), "too_far"),
    ],
)
def test_a_wish_is_judged(clock: str, day: date, verdict: str) -> None:
    assert _judge(clock, day=day) == verdict


def test_back_to_back_is_no_clash() -> None:
    busy = (_taken("09:00", 60), _taken("11:00", 60))
    assert _judge("10:00", busy=busy) == "free"
    assert _judge("10:30", busy=busy) == "taken"
    assert _judge("09:30", busy=busy) == "taken"


@pytest.mark.requirement("book:capacity:respected")
def test_capacity_counts_what_runs_at_the_same_time() -> None:
    business = _business(capacity=2)
    wish = Wish(MONDAY, time(9), 180)
    apart = (_taken("09:00", 60), _taken("10:00", 60), _taken("11:00", 60))
    assert judge(business, wish, now=NOW, busy=apart) is Verdict.FREE
    together = (*apart, _taken("10:30", 60))
    assert judge(business, wish, now=NOW, busy=together) is Verdict.TAKEN


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=12),
    st.tuples(st.integers(0, 40), st.integers(1, 10)),
)
def test_the_peak_is_what_counting_minute_by_minute_gives(
    stretches: list[tuple[int, int]], wanted: tuple[int, int]
) -> None:
    def busy(start: int, length: int) -> Busy:
        return Busy(NOW + timedelta(minutes=start), NOW + timedelta(minutes=start + length))

    counted = max(
        sum(start <= minute < start + length for start, length in stretches)
        for minute in range(wanted[0], wanted[0] + wanted[1])
    )
    assert peak([busy(*one) for one in stretches], busy(*wanted)) == counted


@pytest.mark.requirement("book:clocks:daylight-saving")
def test_local_times_are_right_on_both_sides_of_a_change() -> None:
    business = _business()
    before, after = date(2026, 10, 24), date(2026, 10, 26)
    assert instant_of(business, before, time(10)) == datetime(2026, 10, 24, 8, 0, tzinfo=UTC)
    assert instant_of(business, after, time(10)) == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)
    spring, autumn = date(2027, 3, 28), date(2026, 10, 25)
    assert instant_of(business, spring, time(2, 30)) is None
    assert instant_of(business, autumn, time(2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.requirement("book:clocks:daylight-saving")
def test_an_appointment_keeps_its_length_when_the_clocks_change() -> None:
    bar = _business(hours={"sun": "00:00-06:00"}, timezone="Europe/Madrid")
    now = datetime(2026, 10, 20, tzinfo=UTC)
    autumn, spring = date(2026, 10, 25), date(2027, 3, 28)
    # Autumn's night has an hour more, spring's has one less.
    assert judge(bar, Wish(autumn, time(0), 420), now=now, busy=()) is Verdict.FREE
    now = datetime(2027, 3, 1, tzinfo=UTC)
    assert judge(bar, Wish(spring, time(0), 330), now=now, busy=()) is Verdict.CLOSED
    assert judge(bar, Wish(spring, time(0), 300), now=now, busy=()) is Verdict.FREE
    starts = free_starts(bar, spring, 30, now=now, busy=())
    assert len({start.astimezone(UTC) for start in starts}) == len(starts) == 10


def test_alternatives_are_near_and_in_order() -> None:
    business = _business()
    busy = (_taken("10:00", 60),)
    found = alternatives(business, Wish(MONDAY, time(10), 60), now=NOW, busy=busy)
    assert [start.strftime("%a %H:%M") for start in found] == [
        "Mon 09:00",
        "Mon 11:00",
        "Mon 11:30",
    ]


def test_alternatives_go_to_the_next_day_with_room() -> None:
    business = _business(horizon_days=30)
    sunday = Wish(date(2026, 11, 22), time(10), 60)
    found = alternatives(business, sunday, now=NOW, busy=())
    assert {start.date() for start in found} == {MONDAY}
    never = _business(hours={})
    assert alternatives(never, sunday, now=NOW, busy=()) == ()
    assert next_open_day(never, MONDAY) is None
    assert next_open_day(business, MONDAY) == date(2026, 11, 28)
    around = stretch_around(business, sunday)
    assert around.starts_at <= found[0] < around.ends_at


@given(st.integers(1, 180), st.integers(0, 23), st.integers(0, 59), st.integers(0, 30))
def test_what_is_offered_can_be_booked(minutes: int, hour: int, minute: int, ahead: int) -> None:
    business = _business(step_minutes=90 if minutes % 2 else 20)
    wish = Wish(MONDAY + timedelta(days=ahead), time(hour, minute), minutes)
    busy = (_taken("09:00", 90), _taken("16:00", 200))
    for start in alternatives(business, wish, now=NOW, busy=busy):
        offered = Wish(start.date(), start.time(), minutes)
        assert judge(business, offered, now=NOW, busy=busy) is Verdict.FREE
