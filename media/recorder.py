"""A call on two tracks, caller left and agent right, aligned by media time. Quiet.

Nothing is decoded and nothing is kept: both tracks stay G.711, and what is finished is handed out
in pieces that a rim appends to a WAV file. Where no sound was, there is silence, so that a place in
the file is an instant of the call. Carriers' time stamps are whole milliseconds and jitter; sound
whose time stamp fits the end of the piece before to within `SNAP_S` is joined to it without a gap,
and what does not fit is placed where its time stamp says, so the error never grows beyond `SNAP_S`.
"""

from __future__ import annotations

import math
import struct
from typing import Final

import numpy as np

from media.audio import Encoding
from media.pcm import SILENCE, decode

__all__ = [
    "HEADER_BYTES",
    "HORIZON_S",
    "PEAKS_PER_SECOND",
    "SNAP_S",
    "Recorder",
    "repair_header",
    "wav_header",
]

SNAP_S: Final = 0.010
"""Half a packet: less is rounding or jitter of the time stamp, more is a gap."""
HORIZON_S: Final = 30.0
"""How far ahead of what was taken sound may lie; a time stamp beyond it is an error of the sender,
and to believe it would fill the memory with silence."""
PEAKS_PER_SECOND: Final = 100
HEADER_BYTES: Final = 58
_RATE_HZ: Final = 8000
_SNAP: Final = round(SNAP_S * _RATE_HZ)
_HORIZON: Final = round(HORIZON_S * _RATE_HZ)
_PEAK: Final = _RATE_HZ // PEAKS_PER_SECOND
_ROUNDING: Final = 1e-6
"""0.07 s are 7 peaks, though 0.07 * 100 is a little more than 7."""
_TAGS: Final = {Encoding.MULAW: 7, Encoding.ALAW: 6}
"""WAVE_FORMAT_MULAW and WAVE_FORMAT_ALAW (RFC 2361)."""
_LEVELS: Final = {
    encoding: (decode(bytes(range(256)), encoding) >> 8).astype(np.int8).tobytes()
    for encoding in _TAGS
}
"""Each G.711 code as the upper eight bits of its sample, for drawing."""
_HEADER: Final = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")


class _Track:
    """One side: sound from a first sample on, in a buffer that is consumed at its old end."""

    __slots__ = ("_end", "_silence", "_sound", "_start", "late_bytes", "refused_bytes")

    def __init__(self, silence: bytes) -> None:
        self._silence = silence
        self._start = 0
        """The sample of the call at which the buffer begins: everything before was taken."""
        self._end = 0
        """One past the newest sample that was placed; where the next piece is expected."""
        self._sound = bytearray()
        self.late_bytes = 0
        self.refused_bytes = 0

    def place(self, payload: bytes, at: int) -> None:
        """Put sound at a sample of the call, over what may be there already."""
        if abs(self._end - at) <= _SNAP:
            at = self._end
        past = at + len(payload)
        if past > self._start + _HORIZON:
            self.refused_bytes += len(payload)
            return
        if at < self._start:
            late = min(self._start - at, len(payload))
            self.late_bytes += late
            payload, at = payload[late:], at + late
        if not payload:
            return
        self._reach(past)
        self._sound[at - self._start : past - self._start] = payload
        self._end = max(self._end, past)

    def take(self, until: int) -> bytearray:
        """Everything from where the last take ended to `until`, silence for what is not there."""
        self._reach(until)
        count = until - self._start
        taken = self._sound[:count]
        del self._sound[:count]
        self._start = until
        return taken

    def _reach(self, past: int) -> None:
        missing = past - self._start - len(self._sound)
        if missing > 0:
            self._sound += self._silence * missing


class Recorder:
    """The recording of one call; `take` what is finished, once a second."""

    __slots__ = ("_agent", "_caller", "_peaks", "_taken", "encoding")

    def __init__(self, encoding: Encoding = Encoding.MULAW) -> None:
        """Record G.711 of one law on both tracks.

        Raises:
            ValueError: for an encoding that is not G.711.
        """
        if encoding not in _TAGS:
            raise ValueError(f"recordings are G.711, not {encoding}")
        self.encoding = encoding
        self._caller = _Track(SILENCE[encoding])
        self._agent = _Track(SILENCE[encoding])
        self._taken = 0
        self._peaks = bytearray()

    @property
    def taken_s(self) -> float:
        """Media time up to which everything was handed out."""
        return self._taken / _RATE_HZ

    @property
    def late_bytes(self) -> int:
        """Sound that came when its place had been handed out already, and is not in the file."""
        return self._caller.late_bytes + self._agent.late_bytes

    @property
    def refused_bytes(self) -> int:
        """Sound whose time stamp lay more than `HORIZON_S` ahead, and is not in the file."""
        return self._caller.refused_bytes + self._agent.refused_bytes

    def caller(self, payload: bytes, at_s: float) -> None:
        """Sound from the caller, at the media time that the carrier gave it.

        Bursts, repeats and pieces out of order are welcome: the last to come at a place stays.
        """
        self._caller.place(payload, round(at_s * _RATE_HZ))

    def agent(self, payload: bytes, at_s: float) -> None:
        """Sound from the agent, at the media time at which it was heard (not sent)."""
        self._agent.place(payload, round(at_s * _RATE_HZ))

    def take(self, until_s: float) -> bytes:
        """Both tracks up to `until_s`, interleaved, from where the last take ended.

        Whole peaks only, so the end is rounded down to 10 ms. Take with as much delay as late sound
        may have: what is taken is final. Nothing, if that much was taken before.
        """
        return self._interleave(self._whole(math.floor(until_s * PEAKS_PER_SECOND + _ROUNDING)))

    def finish(self, end_s: float) -> bytes:
        """The rest of the recording, to the end of the call, rounded up to 10 ms."""
        return self._interleave(self._whole(math.ceil(end_s * PEAKS_PER_SECOND - _ROUNDING)))

    def take_peaks(self) -> bytes:
        """The peaks of what was taken since the last call of this, for drawing.

        Four int8 for each 10 ms: lowest and highest of the caller, lowest and highest of the agent.
        """
        peaks = bytes(self._peaks)
        self._peaks.clear()
        return peaks

    def _whole(self, peaks: int) -> int:
        """The sample at which so many peaks end, never before what was taken."""
        return max(peaks * _PEAK, self._taken)

    def _interleave(self, until: int) -> bytes:
        both = np.empty((until - self._taken, 2), dtype=np.uint8)
        peaks = np.empty((len(both) // _PEAK, 4), dtype=np.int8)
        for side, track in enumerate((self._caller, self._agent)):
            taken = track.take(until)
            both[:, side] = np.frombuffer(taken, dtype=np.uint8)
            levels = np.frombuffer(taken.translate(_LEVELS[self.encoding]), dtype=np.int8)
            levels = levels.reshape(-1, _PEAK)
            levels.min(axis=1, out=peaks[:, 2 * side])
            levels.max(axis=1, out=peaks[:, 2 * side + 1])
        self._taken = until
        self._peaks += peaks.tobytes()
        return both.tobytes()


def wav_header(encoding: Encoding, sound_bytes: int) -> bytes:
    """The 58 bytes before `sound_bytes` of interleaved stereo G.711 at 8 kHz.

    A compressed format needs the extension size in `fmt` and a `fact` chunk (RFC 2361; Microsoft,
    Multimedia Data Standards Update, 1994). While the file grows, write it with 0 and mend it at
    the end.

    Raises:
        ValueError: for an encoding that is not G.711.
    """
    if encoding not in _TAGS:
        raise ValueError(f"recordings are G.711, not {encoding}")
    return _HEADER.pack(
        *(b"RIFF", HEADER_BYTES - 8 + sound_bytes, b"WAVE"),
        *(b"fmt ", 18, _TAGS[encoding], 2, _RATE_HZ, _RATE_HZ * 2, 2, 8, 0),
        *(b"fact", 4, sound_bytes // 2),
        *(b"data", sound_bytes),
    )


def repair_header(header: bytes, file_bytes: int) -> bytes:
    """The header that a broken-off recording should have, from its old one and the file's size.

    Write it over the old one and, if the sizes do not agree, cut the file to `HEADER_BYTES` and the
    sound it announces: a torn last write may have left half a pair of samples.

    Raises:
        ValueError: if the old header is none of `wav_header`'s.
    """
    for encoding in _TAGS:
        whole = wav_header(encoding, 0)
        if len(header) == HEADER_BYTES and header[8:46] == whole[8:46]:
            return wav_header(encoding, max(0, file_bytes - HEADER_BYTES) & ~1)
    raise ValueError("this is not the header of one of our recordings")
