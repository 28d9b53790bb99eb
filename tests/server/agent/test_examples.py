"""The agents that come along, walked through by every way they have, with the real tools."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bridges.port.brief import SlotKind
from server.agent.spec import AgentSpec, Node
from server.store.migrate import migrate
from tests.server.agent.caller_in_flow import CALLER, NAME, SPECS, Call, Office, office
from tests.server.storehouse import url_of

MESSAGE = "The key is under the mat"


@pytest.fixture(params=sorted(SPECS))
def spec(request: pytest.FixtureRequest) -> AgentSpec:
    return SPECS[request.param]


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, migrated once and copied for each test."""
    folder = tmp_path_factory.mktemp("store")
    asyncio.run(migrate(url_of(folder)))
    return folder / "switchboard.db"


@pytest.fixture
def folder(tmp_path: Path, new_database: Path) -> Path:
    shutil.copy(new_database, tmp_path)
    return tmp_path


async def begun(desk: Office) -> Call:
    call = Call(desk)
    await call.begin()
    return call


def nodes_with(spec: AgentSpec, tool: str) -> Iterator[tuple[str, Node]]:
    for name, node in spec.nodes.items():
        if node.do is not None and node.do.tool == tool:
            yield name, node


@pytest.mark.requirement("agents:examples:books-what-was-read-back")
async def test_a_booking_is_read_back_and_entered(spec: AgentSpec, folder: Path) -> None:
    async with office(spec, folder) as desk:
        at = (await desk.free())[0]
        call = await begun(desk)
        await call.book(at)
        read_back = call.said[-1]
        told = [slot.said for slot in call.open_slots() if slot.said]
        assert told
        assert all(said in read_back for said in told)
        assert await desk.appointments() == []
        await call.answer(yes_no=True)
        assert await desk.appointments() == [(NAME, at, "booked")]
        assert call.wanted() == set()


async def test_another_booking_on_the_same_call_is_asked_anew(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        at, *_, later = await desk.free()
        call = await begun(desk)
        await call.book(at)
        await call.press("1")
        await call.press("1")
        assert {SlotKind.DATE, SlotKind.TIME} <= call.wanted()
        await call.answer(**call.wish(later))
        await call.press("1")
        assert {start for _, start, _ in await desk.appointments()} == {at, later}


async def test_a_time_that_is_not_free_is_answered_with_others(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        at, *_, later = await desk.free()
        await desk.fill_up(at)
        call = await begun(desk)
        await call.book(at)
        _, output = await desk.run("check_slot", {"service": desk.service, **_when(at)})
        assert output["alternatives_said"] in call.said[-1]
        assert call.wanted() == {SlotKind.TIME}
        await call.answer(time=f"{later:%H:%M}")
        await call.answer(yes_no=True)
        assert (NAME, later, "booked") in await desk.appointments()


async def test_a_place_that_is_lost_during_the_read_back_is_not_promised(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        at = (await desk.free())[0]
        call = await begun(desk)
        await call.book(at)
        await desk.fill_up(at)
        await call.answer(yes_no=True)
        assert NAME not in {name for name, _, _ in await desk.appointments()}
        assert call.wanted() == {SlotKind.TIME}


@pytest.mark.parametrize(("clock", "days"), [("03:00", 1), ("00:10", 0)])
async def test_hours_and_days_that_cannot_be_are_told(
    spec: AgentSpec, folder: Path, clock: str, days: int
) -> None:
    async with office(spec, folder) as desk:
        at = (await desk.free())[0]
        day = at.date() if days else desk.now.date()
        call = await begun(desk)
        await call.press("1")
        await call.answer(**call.wish(at) | {"date": day.isoformat(), "time": clock})
        wish = {"service": desk.service, "day": day.isoformat(), "time": clock}
        name, output = await desk.run("check_slot", wish)
        assert name == ("closed" if days else "past")
        assert output["said"] in call.said[-1]
        assert call.wanted() == {SlotKind.DATE, SlotKind.TIME}


async def test_a_day_beyond_the_horizon_is_refused_at_once(spec: AgentSpec, folder: Path) -> None:
    async with office(spec, folder) as desk:
        call = await begun(desk)
        await call.press("1")
        assert await call.answer(date="2028-01-10")
        assert SlotKind.DATE in call.wanted()


@pytest.mark.requirement("agents:examples:corrected-at-the-read-back")
async def test_what_is_corrected_is_checked_and_read_back_again(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        at, second, *_, last = await desk.free()
        call = await begun(desk)
        await call.book(at)
        await call.answer(time=f"{second:%H:%M}", correcting=True)
        first_said, second_said = call.said[-2:]
        assert first_said != second_said
        await call.answer(yes_no=False)
        await call.answer(time=f"{last:%H:%M}", correcting=True)
        await call.answer(name="Edward Weston", correcting=True)
        assert "Edward Weston" in call.said[-1]
        await call.press("1")
        assert await desk.appointments() == [("Edward Weston", last, "booked")]


async def test_a_caller_who_gives_up_books_nothing(spec: AgentSpec, folder: Path) -> None:
    async with office(spec, folder) as desk:
        call = await begun(desk)
        await call.book((await desk.free())[0])
        await call.press("3")
        doors = {exit_.to for exit_ in spec.nodes[call.flow.node].exits if exit_.when}
        await call.mean(doors.pop())
        assert await desk.appointments() == []
        assert not call.left


@pytest.mark.requirement("agents:examples:failure-becomes-a-message")
async def test_a_book_that_cannot_be_opened_becomes_a_message(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        for tool in ("check_slot", "book"):
            call = await begun(desk)
            for name, _ in nodes_with(spec, tool):
                await call.fails(name)
            await call.answer(text=MESSAGE, phone=CALLER)
            assert (await desk.messages())[0][0] == MESSAGE


async def test_nothing_is_claimed_that_a_broken_tool_did_not_do(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        for tool in ("take_message", "cancel", "find_booking"):
            for name, node in nodes_with(spec, tool):
                call = await begun(desk)
                await call.fails(name)
                known = {exit_.to for exit_ in node.exits if exit_.event.startswith("outcome:")}
                assert call.flow.node not in known


async def test_the_only_booking_is_found_read_out_and_cancelled(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        at = (await desk.free())[0]
        await desk.book(at, NAME)
        call = await begun(desk)
        await call.press("3")
        await call.answer(name=NAME)
        _, found = await desk.run("find_booking", {"name": NAME})
        assert found["said"] in call.said[-1]
        assert found["service_said"] in call.said[-1]
        await call.answer(yes_no=False)
        assert await desk.appointments() == [(NAME, at, "booked")]
        await call.press("3")
        await call.answer(yes_no=True)
        assert await desk.appointments() == [(NAME, at, "cancelled")]


async def test_of_several_bookings_the_one_of_that_day_is_cancelled(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        first, second = (await desk.free(1))[0], (await desk.free(2))[0]
        await desk.book(first, NAME)
        await desk.book(second, NAME)
        call = await begun(desk)
        await call.press("3")
        await call.answer(name=NAME)
        await call.answer(date=second.date().isoformat())
        booked = set(await desk.appointments())
        assert booked == {(NAME, first, "booked"), (NAME, second, "cancelled")}


async def test_two_on_one_day_are_left_to_a_person(spec: AgentSpec, folder: Path) -> None:
    async with office(spec, folder) as desk:
        free = await desk.free()
        await desk.book(free[0], NAME)
        await desk.book(free[-1], NAME)
        call = await begun(desk)
        await call.press("3")
        await call.answer(name=NAME)
        await call.answer(date=free[0].date().isoformat())
        assert call.transferred is not None
        assert {status for _, _, status in await desk.appointments()} == {"booked"}


async def test_a_name_that_is_not_in_the_book_may_be_said_again(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        at = (await desk.free())[0]
        await desk.book(at, NAME)
        call = await begun(desk)
        await call.press("3")
        await call.answer(name="Nobody Known")
        assert "Nobody Known" in call.said[-1]
        await call.answer(name=NAME, correcting=True)
        await call.answer(yes_no=True)
        assert await desk.appointments() == [(NAME, at, "cancelled")]


async def test_a_message_is_taken_with_who_to_call_back(spec: AgentSpec, folder: Path) -> None:
    async with office(spec, folder) as desk:
        call = await begun(desk)
        await call.press("2")
        await call.answer(text=MESSAGE, name=NAME, phone="+34699111222")
        assert await desk.messages() == [(MESSAGE, NAME, "+34699111222")]
        await call.press("2")
        assert call.wanted() == {SlotKind.TEXT}
        await call.answer(text="And the alarm is off")
        assert len(await desk.messages()) == 2


@pytest.mark.requirement("agents:examples:a-person-from-everywhere")
async def test_zero_puts_the_caller_through_from_every_node_that_talks(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        for name, node in spec.nodes.items():
            if node.do is None and node.transfer is None and not node.end:
                call = await begun(desk)
                call.flow.node = name
                await call.press("0")
                assert call.transferred is not None
                assert call.transferred.target.startswith("+")


async def test_silence_is_answered_twice_and_then_with_a_goodbye(
    spec: AgentSpec, folder: Path
) -> None:
    async with office(spec, folder) as desk:
        call = await begun(desk)
        assert call.flow.silence() is None
    assert len(spec.silence) == 3
    assert re.search(r"Goodbye|Adiós", spec.silence[-1])


async def test_goodbye_ends_the_call(spec: AgentSpec, folder: Path) -> None:
    async with office(spec, folder) as desk:
        call = await begun(desk)
        ends = [name for name, node in spec.nodes.items() if node.end]
        await call.mean(ends[0])
        assert call.left == "done"
        assert spec.business.name in call.said[-1]


@pytest.mark.parametrize(("name", "number"), [("clinic", "9 1 1"), ("clinica", "1 1 2")])
async def test_an_emergency_is_sent_to_the_emergency_number(
    name: str, number: str, folder: Path
) -> None:
    spec = SPECS[name]
    async with office(spec, folder) as desk:
        call = await begun(desk)
        await call.press("1")
        await call.mean(spec.anywhere[0].to)
        assert number in call.said[-1]
        assert not call.left


def _when(at: datetime) -> dict[str, str]:
    return {"day": at.date().isoformat(), "time": f"{at:%H:%M}"}
