"""What a caller is going to do: steps, each an act and the moment for it. Quiet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from server.rehearsal.clips import Clip

__all__ = [
    "Act",
    "HangUp",
    "KeepSilent",
    "Moment",
    "Press",
    "Script",
    "Speak",
    "Step",
    "When",
]

DEFAULT_QUIET_S: Final = 0.8
DEFAULT_PATIENCE_S: Final = 20.0
DEFAULT_LINGER_S: Final = 3.0


class Moment(StrEnum):
    """What a step waits for."""

    ANSWERED = "answered"
    AGENT_QUIET = "agent_quiet"
    """The agent has spoken since the caller's last act, and has now stopped."""
    AGENT_STARTS = "agent_starts"
    SECONDS = "seconds"
    AGENT_SAID = "agent_said"
    BARGE_IN = "barge_in"
    """The agent has been speaking for some time and still does."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment with its argument."""

    moment: Moment = Moment.AGENT_QUIET
    seconds: float = 0.0
    """For SECONDS since the last act ended; for BARGE_IN since the agent began to speak."""
    pattern: str = ""
    """For AGENT_SAID: a regular expression, case does not matter."""

    def __str__(self) -> str:
        match self.moment:
            case Moment.ANSWERED:
                return "the call to be answered"
            case Moment.AGENT_QUIET:
                return "the agent to speak and stop"
            case Moment.AGENT_STARTS:
                return "the agent to begin to speak"
            case Moment.SECONDS:
                return f"{self.seconds:g} s to pass"
            case Moment.AGENT_SAID:
                return f"the agent to say /{self.pattern}/"
            case Moment.BARGE_IN:
                return f"the agent to speak for {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a clip."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, one every quarter of a second."""

    digits: str


@dataclass(frozen=True, slots=True)
class KeepSilent:
    """Say nothing for a while, whatever the agent does."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Put the receiver down."""


Act: TypeAlias = Speak | Press | KeepSilent | HangUp


@dataclass(frozen=True, slots=True)
class Step:
    """One act and its moment."""

    act: Act
    when: When = When()
    patience_s: float = DEFAULT_PATIENCE_S
    """How long to wait for the moment before the caller gives up and the call is over."""


@dataclass(frozen=True, slots=True)
class Script:
    """All steps of one caller."""

    steps: tuple[Step, ...]
    agent_quiet_s: float = DEFAULT_QUIET_S
    """This much silence means that the agent has stopped speaking."""
    hangs_up: bool = True
    """After the last step, hang up once the agent has replied; else wait for the agent to do it."""
    linger_s: float = DEFAULT_LINGER_S
    """How long the agent must have been quiet after the last step before the caller hangs up."""
