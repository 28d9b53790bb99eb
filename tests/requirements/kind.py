"""What a requirement is: a behaviour by id, in one sentence, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Requirement"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One behaviour that a test marked `requirement("area:thing:rule")` shows."""

    sentence: str
    source: str
    """`issue:#n`, `house`, a law, or the carrier's or provider's page."""
