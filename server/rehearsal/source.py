"""The port of a caller: whoever gives a leg its next 20 ms of sound. Quiet.

`Caller` performs a script, `Microphone` passes on what a person says.
"""

from __future__ import annotations

from typing import Protocol

from server.rehearsal.caller import CallerEvent

__all__ = ["Source"]


class Source(Protocol):
    """One caller during one call."""

    @property
    def words_since_s(self) -> float:
        """Only what the agent said after this instant can be what is waited for."""

    @property
    def wants_words(self) -> bool:
        """Whether `agent_said` is of use now."""

    def frame(self, now: float) -> tuple[bytes, tuple[CallerEvent, ...]]:
        """The 160 bytes that are sent now, and what the caller did."""

    def agent_audible(self, at_s: float) -> None:
        """A frame with speech in it is being heard."""

    def agent_said(self, words: str) -> None:
        """What the agent is known to have said since `words_since_s`."""
