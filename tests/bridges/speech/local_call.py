"""A call that is connected to the local bridge, as the core sees it. For tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from bridges.local import LocalBridge, LocalSession
from bridges.port.brief import Brief, ExitGuide, Guide, SlotGuide, SlotKind
from bridges.port.events import (
    BotAudio,
    BridgeEvent,
    CommitTurn,
    PauseTurn,
    StartTurn,
    UserAudio,
)
from bridges.port.session import Opening
from tests.bridges.speech.talking_engine import SILENCE, TalkingEngine, spoken

__all__ = ["BOOKING", "BUSY", "DAY", "GREET", "Call", "connected"]

DAY = SlotGuide("day", SlotKind.DATE, ("For which day?", "Which day shall I book?"))
TIME = SlotGuide("time", SlotKind.TIME, ("At what time?",))
BOOK = ExitGuide("go_book", "The caller wants to book a room.", ("book a room",))
GREET = Brief("", guide=Guide("greet", exits=(BOOK,), today="2026-11-21", now="10:00"))
BOOKING = Brief("", guide=Guide("book", slots=(DAY, TIME), today="2026-11-21", now="10:00"))
BUSY = b"busy"
E_ = TypeVar("E_", bound=BridgeEvent)


@dataclass
class Call:
    """A connected call as the core sees it."""

    session: LocalSession
    events: list[BridgeEvent] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def sink(self, event: BridgeEvent) -> None:
        self.events.append(event)
        self.news.set()

    def of(self, kind: type[E_]) -> list[E_]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(40):
            while not done():
                self.news.clear()
                await self.news.wait()

    async def lasts(self, seconds: float) -> None:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, over.set)
        await over.wait()

    def says(self, text: str) -> None:
        """The caller's voice reaches us; the turn machine notices 0.2 s after its onset."""
        self.session.send(UserAudio(spoken(text)))

    async def turn(self, text: str) -> None:
        """A whole turn as the turn machine reports it: a pause of 0.2 s, committed at 0.5 s."""
        self.says(text)
        self.session.send(StartTurn(0.5))
        self.session.send(PauseTurn())
        await self.lasts(0.3)
        self.session.send(UserAudio(SILENCE * 2400))
        self.session.send(CommitTurn())

    def words(self) -> str:
        """What was sent as sound."""
        return b" ".join(event.payload for event in self.of(BotAudio)).decode()


@asynccontextmanager
async def connected(engine: TalkingEngine, brief: Brief = GREET) -> AsyncIterator[Call]:
    bridge = LocalBridge(engine, busy_sounds={"en": BUSY})
    events: list[BridgeEvent] = []
    news = asyncio.Event()

    def sink(event: BridgeEvent) -> None:
        events.append(event)
        news.set()

    async with bridge.connect(Opening(brief), sink) as session:
        yield Call(session, events, news)
