"""The two closed unions between the core and every bridge. Quiet.

One event means one thing for every provider; what differs between providers is in `Profile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bridges.port.brief import Brief
from bridges.port.errors import BridgeError

__all__ = [
    "BotAudio",
    "BotText",
    "BridgeEvent",
    "BridgeFailed",
    "BridgeInput",
    "CommitTurn",
    "Interrupt",
    "PauseTurn",
    "Prosody",
    "Rebrief",
    "Reconnected",
    "ReplyDone",
    "Seed",
    "Speak",
    "StartTurn",
    "ToolCall",
    "ToolCancelled",
    "ToolResult",
    "Usage",
    "UserAudio",
    "UserFinished",
    "UserStarted",
    "UserText",
    "UserTranscript",
]


@dataclass(frozen=True, slots=True)
class UserAudio:
    """The caller's sound, in the profile's `in_format`; sent all the time, speech or not."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class UserText:
    """The caller wrote this, or pressed these keys (`keyed`). It is a whole turn."""

    text: str
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class StartTurn:
    """The caller began to speak (or went on, `resumed`: the earlier sound still counts)."""

    ago_s: float
    """How long before now the speech began; sound from then on belongs to the turn."""
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class PauseTurn:
    """The caller has paused; the turn may be over. A bridge may work ahead, and throw it away."""


@dataclass(frozen=True, slots=True)
class CommitTurn:
    """The caller's turn is over: answer it. `answer=False` only asks what was said."""

    answer: bool = True


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop speaking; of the current reply the caller heard this much."""

    heard_ms: int
    heard_text: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The one result of a tool call."""

    call_id: str
    output: Mapping[str, Any]
    error: str = ""
    """Why it failed, in words the caller may be told; empty when it worked."""
    reply: bool = True
    """Whether the bridge shall go on speaking because of it."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Say exactly this (profile `verbatim`), or the gist of it."""

    text: str
    item: str = ""
    """Names the utterance in `BotAudio`, `BotText`, `ReplyDone`; empty lets the bridge choose."""


@dataclass(frozen=True, slots=True)
class Rebrief:
    """The flow has moved on: new instructions and tools. `reply` asks for its first words."""

    brief: Brief
    reply: bool = True


BridgeInput: TypeAlias = (
    UserAudio
    | UserText
    | StartTurn
    | PauseTurn
    | CommitTurn
    | Interrupt
    | ToolResult
    | Speak
    | Rebrief
)


@dataclass(frozen=True, slots=True)
class BotAudio:
    """A piece of the agent's voice, in the profile's `out_format`."""

    item: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class BotText:
    """What the agent is saying. A `span` text belongs to the sound of this item that follows it."""

    item: str
    text: str
    final: bool = False
    """Whether the item's whole text has now been given."""


@dataclass(frozen=True, slots=True)
class UserTranscript:
    """What the caller said; an interim one may still change and is replaced by the next."""

    text: str
    final: bool
    confidence: float = 1.0
    complete: bool = True
    """Interim only: whether the words could end a turn (`my number is` could not)."""
    satisfies: bool = False
    """Interim only: whether they are a whole value of what was asked, so that no more need come."""


@dataclass(frozen=True, slots=True)
class UserStarted:
    """Provider turn-taking only: the caller took the floor."""


@dataclass(frozen=True, slots=True)
class UserFinished:
    """Provider turn-taking only: the caller gave it back."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The mind asks for a tool; it gets exactly one `ToolResult` with this id."""

    call_id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCancelled:
    """The provider no longer wants the result."""

    call_id: str


@dataclass(frozen=True, slots=True)
class ReplyDone:
    """Nothing more will come of this item: its sound and text are complete."""

    item: str
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Prosody:
    """How the caller sounded: emotion name to score, 0 to 1."""

    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Usage:
    """What the provider will bill: quantity by kind, e.g. `audio_in_tokens`, `speech_s`."""

    amounts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The bridge lost its connection and has it again; `restored` tells whether with its memory."""

    restored: bool


@dataclass(frozen=True, slots=True)
class BridgeFailed:
    """The bridge can do no more for this call; another one must take over."""

    error: BridgeError


BridgeEvent: TypeAlias = (
    BotAudio
    | BotText
    | UserTranscript
    | UserStarted
    | UserFinished
    | ToolCall
    | ToolCancelled
    | ReplyDone
    | Prosody
    | Usage
    | Reconnected
    | BridgeFailed
)


@dataclass(frozen=True, slots=True)
class Seed:
    """The conversation so far, as heard, for a bridge that takes it over."""

    turns: tuple[tuple[str, str], ...] = ()
    """(`caller` or `agent`, text) in order."""
