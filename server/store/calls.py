"""Calls and what was written down of them.

Facts come from a journal that may be replayed: every write is repeatable, and an older fact never
undoes a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from server.store.records import (
    AgentRef,
    CallRecord,
    CallStart,
    CallSummary,
    CallTimes,
    EventRecord,
    RecordingRef,
    RowKey,
    Stamp,
    ToolRecord,
    TurnRecord,
)
from server.store.schema import Call, CallEvent, Row, ToolCall, Turn

__all__ = ["CallRepository"]

_NOBODY = AgentRef("", 0)
_COLUMNS: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {
        "call": (Call.id, Call.id),
        "turn": (Turn.call_id, Turn.id),
        "tool": (ToolCall.call_id, ToolCall.id),
        "event": (CallEvent.call_id, CallEvent.seq),
    }
)

_Key = tuple[str, str, str | int]


class CallRepository:
    """The tenant's calls."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._known: dict[_Key, Any] = {}

    async def expect(self, keys: Iterable[RowKey]) -> None:
        """Look up at once the rows that the coming facts are about.

        Not needed, but a batch then costs a few statements instead of several a fact.
        """
        wanted: dict[str, set[tuple[str, str | int]]] = {"call": set()}
        for key in keys:
            wanted["call"].add((key.call_id, key.call_id))
            wanted.setdefault(key.kind, set()).add((key.call_id, key.row_id))
        for kind, pairs in wanted.items():
            unknown = [pair for pair in pairs if (kind, *pair) not in self._known]
            if unknown:
                await self._look_up(kind, unknown)

    async def _look_up(self, kind: str, pairs: list[tuple[str, str | int]]) -> None:
        call_id, row_id = _COLUMNS[kind]
        self._known |= dict.fromkeys((kind, *pair) for pair in pairs)
        rows = await self._session.scalars(
            select(call_id.class_).where(tuple_(call_id, row_id).in_(pairs))
        )
        for row in rows:
            self._known[kind, getattr(row, call_id.key), getattr(row, row_id.key)] = row

    async def begin(self, stamp: Stamp, start: CallStart) -> None:
        """The call exists.

        Raises:
            StoreRefused: another call has the carrier's id.
        """
        row = await self._row(stamp)
        if row is not None and row.carrier:
            return
        if row is None:
            self._add("call", stamp.call_id, _new_row(stamp, start), stamp)
        else:
            # Facts came before their call; now it is known what they are about.
            _describe(row, start)
            row.started_at = stamp.at
        await self._session.flush()

    async def answer(self, stamp: Stamp) -> None:
        """Sound flows from now on."""
        row = await self._touched(stamp)
        row.answered_at = row.answered_at or stamp.at

    async def end(self, stamp: Stamp, cause: str, disposition: str) -> None:
        """The call is over; the first end that is written down stands."""
        row = await self._touched(stamp)
        if row.ended_at is None:
            row.state, row.ended_at = "ended", stamp.at
            row.ended_by, row.disposition = cause, disposition

    async def put_recording(self, stamp: Stamp, recording: RecordingRef) -> None:
        """Where the sound is; its length only grows."""
        row = await self._touched(stamp)
        row.recording_path = recording.path
        row.recording_s = max(row.recording_s, recording.seconds)

    async def put_turn(self, stamp: Stamp, turn: TurnRecord) -> None:
        """Add a turn, or replace it with what is known by now."""
        await self._touched(stamp)
        row: Turn | None = await self._find("turn", stamp, turn.turn_id)
        if row is None:
            row = Turn(call_id=stamp.call_id, id=turn.turn_id, position=stamp.seq, applied_seq=-1)
            self._add("turn", turn.turn_id, row, stamp)
        if stamp.seq < row.applied_seq:
            return
        row.applied_seq, row.speaker, row.text = stamp.seq, turn.speaker, turn.text
        row.started_s, row.ended_s, row.heard_s = turn.started_s, turn.ended_s, turn.heard_s
        row.interrupted, row.timings = turn.interrupted, dict(turn.timings)

    async def put_tool(self, stamp: Stamp, tool: ToolRecord) -> None:
        """Add a tool's run, or replace it with its end."""
        await self._touched(stamp)
        row: ToolCall | None = await self._find("tool", stamp, tool.tool_id)
        if row is None:
            row = ToolCall(call_id=stamp.call_id, id=tool.tool_id, applied_seq=-1)
            self._add("tool", tool.tool_id, row, stamp)
        if stamp.seq < row.applied_seq:
            return
        row.applied_seq, row.name, row.arguments = stamp.seq, tool.name, dict(tool.arguments)
        row.started_s, row.ended_s = tool.started_s, tool.ended_s
        row.outcome, row.output = tool.outcome, dict(tool.output)

    async def put_event(self, stamp: Stamp, happened: EventRecord) -> None:
        """Add an event, once."""
        await self._touched(stamp)
        if await self._find("event", stamp, stamp.seq) is None:
            row = CallEvent(
                call_id=stamp.call_id,
                seq=stamp.seq,
                kind=happened.kind,
                at_s=happened.at_s,
                facts=dict(happened.facts),
            )
            self._add("event", stamp.seq, row, stamp)

    async def recent(self, limit: int = 50) -> tuple[CallSummary, ...]:
        """The newest calls first."""
        rows = await self._session.scalars(
            select(Call).order_by(Call.started_at.desc(), Call.id).limit(limit)
        )
        return tuple(map(_summary, rows))

    async def find(self, reference: str) -> CallRecord | None:
        """A call by our id, the beginning of it, the carrier's id, or `last`; None when unknown.

        A beginning that fits several calls finds none.
        """
        query = select(Call).order_by(Call.started_at.desc(), Call.id).limit(2)
        if reference == "last":
            rows = (await self._session.scalars(query)).all()[:1]
        else:
            by_id = or_(Call.id == reference, Call.carrier_call_id == reference)
            rows = (await self._session.scalars(query.where(by_id))).all()
            if not rows and reference:
                starts = Call.id.startswith(reference, autoescape=True)
                rows = (await self._session.scalars(query.where(starts))).all()
        return await self._record(rows[0]) if len(rows) == 1 else None

    async def _record(self, row: Call) -> CallRecord:
        turns = await self._session.scalars(
            select(Turn).where(Turn.call_id == row.id).order_by(Turn.started_s, Turn.position)
        )
        tools = await self._session.scalars(
            select(ToolCall).where(ToolCall.call_id == row.id).order_by(ToolCall.started_s)
        )
        happened = await self._session.scalars(
            select(CallEvent).where(CallEvent.call_id == row.id).order_by(CallEvent.seq)
        )
        return CallRecord(
            _summary(row),
            tuple(map(_turn, turns)),
            tuple(map(_tool, tools)),
            tuple(EventRecord(one.kind, one.at_s, one.facts) for one in happened),
        )

    async def _row(self, stamp: Stamp) -> Call | None:
        found: Call | None = await self._find("call", stamp, stamp.call_id)
        return found

    async def _find(self, kind: str, stamp: Stamp, row_id: str | int) -> Any:
        key = (kind, stamp.call_id, row_id)
        if key not in self._known:
            await self.expect([RowKey(kind, stamp.call_id, row_id)])
        return self._known[key]

    def _add(self, kind: str, row_id: str | int, row: Row, stamp: Stamp) -> None:
        self._known[kind, stamp.call_id, row_id] = row
        self._session.add(row)

    async def _touched(self, stamp: Stamp) -> Call:
        """The call's row, which remembers its newest fact; an unknown call gets a bare one.

        A call whose beginning was lost (a full disk, a torn file) still keeps what came after.
        """
        row = await self._row(stamp)
        if row is None:
            nowhere = CallStart("", stamp.call_id, "inbound", "", "", _NOBODY)
            row = _new_row(stamp, nowhere)
            self._add("call", stamp.call_id, row, stamp)
            await self._session.flush()
        if stamp.seq > row.last_seq:
            row.last_seq = stamp.seq
            row.last_fact_at = max(stamp.at, row.last_fact_at)
        return row


def _new_row(stamp: Stamp, start: CallStart) -> Call:
    row = Call(
        id=stamp.call_id,
        state="live",
        disposition="",
        ended_by="",
        started_at=stamp.at,
        recording_path="",
        recording_s=0.0,
        last_seq=stamp.seq,
        last_fact_at=stamp.at,
    )
    _describe(row, start)
    return row


def _describe(row: Call, start: CallStart) -> None:
    row.agent_id, row.agent_version = start.agent.agent_id, start.agent.version
    row.carrier, row.carrier_call_id = start.carrier, start.carrier_call_id
    row.direction, row.caller, row.called = start.direction, start.caller, start.called
    row.writer = start.writer


def _summary(row: Call) -> CallSummary:
    return CallSummary(
        call_id=row.id,
        carrier=row.carrier,
        carrier_call_id=row.carrier_call_id,
        direction=row.direction,
        caller=row.caller,
        called=row.called,
        agent=AgentRef(row.agent_id, row.agent_version),
        state=row.state,
        disposition=row.disposition,
        ended_by=row.ended_by,
        times=CallTimes(row.started_at, row.answered_at, row.ended_at),
        recording=RecordingRef(row.recording_path, row.recording_s),
    )


def _turn(row: Turn) -> TurnRecord:
    return TurnRecord(
        turn_id=row.id,
        speaker=row.speaker,
        text=row.text,
        started_s=row.started_s,
        ended_s=row.ended_s,
        heard_s=row.heard_s,
        interrupted=row.interrupted,
        timings=row.timings,
    )


def _tool(row: ToolCall) -> ToolRecord:
    return ToolRecord(
        tool_id=row.id,
        name=row.name,
        arguments=row.arguments,
        started_s=row.started_s,
        ended_s=row.ended_s,
        outcome=row.outcome,
        output=row.output,
    )
