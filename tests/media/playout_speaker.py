"""A far end in virtual time: plays what it is sent, echoes marks when played, obeys clear."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from media.playout import Clear, Mark, Order, Send

__all__ = ["RATE", "PlayoutSpeaker"]

RATE = 8000
"""Bytes a second: one byte is one sample."""


@dataclass(slots=True)
class PlayoutSpeaker:
    """Plays sample by sample, or in whole frames when `frame_s` is given.

    Orders arrive `latency_s` after they were given. Marks come back at once when played; while the
    way back is stalled (`stalled_until`), they wait and then all come, in order.
    """

    latency_s: float = 0.0
    frame_s: float = 0.0
    played: bytearray = field(default_factory=bytearray)
    cleared_marks: list[str] = field(default_factory=list)
    sent: int = 0
    deaf: bool = False
    """Marks are lost from now on."""
    stalled_until: float = 0.0
    _buffer: deque[bytes | str] = field(default_factory=deque)
    _on_the_way: deque[tuple[float, Order]] = field(default_factory=deque)
    _returning: deque[tuple[float, str]] = field(default_factory=deque)
    _at: float = 0.0
    """Up to when it has played."""

    def obey(self, now: float, orders: Iterable[Order]) -> None:
        """Orders leave the server."""
        for order in orders:
            if isinstance(order, Send):
                self.sent += len(order.payload)
            self._on_the_way.append((now + self.latency_s, order))
        self.play(now)

    @property
    def unheard(self) -> int:
        """Bytes that were sent and are not played yet."""
        coming = sum(len(o.payload) for _, o in self._on_the_way if isinstance(o, Send))
        return coming + sum(len(thing) for thing in self._buffer if isinstance(thing, bytes))

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way in either direction."""
        return not (self._buffer or self._on_the_way or self._returning)

    def play(self, now: float) -> None:
        """Let time pass until `now`."""
        while self._on_the_way and self._on_the_way[0][0] <= now + 1e-9:
            at, order = self._on_the_way.popleft()
            self._play_until(at)
            self._take(at, order)
        self._play_until(now)

    def marks(self, now: float) -> list[str]:
        """The receipts that have reached the server."""
        self.play(now)
        if now < self.stalled_until:
            return []
        back = []
        while self._returning and self._returning[0][0] <= now + 1e-9:
            back.append(self._returning.popleft()[1])
        return back

    def freeze(self, now: float, seconds: float) -> None:
        """Play nothing for a while: the far end, or the way to it, lags."""
        self.play(now)
        self._at = now + seconds

    def _take(self, at: float, order: Order) -> None:
        match order:
            case Send(payload):
                self._buffer.append(payload)
            case Mark(name):
                self._buffer.append(name)
                self._echo(at)
            case Clear():
                for thing in self._buffer:
                    if isinstance(thing, str):
                        self.cleared_marks.append(thing)
                        self._return(at, thing)
                self._buffer.clear()

    def _play_until(self, now: float) -> None:
        if now <= self._at:
            return
        if self.frame_s:
            while self._at + self.frame_s <= now + 1e-9:
                self._at += self.frame_s
                self._play_bytes(round(self.frame_s * RATE), self._at)
            return
        if not self._buffer:
            self._at = now
            return
        start = self._at
        wanted = int((now - start) * RATE + 1e-4)
        self._play_bytes(wanted, start)
        self._at = now if not self._buffer else start + wanted / RATE

    def _play_bytes(self, wanted: int, start: float) -> None:
        done = 0
        while self._buffer and done < wanted:
            first = self._buffer.popleft()
            assert isinstance(first, bytes)  # marks at the front have been echoed
            part = first[: wanted - done]
            if len(part) < len(first):
                self._buffer.appendleft(first[len(part) :])
            self.played += part
            done += len(part)
            self._echo(start if self.frame_s else start + done / RATE)

    def _echo(self, at: float) -> None:
        while self._buffer and isinstance(self._buffer[0], str):
            self._return(at, self._buffer.popleft())  # type: ignore[arg-type]

    def _return(self, at: float, name: str) -> None:
        if not self.deaf:
            self._returning.append((at + self.latency_s, name))
