"""A note of the instant inside the sound itself, to time a reply's way through a server. Quiet.

The provider writes it into the first bytes of each reply. A server that passes G.711 through
delivers it as it is; one that decodes and resamples destroys it, and is then not timed this way.
"""

from __future__ import annotations

from typing import Final

__all__ = ["read_stamp", "stamped"]

_MAGIC: Final = b"\x01\x7f\x02\x7e\x03\x7d\x04\x7c"
_SIZE: Final = 16


def stamped(payload: bytes, now: float) -> bytes:
    """The sound with the instant (monotonic seconds, to the microsecond) in its first 16 bytes."""
    return _MAGIC + round(now * 1_000_000).to_bytes(8, "little") + payload[_SIZE:]


def read_stamp(payload: bytes) -> float | None:
    """The instant in this piece of sound, if it begins with one."""
    if not payload.startswith(_MAGIC) or len(payload) < _SIZE:
        return None
    return int.from_bytes(payload[8:_SIZE], "little") / 1_000_000
