"""What the core may ask the driver to do: one closed union. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bridges.port.events import BridgeInput, Seed, ToolCall
from media.call import HangupCause
from media.expectation import Expectation
from server.agent.transcript import Turn

__all__ = [
    "Caption",
    "Clip",
    "Effect",
    "End",
    "Expect",
    "GoOn",
    "Hold",
    "Hush",
    "Jot",
    "Note",
    "OpenBridge",
    "Play",
    "PlayEnd",
    "Protect",
    "RunTool",
    "ToBridge",
    "Transfer",
    "Waiting",
    "Words",
]


@dataclass(frozen=True, slots=True)
class ToBridge:
    """Hand this to the mind."""

    item: BridgeInput


@dataclass(frozen=True, slots=True)
class Play:
    """Let the caller hear this sound, after what is queued already."""

    item: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of the sound of this item that follows."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class PlayEnd:
    """The item's sound is complete."""

    item: str


@dataclass(frozen=True, slots=True)
class Clip:
    """Play a line that was recorded at start-up, for when there is no mind to speak."""

    name: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop the playout at once and keep what was not heard."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on from where the playout was held."""


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop the playout at once and drop what was not heard."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What kind of answer comes next: it decides how long a pause may be."""

    expectation: Expectation


@dataclass(frozen=True, slots=True)
class Protect:
    """Whether the caller can now not interrupt (a disclosure must be heard whole)."""

    on: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What the caller is saying so far; the turn machine decides by it."""

    text: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether work is under way, so that the caller's silence means nothing."""

    on: bool


@dataclass(frozen=True, slots=True)
class RunTool:
    """Start a working tool; it will be settled exactly once."""

    call: ToolCall
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller elsewhere."""

    target: str
    """E.164 or SIP address."""
    label: str


@dataclass(frozen=True, slots=True)
class OpenBridge:
    """Connect the call to its next mind, which shall know what was said."""

    name: str
    seed: Seed


@dataclass(frozen=True, slots=True)
class Note:
    """Write down a turn; the same turn may be noted again, better."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class Jot:
    """Write down that something happened on the call."""

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """The conversation is over: hang up."""

    cause: HangupCause
    disposition: str


Effect: TypeAlias = (
    ToBridge
    | Play
    | Caption
    | PlayEnd
    | Clip
    | Hold
    | GoOn
    | Hush
    | Expect
    | Protect
    | Words
    | Waiting
    | RunTool
    | Transfer
    | OpenBridge
    | Note
    | Jot
    | End
)
