"""Hostile and broken connections are refused and counted; good calls beside them complete."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from server.rehearsal.office import Office, open_client
from server.rehearsal.record import CallRecord, EndedBy
from server.rehearsal.rehearse import rehearse
from tests.acceptance.callers import asking, until, words_of
from tests.acceptance.command import Server
from tests.acceptance.hostile import KINDS

EACH = 20
GOOD = 3


async def attacked(server: Server) -> None:
    """Every kind of attack so many times, all kinds at once."""
    target = server.target()

    async def again_and_again(attack_number: int) -> None:
        attack = list(KINDS)[attack_number]
        async with open_client(target) as client, asyncio.TaskGroup() as group:
            for _ in range(EACH):
                group.create_task(_bounded(attack(Office(target, client))))

    async with asyncio.TaskGroup() as group:
        for number in range(len(KINDS)):
            group.create_task(again_and_again(number))


async def _bounded(attack: Awaitable[None]) -> None:
    async with asyncio.timeout(40):
        await attack


async def beside_good_calls(server: Server) -> tuple[CallRecord, ...]:
    plan = await asking("What are your opening hours?", "No thank you, goodbye.")
    async with asyncio.TaskGroup() as group:
        good = group.create_task(rehearse(server.target(), [plan] * GOOD))
        group.create_task(attacked(server))
    return good.result().records


@pytest.mark.requirement("call:acceptance:hostile")
async def test_two_hundred_hostile_connections_harm_no_good_call(server: Server) -> None:
    assert EACH * len(KINDS) == 200
    records = await beside_good_calls(server)
    assert [record.ended_by for record in records] == [EndedBy.AGENT] * GOOD
    assert all("from eight to eight" in words_of(record) for record in records)
    refused = {
        (place, kind): server.counted("switchboard_refusals_total", place=place, kind=kind)
        for place, kind in KINDS.values()
    }
    assert refused == dict.fromkeys(KINDS.values(), float(EACH))
    assert server.process.poll() is None
    await until(
        lambda: (
            server.counted("switchboard_turn_latency_seconds_count", stage="voice_to_voice")
            >= 2 * GOOD
        )
    )
    assert server.counted("switchboard_failures_total") == 0
    assert server.counted("switchboard_lines_open") == 0
