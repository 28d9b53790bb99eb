"""The only reader of clocks and of chance; everything else is told.

`Clock.wall()` can be shifted, so that a rehearsal can be held at any hour of any day: the
appointment book then sees the pretended day while pacing and deadlines stay real.
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Clock:
    """Monotonic and wall time, ids and tokens."""

    def __init__(self, pretend: datetime | None = None) -> None:
        """`pretend`: an aware instant that the wall clock shall show from now on."""
        self._shift = timedelta(0) if pretend is None else pretend - datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        return time.monotonic()

    def wall(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC) + self._shift

    def uuid(self) -> str:
        """A random id as 32 hexadecimal digits."""
        return uuid.uuid4().hex

    def token(self, characters: int = 32) -> str:
        """An unguessable word of letters and digits, about 5.95 bits a character.

        Letters and digits only: Plivo's stream headers allow nothing else (foundations.md 4).
        """
        return "".join(secrets.choice(_ALPHABET) for _ in range(characters))
