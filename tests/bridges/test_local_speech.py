"""The local bridge on recorded human speech, with the real engines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges import local
from bridges.port.brief import FILL
from bridges.port.errors import Rejected
from bridges.port.events import (
    BotAudio,
    BridgeEvent,
    CommitTurn,
    PauseTurn,
    Rebrief,
    StartTurn,
    ToolCall,
    ToolResult,
    UserAudio,
)
from bridges.port.session import BridgeOptions, Opening
from bridges.speech.listener import can_end
from tests.bridges.speech.local_call import BOOKING, GREET, Call


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Book a room.", True),
        ("Two thirty p.m.", True),
        ("My number is", False),
        ("I would like to", False),
        ("Tomorrow and", False),
        ("Uh...", False),
        ("", False),
        ("Quisiera una cita para", False),
        ("Mañana a las tres", True),
    ],
)
def test_words_that_cannot_end_a_turn_are_known(text: str, whole: bool) -> None:
    assert can_end(text) is whole


def _mulaw(clips: Path, name: str) -> bytes:
    raw = (clips / f"{name}_8k_mulaw.wav").read_bytes()
    at = raw.index(b"data") + 8
    return raw[at:]


@pytest.mark.requirement("mind:bridge:real-speech")
@pytest.mark.timeout(180)
async def test_recorded_speech_books_a_room(speech_clips: Path, tmp_path: Path) -> None:
    events: list[BridgeEvent] = []
    news = asyncio.Event()

    def sink(event: BridgeEvent) -> None:
        events.append(event)
        news.set()

    async with (
        local.open(BridgeOptions(tmp_path)) as bridge,
        bridge.connect(Opening(GREET), sink) as session,
    ):
        call = Call(session, events, news)
        for count, name in enumerate(("book_a_room", "today", "two_thirty_pm"), 1):
            sound = _mulaw(speech_clips, name)
            session.send(UserAudio(sound))
            session.send(StartTurn(len(sound) / 8000))
            session.send(PauseTurn())
            session.send(CommitTurn())
            await call.until(lambda count=count: len(call.of(ToolCall)) == count)  # type: ignore[misc]
            made = call.of(ToolCall)[-1]
            session.send(ToolResult(made.call_id, {}, reply=False))
            session.send(Rebrief(BOOKING, reply=count == 1))
        await call.until(lambda: bool(call.of(BotAudio)))
    asked = [(one.name, dict(one.arguments)) for one in call.of(ToolCall)]
    assert asked == [
        ("go_book", {}),
        (FILL, {"day": "2026-11-21"}),
        (FILL, {"time": "14:30"}),
    ]


async def test_a_missing_engine_says_how_to_mend_it(tmp_path: Path) -> None:
    options = BridgeOptions(tmp_path, {"recognizer": "no_such_engine"})
    with pytest.raises(Rejected, match="no_such_engine is missing"):
        await _opened(options)


async def _opened(options: BridgeOptions) -> None:
    async with asyncio.timeout(60), local.open(options):
        return
