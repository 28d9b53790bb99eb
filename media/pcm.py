"""Telephone samples: G.711 both ways, gain, mixing and level. Quiet.

G.711 is 256 numbers, so every conversion is one table look-up. The tables are computed here from
the recommendation's segments (ITU-T G.711, 1988, tables 1a to 2b) and proved against the reference
implementation, all 256 and all 65,536 values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from media.audio import Encoding

__all__ = [
    "FLOATS",
    "FLOOR_DBFS",
    "SILENCE",
    "Codes",
    "Samples",
    "alaw_decode",
    "alaw_encode",
    "decode",
    "decode_floats",
    "encode",
    "gain",
    "level_dbfs",
    "mix",
    "mulaw_decode",
    "mulaw_encode",
]

Samples: TypeAlias = npt.NDArray[np.int16]
Codes: TypeAlias = "bytes | bytearray | memoryview | npt.NDArray[np.uint8]"

SILENCE: Final[Mapping[Encoding, bytes]] = {
    Encoding.MULAW: b"\xff",
    Encoding.ALAW: b"\xd5",
    Encoding.PCM16: b"\x00\x00",
}
"""One sample of silence."""
FLOOR_DBFS: Final = -100.0
"""What digital silence is said to measure; half a step of 16 bits would be -96.3."""
_FULL_SCALE: Final = 32768.0
_LOWEST: Final = np.int16(-32768)
_HIGHEST: Final = np.int16(32767)
_MULAW_BIAS: Final = 33
_MULAW_CLIP: Final = 8158
"""Largest 14-bit magnitude that, with the bias, still lies in the last segment."""
_ALAW_MASK: Final = 0x55
"""A-law turns every other bit over, so that silence is not a run of zeros."""


def _mulaw_table() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 1) + _MULAW_BIAS) << ((code >> 4) & 7)) - _MULAW_BIAS
    return (np.where(code & 0x80, -magnitude, magnitude) * 4).astype(np.int16)


def _alaw_table() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ _ALAW_MASK
    segment, step = (code >> 4) & 7, ((code & 0x0F) << 4) + 8
    magnitude = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _every_sample() -> npt.NDArray[np.int32]:
    """All 16-bit numbers in the order of their unsigned reading, which is the tables' index."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


def _segment(magnitude: npt.NDArray[np.int32], first_bits: int) -> npt.NDArray[np.int32]:
    """The logarithmic segment, 0 to 7, of a magnitude whose lowest segment has `first_bits`."""
    segment = np.zeros_like(magnitude)
    for bits in range(first_bits, first_bits + 7):
        segment += magnitude >= (1 << bits)
    return segment


def _mulaw_codes() -> npt.NDArray[np.uint8]:
    samples = _every_sample() >> 2
    magnitude = np.minimum(np.abs(samples), _MULAW_CLIP) + _MULAW_BIAS
    segment = _segment(magnitude, 6)
    code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0F)
    codes: npt.NDArray[np.uint8] = (code ^ np.where(samples < 0, 0x7F, 0xFF)).astype(np.uint8)
    return codes


def _alaw_codes() -> npt.NDArray[np.uint8]:
    samples = _every_sample() >> 3
    # One's complement below zero: A-law has no zero, its two smallest steps lie around it.
    magnitude = np.where(samples < 0, ~samples, samples)
    segment = _segment(magnitude, 5)
    code = (segment << 4) | ((magnitude >> np.maximum(segment, 1)) & 0x0F)
    return (code ^ np.where(samples < 0, _ALAW_MASK, _ALAW_MASK | 0x80)).astype(np.uint8)


_DECODED: Final[Mapping[Encoding, Samples]] = {
    Encoding.MULAW: _mulaw_table(),
    Encoding.ALAW: _alaw_table(),
}
_ENCODED: Final[Mapping[Encoding, npt.NDArray[np.uint8]]] = {
    Encoding.MULAW: _mulaw_codes(),
    Encoding.ALAW: _alaw_codes(),
}
FLOATS: Final[Mapping[Encoding, npt.NDArray[np.float32]]] = {
    encoding: (samples / _FULL_SCALE).astype(np.float32) for encoding, samples in _DECODED.items()
}
"""The 256 values of each G.711 law, scaled to -1..1, as the voice activity models want them."""


def mulaw_decode(codes: Codes) -> Samples:
    """Mu-law bytes to int16 samples, as many."""
    return np.take(_DECODED[Encoding.MULAW], _codes(codes))


def alaw_decode(codes: Codes) -> Samples:
    """A-law bytes to int16 samples, as many."""
    return np.take(_DECODED[Encoding.ALAW], _codes(codes))


def mulaw_encode(samples: Samples) -> bytes:
    """Int16 samples to mu-law bytes, as many."""
    return np.take(_ENCODED[Encoding.MULAW], samples.view(np.uint16)).tobytes()


def alaw_encode(samples: Samples) -> bytes:
    """Int16 samples to A-law bytes, as many."""
    return np.take(_ENCODED[Encoding.ALAW], samples.view(np.uint16)).tobytes()


def decode(payload: Codes, encoding: Encoding) -> Samples:
    """Bytes of any encoding to int16 samples; an odd last byte of PCM16 is left out."""
    codes = _codes(payload)
    if encoding in _DECODED:
        return np.take(_DECODED[encoding], codes)
    whole = np.ascontiguousarray(codes[: len(codes) & ~1])
    return whole.view("<i2").astype(np.int16, copy=False)


def encode(samples: Samples, encoding: Encoding) -> bytes:
    """Int16 samples to bytes of any encoding."""
    if encoding in _ENCODED:
        return np.take(_ENCODED[encoding], samples.view(np.uint16)).tobytes()
    return samples.astype("<i2", copy=False).tobytes()


def decode_floats(
    codes: npt.NDArray[np.uint8], encoding: Encoding, out: npt.NDArray[np.float32]
) -> None:
    """G.711 codes of any shape to float32 -1..1, into a caller's array of the same shape."""
    np.take(FLOATS[encoding], codes, out=out, mode="clip")


def gain(samples: Samples, factor: float) -> Samples:
    """Louder or softer by `factor`; what does not fit 16 bits is cut off, never wrapped."""
    scaled = np.rint(samples * np.float32(factor))
    return _saturate(scaled)


def mix(first: Samples, second: Samples) -> Samples:
    """Both at once, as long as the longer one, cut off at 16 bits."""
    longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
    total = longer.astype(np.int32)
    total[: len(shorter)] += shorter
    return _saturate(total)


def level_dbfs(samples: Samples) -> float:
    """Root mean square against a full-scale square wave; `FLOOR_DBFS` for silence and nothing."""
    if not len(samples):
        return FLOOR_DBFS
    values = samples.astype(np.float64)
    power = float(np.dot(values, values)) / len(values) / _FULL_SCALE**2
    return max(FLOOR_DBFS, 10.0 * float(np.log10(power))) if power > 0.0 else FLOOR_DBFS


def _saturate(values: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> Samples:
    within: Samples = np.clip(values, _LOWEST, _HIGHEST).astype(np.int16)
    return within


def _codes(payload: Codes) -> npt.NDArray[np.uint8]:
    if isinstance(payload, np.ndarray):
        return payload
    return np.frombuffer(payload, dtype=np.uint8)
