"""What a live call writes down: one closed union, as it stands in the journal. Quiet.

Every fact can be told again: the store applies each once, and an older one never undoes a newer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

import msgspec

__all__ = [
    "CallAnswered",
    "CallEnded",
    "CallOpened",
    "EventNoted",
    "Fact",
    "FactRoot",
    "RecordingNoted",
    "ToolNoted",
    "TurnNoted",
    "decode_fact",
    "encode_fact",
]


class FactRoot(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag=str.lower):
    """What every fact says."""

    call_id: str
    organization: str
    """Id of the organisation that the call belongs to."""
    seq: int
    """Counts up within the call, from 0."""
    at: datetime
    """Wall time, aware."""


class CallOpened(FactRoot, frozen=True, kw_only=True):
    """A call exists."""

    carrier: str
    carrier_call_id: str
    direction: str
    """`inbound` or `outbound`."""
    caller: str
    called: str
    agent_id: str
    agent_version: int


class CallAnswered(FactRoot, frozen=True, kw_only=True):
    """Sound flows."""


class TurnNoted(FactRoot, frozen=True, kw_only=True):
    """A turn, as far as it is known by now; noting it again replaces it."""

    turn_id: str
    speaker: str
    """`caller` or `agent`."""
    text: str
    started_s: float
    """Seconds since the line opened, as all times here that end in `_s`."""
    ended_s: float | None = None
    heard_s: float | None = None
    interrupted: bool = False
    timings: dict[str, float] = {}
    """Milliseconds by stage."""


class ToolNoted(FactRoot, frozen=True, kw_only=True):
    """A tool began (no outcome yet) or ended; noting it again replaces it."""

    tool_id: str
    name: str
    arguments: dict[str, Any]
    started_s: float
    ended_s: float | None = None
    outcome: str = ""
    output: dict[str, Any] = {}


class EventNoted(FactRoot, frozen=True, kw_only=True):
    """Something happened on the call."""

    kind: str
    at_s: float
    facts: dict[str, Any] = {}


class CallEnded(FactRoot, frozen=True, kw_only=True):
    """The call is over."""

    cause: str
    """A `media.call.HangupCause`."""
    disposition: str


class RecordingNoted(FactRoot, frozen=True, kw_only=True):
    """Where the sound is kept; noted when it begins, so that a broken file can be mended."""

    path: str
    """Relative to the data folder, or absolute."""
    seconds: float = 0.0


Fact: TypeAlias = (
    CallOpened | CallAnswered | TurnNoted | ToolNoted | EventNoted | CallEnded | RecordingNoted
)


def encode_fact(fact: Fact) -> bytes:
    """One line of JSON, its newline included.

    Raises:
        TypeError: it holds a value that JSON does not know.
    """
    return msgspec.json.encode(fact) + b"\n"


def decode_fact(line: bytes) -> Fact | None:
    """Read a line; None for one that is torn or none of ours."""
    try:
        fact: Fact = msgspec.json.decode(line, type=Fact)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return fact
