"""A caller who is understood at once: walks a flow with the real tools and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import server.tools
from bridges.port.brief import FILL, SlotGuide, SlotKind
from bridges.port.events import ToolCall
from server.agent.flow import Ask, Do, Entered, FlowMachine, Leave, PutThrough, Say, Step
from server.agent.slots import Surroundings
from server.agent.spec import AgentSpec, load_spec
from server.calls.toolbox import Toolbox
from server.plugins import Plugins
from server.seed import example_texts
from server.store.scope import Scope, Store, Tenant
from server.tool import CallFacts, ToolContext
from tests.server.storehouse import open_store

__all__ = ["CALLER", "LONGEST", "NAME", "SPECS", "Call", "Office", "office", "tool_specs"]

SPECS = {name: load_spec(text, f"{name}.yaml") for name, text in example_texts().items()}
"""The agents that come along, by name."""
NAME = "Abigail Claflin"
CALLER = "+34612345678"
LONGEST = 200
"""Characters a caller bears at once: some thirteen seconds."""
_NOON_ON_TUESDAY = (2026, 11, 24, 12, 0)


@dataclass(slots=True)
class Office:
    """An agent's business on a Tuesday at noon, with an appointment book."""

    spec: AgentSpec
    store: Store
    tenant: Tenant
    toolbox: Toolbox
    now: datetime
    outputs: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """What each tool gave with each outcome."""

    def scope(self) -> AbstractAsyncContextManager[Scope]:
        """The tenant's transaction."""
        return self.store.scope(self.tenant)

    @property
    def service(self) -> str:
        """What is booked first."""
        return next(iter(self.spec.business.services))

    async def run(
        self, tool: str, arguments: Mapping[str, Any], call_id: str = "desk"
    ) -> tuple[str, Mapping[str, Any]]:
        """Run a working tool to its outcome, with what it gave."""
        facts = CallFacts("", CALLER, "+34910000100", self.spec.language)
        context = ToolContext(self.spec.business, facts, self.now, self.scope)
        ended = await self.toolbox.run(ToolCall(call_id, tool, dict(arguments)), context)
        name = ended.outcome or "failed"
        self.outputs.setdefault((tool, name), set()).update(ended.output)
        return name, ended.output

    async def free(self, days: int = 1) -> list[datetime]:
        """Local instants at which the first service can be booked, so many days from now."""
        day = (self.now + timedelta(days=days)).date().isoformat()
        _, output = await self.run("free_slots", {"service": self.service, "day": day})
        return [datetime.fromisoformat(start) for start in output["starts"]]

    async def book(self, at: datetime, name: str) -> None:
        """Somebody else books."""
        when = {"day": at.date().isoformat(), "time": f"{at:%H:%M}"}
        outcome, _ = await self.run("book", {"service": self.service, "name": name, **when})
        assert outcome == "booked"

    async def fill_up(self, at: datetime) -> None:
        """Other people take every place at that time."""
        for number in range(self.spec.business.capacity):
            await self.book(at, f"Guest {number}")

    async def appointments(self) -> list[tuple[str, datetime, str]]:
        """Name, local start and status of everything that was ever booked."""
        zone = self.spec.business.zone()
        async with self.store.view(self.tenant) as scope:
            found = await scope.appointments.recent()
        return [(one.name, one.starts_at.astimezone(zone), one.status) for one in found]

    async def messages(self) -> list[tuple[str, str, str]]:
        """Text, name and number of every message, the newest first."""
        async with self.store.view(self.tenant) as scope:
            return [(one.text, one.name, one.phone) for one in await scope.messages.recent()]


@asynccontextmanager
async def office(spec: AgentSpec, folder: Path) -> AsyncIterator[Office]:
    """An office that is open as long as the block."""
    toolbox = Toolbox(Plugins("tools", server.tools, {}))
    now = datetime(*_NOON_ON_TUESDAY, tzinfo=spec.business.zone())
    async with open_store(folder) as (store, tenant):
        yield Office(spec, store, tenant, toolbox, now)


def tool_specs() -> dict[str, Any]:
    """Every tool that there is, as a model sees it."""
    return dict(Toolbox(Plugins("tools", server.tools, {})).specs())


class Call:
    """One call's way through the flow."""

    def __init__(self, office: Office) -> None:
        around = Surroundings(office.now.date(), office.now.time(), caller=CALLER)
        self.office = office
        self.flow = FlowMachine(office.spec, around, office.toolbox.specs())
        self.said: list[str] = []
        self.asks: Ask | None = None
        self.transferred: PutThrough | None = None
        self.left = ""

    async def begin(self) -> None:
        """The call is answered."""
        await self._follow(self.flow.start())

    async def press(self, key: str) -> None:
        """Press a key that is offered here."""
        steps = self.flow.key(key)
        assert steps is not None, f"{key} opens nothing at {self.flow.node}"
        await self._follow(steps)

    async def mean(self, node: str) -> None:
        """Say something that leads to that node."""
        assert f"go_{node}" in {tool.name for tool in self.flow.brief().tools}
        steps = self.flow.take(f"go_{node}")
        assert steps is not None
        await self._follow(steps)

    async def answer(self, *, correcting: bool = False, **values: Any) -> str:
        """Give values by kind: `date=`, `time=`, `name=`; returns what was refused of them."""
        by_kind = {SlotKind(kind): value for kind, value in values.items()}
        slots = [slot for slot in self.open_slots() if slot.required is not correcting]
        names = {slot.name: by_kind[slot.kind] for slot in slots if slot.kind in by_kind}
        assert names, f"nobody asks for {sorted(values)} at {self.flow.node}"
        filled = self.flow.fill(names)
        await self._follow(filled.steps)
        return filled.refused

    async def book(self, at: datetime) -> None:
        """Ask for an appointment at that instant, up to the read-back or what comes instead."""
        await self.press("1")
        await self.answer(**self.wish(at))

    def wish(self, at: datetime) -> dict[str, Any]:
        """All that a booking may want to know, by kind."""
        when = {"date": at.date().isoformat(), "time": f"{at:%H:%M}"}
        return {"choice": self.office.service, "number": 2, "name": NAME, **when}

    def open_slots(self) -> tuple[SlotGuide, ...]:
        """What the node collects, and what may be changed there."""
        return self.flow.brief().guide.slots

    def wanted(self) -> set[SlotKind]:
        """Kinds of what is still to be learned here."""
        return {slot.kind for slot in self.open_slots() if slot.required and slot.value is None}

    async def _follow(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            match step:
                case Entered():
                    continue
                case Say(text=text):
                    assert 0 < len(text) <= LONGEST, text
                    # An unknown word in braces is left out, which shows before the full stop.
                    assert not any(gap in text for gap in (" .", " ,", "{")), text
                    self.said.append(text)
                case Ask():
                    self.asks = step
                case PutThrough():
                    self.transferred = step
                case Leave(disposition=disposition):
                    self.left = disposition
                case Do(tool=tool, arguments=arguments):
                    assert tool != FILL
                    name, output = await self.office.run(tool, arguments)
                    await self._follow(self.flow.outcome(name, output))

    async def fails(self, tool_node: str) -> None:
        """Come to a node whose tool breaks down."""
        self.flow.node = tool_node
        await self._follow(self.flow.outcome("failed", {}))
