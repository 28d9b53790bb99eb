"""What the turn machine tells: the closed union of its events. Quiet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "BargedIn",
    "OverlapDismissed",
    "OverlapPaused",
    "OverlapStarted",
    "SilencePrompt",
    "TurnEvent",
    "UserFinished",
    "UserPaused",
    "UserResumed",
    "UserStarted",
]


@dataclass(frozen=True, slots=True)
class UserStarted:
    """The caller took the floor."""

    at: float
    """When the speech began."""
    resumed: bool = False
    """It continues the turn that just finished: drop the reply, and cut it if audible."""


@dataclass(frozen=True, slots=True)
class UserPaused:
    """The caller has been silent for a moment: work ahead, the turn may be over."""

    at: float


@dataclass(frozen=True, slots=True)
class UserResumed:
    """The caller went on before the turn, or the overlap, was decided."""

    at: float


@dataclass(frozen=True, slots=True)
class UserFinished:
    """The caller gave the floor back."""

    started: float
    """When the turn's first speech began; for a joined turn, that of its first part."""
    stopped: float
    """When its last speech stopped."""
    at: float
    silent: bool = False
    """A key press ended it: its words are not to be answered."""


@dataclass(frozen=True, slots=True)
class OverlapStarted:
    """The caller speaks while the agent is audible: pause the playout at once."""

    at: float


@dataclass(frozen=True, slots=True)
class OverlapPaused:
    """The overlap was short: its words decide, and are needed soon."""

    at: float


@dataclass(frozen=True, slots=True)
class OverlapDismissed:
    """It was a backchannel or noise: the agent goes on from where it was."""

    at: float


@dataclass(frozen=True, slots=True)
class BargedIn:
    """The overlap took the floor: the caller's turn is open, the agent's rest is dropped."""

    at: float
    """When it was decided; the turn itself began at the `OverlapStarted` before it."""


@dataclass(frozen=True, slots=True)
class SilencePrompt:
    """Nobody has spoken for a while; at the third, hang up."""

    count: int
    at: float


TurnEvent: TypeAlias = (
    UserStarted
    | UserPaused
    | UserResumed
    | UserFinished
    | OverlapStarted
    | OverlapPaused
    | OverlapDismissed
    | BargedIn
    | SilencePrompt
)
