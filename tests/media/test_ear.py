"""Many calls heard in one inference, each as if it were alone."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.audio import Encoding
from media.ear import Ear, EarEvent, EarPool, Hearing, SpeechStarted, SpeechStopped
from media.pcm import Samples, encode, mulaw_encode
from media.silero import NumpySilero
from media.vad import WINDOW_S, WINDOW_SAMPLES, EnergyVad, Floats, Rows, VadState
from tests.media.sound import clip, clip_names, clip_samples, hiss, sine

NOT_SPEECH = (
    "noise_pink",
    "silence",
    "ringback_us",
    "voicemail_beep_1000",
    "dtmf_1590_hash",
    "hold_music",
)
FRAME = 160
VOICED = mulaw_encode(sine(200, 3.0))
SILENT = b"\xff" * 24000


class ScriptedVad:
    """Says the next of given probabilities to whoever asks."""

    def __init__(self, *chances: float) -> None:
        self._chances = list(chances)

    def probabilities(self, windows: Floats, state: VadState, rows: Rows) -> Floats:
        said, self._chances = self._chances[: len(windows)], self._chances[len(windows) :]
        return np.array(said, dtype=np.float32)


def events_of(*chances: float, hearing: Hearing | None = None) -> list[EarEvent]:
    pool = EarPool(ScriptedVad(*chances), hearing)
    pool.add().feed(bytes(WINDOW_SAMPLES * len(chances)))
    return [event for _, event in pool.run()]


def windows_s(count: int) -> float:
    return count * WINDOW_S


# --- hysteresis -----------------------------------------------------------------------------------


def test_speech_is_believed_after_two_windows_and_dated_at_the_first() -> None:
    assert events_of(0.1, 0.6, 0.7) == [SpeechStarted(windows_s(1), windows_s(3))]


def test_one_sure_window_is_believed_alone() -> None:
    assert events_of(0.1, 0.95) == [SpeechStarted(windows_s(1), windows_s(2))]


def test_windows_that_do_not_follow_each_other_are_no_speech() -> None:
    assert events_of(0.6, 0.4, 0.6, 0.4) == []


def test_a_short_dip_does_not_end_speech() -> None:
    assert events_of(0.95, 0.1, 0.2, 0.4, 0.1, 0.1) == [SpeechStarted(0.0, windows_s(1))]


def test_silence_is_believed_after_three_windows_and_dated_at_the_first() -> None:
    assert events_of(0.95, 0.4, 0.1, 0.2, 0.3) == [
        SpeechStarted(0.0, windows_s(1)),
        SpeechStopped(windows_s(2), windows_s(5)),
    ]


def test_a_call_can_have_its_own_hearing() -> None:
    pool = EarPool(ScriptedVad(0.6, 0.6))
    pool.add(hearing=Hearing(start_windows=1)).feed(bytes(WINDOW_SAMPLES))
    pool.add().feed(bytes(WINDOW_SAMPLES))
    assert len(pool.run()) == 1


@given(st.lists(st.floats(0.0, 1.0, width=32), max_size=60))
def test_starts_and_stops_alternate_and_never_go_back_in_time(chances: list[float]) -> None:
    events = events_of(*chances)
    for place, event in enumerate(events):
        assert isinstance(event, SpeechStarted if place % 2 == 0 else SpeechStopped)
        assert event.at_s < event.decided_s <= len(chances) * WINDOW_S + 1e-9
    dates = [date for event in events for date in (event.at_s, event.decided_s)]
    assert dates == sorted(dates)


# --- the pool -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", list(Encoding))
def test_every_encoding_is_heard(encoding: Encoding) -> None:
    pool = EarPool(EnergyVad())
    ear = pool.add(encoding)
    ear.feed(encode(sine(300, 0.5), encoding))
    [(_, event)] = pool.run()
    assert event == SpeechStarted(0.0, windows_s(1))
    assert ear.speaking
    assert ear.probability > 0.9


def test_encodings_are_not_mixed_up_in_one_inference() -> None:
    pool = EarPool(EnergyVad())
    ears = [pool.add(encoding) for encoding in [*Encoding, *reversed(Encoding)]]
    loud = ears[1::2]
    for ear in ears:
        ear.feed(encode(sine(300, 0.5, peak=9000 if ear in loud else 1), ear.encoding))
    assert {id(ear) for ear, _ in pool.run()} == {id(ear) for ear in loud}


def test_a_slot_hears_only_its_own_calls_and_calls_are_spread_evenly() -> None:
    pool = EarPool(EnergyVad(), slots=4)
    ears = [pool.add() for _ in range(8)]
    assert sorted(ear.slot for ear in ears) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert pool.slots == 4
    for ear in ears:
        ear.feed(VOICED[:WINDOW_SAMPLES])
    assert {ear.slot for ear, _ in pool.run(2)} == {2}
    assert [ear.heard_s > 0 for ear in ears].count(True) == 2
    assert len(pool.run()) == 6


def test_rows_are_used_again_and_forget_their_last_call() -> None:
    pool = EarPool(NumpySilero())
    first = pool.add()
    first.feed(mulaw_encode(hiss(4000)))
    pool.run()
    pool.remove(first)
    pool.remove(first)
    second = pool.add()
    assert second.row == first.row
    assert len(pool) == 1
    fresh_pool = EarPool(NumpySilero())
    fresh = fresh_pool.add()
    for ear in (second, fresh):
        ear.feed(VOICED[:4000])
    pool.run()
    fresh_pool.run()
    assert second.probability == fresh.probability


def test_a_removed_call_is_heard_no_more() -> None:
    pool = EarPool(EnergyVad())
    ear = pool.add()
    ear.feed(VOICED[:8000])
    pool.remove(ear)
    assert pool.run() == []
    assert ear.heard_s == 0.0


def test_more_calls_than_the_first_rows_are_heard() -> None:
    pool = EarPool(EnergyVad())
    ears = [pool.add() for _ in range(200)]
    assert len({ear.row for ear in ears}) == len(pool) == 200
    for ear in ears:
        ear.feed(VOICED[:WINDOW_SAMPLES])
    assert len(pool.run()) == 200


@pytest.mark.requirement("sound:vad:backlog")
@pytest.mark.parametrize("encoding", [Encoding.MULAW, Encoding.PCM16])
def test_a_late_pool_skips_the_oldest_sound_and_keeps_media_time(encoding: Encoding) -> None:
    pool = EarPool(EnergyVad(), Hearing(backlog_s=1.0))
    ear = pool.add(encoding)
    ear.feed(encode(np.concatenate([np.zeros(40000, np.int16), sine(300, 0.512)]), encoding))
    assert ear.skipped_s == pytest.approx(5.512 - 1.0)
    assert len(ear.pending) <= 8000 * len(encode(np.zeros(1, np.int16), encoding))
    [(_, event)] = pool.run()
    assert event.at_s == pytest.approx(5.0, abs=WINDOW_S)
    assert ear.heard_s == pytest.approx(5.512, abs=WINDOW_S)


# --- a call's result does not depend on the others ------------------------------------------------

MATERIAL = np.concatenate(
    [
        sine(150, 0.4) // 2 + sine(450, 0.4) // 3,
        np.zeros(1600, np.int16),
        hiss(3000, seed=4, peak=6000),
        sine(220, 0.3),
        hiss(4000, seed=5, peak=300),
    ]
)
VAD = NumpySilero()


class Call:
    """One call among others, and the same call alone."""

    def __init__(self, pool: EarPool, place: int) -> None:
        self._sound = mulaw_encode(np.roll(MATERIAL, -place))
        self._at = 0
        self._alone = EarPool(VAD)
        self.ear = pool.add()
        self.lone_ear = self._alone.add()
        self.events: list[EarEvent] = []
        self.lone_events: list[EarEvent] = []

    def speak(self, count: int) -> None:
        piece = self._sound[self._at : self._at + count]
        self._at += count
        self.ear.feed(piece)
        self.lone_ear.feed(piece)
        self.lone_events += [event for _, event in self._alone.run()]

    def is_as_if_alone(self) -> bool:
        difference = abs(self.ear.probability - self.lone_ear.probability)
        return difference < 1e-4 and self.events == self.lone_events


@pytest.mark.requirement("sound:vad:batch-independent")
@settings(max_examples=25)
@given(st.data())
def test_joins_leaves_and_bursts_of_others_change_nothing(data: st.DataObject) -> None:
    pool = EarPool(VAD, slots=data.draw(st.integers(1, 3)))
    calls: dict[int, Call] = {}
    for _ in range(data.draw(st.integers(1, 12))):
        for place in data.draw(st.lists(st.integers(0, len(MATERIAL)), max_size=4)):
            call = Call(pool, place)
            calls[id(call.ear)] = call
        for call in calls.values():
            call.speak(data.draw(st.integers(0, 1500)))
        for ear, event in pool.run():
            calls[id(ear)].events.append(event)
        assert all(call.is_as_if_alone() for call in calls.values())
        for key in data.draw(st.lists(st.sampled_from([*calls] or [0]), max_size=2, unique=True)):
            if key in calls:
                pool.remove(calls.pop(key).ear)


@pytest.mark.requirement("sound:vad:batch-independent")
def test_a_call_among_three_hundred_is_heard_as_if_alone(speech_clips: Path) -> None:
    sound = clip(speech_clips, "steve_day")
    pool, alone = EarPool(VAD), EarPool(VAD)
    crowd = [pool.add() for _ in range(300)]
    for place, ear in enumerate(crowd):
        ear.feed(sound[place * 40 : place * 40 + 12000])
    lone = alone.add()
    lone.feed(sound[150 * 40 : 150 * 40 + 12000])
    events = [event for ear, event in pool.run() if ear is crowd[150]]
    assert events == [event for _, event in alone.run()]
    assert crowd[150].probability == pytest.approx(lone.probability, abs=1e-4)


# --- real speech ----------------------------------------------------------------------------------


def onset_s(samples: Samples) -> float:
    """Where speech begins: the first 10 ms that are within 35 dB of the clip's loudest 10 ms, and
    from which on at least 8 of 10 such pieces are."""
    pieces = samples[: len(samples) // 80 * 80].reshape(-1, 80).astype(np.float64)
    loudness = np.sqrt((pieces**2).mean(axis=1))
    loud = loudness > loudness.max() * 10 ** (-35 / 20)
    sustained = np.convolve(loud, np.ones(10), mode="valid") >= 8
    return float(np.argmax(loud[: len(sustained)] & sustained)) * 0.01


def decisions_s(sound: bytes, *, lead: int) -> tuple[list[float], float]:
    """When starts of speech were decided, in the clip's time; a tick after each 20 ms frame."""
    pool = EarPool(VAD)
    ear: Ear = pool.add()
    payload = SILENT[:8000] + SILENT[:lead] + sound + SILENT[:8000]
    decided = []
    for at in range(0, len(payload), FRAME):
        ear.feed(payload[at : at + FRAME])
        started = [event for _, event in pool.run() if isinstance(event, SpeechStarted)]
        decided += [(at + FRAME - 8000 - lead) / 8000 for _ in started]
    return decided, ear.heard_s


@pytest.mark.requirement("sound:vad:onset")
def test_half_of_real_onsets_are_decided_within_95_ms(speech_clips: Path) -> None:
    delays_s = []
    for name in clip_names(speech_clips, kind="speech"):
        onset = onset_s(clip_samples(speech_clips, name))
        for lead in (0, 64, 128, 192):
            decided, _ = decisions_s(clip(speech_clips, name), lead=lead)
            assert decided, f"no speech heard in {name}"
            delays_s.append(decided[0] - onset)
    assert len(delays_s) >= 60
    assert statistics.median(delays_s) <= 0.095


@pytest.mark.requirement("sound:vad:not-speech")
@pytest.mark.parametrize("name", NOT_SPEECH)
def test_what_is_not_speech_is_not_heard_as_speech(speech_clips: Path, name: str) -> None:
    decided, heard_s = decisions_s(clip(speech_clips, name), lead=0)
    assert decided == []
    assert heard_s > 3.0
