"""What a bridge is told before it speaks: the current node, as words and as plain values. Quiet.

A model reads `Brief.instructions` and is offered `Brief.tools`. A bridge without a model reads
`Brief.guide`, which says the same as data: what may be asked, where the talk may go, what is known.
Both answer with the same `ToolCall`s, so the flow never knows which of them is listening.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = [
    "FILL",
    "Brief",
    "ExitGuide",
    "Fact",
    "Guide",
    "KeyGuide",
    "SlotGuide",
    "SlotKind",
    "ToolSpec",
]

FILL = "fill"
"""The tool that stores slot values: its arguments are slot names with what was understood."""


class SlotKind(StrEnum):
    """What a slot holds, hence how it is recognised and read back, and how long a pause may be."""

    TEXT = "text"
    """Free words, taken as said: a message, a reason."""
    CHOICE = "choice"
    """One of `options`; the value is the option's key."""
    DATE = "date"
    """ISO date, e.g. 2026-11-23."""
    TIME = "time"
    """24-hour HH:MM."""
    NUMBER = "number"
    """A whole number, e.g. how many people."""
    NAME = "name"
    """A person's name, capitalised."""
    PHONE = "phone"
    """E.164 where the region is known, else the digits."""
    YES_NO = "yes_no"
    """True or false."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments object."""


@dataclass(frozen=True, slots=True)
class SlotGuide:
    """One thing to be learned from the caller."""

    name: str
    kind: SlotKind
    asks: tuple[str, ...]
    """How to ask for it: the first wording, then others for when it was not understood."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For CHOICE: key to the ways callers say it; the first one is how we say it."""
    value: Any = None
    """What is known already; None when still to be asked."""
    said: str = ""
    """How the known value is read aloud."""
    required: bool = True


@dataclass(frozen=True, slots=True)
class ExitGuide:
    """A way out of the node that the caller may take by saying so."""

    name: str
    """The tool to call to take it."""
    description: str
    examples: tuple[str, ...] = ()
    """Things callers say for it; matched by meaning."""
    asks_first: bool = False
    """Whether it stays closed until every required slot is known."""


@dataclass(frozen=True, slots=True)
class KeyGuide:
    """A key that may be pressed here."""

    key: str
    label: str
    """How it is offered: `to leave a message`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One answer the business has given us, with the ways callers ask for it."""

    questions: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Guide:
    """The node as data, for a bridge that has no model."""

    node: str
    slots: tuple[SlotGuide, ...] = ()
    exits: tuple[ExitGuide, ...] = ()
    keys: tuple[KeyGuide, ...] = ()
    facts: tuple[Fact, ...] = ()
    repair: tuple[str, ...] = ()
    """What to say when nothing was understood, first and second time; the last one offers keys."""
    region: str = "US"
    """ISO 3166 region that telephone numbers and dates are read in."""
    today: str = ""
    """ISO date in the business's time zone when the brief was made."""
    now: str = ""
    """HH:MM there."""
    opens: str = ""
    """HH:MM, the earliest opening of any day, for times said without am or pm. May be empty."""
    closes: str = ""
    """HH:MM, the latest it closes on any day."""


@dataclass(frozen=True, slots=True)
class Brief:
    """Instructions and tools of the node that the flow is in."""

    instructions: str
    tools: tuple[ToolSpec, ...] = ()
    guide: Guide = field(default_factory=lambda: Guide(node=""))
    language: str = "en"
    """BCP 47 language the agent speaks."""
    voice: str = ""
    """Name of the voice, in the bridge's own terms; empty is its default."""
