"""The port of a bridge: what its module offers, and its abilities as data. Quiet.

A bridge is one plain module in `bridges/` that satisfies `BridgeModule`. It is opened once per
process (`open`) and connected once per call (`Bridge.connect`). Events are handed to the call's
`sink` on the event loop's thread: no task and no queue stands between a provider's frame and the
caller's ear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from bridges.port.brief import Brief
from bridges.port.events import BridgeEvent, BridgeInput, Seed
from media.audio import AudioFormat

__all__ = ["Bridge", "BridgeModule", "BridgeOptions", "BridgeSession", "Opening", "Profile", "Sink"]

Sink: TypeAlias = Callable[[BridgeEvent], None]
"""Takes one event; never raises, never waits; call it on the loop's thread only."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a bridge can do. The core asks these flags and never for a provider's name."""

    speech: bool
    """Whether it listens and speaks (else it reads and writes)."""
    in_format: AudioFormat
    out_format: AudioFormat
    turn_taking: Literal["local", "provider"]
    """Who decides when the caller has finished: our turn machine, or the provider."""
    rebrief: bool
    """Whether instructions and tools can change during a call."""
    seedable: bool
    """Whether it can take over a conversation."""
    truncates: bool
    """Whether it can be told how much of a reply was heard."""
    async_tools: bool
    """Whether it goes on talking while a tool runs."""
    verbatim: bool
    """Whether `Speak` is said word for word."""
    languages: tuple[str, ...] = ()
    """BCP 47 prefixes it is known to work in; empty means it did not say."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a bridge gets when a call is connected to it."""

    brief: Brief
    seed: Seed = field(default_factory=Seed)
    call_ref: str = ""
    """Our id of the call, for the provider's logs."""


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """Process-wide settings of one bridge."""

    cache_dir: Path
    """Where it may keep what it made, e.g. synthesised fixed lines."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Its own settings by name (`model`, `api_key`, `base_url`, ...), as the operator gave them."""


class BridgeSession(Protocol):
    """One call's connection to a mind."""

    def send(self, item: BridgeInput) -> None:
        """Hand over one input. Never waits; sound that finds no room is dropped and counted."""


class Bridge(Protocol):
    """A bridge opened in this process."""

    def connect(self, opening: Opening, sink: Sink) -> AbstractAsyncContextManager[BridgeSession]:
        """Connect one call.

        Raises:
            BridgeError: it cannot be had now; the caller tries the next bridge of the agent.
        """


class BridgeModule(Protocol):
    """What the module of a bridge offers."""

    @property
    def PROFILE(self) -> Profile:
        """Its abilities."""

    def open(self, options: BridgeOptions) -> AbstractAsyncContextManager[Bridge]:
        """Start what all calls share: worker processes, clients, warm-up.

        Raises:
            BridgeError: a key or a package is missing; the text says how to mend it.
        """
