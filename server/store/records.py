"""What the store gives and takes: plain values, without SQL. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = [
    "AccountRecord",
    "AgentRecord",
    "AgentRef",
    "AppointmentRecord",
    "Booking",
    "CallRecord",
    "CallStart",
    "CallSummary",
    "CallTimes",
    "EventRecord",
    "MessageRecord",
    "NumberRecord",
    "RecordingRef",
    "RowKey",
    "Stamp",
    "ToolRecord",
    "TurnRecord",
]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which call a fact is of, its place among the call's facts, and when it was written down."""

    call_id: str
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RowKey:
    """Which row a fact is about."""

    kind: str
    """`call`, `turn`, `tool` or `event`."""
    call_id: str
    row_id: str | int


@dataclass(frozen=True, slots=True)
class AgentRef:
    """Which agent answered, as it was then."""

    agent_id: str
    version: int


@dataclass(frozen=True, slots=True)
class CallStart:
    """Who called whom, over what."""

    carrier: str
    carrier_call_id: str
    direction: str
    """`inbound` or `outbound`."""
    caller: str
    called: str
    agent: AgentRef
    writer: str = ""
    """Which process's journal the call is written in."""


@dataclass(frozen=True, slots=True)
class CallTimes:
    """When the call began, was answered, and ended; None for what has not happened."""

    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def duration_s(self) -> float | None:
        """From its beginning to its end; None while it lasts."""
        if self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class RecordingRef:
    """The sound of a call; an empty path where there is none."""

    path: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One party's stretch of holding the floor. Times are seconds since the line opened."""

    turn_id: str
    speaker: str
    text: str
    started_s: float
    ended_s: float | None = None
    heard_s: float | None = None
    interrupted: bool = False
    timings: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by stage."""


@dataclass(frozen=True, slots=True)
class ToolRecord:
    """A tool that ran; `outcome` is empty while it runs."""

    tool_id: str
    name: str
    arguments: Mapping[str, Any]
    started_s: float
    ended_s: float | None = None
    outcome: str = ""
    output: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened on a call."""

    kind: str
    at_s: float
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallSummary:
    """A call in a list."""

    call_id: str
    carrier: str
    carrier_call_id: str
    direction: str
    caller: str
    called: str
    agent: AgentRef
    state: str
    """`live` or `ended`."""
    disposition: str
    ended_by: str
    times: CallTimes
    recording: RecordingRef


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call with everything that was written down."""

    summary: CallSummary
    turns: tuple[TurnRecord, ...]
    """By the instant they began."""
    tools: tuple[ToolRecord, ...]
    events: tuple[EventRecord, ...]


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment that is wanted."""

    diary: str
    service: str
    starts_at: datetime
    ends_at: datetime
    name: str
    phone: str = ""
    people: int = 1
    note: str = ""
    call_id: str = ""
    """Empty when it was not made on a call; else the same booking on the same call is made once."""


@dataclass(frozen=True, slots=True)
class AppointmentRecord:
    """An appointment in the book. Instants are UTC."""

    appointment_id: str
    reference: str
    """Six digits that can be said on the telephone."""
    diary: str
    service: str
    starts_at: datetime
    ends_at: datetime
    name: str
    phone: str
    people: int
    note: str
    status: str
    """`booked` or `cancelled`."""
    call_id: str


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """What a caller wants to be told to somebody."""

    message_id: str
    text: str
    name: str
    phone: str
    call_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """A published version of an agent."""

    ref: AgentRef
    spec_yaml: str
    published_at: datetime
    is_default: bool


@dataclass(frozen=True, slots=True)
class NumberRecord:
    """A number that rings us; without an agent the default one answers."""

    carrier: str
    number: str
    agent_id: str | None


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """Access to a carrier, without its secret."""

    carrier: str
    account_id: str
    created_at: datetime
