"""The tools of the appointment book, on a real store, in both languages."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.agent.business import Business
from server.errors import ToolRefused
from server.store.scope import Store, Tenant
from server.tool import CallFacts, Outcome, ToolContext, WorkingTool
from server.tools import book, cancel, check_slot, find_booking, free_slots, take_message
from tests.server.storehouse import open_store

SALON = Business.model_validate(
    {
        "name": "Salon",
        "timezone": "Europe/Madrid",
        "region": "ES",
        "hours": {"mon": "09:00-12:00", "tue": ["09:00-12:00", "15:00-17:00"]},
        "services": {"cut": {"says": ["a haircut", "haircut"], "minutes": 60}},
        "horizon_days": 60,
    }
)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC).astimezone(SALON.zone())
WISH = {"service": "cut", "day": "2026-11-23", "time": "10:00"}


def _context(store: Store, tenant: Tenant, **changes: Any) -> ToolContext:
    call = CallFacts(call_id="c1", caller="+34600111222", called="+34911", language="en")
    return ToolContext(
        business=changes.pop("business", SALON),
        call=replace(call, **changes),
        local_now=NOW,
        scope=lambda: store.scope(tenant),
    )


@asynccontextmanager
async def _salon(folder: Path, **changes: Any) -> AsyncIterator[ToolContext]:
    async with open_store(folder) as (store, tenant):
        yield _context(store, tenant, **changes)


async def _book(context: ToolContext, **changes: Any) -> Outcome:
    return await book.run({**WISH, "name": "José García", **changes}, context)


def test_every_tool_is_a_working_tool() -> None:
    tools: list[WorkingTool] = [book, cancel, check_slot, find_booking, free_slots, take_message]
    assert {tool.SPEC.name for tool in tools} == {
        "book", "cancel", "check_slot", "find_booking", "free_slots", "take_message",
    }  # fmt: skip


async def test_a_free_time_is_booked_and_then_taken(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        assert (await check_slot.run(WISH, context)).name == "free"
        booked = await _book(context, people=2, note="fringe")
        assert booked.name == "booked"
        assert booked.output["said"] == "Monday, November 23rd at 10 AM"
        assert booked.output["starts_at"] == "2026-11-23T10:00+01:00"
        assert len(booked.output["reference"]) == 6
        async with context.scope() as scope:
            (kept,) = await scope.appointments.recent()
        assert kept.starts_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        assert (kept.phone, kept.people, kept.note) == ("+34600111222", 2, "fringe")
        assert (await check_slot.run(WISH, context)).name == "taken"


@pytest.mark.requirement("book:refusal:says-what-else")
@pytest.mark.parametrize(
    ("language", "offer", "hours"),
    [
        ("en", "9 AM or 11 AM", "On Tuesday we are open from 9 AM to noon and 3 PM to 5 PM."),
        (
            "es",
            "las nueve de la mañana o las once de la mañana",
            "Abrimos el martes 24 de noviembre de las nueve de la mañana a las doce del mediodía "
            "y las tres de la tarde a las cinco de la tarde.",
        ),
    ],
)
async def test_a_refusal_says_what_else(
    tmp_path: Path, language: str, offer: str, hours: str
) -> None:
    async with _salon(tmp_path, language=language) as context:
        await _book(context)
        taken = await _book(context, name="Ana")
        assert (taken.name, taken.output["alternatives_said"]) == ("taken", offer)
        assert taken.output["alternatives"] == ["2026-11-23T09:00+01:00", "2026-11-23T11:00+01:00"]
        closed = await check_slot.run({**WISH, "day": "2026-11-24", "time": "13:00"}, context)
        assert (closed.name, closed.output["hours_said"]) == ("closed", hours)


@pytest.mark.requirement("book:refusal:says-what-else")
async def test_every_refusal_has_its_name(tmp_path: Path) -> None:
    wishes: dict[str, Mapping[str, str]] = {
        "past": {"day": "2026-11-20"},
        "too_far": {"day": "2027-06-07"},
        "closed": {"day": "2026-11-22"},
        "taken": {"time": "10:10"},
    }
    async with _salon(tmp_path) as context:
        for name, change in wishes.items():
            outcome = await check_slot.run({**WISH, **change}, context)
            assert outcome.name == name
            assert outcome.output["said"]
            assert (await _book(context, **change)).name == name
        sunday = await check_slot.run({**WISH, "day": "2026-11-22"}, context)
        assert sunday.output["said"] == (
            "We are closed that day. The next day we open is Monday, November 23rd, "
            "from 9 AM to noon."
        )
        never = replace(context, business=SALON.model_copy(update={"hours": {}}))
        assert (await check_slot.run(WISH, never)).output["said"] == "We are closed that day."


async def test_a_full_day_offers_the_next_one(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        for clock in ("09:00", "10:00", "11:00"):
            assert (await _book(context, time=clock)).name == "booked"
        taken = await check_slot.run(WISH, context)
        assert taken.output["alternatives_said"].startswith("Tuesday, November 24th at 9")
        full = await free_slots.run({"day": "2026-11-23"}, context)
        assert full.name == "taken"
        soon = SALON.model_copy(update={"horizon_days": 2})
        none_left = await check_slot.run(WISH, replace(context, business=soon))
        assert none_left.output["alternatives_said"] == "another day"


async def test_free_slots_lists_a_day(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        await _book(context)
        free = await free_slots.run({"service": "haircut", "day": "2026-11-23"}, context)
        assert free.output["starts"] == ["2026-11-23T09:00+01:00", "2026-11-23T11:00+01:00"]
        assert free.output["said"] == "9 AM and 11 AM"
        names = [
            (await free_slots.run({"day": day}, context)).name
            for day in ("2026-11-22", "2026-11-16", "2026-11-15", "2027-06-06")
        ]
        assert names == ["closed", "past", "past", "too_far"]


@pytest.mark.requirement("book:call:asked-twice-booked-once")
async def test_the_same_booking_on_a_call_is_made_once(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        first, second = await _book(context), await _book(context)
        assert first == second
        other_call = replace(context, call=replace(context.call, call_id="c2"))
        assert (await _book(other_call)).name == "taken"


@pytest.mark.requirement("book:find:by-name-or-number")
async def test_a_booking_is_found_as_it_was_heard(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        booked = await _book(context)
        elsewhere = replace(context, call=replace(context.call, call_id="c2", caller=""))
        for asked in ({"name": "jose garcia"}, {"name": "Garcia"}, {"phone": "600 111 222"}):
            found = await find_booking.run(asked, elsewhere)
            assert (found.name, found.output["reference"]) == (
                "found",
                booked.output["reference"],
            )
        assert (await find_booking.run({}, context)).name == "found"
        assert (await find_booking.run({"name": "Smith"}, context)).name == "not_found"
        assert (await find_booking.run({}, elsewhere)).name == "not_found"


@pytest.mark.requirement("book:find:by-name-or-number")
async def test_a_booking_is_cancelled_and_its_time_free_again(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        booked = await _book(context)
        await _book(context, day="2026-11-24")
        several = await cancel.run({"name": "Jose Garcia"}, context)
        assert several.name == "several"
        assert several.output["said"] == (
            "Monday, November 23rd at 10 AM or Tuesday, November 24th at 10 AM"
        )
        assert (await find_booking.run({}, context)).name == "several"
        tuesday = await cancel.run({"name": "Jose Garcia", "day": "2026-11-24"}, context)
        assert (tuesday.name, tuesday.output["day"]) == ("cancelled", "2026-11-24")
        spoken = " ".join(booked.output["reference"])
        assert (await cancel.run({"reference": spoken}, context)).name == "cancelled"
        assert (await cancel.run({"reference": spoken}, context)).name == "not_found"
        assert (await check_slot.run(WISH, context)).name == "free"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"service": "massage"}, "We offer a haircut."),
        ({"day": "soon"}, "Sorry, I did not get the day and the time."),
        ({"time": "late"}, "Sorry, I did not get the day and the time."),
        ({"people": "some"}, "How many people?"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, change: dict[str, str], text: str
) -> None:
    async with _salon(tmp_path) as context:
        with pytest.raises(ToolRefused, match=text.replace("?", r"\?")):
            await _book(context, **change)


@pytest.mark.requirement("message:taken:once")
async def test_a_message_is_taken_down_once(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        asked = {"text": "  call  me back ", "name": "Ana"}
        first, again = (
            await take_message.run(asked, context),
            await take_message.run(asked, context),
        )
        assert first == again
        assert first.name == "taken_down"
        assert first.output["phone_said"] == "plus 3 4, 6 0 0, 1 1 1, 2 2 2"
        async with context.scope() as scope:
            (kept,) = await scope.messages.of_call("c1")
        assert (kept.text, kept.name, kept.phone) == ("call me back", "Ana", "+34600111222")
        with pytest.raises(ToolRefused, match="empty"):
            await take_message.run({"text": " "}, context)


async def _race(context: ToolContext, who: str, times: int) -> list[str]:
    """Every racer rings with a call of its own, all for the same hour."""
    names: list[str] = []

    async def one(number: int) -> None:
        call = replace(context.call, call_id=f"{who}{number}", caller=f"+3460000{number:04}")
        names.append((await _book(replace(context, call=call), name=f"{who} {number}")).name)

    async with asyncio.TaskGroup() as tasks:
        for number in range(times):
            tasks.create_task(one(number))
    return names


def _race_in_process(folder: str, results: Any) -> None:
    async def race() -> list[str]:
        async with _salon(Path(folder)) as context:
            return await _race(context, "other", 6)

    results.put(asyncio.run(race()))


@pytest.mark.requirement("book:slot:never-twice")
async def test_the_last_place_goes_to_exactly_one(tmp_path: Path) -> None:
    async with _salon(tmp_path) as context:
        spawn = multiprocessing.get_context("spawn")
        results = spawn.Queue()
        other = spawn.Process(target=_race_in_process, args=(str(tmp_path), results))
        other.start()
        async with asyncio.timeout(60):
            names = await _race(context, "here", 10)
            names += await asyncio.to_thread(results.get, timeout=60)
            await asyncio.to_thread(other.join, 60)
        results.close()
        assert sorted(names) == ["booked", *["taken"] * 15]
        async with context.scope() as scope:
            assert len(await scope.appointments.recent()) == 1
