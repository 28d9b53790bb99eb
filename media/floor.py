"""Whose turn it is: the floor, what can happen to it, and the table of both. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from types import MappingProxyType
from typing import Final

from media.turn_timing import TurnTiming

__all__ = ["TRANSITIONS", "Floor", "Move", "Silence", "Voice"]


class Floor(StrEnum):
    """Where the conversation stands."""

    FREE = "free"
    """Nobody is heard."""
    AGENT = "agent"
    """The agent is audible, the caller silent."""
    CALLER = "caller"
    """The caller's turn is open and the caller speaks."""
    PAUSE = "pause"
    """The caller's turn is open and the caller is silent."""
    OVERLAP = "overlap"
    """Both spoke; the caller still does; it is not decided what that means."""
    VERDICT = "verdict"
    """A short overlap is over and its words are awaited."""


class Move(StrEnum):
    """What can happen to the floor."""

    OPENED = "opened"
    OVERLAPPED = "overlapped"
    FELL_SILENT = "fell_silent"
    WENT_ON = "went_on"
    ENDED = "ended"
    TOOK_FLOOR = "took_floor"
    DISMISSED = "dismissed"
    AGENT_HEARD = "agent_heard"
    AGENT_QUIET = "agent_quiet"


TRANSITIONS: Final[Mapping[tuple[Floor, Move], Floor]] = MappingProxyType(
    {
        (Floor.FREE, Move.OPENED): Floor.CALLER,
        (Floor.AGENT, Move.OPENED): Floor.CALLER,
        (Floor.AGENT, Move.OVERLAPPED): Floor.OVERLAP,
        (Floor.CALLER, Move.FELL_SILENT): Floor.PAUSE,
        (Floor.OVERLAP, Move.FELL_SILENT): Floor.VERDICT,
        (Floor.PAUSE, Move.WENT_ON): Floor.CALLER,
        (Floor.VERDICT, Move.WENT_ON): Floor.OVERLAP,
        (Floor.CALLER, Move.ENDED): Floor.FREE,
        (Floor.PAUSE, Move.ENDED): Floor.FREE,
        (Floor.OVERLAP, Move.TOOK_FLOOR): Floor.CALLER,
        (Floor.VERDICT, Move.TOOK_FLOOR): Floor.PAUSE,
        (Floor.OVERLAP, Move.DISMISSED): Floor.FREE,
        (Floor.VERDICT, Move.DISMISSED): Floor.FREE,
        (Floor.FREE, Move.AGENT_HEARD): Floor.AGENT,
        (Floor.AGENT, Move.AGENT_QUIET): Floor.FREE,
    }
)
"""A move that is not listed for a floor changes nothing there."""


@dataclass(slots=True)
class Voice:
    """Since when the agent is audible, and for how long it was since the caller's last turn."""

    since: float | None = None
    heard_s: float = 0.0

    def started(self, now: float) -> None:
        """The agent can be heard."""
        if self.since is None:
            self.since = now

    def stopped(self, now: float) -> None:
        """The agent can no longer be heard."""
        self.heard_s = self.heard(now)
        self.since = None

    def heard(self, now: float) -> float:
        """Seconds that the agent was audible since the count began."""
        return self.heard_s + (max(0.0, now - self.since) if self.since is not None else 0.0)

    def count_from(self, now: float) -> None:
        """Begin the count anew."""
        self.heard_s = 0.0
        if self.since is not None:
            self.since = now


@dataclass(slots=True)
class Silence:
    """How long nobody has spoken, and how often that was said aloud."""

    since: float | None = None
    """None before anybody spoke."""
    prompts: int = 0
    unanswered: bool = False
    """The caller spoke last: the agent has a longer time to answer."""
    held: bool = False

    def due(self, timing: TurnTiming) -> float:
        """When the next prompt is due; infinity for never."""
        if self.held or self.since is None or self.prompts >= len(timing.prompts_s):
            return inf
        return self.since + (
            timing.unanswered_s if self.unanswered else timing.prompts_s[self.prompts]
        )

    def restart(self, now: float) -> None:
        """Count the silence from `now`, if anybody has spoken yet."""
        if self.since is not None:
            self.since = now
