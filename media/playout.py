"""What a mouth orders of its line, and what it tells of the playout: two closed unions. Quiet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Audible",
    "Clear",
    "ItemHeard",
    "Mark",
    "MouthEvent",
    "Order",
    "Pacing",
    "Quiet",
    "Send",
]


@dataclass(frozen=True, slots=True)
class Pacing:
    """How far ahead of the playout sound is sent, and how its receipts are used."""

    lead_s: float = 0.24
    """At most so much unheard sound lies at the far end (telephony.md 5, row 4: 0.1 to 0.3)."""
    piece_s: float = 0.1
    """The longest message; one goes out when the lead falls under `lead_s - piece_s` (row 4)."""
    mark_every_s: float = 0.2
    """A receipt is asked for after so much sound, and at each item's end (house)."""
    mark_wait_s: float = 1.0
    """How long an item's end waits for its receipt; a lost one blocks nothing (row 3: 1 to 2)."""
    gap_s: float = 0.4
    """An unfinished item that has run dry for so long is silence to the caller (house)."""

    def __post_init__(self) -> None:
        if not 0.02 <= self.piece_s <= 0.1 or self.lead_s < 2 * self.piece_s:
            raise ValueError(f"pieces of {self.piece_s} s do not fit a lead of {self.lead_s} s")

    @property
    def refill_s(self) -> float:
        """The lead under which there is room for a piece."""
        return self.lead_s - self.piece_s


@dataclass(frozen=True, slots=True)
class Send:
    """Send this sound, in the line's format."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """Ask for a receipt when all sound sent so far has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Drop what the far end has not played yet."""


Order: TypeAlias = Send | Mark | Clear


@dataclass(frozen=True, slots=True)
class Audible:
    """The item's sound begins, or begins again, to be heard."""

    item: str
    at: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing of the agent is audible any more: all was heard, or it was paused or cut."""

    at: float


@dataclass(frozen=True, slots=True)
class ItemHeard:
    """The item is over, and this is what the caller heard of it."""

    item: str
    text: str
    heard_ms: int
    whole: bool
    """Whether it was heard to its end."""
    at: float


MouthEvent: TypeAlias = Audible | Quiet | ItemHeard
