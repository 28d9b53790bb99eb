"""A person as the caller: this machine's microphone and loudspeaker.

Needs the optional `sounddevice` package and the PortAudio library.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from media.pcm import mulaw_decode, mulaw_encode
from server.rehearsal.caller import SILENCE, CallerEvent, PutDown, Utterance
from server.rehearsal.errors import PartMissing
from server.rehearsal.loudness import SpeechSpans

__all__ = ["Microphone", "Sounds", "open_microphone"]

_FRAME_S: Final = 0.02
_FRAME_SAMPLES: Final = 160
_MOST_WAITING: Final = 25
"""Half a second; beyond it the oldest sound is dropped, so that talk never lags."""
_OVER_S: Final = 0.6
"""Silence that ends an utterance of the person."""


class Sounds:
    """What the audio device and the call hand each other; both ends are bounded."""

    def __init__(self) -> None:
        self.spoken: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self.heard: deque[bytes] = deque(maxlen=_MOST_WAITING)

    def exchange(self, recorded: bytes) -> bytes:
        """Called by the device's thread: 20 ms of 16-bit samples in, 20 ms out."""
        self.spoken.append(mulaw_encode(np.frombuffer(recorded, dtype=np.int16)))
        frame = self.heard.popleft() if self.heard else SILENCE
        return mulaw_decode(frame.ljust(_FRAME_SAMPLES, b"\xff")).tobytes()


class Microphone:
    """A caller that passes on what is spoken, until it is put down."""

    def __init__(self, sounds: Sounds, answered_s: float) -> None:
        self._sounds = sounds
        self._spans = SpeechSpans()
        self._agent_s = float("-inf")
        self.words_since_s = answered_s
        self.wants_words = False
        self._down = False

    def put_down(self) -> None:
        """The person hangs up."""
        self._down = True

    def frame(self, now: float) -> tuple[bytes, tuple[CallerEvent, ...]]:
        """The next 20 ms from the device, and the utterance that has just ended, if any."""
        if self._down:
            return SILENCE, (PutDown(),)
        payload = self._sounds.spoken.popleft() if self._sounds.spoken else SILENCE
        self._spans.heard(now, payload, seconds=_FRAME_S)
        since_s, last_s = self._spans.since_s, self._spans.last_s
        if since_s is None or now - last_s < _OVER_S:
            return payload, ()
        self._spans = SpeechSpans()
        over_agent = since_s - self._agent_s < _FRAME_S * 10
        return payload, (Utterance(0, "", since_s, last_s, over_agent),)

    def agent_audible(self, at_s: float) -> None:
        """Remembers when the agent could be heard last."""
        self._agent_s = at_s

    def agent_said(self, words: str) -> None:
        """A person hears for themselves."""


@contextmanager
def open_microphone(exchange: Callable[[bytes], bytes]) -> Iterator[None]:
    """The default microphone and loudspeaker at 8 kHz, 20 ms at a time, while the context is open.

    Raises:
        PartMissing: the package, the library or a device is not there.
    """
    try:
        # Optional: the wheel has no PortAudio on Linux, and servers have no microphone.
        sounddevice: Any = importlib.import_module("sounddevice")
    except (ImportError, OSError) as error:
        raise _missing(str(error)) from error

    def callback(recorded: Any, out: Any, *_: object) -> None:
        out[:] = exchange(bytes(recorded))

    try:
        stream = sounddevice.RawStream(
            samplerate=8000, blocksize=_FRAME_SAMPLES, channels=1, dtype="int16", callback=callback
        )
    except sounddevice.PortAudioError as error:
        raise _missing(str(error)) from error
    with stream:
        yield


def _missing(why: str) -> PartMissing:
    return PartMissing(
        f"the microphone cannot be used: {why}",
        where="--mic",
        mend="Install the `mic` extra (sounddevice) and PortAudio (on Debian: libportaudio2), "
        "or use --wav or --say.",
    )
