"""What a piece of telephone sound is: its encoding, its rate, its length in time. Quiet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["TELEPHONE", "AudioFormat", "Encoding"]


class Encoding(StrEnum):
    """How samples are written as bytes; always mono."""

    MULAW = "mulaw"
    """G.711 mu-law, one byte a sample; silence is 0xFF."""
    ALAW = "alaw"
    """G.711 A-law, one byte a sample; silence is 0xD5."""
    PCM16 = "pcm16"
    """Signed 16-bit little-endian, two bytes a sample; silence is zero."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """An encoding at a sample rate; what a line or a bridge says it speaks."""

    encoding: Encoding
    rate_hz: int

    @property
    def bytes_per_second(self) -> int:
        """Bytes that one second of this format takes."""
        return self.rate_hz * (2 if self.encoding is Encoding.PCM16 else 1)

    def seconds(self, size_bytes: int) -> float:
        """How long `size_bytes` of this format lasts."""
        return size_bytes / self.bytes_per_second

    def silence(self, seconds: float) -> bytes:
        """That much digital silence, rounded down to whole samples."""
        samples = int(seconds * self.rate_hz)
        match self.encoding:
            case Encoding.MULAW:
                return b"\xff" * samples
            case Encoding.ALAW:
                return b"\xd5" * samples
            case Encoding.PCM16:
                return b"\x00\x00" * samples


TELEPHONE = AudioFormat(Encoding.MULAW, 8000)
"""What Twilio streams both ways (telephony.md 1.3)."""
