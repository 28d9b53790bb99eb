"""The relay bridge and the fake provider understand each other, over a real socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from benchmarks import relay_bridge
from benchmarks.provider import REPLY_S, open_provider
from benchmarks.stamp import read_stamp
from bridges.port.brief import Brief
from bridges.port.errors import Lost, Rejected
from bridges.port.events import (
    BotAudio,
    BotText,
    BridgeEvent,
    CommitTurn,
    Interrupt,
    ReplyDone,
    Speak,
    UserAudio,
)
from bridges.port.session import BridgeModule, BridgeOptions, Opening

MODULE = cast(BridgeModule, relay_bridge)
OPENING = Opening(Brief("answer"))


def options(url: str) -> BridgeOptions:
    return BridgeOptions(Path("unused"), {"url": url})


class Ear:
    """Keeps what the bridge says, and can be waited on."""

    def __init__(self) -> None:
        self.events: list[BridgeEvent] = []
        self._news = asyncio.Event()

    def __call__(self, event: BridgeEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, kind: type[BridgeEvent]) -> None:
        async with asyncio.timeout(20):
            while not any(isinstance(event, kind) for event in self.events):
                self._news.clear()
                await self._news.wait()

    def sound(self) -> bytes:
        return b"".join(event.payload for event in self.events if isinstance(event, BotAudio))


@pytest.mark.requirement("bench:provider:relay")
async def test_a_committed_turn_is_answered_with_the_whole_stamped_reply() -> None:
    ear = Ear()
    async with (
        open_provider() as port,
        MODULE.open(options(f"ws://127.0.0.1:{port}")) as bridge,
        bridge.connect(OPENING, ear) as session,
    ):
        session.send(UserAudio(b"\xff" * 160))
        session.send(CommitTurn())
        await ear.until(ReplyDone)
    assert len(ear.sound()) == REPLY_S * 8000
    first = next(event for event in ear.events if isinstance(event, BotAudio))
    assert read_stamp(first.payload) is not None
    words = "".join(event.text for event in ear.events if isinstance(event, BotText))
    assert words.startswith("We have a free table")


@pytest.mark.requirement("bench:provider:relay")
async def test_an_interrupted_reply_ends_at_once() -> None:
    ear = Ear()
    async with (
        open_provider() as port,
        MODULE.open(options(f"ws://127.0.0.1:{port}")) as bridge,
        bridge.connect(OPENING, ear) as session,
    ):
        session.send(CommitTurn())
        await ear.until(BotAudio)
        session.send(Interrupt(40, item="item_1"))
        await ear.until(ReplyDone)
    assert ear.events[-1] == ReplyDone("item_1", interrupted=True)
    assert len(ear.sound()) < REPLY_S * 8000


async def test_words_that_cannot_be_said_are_over_at_once() -> None:
    ear = Ear()
    async with (
        open_provider() as port,
        MODULE.open(options(f"ws://127.0.0.1:{port}")) as bridge,
        bridge.connect(OPENING, ear) as session,
    ):
        session.send(Speak("Hello.", item="greeting"))
    assert ReplyDone("greeting") in ear.events


async def test_a_provider_that_is_not_there_is_lost() -> None:
    async with MODULE.open(options("ws://127.0.0.1:1")) as bridge:
        with pytest.raises(Lost):
            async with bridge.connect(OPENING, Ear()):
                pytest.fail("nobody listens there")


async def test_a_relay_without_an_address_says_what_to_set() -> None:
    with pytest.raises(Rejected, match="SWITCHBOARD_BRIDGES__OPTIONS__RELAY__URL"):
        async with MODULE.open(BridgeOptions(Path("unused"))):
            pytest.fail("it has no address")
