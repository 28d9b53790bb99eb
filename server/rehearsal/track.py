"""What was heard on one side of a call, and when: sound with silence between. Quiet."""

from __future__ import annotations

from dataclasses import dataclass, field

from media.audio import TELEPHONE, AudioFormat

__all__ = ["Stretch", "Track"]

_TOUCHING_S = 0.0005
"""Half a millisecond, four samples: closer than this, two pieces are one sound."""


@dataclass(slots=True)
class Stretch:
    """Sound without a break."""

    at_s: float
    payload: bytearray

    def end_s(self, sound: AudioFormat) -> float:
        """The instant after its last sample."""
        return self.at_s + sound.seconds(len(self.payload))


@dataclass(slots=True)
class Track:
    """Sound in the order of its instants; pieces are added as they are played."""

    format: AudioFormat = TELEPHONE
    stretches: list[Stretch] = field(default_factory=list)
    keep: bool = True
    """False: only lengths are counted, for loads of hundreds of calls."""
    size_bytes: int = 0

    def add(self, at_s: float, payload: bytes) -> None:
        """Append a piece that began at `at_s`; it must not begin before the last one ended."""
        self.size_bytes += len(payload)
        if not self.keep:
            return
        last = self.stretches[-1] if self.stretches else None
        if last is not None and abs(at_s - last.end_s(self.format)) <= _TOUCHING_S:
            last.payload += payload
        else:
            self.stretches.append(Stretch(at_s, bytearray(payload)))

    def sound(self) -> bytes:
        """Only what was played, joined: silence between the stretches is left out."""
        return b"".join(stretch.payload for stretch in self.stretches)

    def render(self, start_s: float, end_s: float) -> bytes:
        """The whole time from `start_s` to `end_s`, with silence where nothing was played."""
        total = max(0, round((end_s - start_s) * self.format.rate_hz))
        width = self.format.bytes_per_second // self.format.rate_hz
        out = bytearray(self.format.silence(1.0 / self.format.rate_hz) * total)
        for stretch in self.stretches:
            first = round((stretch.at_s - start_s) * self.format.rate_hz) * width
            piece = stretch.payload[max(0, -first) :]
            place = max(0, first)
            piece = piece[: max(0, len(out) - place)]
            out[place : place + len(piece)] = piece
        return bytes(out)
