"""Keys that are typed as a value rather than pressed as a choice. Quiet."""

from __future__ import annotations

from bridges.port.brief import SlotKind
from media.dtmf import Collecting, DigitCollector, DigitsCollected

__all__ = ["Keypad"]

_LONGEST = {SlotKind.NUMBER: 3, SlotKind.PHONE: 15, SlotKind.DATE: 8, SlotKind.TIME: 4}
"""Most digits by what is asked; 15 is the longest telephone number (E.164)."""


class Keypad:
    """While a value is awaited that can be typed, collects its keys."""

    def __init__(self) -> None:
        self._awaited: SlotKind | None = None
        self._collector = DigitCollector()

    def expect(self, awaited: SlotKind | None) -> None:
        """What is asked next; keys that were typed for something else are forgotten."""
        self._awaited = awaited if awaited in _LONGEST else None
        longest = _LONGEST[self._awaited] if self._awaited is not None else 1
        self._collector = DigitCollector(Collecting(max_digits=longest))

    def typing(self) -> bool:
        """Whether keys are values now."""
        return self._awaited is not None

    def is_choice(self, keys: str) -> bool:
        """Whether a finished entry may have been a choice after all: one key where more are due."""
        return len(keys) == 1 and self._awaited is not SlotKind.NUMBER

    def press(self, key: str, now: float) -> str:
        """Take a key; returns the entry when it is complete, else nothing."""
        return _entry(self._collector.press(key, now)) if self.typing() else ""

    def deadline(self) -> float | None:
        """When the entry is complete because no further key came."""
        return self._collector.deadline()

    def tick(self, now: float) -> str:
        """Time has passed; returns the entry that it completed."""
        return _entry(self._collector.tick(now))


def _entry(ended: list[DigitsCollected]) -> str:
    return ended[0].keys if ended else ""
