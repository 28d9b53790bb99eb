"""The engines' sound: rates, voices, and recognition on real telephone speech."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.recognition import clip_sound, fold, measure, word_errors
from bridges.speech import espeak
from bridges.speech.engines import SpeechSettings
from bridges.speech.errors import EngineFailed, EngineMissing, SpeechRefused
from bridges.speech.hibari import HibariVoice
from bridges.speech.rates import from_24k, to_8k, to_16k
from bridges.speech.verbalize import verbalize
from bridges.speech.whisper import WhisperRecognizer
from media.pcm import level_dbfs, mulaw_decode


@pytest.fixture(scope="module")
def recognizer() -> WhisperRecognizer:
    return WhisperRecognizer()


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    return HibariVoice()


def speak(voice: HibariVoice, text: str, language: str = "en") -> bytes:
    said = verbalize(text, language=language)
    return b"".join(voice.stream(said, language=language, voice="", speed=1.0))


def tone(hertz: float, rate_hz: int) -> npt.NDArray[np.float32]:
    wave = np.sin(2 * np.pi * hertz * np.arange(rate_hz) / rate_hz)
    return wave.astype(np.float32)


def level_db(samples: npt.NDArray[np.float32]) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(np.float64)
    return float(10 * np.log10(2 * np.mean(middle**2) + 1e-20))


@pytest.mark.requirement("speech:recognition:word-error")
@pytest.mark.requirement("speech:recognition:noise-is-no-text")
@pytest.mark.timeout(300)
def test_telephone_speech_is_written_down_and_noise_is_not(
    recognizer: WhisperRecognizer, speech_clips: Path
) -> None:
    figures = measure(speech_clips, recognizer)
    assert figures["word_error"] <= 0.05, figures["slips"]
    assert figures["text_on_noise"] == {}


def test_noise_has_no_confidence_and_speech_has_it(
    recognizer: WhisperRecognizer, speech_clips: Path
) -> None:
    noise = recognizer.transcribe(
        clip_sound(speech_clips / "noise_pink_8k_mulaw.wav"), language="en"
    )
    speech = recognizer.transcribe(
        clip_sound(speech_clips / "harvard_sunday_8k_mulaw.wav"), language="en"
    )
    assert (noise.text, noise.confidence) == ("", 0.0)
    assert speech.confidence > 0.8


def test_a_hint_helps_with_names(recognizer: WhisperRecognizer, speech_clips: Path) -> None:
    sound = clip_sound(speech_clips / "ami_abigail_8k_mulaw.wav")
    heard = recognizer.transcribe(sound, language="en", hint="Abigail Claflin, Abbie, Jonathan")
    assert "Claflin" in heard.text


@pytest.mark.parametrize("sound", [b"", b"\xff", b"\x00" * 100])
def test_hardly_any_sound_is_no_text(recognizer: WhisperRecognizer, sound: bytes) -> None:
    assert recognizer.transcribe(sound, language="en").text == ""


def test_a_language_the_model_has_not_learned_is_refused(recognizer: WhisperRecognizer) -> None:
    with pytest.raises(SpeechRefused, match="model_dir"):
        recognizer.transcribe(b"\xff" * 8000, language="es")


@pytest.mark.requirement("speech:engines:missing-says-how-to-mend")
def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match=r"model\.bin") as missing:
        WhisperRecognizer(tmp_path)
    assert str(tmp_path) in str(missing.value)


@pytest.mark.requirement("speech:synthesis:figures-are-understood")
@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Your number is 555-867-5309.", "5558675309"),
        ("You are booked for 14:30 tomorrow.", "230pm"),
        ("That is $129.50 in total.", "12950"),
        ("It is on 2026-11-24.", "november"),
    ],
)
def test_what_the_voice_says_can_be_written_down(
    recognizer: WhisperRecognizer, voice: HibariVoice, text: str, heard: str
) -> None:
    written = recognizer.transcribe(speak(voice, text), language="en").text
    assert heard in "".join(fold(written))


def test_the_voice_is_as_loud_as_a_telephone_and_starts_at_once(voice: HibariVoice) -> None:
    samples = mulaw_decode(speak(voice, "Good morning, how can I help you today?"))
    assert -24.0 < level_dbfs(samples) < -17.0
    assert np.abs(samples[:800]).max() > 500


def test_the_voice_says_a_text_the_same_way_each_time(voice: HibariVoice) -> None:
    assert speak(voice, "Thank you.") == speak(voice, "Thank you.")


def test_the_voice_comes_sentence_by_sentence(voice: HibariVoice) -> None:
    text = "Thank you. You are booked. See you on Monday."
    assert len(list(voice.stream(text, language="en", voice="", speed=1.0))) == 3


def test_spanish_is_spoken_by_spanish_sounds(voice: HibariVoice) -> None:
    words = "La reserva es para mañana por la mañana."
    assert speak(voice, words, "es") != speak(voice, words, "en")


def test_a_text_without_words_is_no_sound(voice: HibariVoice) -> None:
    assert speak(voice, "") == b""


def test_an_unknown_voice_is_refused_and_one_that_is_not_here_is_not_fetched(
    voice: HibariVoice, tmp_path: Path
) -> None:
    with pytest.raises(SpeechRefused, match="heart"):
        next(voice.stream("Hello.", language="en", voice="nobody", speed=1.0))
    with pytest.raises(EngineMissing, match="emma"):
        next(voice.stream("Hello.", language="en", voice="emma", speed=1.0))


def test_espeak_speaks_spanish_at_the_telephones_rate() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("the program espeak-ng is not installed")
    robot = espeak.open_engine(SpeechSettings())
    pieces = list(robot.stream("Buenos días. ¿En qué puedo?", language="es-MX", voice="", speed=1))
    assert len(pieces) == 2
    assert all(level_dbfs(mulaw_decode(piece)) > -35.0 for piece in pieces)
    assert 0.5 < len(pieces[0]) / 8000 < 2.0


def test_a_program_that_does_not_speak_fails_the_request() -> None:
    with pytest.raises(EngineFailed, match="could not speak"):
        next(espeak.EspeakVoice("false").stream("Hola.", language="es", voice="", speed=1.0))


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0, 3400.0])
def test_the_telephone_band_passes_every_conversion_unchanged(hertz: float) -> None:
    assert level_db(to_16k(tone(hertz, 8000))) == pytest.approx(0.0, abs=0.1)
    assert level_db(from_24k(tone(hertz, 24000))) == pytest.approx(0.0, abs=0.1)
    assert level_db(to_8k(tone(min(hertz, 3000.0), 22050), 22050)) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("hertz", [4100.0, 5000.0, 8000.0, 11000.0])
def test_what_is_above_the_telephone_band_does_not_fold_back(hertz: float) -> None:
    assert level_db(from_24k(tone(hertz, 24000))) < -70.0
    assert level_db(to_8k(tone(max(hertz, 4600.0) % 11025, 22050), 22050)) < -40.0


def test_lengths_follow_the_rates() -> None:
    empty = np.zeros(0, np.float32)
    assert (len(to_16k(empty)), len(from_24k(empty)), len(to_8k(empty, 22050))) == (0, 0, 0)
    assert len(to_16k(tone(500, 8000))) == 16000
    assert len(from_24k(tone(500, 24000))) == 8000
    assert len(to_8k(tone(500, 22050), 22050)) == 8000


def test_the_scorer_folds_forms_of_numbers() -> None:
    assert fold("two thirty p.m.") == fold("2:30 PM")
    assert fold("zero four nine, twenty five") == fold("049 25")
    assert fold("I'm ok") == fold("i am okay")
    assert word_errors(["a", "b", "c"], ["a", "x", "c", "d"]) == 2


def test_every_clip_has_its_telephone_sound(speech_clips: Path) -> None:
    for clip in json.loads((speech_clips / "clips.json").read_text(encoding="utf-8")):
        sound = clip_sound(speech_clips / f"{clip['id']}_8k_mulaw.wav")
        assert len(sound) / 8000 == pytest.approx(clip["seconds"], abs=0.02)
