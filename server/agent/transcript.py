"""Who said what, and how much of it was heard. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from bridges.port.events import Seed

__all__ = ["Speaker", "Transcript", "Turn"]

Speaker = Literal["caller", "agent"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One party's stretch of holding the floor. Times are seconds since the line opened."""

    turn_id: str
    speaker: Speaker
    text: str
    started_s: float
    ended_s: float | None = None
    """None while it lasts."""
    heard_s: float | None = None
    """Agent only: how much of its sound the caller heard."""
    interrupted: bool = False
    timings: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by stage: `endpointing`, `recognition`, `thinking`, `voice_to_voice`."""


class Transcript:
    """The conversation's turns in the order in which they began.

    Words may come long after their turn; they are put where the turn is, never at the end.
    """

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}

    def put(self, turn: Turn) -> Turn:
        """Add a turn, or replace the one with its id."""
        self._turns[turn.turn_id] = turn
        return turn

    def get(self, turn_id: str) -> Turn | None:
        """The turn with that id."""
        return self._turns.get(turn_id)

    def change(self, turn_id: str, **changes: object) -> Turn | None:
        """Replace fields of a turn; None when there is no such turn."""
        turn = self._turns.get(turn_id)
        return None if turn is None else self.put(replace(turn, **changes))  # type: ignore[arg-type]

    def turns(self) -> tuple[Turn, ...]:
        """All turns, by the instant they began."""
        return tuple(sorted(self._turns.values(), key=lambda turn: turn.started_s))

    def seed(self) -> Seed:
        """What a mind that takes over should know: only words that were heard."""
        return Seed(tuple((turn.speaker, turn.text) for turn in self.turns() if turn.text))
