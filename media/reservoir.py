"""Sound on its way to the caller's ear: not yet sent, and sent but not yet heard. Quiet.

Pieces are kept as they came and sliced once, when they are sent; what was sent is kept until it is
heard, so that it can be sent again after a pause and be recorded where it was heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

__all__ = ["Reservoir"]


class Reservoir:
    """First in, first out; positions are bytes since the call began."""

    __slots__ = (
        "_flying",
        "_head",
        "_heard",
        "_heard_until",
        "_kept",
        "_rate",
        "_unsent",
        "waiting",
    )

    def __init__(self, bytes_per_second: int, *, kept: bool) -> None:
        self._rate = bytes_per_second
        self.waiting = 0
        """Bytes that were not sent yet."""
        self._kept = kept
        self._unsent: deque[bytes] = deque()
        self._head = 0
        self._flying: deque[tuple[int, bytes]] = deque()
        self._heard: list[tuple[float, bytes]] = []
        self._heard_until = 0.0

    def add(self, payload: bytes) -> None:
        """Queue sound."""
        self._unsent.append(payload)
        self.waiting += len(payload)

    def take(self, position: int, size: int) -> bytes:
        """The next `size` bytes, at most `waiting`, which are sent as of `position`."""
        parts: list[bytes] = []
        missing = size
        while missing:
            first = self._unsent[0]
            part = first[self._head : self._head + missing]
            parts.append(part)
            missing -= len(part)
            self._head += len(part)
            if self._head == len(first):
                self._unsent.popleft()
                self._head = 0
        payload = parts[0] if len(parts) == 1 else b"".join(parts)
        self.waiting -= size
        self._flying.append((position, payload))
        return payload

    def heard(self, position: int, reached_at: Callable[[int], float]) -> None:
        """Everything before `position` was heard, at the instants that `reached_at` tells."""
        flying = self._flying
        while flying and flying[0][0] + len(flying[0][1]) <= position:
            self._keep(*flying.popleft(), reached_at)

    def split(self, position: int, reached_at: Callable[[int], float]) -> None:
        """As `heard`, and the piece that is being heard is split there."""
        self.heard(position, reached_at)
        if self._flying and self._flying[0][0] < position:
            begins, payload = self._flying[0]
            size = position - begins
            self._flying[0] = (position, payload[size:])
            self._keep(begins, payload[:size], reached_at)

    def take_back(self) -> None:
        """What was sent and not heard waits again, before everything else."""
        if self._head:
            self._unsent[0] = self._unsent[0][self._head :]
            self._head = 0
        while self._flying:
            payload = self._flying.pop()[1]
            self._unsent.appendleft(payload)
            self.waiting += len(payload)

    def drop(self) -> None:
        """Forget what was not heard."""
        self._flying.clear()
        self._unsent.clear()
        self._head = self.waiting = 0

    def take_heard(self) -> list[tuple[float, bytes]]:
        """What was heard since the last call, and when."""
        heard, self._heard = self._heard, []
        return heard

    def _keep(self, begins: int, payload: bytes, reached_at: Callable[[int], float]) -> None:
        if not self._kept:
            return
        at = max(reached_at(begins), self._heard_until)
        self._heard_until = at + len(payload) / self._rate
        self._heard.append((at, payload))
