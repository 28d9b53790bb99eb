"""Key tones: made, heard in the sound, collected into entries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.audio import Encoding
from media.dtmf import (
    KEYS,
    Collecting,
    DigitCollector,
    DigitsCollected,
    EndedBy,
    ToneBank,
    tones,
)
from media.pcm import encode, mulaw_encode
from tests.media.sound import clip, clip_names


def keys_in(*pieces: bytes, encoding: Encoding = Encoding.MULAW) -> str:
    bank = ToneBank()
    ear = bank.add(encoding)
    heard = ""
    for piece in pieces:
        ear.feed(piece)
        heard += "".join(tone.key for _, tone in bank.run())
    return heard


@pytest.mark.requirement("sound:dtmf:in-band")
def test_the_recorded_keys_are_decoded_exactly(speech_clips: Path) -> None:
    assert keys_in(clip(speech_clips, "dtmf_1590_hash")) == "1590#"


@pytest.mark.requirement("sound:dtmf:speech-is-no-key")
def test_no_recorded_speech_noise_or_music_is_a_key(speech_clips: Path) -> None:
    for name in clip_names(speech_clips):
        if not name.startswith("dtmf"):
            for lead in (0, 35, 70):
                assert keys_in(b"\xff" * lead + clip(speech_clips, name)) == "", name


@pytest.mark.requirement("sound:dtmf:in-band")
@given(
    keys=st.text(KEYS, min_size=1, max_size=8),
    on_s=st.floats(0.04, 0.15),
    off_s=st.floats(0.04, 0.1),
    lead=st.integers(0, 300),
    peak=st.floats(0.1, 1.0),
    encoding=st.sampled_from([Encoding.MULAW, Encoding.ALAW]),
    piece=st.integers(20, 500),
)
def test_keys_of_40_ms_and_more_are_heard_at_any_place_level_and_cut(
    keys: str, on_s: float, off_s: float, lead: int, peak: float, encoding: Encoding, piece: int
) -> None:
    sound = np.concatenate([np.zeros(lead), tones(keys, on_s=on_s, off_s=off_s), np.zeros(300)])
    payload = encode(np.rint(sound * peak).astype(np.int16), encoding)
    pieces = [payload[at : at + piece] for at in range(0, len(payload), piece)]
    assert keys_in(*pieces, encoding=encoding) == keys


def test_a_held_key_is_one_key_dated_at_its_begin() -> None:
    bank = ToneBank()
    ear = bank.add()
    ear.feed(b"\xff" * 4000 + mulaw_encode(tones("5", on_s=2.0)))
    [(heard_by, tone)] = bank.run()
    assert heard_by is ear
    assert tone.key == "5"
    assert tone.at_s == pytest.approx(0.5, abs=0.014)


@given(st.integers(300, 1200))
def test_an_interruption_of_10_ms_does_not_make_two_keys_of_one(at: int) -> None:
    tone = tones("7", on_s=0.2, off_s=0.0)
    tone[at : at + 80] = 0
    assert keys_in(mulaw_encode(tone)) == "7"


def test_keys_without_a_pause_between_them_are_told_apart() -> None:
    assert keys_in(mulaw_encode(tones("12", on_s=0.1, off_s=0.0))) == "12"


def test_a_tone_too_short_to_be_a_key_is_none() -> None:
    assert keys_in(mulaw_encode(tones("5", on_s=0.012, off_s=0.1))) == ""


def test_calls_heard_together_keep_their_own_keys() -> None:
    bank = ToneBank()
    ears = {bank.add(): "12", bank.add(Encoding.ALAW): "34", bank.add(): "", bank.add(): "99"}
    for ear, keys in ears.items():
        ear.feed(encode(tones(keys), ear.encoding))
    heard = dict.fromkeys(ears, "")
    for ear, tone in bank.run():
        heard[ear] += tone.key
    assert heard == ears


def test_a_removed_ear_is_heard_no_more() -> None:
    bank = ToneBank()
    ear = bank.add()
    ear.feed(mulaw_encode(tones("1")))
    bank.remove(ear)
    bank.remove(ear)
    assert len(bank) == 0
    assert bank.run() == []


def test_key_tones_in_pcm_are_refused() -> None:
    with pytest.raises(ValueError, match=r"G\.711"):
        ToneBank().add(Encoding.PCM16)


def test_tones_wait_at_a_w_and_stay_below_full_scale() -> None:
    sound = tones("1w2")
    assert len(sound) == 2 * (800 + 640) + 4000
    assert np.abs(sound).max() < 32767 * 0.72
    assert len(tones("")) == 0


def test_what_is_no_key_cannot_be_dialled() -> None:
    with pytest.raises(ValueError, match="'X' is not a key"):
        tones("12x")


@pytest.mark.requirement("sound:dtmf:entry")
def test_an_entry_ends_at_its_end_key() -> None:
    collector = DigitCollector()
    assert collector.press("1", 0.0) == []
    assert collector.press("2", 0.5) == []
    assert collector.keys == "12"
    assert collector.press("#", 1.0) == [DigitsCollected("12", EndedBy.END_KEY)]
    assert collector.keys == ""
    assert collector.deadline() is None


@pytest.mark.requirement("sound:dtmf:entry")
def test_an_entry_ends_when_it_is_full() -> None:
    collector = DigitCollector(Collecting(max_digits=2, end_key=""))
    collector.press("#", 0.0)
    assert collector.press("2", 0.1) == [DigitsCollected("#2", EndedBy.FULL)]


@pytest.mark.requirement("sound:dtmf:entry")
def test_an_entry_ends_after_a_silence_between_keys() -> None:
    collector = DigitCollector(Collecting(between_s=3.0))
    collector.press("4", 10.0)
    assert collector.deadline() == 13.0
    assert collector.tick(12.9) == []
    assert collector.tick(13.0) == [DigitsCollected("4", EndedBy.SILENCE)]
    assert collector.tick(14.0) == []


@pytest.mark.requirement("sound:dtmf:entry")
def test_an_expected_entry_that_never_begins_ends_empty() -> None:
    collector = DigitCollector()
    collector.press("9", 0.0)
    assert collector.expect(1.0, Collecting(first_s=5.0)) == []
    assert collector.keys == ""
    assert collector.tick(6.0) == [DigitsCollected("", EndedBy.SILENCE)]
    collector.expect(7.0)
    assert collector.deadline() == 12.0


@given(st.lists(st.tuples(st.sampled_from("0123456789#"), st.floats(0.0, 6.0)), max_size=30))
def test_every_key_but_the_end_key_is_in_exactly_one_entry(
    presses: list[tuple[str, float]],
) -> None:
    collector = DigitCollector(Collecting(max_digits=4))
    now, entries = 0.0, list[DigitsCollected]()
    for key, wait_s in presses:
        now += wait_s
        entries += [*collector.tick(now), *collector.press(key, now)]
        deadline = collector.deadline()
        assert deadline is None or deadline > now
    assert "".join(entry.keys for entry in entries) + collector.keys == "".join(
        key for key, _ in presses if key != "#"
    )
