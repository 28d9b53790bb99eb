"""A server that dies loses nothing; one that is asked to stop finishes first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import soundfile

from server.rehearsal.placed import PlacedCall
from server.rehearsal.record import CallRecord, EndedBy
from server.rehearsal.twilio import open_box
from tests.acceptance.callers import asking, until, words_of
from tests.acceptance.command import running

HOURS = "What are your opening hours?"
BYE = "No thank you, goodbye."


def heard_s(call: PlacedCall) -> float:
    """How much of the agent the caller has heard so far."""
    return call.record().log.heard.size_bytes / 8000


async def cut_off(call: PlacedCall, kill_after_s: float, kill: asyncio.Event) -> CallRecord:
    """Hold the call; `kill` is set once so much of the agent was heard."""
    async with asyncio.TaskGroup() as group:
        running_call = group.create_task(call.run())
        await until(lambda: heard_s(call) >= kill_after_s)
        kill.set()
    return running_call.result()


@pytest.mark.requirement("call:acceptance:kill-nine")
async def test_after_kill_nine_the_call_is_whole_to_its_last_second(
    turn: None, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    plan, short = await asking(HOURS, BYE), await asking(BYE)
    with running(data) as server:
        async with open_box(server.target()) as box:
            earlier = await box.call(short)
            call, kill = box.place(plan), asyncio.Event()
            async with asyncio.TaskGroup() as group:
                cut = group.create_task(cut_off(call, 7.0, kill))
                await kill.wait()
                server.kill()
            lost = cut.result()
        before = server.shown(earlier.ids.call_id)
    assert lost.ended_by is EndedBy.SERVER_LOST
    assert lost.opened_s is not None
    lasted_s = lost.ended_s - lost.opened_s
    with running(data) as server:
        shown = server.shown(lost.ids.call_id)
        assert (shown["state"], shown["disposition"]) == ("ended", "broken_off")
        assert shown["turns"][-1]["started_s"] > lasted_s - 4.0
        texts = [one["text"] for one in shown["turns"]]
        assert "opening hours" in " ".join(texts)
        sound = soundfile.info(str(data / shown["recording"]["path"]))
        assert lasted_s - 2.2 <= sound.duration <= lasted_s + 0.2
        assert server.shown(earlier.ids.call_id) == before
        async with open_box(server.target()) as box:
            again = await box.call(short)
        assert again.ended_by is EndedBy.AGENT
        assert "Goodbye!" in words_of(again)


@pytest.mark.requirement("call:acceptance:drain")
async def test_a_server_that_is_asked_to_stop_lets_its_caller_finish(
    turn: None, tmp_path: Path
) -> None:
    plan = await asking(HOURS, BYE)
    with running(tmp_path / "data") as server:
        async with open_box(server.target()) as box:
            call, stop = box.place(plan), asyncio.Event()
            async with asyncio.TaskGroup() as group:
                live = group.create_task(cut_off(call, 2.0, stop))
                await stop.wait()
                server.process.terminate()
                await until(lambda: not server.ready())
                late = await box.call(plan)
        assert server.process.wait(30) == 0
        record = live.result()
        assert record.ended_by is EndedBy.AGENT
        shown = server.shown(record.ids.call_id)
    assert not late.answered
    assert shown["disposition"] == "done"
    assert "from eight to eight" in " ".join(one["text"] for one in shown["turns"])
