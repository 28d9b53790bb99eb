"""Re-cuts pieces of any size into pieces of one exact size. Quiet."""

from __future__ import annotations

__all__ = ["Framer"]


class Framer:
    """Any pieces in, exact pieces out; what is left over waits for the next piece."""

    __slots__ = ("_rest", "size_bytes")

    def __init__(self, size_bytes: int) -> None:
        """Cut pieces of `size_bytes`.

        Raises:
            ValueError: if that is not at least one byte.
        """
        if size_bytes < 1:
            raise ValueError(f"a piece of {size_bytes} bytes cannot be cut")
        self.size_bytes = size_bytes
        self._rest = b""

    @property
    def pending_bytes(self) -> int:
        """How much waits for its piece to be full; always less than `size_bytes`."""
        return len(self._rest)

    def feed(self, payload: bytes) -> list[bytes]:
        """Take any number of bytes and return the pieces that are now whole, oldest first."""
        size = self.size_bytes
        if not self._rest and len(payload) == size:
            return [payload]
        joined = self._rest + payload
        end = len(joined) - len(joined) % size
        self._rest = joined[end:]
        return [joined[at : at + size] for at in range(0, end, size)]

    def flush(self, fill: bytes = b"") -> bytes:
        """Return what is left and be empty; with `fill` (one byte) it is made a whole piece."""
        rest, self._rest = self._rest, b""
        return rest.ljust(self.size_bytes, fill) if rest and fill else rest

    def clear(self) -> None:
        """Forget what is left."""
        self._rest = b""
