"""The few sentences of our own that a caller may hear from the local mind, by language. Quiet.

Everything else it says comes from the brief.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Phrases"]


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's sentences."""

    how_help: str
    """Opens a place that asks nothing by itself."""
    repair: tuple[str, ...]
    """When the brief has no wording for not having understood."""
    yes_or_no: str
    what_instead: str
    """Asks for a correction when none was understood."""
    did_you_say: str
    """Asks back; `{said}` is what was understood."""
    go_on: str
    """Invites the rest of a number."""
    keys: str
    """`{keys}` is the list of keys."""
    press: str
    """One key: `{key}`, `{label}`."""
    or_: str
    busy: str
    """Said when the engines have no room."""

    def fixed(self) -> tuple[str, ...]:
        """The sentences that are always the same, to be spoken ahead of time."""
        return (
            self.busy,
            self.how_help,
            *self.repair,
            self.yes_or_no,
            self.what_instead,
            self.go_on,
        )
