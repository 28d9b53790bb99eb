"""A long silence does not make the ear deaf to the first word after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from media.ear import EarEvent, EarPool, SpeechStarted
from media.silero import NumpySilero
from server.rehearsal.clips import load_clip

FRAME = 160


def heard_in(sound: bytes) -> list[EarEvent]:
    """What an ear tells of a line that carries this sound, frame by frame."""
    pool = EarPool(NumpySilero())
    ear = pool.add()
    events: list[EarEvent] = []
    for first in range(0, len(sound), FRAME):
        ear.feed(sound[first : first + FRAME])
        events += [event for _, event in pool.run()]
    return events


@pytest.mark.requirement("call:hearing:after-silence")
@pytest.mark.parametrize("silence_s", [3.0, 5.2, 8.0])
def test_the_first_digit_after_a_long_silence_is_heard(
    speech_clips: Path, silence_s: float
) -> None:
    name = load_clip(speech_clips / "ami_abigail_8k_mulaw.wav")
    digits = load_clip(speech_clips / "digits_theo_8k_mulaw.wav")
    before = name.payload + b"\xff" * round(silence_s * 8000)
    onset_s = len(before) / 8000 + digits.onset_s
    starts = [e.at_s for e in heard_in(before + digits.payload) if isinstance(e, SpeechStarted)]
    assert min(abs(at_s - onset_s) for at_s in starts) < 0.15
