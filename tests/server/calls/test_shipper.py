"""Facts reach the store in order, as often as they are told, and whatever the store does."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
import pytest

from server.calls.facts import EventNoted, Fact, encode_fact
from server.calls.journal import Journal, segments_in
from server.calls.shipper import FolderShipper, Shipper, apply_fact
from server.errors import StoreDown
from server.store.records import AgentRef, CallRecord, CallTimes
from server.store.scope import Scope, Store, Tenant
from tests.server.calls.story import story
from tests.server.storehouse import NOON, open_store


class _StoreWithSwitch(Store):
    """A real store that can be down."""

    down = True
    tried = 0

    def scope(self, tenant: Tenant) -> AbstractAsyncContextManager[Scope]:
        self.tried += 1
        if self.down:
            raise StoreDown("unplugged")
        return super().scope(tenant)


async def _read(store: Store, tenant: Tenant, reference: str) -> CallRecord | None:
    async with store.view(tenant) as scope:
        return await scope.calls.find(reference)


async def _apply(store: Store, tenant: Tenant, facts: list[Fact]) -> None:
    async with store.scope(tenant) as scope:
        for fact in facts:
            await apply_fact(scope, fact, writer="w1")


async def test_a_call_arrives_whole(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, tenant):
        journal = Journal(tmp_path / "journal", "w1")
        shipper = Shipper(journal, store)
        for fact in story("c1"):
            journal.append(fact)
        assert shipper.backlog() == 10
        await shipper.finish()
        assert shipper.backlog() == 0
        assert not journal.folder.exists()
        call = await _read(store, tenant, "last")
    assert call is not None
    assert call.summary.agent == AgentRef("rooms", 3)
    assert call.summary.times.duration_s == 9.0
    assert (call.summary.state, call.summary.disposition) == ("ended", "booked")
    assert [(turn.turn_id, turn.text) for turn in call.turns] == [
        ("a1", "Good morning"),
        ("c1", "A room, please"),
    ]
    assert call.turns[0].interrupted
    assert [(tool.name, tool.outcome) for tool in call.tools] == [("check_slot", "free")]
    assert [happened.facts for happened in call.events] == [{"key": "1"}]
    assert call.summary.recording.path == "recordings/c1.wav"


@pytest.mark.requirement("journal:ship:repeatable")
async def test_replaying_any_part_changes_nothing(tmp_path: Path) -> None:
    facts = list(story("c1"))
    async with open_store(tmp_path) as (store, tenant):
        await _apply(store, tenant, facts)
        once = await _read(store, tenant, "c1")
        for length in range(len(facts) + 1):
            await _apply(store, tenant, facts[:length])
            assert await _read(store, tenant, "c1") == once
        await _apply(store, tenant, facts[::-1])
        assert await _read(store, tenant, "c1") == once


async def test_facts_that_come_before_their_call_find_it_later(tmp_path: Path) -> None:
    facts = list(story("c1"))
    async with open_store(tmp_path) as (store, tenant):
        await _apply(store, tenant, facts[3:])
        orphan = await _read(store, tenant, "c1")
        assert orphan is not None
        assert orphan.summary.carrier == ""
        await _apply(store, tenant, facts)
        call = await _read(store, tenant, "CA-c1")
        assert call is not None
        ended = NOON.replace(second=9)
        assert call.summary.times == CallTimes(NOON, NOON.replace(second=1), ended)


@pytest.mark.requirement("journal:ship:survives-the-database")
async def test_a_store_that_is_down_delays_and_loses_nothing(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (opened, tenant):
        store = _StoreWithSwitch(opened._database)
        journal = Journal(tmp_path / "journal", "w1", segment_bytes=600, flush_s=0.001)
        shipper = Shipper(journal, store, interval_s=0.0001)
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(shipper.run())
            for fact in story("c1"):
                journal.append(fact)
            while store.tried < 3:
                await asyncio.to_thread(journal.health)
            assert shipper.failing
            assert shipper.backlog() == 10
            store.down = False
            while shipper.backlog():
                await asyncio.to_thread(journal.health)
            running.cancel()
        call = await _read(store, tenant, "c1")
        assert call is not None
        assert len(call.turns) == 2
        store.down = True
        journal.append(next(story("c2")))
        await shipper.finish()
        assert segments_in(journal.folder)


async def test_a_fact_that_the_store_refuses_is_put_aside(tmp_path: Path) -> None:
    folder = tmp_path / "journal" / "w1"
    folder.mkdir(parents=True)
    strangers = next(story("c9", organization="nobody"))
    lines = [encode_fact(fact) for fact in (*story("c1"), strangers, *story("c2"))]
    lines.insert(3, b'{"torn\n')
    long = EventNoted(
        call_id="c2",
        organization="ours",
        seq=50,
        at=NOON,
        kind="k",
        at_s=0,
        facts={"x": "y" * 2**21},
    )
    (folder / "00000000.jsonl").write_bytes(b"".join([*lines, encode_fact(long), b'{"half']))
    async with open_store(tmp_path) as (store, tenant):
        shipper = FolderShipper(folder, store)
        assert await shipper.ship(closed=True) == 22
        assert shipper.torn == 2
        aside = (tmp_path / "journal" / "refused.jsonl").read_bytes()
        assert aside == encode_fact(strangers)
        for call_id in ("c1", "c2"):
            call = await _read(store, tenant, call_id)
            assert call is not None
            assert call.summary.state == "ended"
        assert segments_in(folder) == []


async def test_one_refused_fact_takes_no_other_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "journal" / "w1"
    folder.mkdir(parents=True)
    facts = list(story("c1"))
    clash = msgspec.structs.replace(facts[0], call_id="c2")
    lines = [encode_fact(fact) for fact in (*facts[:4], clash, *facts[4:])]
    (folder / "00000000.jsonl").write_bytes(b"".join(lines))
    async with open_store(tmp_path) as (store, tenant):
        assert await FolderShipper(folder, store).ship(closed=True) == 11
        call = await _read(store, tenant, "c1")
        assert call is not None
        assert (len(call.turns), call.summary.state) == (2, "ended")
        assert await _read(store, tenant, "c2") is None
    assert (tmp_path / "journal" / "refused.jsonl").read_bytes() == encode_fact(clash)
