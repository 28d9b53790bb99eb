"""What every extractor is given and gives back. Quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

__all__ = ["CLOSES", "OPENS", "Found", "Scene", "Understood"]


OPENS = time(8, 0)
CLOSES = time(20, 0)
"""When a business is open, for all that we know."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when something is said; without it `tomorrow at three` means nothing."""

    today: date
    """In the business's time zone."""
    now: time
    region: str = "US"
    """ISO 3166 region: order of numeric dates, length of telephone numbers."""
    language: str = "en"
    """BCP 47; English and Spanish are understood, anything else is read as English."""
    opens: time = OPENS
    """From when a time without morning or afternoon is likely."""
    closes: time = CLOSES
    """Until when."""
    day: str = ""
    """ISO date that the talk is about, if it is known: a time of today lies ahead."""

    @property
    def spanish(self) -> bool:
        """Whether the talk is in Spanish."""
        return self.language.lower().startswith("es")

    @property
    def instant(self) -> datetime:
        """Today and now, without a zone."""
        return datetime.combine(self.today, self.now)


@dataclass(frozen=True, slots=True)
class Found:
    """A value and the stretch of the plain text that it was read from."""

    value: Any
    start: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Understood:
    """What a slot is to hold."""

    value: Any
    """Plain JSON, as `SlotKind` describes it."""
    said: str
    """How it is read back when the core gave no wording of its own."""
    confidence: float = 1.0
    """1 is sure; below `UNSURE` it has to be asked back."""
