"""`switchboard calls` tells the whole story, and says how to mend what is wrong."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from server.calls.shipper import apply_fact
from server.commands.calls import calls
from server.store.records import Booking
from tests.server.calls.story import story
from tests.server.storehouse import NOON, open_store


def _run(*words: str) -> Result:
    return CliRunner().invoke(calls, list(words), env={"COLUMNS": "160"})


async def _fill(folder: Path) -> None:
    async with open_store(folder) as (store, tenant), store.scope(tenant) as scope:
        for call_id, ended in (("c1", True), ("c2", False)):
            for fact in story(call_id, ended=ended):
                await apply_fact(scope, fact, writer="w1")
        ends_at = NOON + timedelta(hours=1)
        booking = Booking("Rooms", "room", NOON, ends_at, "Ana [bold]", call_id="c1")
        await scope.appointments.book(booking, capacity=1)
        await scope.messages.add("Please ring back", name="Ana", call_id="c1")


@pytest.fixture
def data(tmp_path: Path) -> str:
    asyncio.run(_fill(tmp_path))
    return str(tmp_path)


@pytest.mark.requirement("calls:show:whole-story")
def test_show_prints_what_was_said_heard_and_done(data: str) -> None:
    shown = _run("show", "CA-c1", "--data", data)
    assert shown.exit_code == 0
    for words in (
        "+34600111222 → +34911",
        "rooms v3",
        "0:09.0",
        "booked, caller hung up",
        "Good morning  — interrupted after 0.8 s",
        "A room, please",
        "640 ms",
        "endpointing 500",
        'check_slot {"day": "2026-11-24"} → free',
        "appointment",
        "Ana [bold], 1 person",
        "message from Ana: Please ring back",
        "recordings/c1.wav",
    ):
        assert words in shown.output


@pytest.mark.requirement("calls:show:whole-story")
def test_show_prints_one_document(data: str) -> None:
    shown = json.loads(_run("show", "c1", "--data", data, "--json").output)
    assert shown["times"]["started_at"] == "2026-11-23T12:00:00+00:00"
    assert shown["duration_s"] == 9.0
    assert [turn["text"] for turn in shown["turns"]] == ["Good morning", "A room, please"]
    assert shown["turns"][0]["interrupted"] is True
    assert shown["appointments"][0]["starts_at"] == "2026-11-23T12:00:00+00:00"
    assert shown["messages"][0]["text"] == "Please ring back"


def test_list_prints_a_line_per_call(data: str) -> None:
    listed = _run("list", "--data", data)
    assert listed.exit_code == 0
    assert "booked" in listed.output
    assert "live" in listed.output
    document = json.loads(_run("list", "--data", data, "--json", "--limit", "1").output)
    assert len(document["calls"]) == 1


@pytest.mark.requirement("calls:errors:say-how-to-mend")
def test_what_is_not_there_is_said_with_how_to_mend_it(data: str, tmp_path: Path) -> None:
    unknown = _run("show", "zzz", "--data", data)
    assert unknown.exit_code == 1
    assert "'zzz'" in unknown.output
    assert "switchboard calls list" in unknown.output
    nowhere = _run("list", "--data", str(tmp_path / "nowhere"))
    assert nowhere.exit_code == 1
    assert "there is no store at" in nowhere.output
    ambiguous = _run("show", "c", "--data", data)
    assert "more than one" in ambiguous.output


@pytest.mark.requirement("calls:errors:say-how-to-mend")
def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    async def make() -> None:
        async with open_store(tmp_path):
            pass

    asyncio.run(make())
    assert "No calls yet" in _run("list", "--data", str(tmp_path)).output
    last = _run("show", "last", "--data", str(tmp_path))
    assert last.exit_code == 1
    assert "there is no call in" in last.output
