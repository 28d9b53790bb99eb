"""Text to speech with the program espeak-ng, where it is installed: many languages, one robot.

Its Spanish is at least Spanish; its English is hard to follow on the telephone (31.6 % of the words
are misheard, against 2.6 % of hibari's), so it is never the default for that.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Final

import numpy as np

from bridges.speech.engines import SpeechSettings
from bridges.speech.errors import EngineFailed, EngineMissing
from bridges.speech.rates import to_8k
from media.pcm import mulaw_encode

__all__ = ["EspeakVoice", "open_engine"]

_PROGRAM: Final = "espeak-ng"
_WORDS_A_MINUTE: Final = 150
_LONGEST_S: Final = 10.0
"""A sentence takes some 20 ms; a program that takes this long hangs."""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_RIFF_RATE: Final = slice(24, 28)


class EspeakVoice:
    """Runs the program once a sentence; `voice` is one of its own, such as `es-419`."""

    def __init__(self, program: str) -> None:
        self._program = program

    def stream(self, text: str, *, language: str, voice: str, speed: float) -> Iterator[bytes]:
        """8 kHz mu-law, one sentence at a time.

        Raises:
            EngineFailed: the program ended with an error, as for a voice it does not know.
        """
        for sentence in filter(None, _SENTENCE.split(text.strip())):
            yield self._speak(
                sentence, voice or language[:2].lower(), round(_WORDS_A_MINUTE * speed)
            )

    def _speak(self, sentence: str, voice: str, pace: int) -> bytes:
        command = (self._program, "-v", voice, "-s", str(pace), "--stdin", "--stdout")
        try:
            ended = subprocess.run(
                command,
                input=sentence.encode(),
                capture_output=True,
                check=True,
                timeout=_LONGEST_S,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise EngineFailed(f"{self._program} could not speak: {error}") from error
        wav = ended.stdout
        rate_hz = int.from_bytes(wav[_RIFF_RATE], "little")
        pcm = wav[wav.index(b"data") + 8 :]
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32)
        return mulaw_encode(
            np.rint(np.clip(to_8k(samples, rate_hz), -32768, 32767)).astype(np.int16)
        )


def open_engine(settings: SpeechSettings) -> EspeakVoice:
    """The voice.

    Raises:
        EngineMissing: the program is not installed.
    """
    del settings
    program = shutil.which(_PROGRAM)
    if program is None:
        raise EngineMissing(
            _PROGRAM, "not on the PATH", "install the system's package espeak-ng, or use hibari"
        )
    return EspeakVoice(program)
