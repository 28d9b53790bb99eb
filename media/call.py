"""The vocabulary of a line: who is connected and what comes in from it. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from media.audio import TELEPHONE, AudioFormat

__all__ = [
    "CallProgress",
    "Digit",
    "Direction",
    "HangupCause",
    "IncomingCall",
    "LineClosed",
    "LineEvent",
    "LineOpened",
    "Marked",
    "Sound",
    "StreamProgress",
]


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class HangupCause(StrEnum):
    """Why a line is gone."""

    CALLER_HUNG_UP = "caller_hung_up"
    """The carrier sent its end of stream."""
    LINE_LOST = "line_lost"
    """The socket closed without an end of stream."""
    AGENT_HUNG_UP = "agent_hung_up"
    TRANSFERRED = "transferred"
    PROTOCOL_BROKEN = "protocol_broken"
    """The peer sent what its protocol does not allow; we closed."""
    SERVER_STOPPED = "server_stopped"
    BROKEN_OFF = "broken_off"
    """The server died during the call; written by the recovery at the next start."""


@dataclass(frozen=True, slots=True)
class LineOpened:
    """The stream began: from here on sound flows both ways."""

    stream_id: str
    call_id: str
    """The carrier's id of this leg."""
    account_id: str
    params: Mapping[str, str] = field(default_factory=dict)
    format: AudioFormat = TELEPHONE


@dataclass(frozen=True, slots=True)
class Sound:
    """A frame from the caller, in the line's own format."""

    payload: bytes
    at_ms: int
    """Media time: milliseconds since the stream began, as the carrier stamps the frame."""


@dataclass(frozen=True, slots=True)
class Digit:
    """A key was pressed: one of 0-9 * # A-D."""

    key: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The carrier's receipt that playout reached a mark, or dropped it after a clear."""

    name: str


@dataclass(frozen=True, slots=True)
class LineClosed:
    """Nothing more will come."""

    cause: HangupCause


LineEvent: TypeAlias = LineOpened | Sound | Digit | Marked | LineClosed


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A carrier asks what to do with a call."""

    call_id: str
    account_id: str
    caller: str
    """E.164, or `client:name`, or a SIP URI; empty when withheld."""
    called: str
    direction: Direction = Direction.INBOUND
    attestation: str = ""
    """STIR/SHAKEN verdict as the carrier words it; empty when absent."""


@dataclass(frozen=True, slots=True)
class CallProgress:
    """A call status callback. Callbacks repeat and reorder: terminal states absorb."""

    call_id: str
    state: str
    """queued, initiated, ringing, in-progress, completed, busy, failed, no-answer, canceled."""
    sequence: int
    duration_s: int | None = None

    @property
    def terminal(self) -> bool:
        """Whether no later state may follow."""
        return self.state in {"completed", "busy", "failed", "no-answer", "canceled"}


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """A stream status callback: started, stopped, or an error with the carrier's text."""

    call_id: str
    stream_id: str
    event: str
    error: str = ""
