"""Moves facts from the journal to the store, in order, as often as it takes.

A store that is down delays: the segment stays and is tried again, later and later. A fact that the
store does not take is put aside in `refused.jsonl` beside the writers' folders, and logged. A
segment is deleted when it is closed and all of it is in the store.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from server.calls.facts import (
    CallAnswered,
    CallEnded,
    CallOpened,
    EventNoted,
    Fact,
    RecordingNoted,
    ToolNoted,
    TurnNoted,
    decode_fact,
    encode_fact,
)
from server.calls.journal import Journal, segments_in
from server.errors import StoreDown, StoreRefused
from server.store.records import (
    AgentRef,
    CallStart,
    EventRecord,
    RecordingRef,
    RowKey,
    Stamp,
    ToolRecord,
    TurnRecord,
)
from server.store.scope import Scope, Store, Tenant

__all__ = ["FolderShipper", "Shipper"]

_INTERVAL_S = 0.5
_LONGEST_WAIT_S = 30.0
_DOUBLINGS = 10
_BATCH_FACTS = 200
"""Facts in one transaction: short enough that a booking does not wait for it."""
_READ_BYTES = 1024 * 1024
_REFUSED = "refused.jsonl"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class FolderShipper:
    """Ships the folder of one writer, living or dead."""

    folder: Path
    store: Store
    shipped: int = 0
    """Facts that left the folder: stored or put aside."""
    torn: int = 0
    """Lines that could not be read."""
    _offsets: dict[Path, int] = field(default_factory=dict)

    async def ship(self, *, closed: bool) -> int:
        """Ship what is there; returns how many facts. `closed`: nobody writes there any more.

        Raises:
            StoreDown: the rest stays for the next time.
        """
        before = self.shipped
        segments = await asyncio.to_thread(segments_in, self.folder)
        for segment in segments:
            whole = closed or segment != segments[-1]
            await self._ship_segment(segment, whole=whole)
            if whole:
                await asyncio.to_thread(segment.unlink)
                self._offsets.pop(segment, None)
        return self.shipped - before

    async def _ship_segment(self, segment: Path, *, whole: bool) -> None:
        while True:
            offset = self._offsets.get(segment, 0)
            piece = await asyncio.to_thread(_read_piece, segment, offset)
            lines = piece[: piece.rfind(b"\n") + 1]
            if not lines:
                # What is left without its newline is torn when nobody writes any more.
                self.torn += bool(whole and piece)
                return
            waiting = lines.split(b"\n")[:-1]
            for first in range(0, len(waiting), _BATCH_FACTS):
                batch = waiting[first : first + _BATCH_FACTS]
                await self._ship_lines(batch)
                offset += sum(len(line) + 1 for line in batch)
                self._offsets[segment] = offset

    async def _ship_lines(self, lines: Sequence[bytes]) -> None:
        facts = [fact for line in lines if (fact := decode_fact(line)) is not None]
        self.torn += len(lines) - len(facts)
        for organization, of_one in itertools.groupby(facts, lambda fact: fact.organization):
            await self._ship_facts(Tenant.proved(organization), list(of_one))

    async def _ship_facts(self, tenant: Tenant, facts: list[Fact]) -> None:
        """All in one transaction; where the store refuses, one by one, and the guilty aside."""
        try:
            async with self.store.scope(tenant) as scope:
                await scope.calls.expect(map(_key_of, facts))
                for fact in facts:
                    await apply_fact(scope, fact, writer=self.folder.name)
        except StoreRefused as refused:
            if len(facts) > 1:
                for fact in facts:
                    await self._ship_facts(tenant, [fact])
                return
            _log.error("the store refuses a fact", extra={"reason": str(refused)})
            await asyncio.to_thread(_put_aside, self.folder.parent / _REFUSED, facts[0])
        self.shipped += len(facts)


class Shipper:
    """Ships what this process writes, for as long as it lives."""

    def __init__(self, journal: Journal, store: Store, *, interval_s: float = _INTERVAL_S) -> None:
        self._journal = journal
        self._interval_s = interval_s
        self._folder = FolderShipper(journal.folder, store)
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the store did not answer the last time."""
        return self._failures > 0

    def backlog(self) -> int:
        """Facts that were written down and are not in the store yet."""
        return max(0, self._journal.appended - self._folder.shipped - self._folder.torn)

    async def ship(self) -> int:
        """Ship what is on disk now; returns how many facts.

        Raises:
            StoreDown: the rest stays for the next time.
        """
        return await self._folder.ship(closed=False)

    async def run(self) -> None:
        """Ship until cancelled; later and later while the store is down, at most 30 s apart."""
        while True:
            try:
                await self.ship()
            except (StoreDown, OSError) as error:
                if not self.failing:
                    _log.error("facts wait for the store", extra={"error": str(error)})
                self._failures += 1
            else:
                self._failures = 0
            wait_s = self._interval_s * 2 ** min(self._failures, _DOUBLINGS)
            await asyncio.sleep(min(wait_s, _LONGEST_WAIT_S))

    async def finish(self) -> None:
        """After the last call: close the journal, ship the rest, leave nothing behind.

        What the store does not take now stays on disk, and the next start ships it.
        """
        await asyncio.to_thread(self._journal.close)
        try:
            await self._folder.ship(closed=True)
        except StoreDown as down:
            _log.error("facts stay for the next start", extra={"error": str(down)})
        await asyncio.to_thread(self._journal.release)


async def apply_fact(scope: Scope, fact: Fact, *, writer: str) -> None:
    """Bring one fact into the store. `writer`: in whose journal it stood."""
    stamp = Stamp(fact.call_id, fact.seq, fact.at)
    match fact:
        case CallOpened():
            await scope.calls.begin(stamp, _start_of(fact, writer))
        case CallAnswered():
            await scope.calls.answer(stamp)
        case TurnNoted():
            await scope.calls.put_turn(stamp, _turn_of(fact))
        case ToolNoted():
            await scope.calls.put_tool(stamp, _tool_of(fact))
        case EventNoted():
            await scope.calls.put_event(stamp, EventRecord(fact.kind, fact.at_s, fact.facts))
        case CallEnded():
            await scope.calls.end(stamp, fact.cause, fact.disposition)
        case RecordingNoted():
            await scope.calls.put_recording(stamp, RecordingRef(fact.path, fact.seconds))
        case _:
            assert_never(fact)


def _key_of(fact: Fact) -> RowKey:
    match fact:
        case TurnNoted():
            return RowKey("turn", fact.call_id, fact.turn_id)
        case ToolNoted():
            return RowKey("tool", fact.call_id, fact.tool_id)
        case EventNoted():
            return RowKey("event", fact.call_id, fact.seq)
        case _:
            return RowKey("call", fact.call_id, fact.call_id)


def _start_of(fact: CallOpened, writer: str) -> CallStart:
    return CallStart(
        carrier=fact.carrier,
        carrier_call_id=fact.carrier_call_id,
        direction=fact.direction,
        caller=fact.caller,
        called=fact.called,
        agent=AgentRef(fact.agent_id, fact.agent_version),
        writer=writer,
    )


def _turn_of(fact: TurnNoted) -> TurnRecord:
    return TurnRecord(
        turn_id=fact.turn_id,
        speaker=fact.speaker,
        text=fact.text,
        started_s=fact.started_s,
        ended_s=fact.ended_s,
        heard_s=fact.heard_s,
        interrupted=fact.interrupted,
        timings=fact.timings,
    )


def _tool_of(fact: ToolNoted) -> ToolRecord:
    return ToolRecord(
        tool_id=fact.tool_id,
        name=fact.name,
        arguments=fact.arguments,
        started_s=fact.started_s,
        ended_s=fact.ended_s,
        outcome=fact.outcome,
        output=fact.output,
    )


def _read_piece(segment: Path, offset: int) -> bytes:
    with segment.open("rb") as file:
        file.seek(offset)
        return file.read(_READ_BYTES) + file.readline()


def _put_aside(path: Path, fact: Fact) -> None:
    with path.open("ab") as file:
        file.write(encode_fact(fact))
