"""What happened in one rehearsed call, as it is noted while it happens. Quiet.

All instants are monotonic seconds of the far end's clock; a report turns them into seconds since
the stream opened.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from server.rehearsal.caller import GaveUp, Utterance
from server.rehearsal.errors import CannotCall
from server.rehearsal.loudness import Span
from server.rehearsal.messages import StreamIds
from server.rehearsal.speaker import Underrun
from server.rehearsal.track import Track

__all__ = ["CallRecord", "EndedBy", "LegLog", "ServerTurn"]


class EndedBy(StrEnum):
    """Who or what ended a call."""

    CALLER = "caller"
    AGENT = "agent"
    """The server closed the stream, hung up over REST, or answered with `<Hangup>`."""
    TRANSFER = "transfer"
    """The server handed the caller on with `<Dial>`, which the rehearsal does not follow."""
    REFUSED = "refused"
    """`<Reject>`: the call was not answered."""
    SERVER_LOST = "server_lost"
    """The socket broke without a close, or closed with an error code."""
    TIME_LIMIT = "time_limit"
    """The rehearsal's own limit."""
    FAILED = "failed"
    """The call could not be placed."""


@dataclass(frozen=True, slots=True)
class ServerTurn:
    """One turn as the server wrote it down; seconds count from the call's start there."""

    speaker: str
    """`caller` or `agent`."""
    text: str
    started_s: float | None = None
    ended_s: float | None = None


@dataclass(slots=True)
class LegLog:
    """Everything noted while the stream is open."""

    said: Track
    """What was sent to the server."""
    heard: Track
    """What was played to the caller."""
    utterances: list[Utterance] = field(default_factory=list)
    keys: list[tuple[float, str]] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)
    arrivals: array[float] = field(default_factory=lambda: array("d"))
    """When messages with audible sound came in."""
    marks_returned: int = 0
    gave_up: GaveUp | None = None
    problems: Counter[str] = field(default_factory=Counter)
    """What Twilio's debugger would show, with how often."""
    close_code: int | None = None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call when it is over."""

    ids: StreamIds
    log: LegLog
    ended_by: EndedBy
    asked_s: float
    """When the voice webhook was sent."""
    opened_s: float | None = None
    """When the stream began; None when the call was never answered."""
    ended_s: float = 0.0
    spans: tuple[Span, ...] = ()
    """Where the agent could be heard speaking."""
    underruns: tuple[Underrun, ...] = ()
    turns: tuple[ServerTurn, ...] | None = None
    """The server's transcript; None when it offers none."""
    failure: CannotCall | None = None
    reason: str = ""
    """The carrier's words about the end, such as `busy` or what `<Say>` said."""

    @property
    def answered(self) -> bool:
        """Whether sound could flow."""
        return self.opened_s is not None
