"""The receipts that were asked of the far end, by name, for one generation at a time. Quiet."""

from __future__ import annotations

from collections import deque

from media.playout import Mark

__all__ = ["Receipts"]


class Receipts:
    """Names are `g{generation}:{n}`: a receipt of what was cleared is known by its name."""

    __slots__ = ("_asked", "_count", "_generation", "_last")

    def __init__(self) -> None:
        self._generation = 0
        self._count = 0
        self._asked: deque[tuple[str, int]] = deque()
        self._last = -1

    def ask(self, position: int) -> list[Mark]:
        """Ask for a receipt of everything sent up to `position`, unless that was done."""
        if position == self._last:
            return []
        self._count += 1
        self._last = position
        name = f"g{self._generation}:{self._count}"
        self._asked.append((name, position))
        return [Mark(name)]

    def since(self, position: int) -> int:
        """How many bytes lie between the last receipt asked for and `position`."""
        return position - max(0, self._last)

    def returned(self, name: str) -> int | None:
        """The position that the receipt confirms; None when it is not of this generation.

        Receipts keep their order, so those before it are lost and forgotten.
        """
        for number, (asked, position) in enumerate(self._asked, start=1):
            if asked == name:
                for _ in range(number):
                    self._asked.popleft()
                return position
        return None

    def forget(self, position: int) -> None:
        """The far end was cleared at `position`: a new generation begins."""
        self._generation += 1
        self._asked.clear()
        self._last = position
