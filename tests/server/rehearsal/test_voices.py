"""Voices and the microphone, as far as a machine without either can show them."""

from __future__ import annotations

import importlib.util
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from server.rehearsal.caller import SILENCE, CallerEvent, PutDown, Utterance
from server.rehearsal.errors import PartMissing
from server.rehearsal.microphone import Microphone, Sounds, open_microphone
from server.rehearsal.report import wav
from server.rehearsal.voices import EspeakVoice, open_voice
from tests.server.rehearsal.little_server import tone

SPEAKS = """#!{python}
import pathlib, sys
assert sys.argv[1:] == ["--stdin", "--stdout", "-v", "en"], sys.argv
assert sys.stdin.read() == "--help me"
sys.stdout.buffer.write(pathlib.Path({sound!r}).read_bytes())
"""
FAILS = """#!{python}
import sys
sys.exit("no such voice")
"""


def program(folder: Path, text: str) -> str:
    sound = folder / "sound.wav"
    sound.write_bytes(wav(tone(0.3), channels=1))
    path = folder / "espeak"
    path.write_text(text.format(python=sys.executable, sound=str(sound)), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def test_words_are_spoken_by_a_program_and_never_taken_for_options(tmp_path: Path) -> None:
    voice = EspeakVoice(program(tmp_path, SPEAKS))
    assert await voice.speak("--help me") == tone(0.3)


async def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(PartMissing, match="no such voice"):
        await EspeakVoice(program(tmp_path, FAILS)).speak("hello")


async def test_a_voice_that_never_speaks_starts_nothing() -> None:
    async with open_voice() as voice:
        assert voice is not None


def test_a_person_is_heard_and_their_utterances_are_noticed() -> None:
    sounds = Sounds()
    caller = Microphone(sounds, 0.0)
    loud = np.full(160, 8000, dtype=np.int16).tobytes()
    caller.agent_audible(0.05)
    events: list[CallerEvent] = []
    for index in range(60):
        sounds.exchange(loud if 5 <= index < 15 else b"\x00\x00" * 160)
        payload, happened = caller.frame(index * 0.02)
        assert len(payload) == 160
        events += happened
    (event,) = events
    assert isinstance(event, Utterance)
    assert event.started_s == pytest.approx(0.1)
    assert event.ended_s == pytest.approx(0.3)
    assert event.over_agent
    assert caller.frame(2.0) == (SILENCE, ())
    caller.agent_said("nothing that matters")
    caller.put_down()
    assert caller.frame(3.0) == (SILENCE, (PutDown(),))


def test_a_person_hears_what_is_played_and_never_lags() -> None:
    sounds = Sounds()
    for index in range(40):
        sounds.heard.append(bytes([index]) * 160)
    assert len(sounds.heard) == 25
    first = np.frombuffer(sounds.exchange(b"\x00\x00" * 160), dtype=np.int16)
    assert len(first) == 160
    assert len(sounds.heard) == 24


@pytest.mark.skipif(
    importlib.util.find_spec("sounddevice") is not None, reason="this machine has a microphone"
)
def test_a_machine_without_a_microphone_says_how_to_get_one() -> None:
    with pytest.raises(PartMissing, match="libportaudio2"), open_microphone(lambda sound: sound):
        raise AssertionError("there is none")
