"""Two tracks aligned by media time, handed out in pieces, and a header that can be mended."""

from __future__ import annotations

import io
import random
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from media.audio import Encoding
from media.pcm import decode
from media.recorder import HEADER_BYTES, Recorder, repair_header, wav_header

FRAME_S = 0.02
FRAME = 160
MARKS = 250
"""Each frame is filled with its number modulo this, so that its place can be found again."""


def marked(number: int) -> bytes:
    return bytes([number % MARKS]) * FRAME


def tracks(stereo: bytes) -> tuple[bytes, bytes]:
    return stereo[0::2], stereo[1::2]


def is_near(track: bytes, number: int, at_s: float) -> bool:
    """Whether a marked frame lies less than 20 ms from where it belongs."""
    middle = round(at_s * 8000) + FRAME // 2
    return number % MARKS in track[max(0, middle - FRAME // 2) : middle + FRAME // 2]


@pytest.mark.requirement("sound:recording:aligned")
@pytest.mark.parametrize("drift", [-100e-6, 0.0, 100e-6])
def test_thirty_minutes_of_drift_and_jitter_stay_aligned(drift: float) -> None:
    chance = random.Random(2)
    recorder = Recorder()
    frames = round(1800 / FRAME_S)
    stereo = bytearray()
    truth_s = [number * FRAME_S * (1.0 + drift) + 0.005 for number in range(frames)]
    for number, at_s in enumerate(truth_s):
        # Carriers say whole milliseconds; the ledger's estimate of what was heard wavers more.
        recorder.caller(marked(number), round(at_s + chance.uniform(-0.004, 0.004), 3))
        if number % 500 < 200:
            recorder.agent(marked(number), at_s + chance.uniform(-0.008, 0.008))
        if number % 50 == 0:
            stereo += recorder.take(at_s - 1.0)
    stereo += recorder.finish(truth_s[-1] + FRAME_S)
    caller, agent = tracks(bytes(stereo))
    assert recorder.late_bytes == 0
    assert len(caller) == len(agent) == pytest.approx(8000 * 1800, abs=8000)
    for number, at_s in enumerate(truth_s):
        assert is_near(caller, number, at_s), number
        if number % 500 < 200:
            assert is_near(agent, number, at_s), number


def test_time_stamps_that_waver_leave_neither_gaps_nor_overlaps() -> None:
    recorder = Recorder()
    for number in range(100):
        recorder.caller(marked(number), number * FRAME_S + (number % 3) * 0.003)
    caller, _ = tracks(recorder.finish(2.0))
    assert caller == b"".join(marked(number) for number in range(100))


def test_a_gap_is_silence_and_what_follows_is_in_its_place() -> None:
    recorder = Recorder(Encoding.ALAW)
    recorder.caller(marked(1), 0.0)
    recorder.agent(marked(2), 0.1)
    caller, agent = tracks(recorder.finish(0.115))
    assert caller == marked(1) + b"\xd5" * 800
    assert agent == b"\xd5" * 800 + marked(2)


@pytest.mark.requirement("sound:recording:any-order")
@given(st.permutations(range(12)), st.lists(st.integers(0, 11), max_size=6), st.data())
def test_any_order_with_repeats_gives_the_same_recording(
    order: list[int], repeats: list[int], data: st.DataObject
) -> None:
    arrivals = [*order]
    for number in repeats:
        arrivals.insert(data.draw(st.integers(0, len(arrivals))), number)
    recorder = Recorder()
    for number in arrivals:
        recorder.caller(marked(number), number * FRAME_S)
    caller, agent = tracks(recorder.finish(12 * FRAME_S))
    assert caller == b"".join(marked(number) for number in range(12))
    assert set(agent) == {0xFF}


@given(st.lists(st.floats(0.0, 1.5), max_size=12))
def test_where_it_is_cut_does_not_change_the_recording(cuts: list[float]) -> None:
    whole, cut = Recorder(), Recorder()
    for number in range(50):
        whole.caller(marked(number), number * FRAME_S)
        cut.caller(marked(number), number * FRAME_S)
    pieces = [cut.take(until_s) for until_s in cuts]
    peaks = [cut.take_peaks()]
    pieces.append(cut.finish(1.6))
    assert b"".join(pieces) == whole.finish(1.6)
    assert b"".join([*peaks, cut.take_peaks()]) == whole.take_peaks()


def test_only_whole_peaks_are_taken_and_nothing_twice() -> None:
    recorder = Recorder()
    recorder.caller(marked(1), 0.0)
    assert len(recorder.take(0.0199)) == 2 * 80
    assert recorder.take(0.005) == b""
    assert len(recorder.take(0.07)) == 2 * 480
    assert recorder.taken_s == pytest.approx(0.07)
    assert recorder.finish(0.07) == b""


def test_sound_that_comes_after_its_place_was_taken_is_counted() -> None:
    recorder = Recorder()
    recorder.take(0.1)
    recorder.agent(marked(1), 0.05)
    assert recorder.late_bytes == FRAME
    recorder.agent(marked(2), 0.09)
    assert recorder.late_bytes == FRAME + FRAME // 2
    _, agent = tracks(recorder.finish(0.11))
    assert agent == marked(2)[:80]


def test_a_time_stamp_far_ahead_is_refused_and_counted() -> None:
    recorder = Recorder()
    recorder.caller(marked(1), 4e9)
    recorder.caller(marked(2), 0.0)
    assert recorder.refused_bytes == FRAME
    caller, _ = tracks(recorder.finish(FRAME_S))
    assert caller == marked(2)


def test_peaks_are_the_lowest_and_highest_of_each_track_every_10_ms() -> None:
    recorder = Recorder()
    recorder.caller(b"\x00" * 40 + b"\xff" * 40 + b"\x80" * 80, 0.0)
    recorder.agent(b"\xff" * 160, 0.0)
    recorder.take(0.02)
    peaks = np.frombuffer(recorder.take_peaks(), dtype=np.int8).reshape(-1, 4)
    assert peaks.tolist() == [[-126, 0, 0, 0], [125, 125, 0, 0]]
    assert recorder.take_peaks() == b""


def test_only_g711_is_recorded() -> None:
    with pytest.raises(ValueError, match=r"G\.711"):
        Recorder(Encoding.PCM16)
    with pytest.raises(ValueError, match=r"G\.711"):
        wav_header(Encoding.PCM16, 0)


@pytest.mark.parametrize(("encoding", "tag"), [(Encoding.MULAW, 7), (Encoding.ALAW, 6)])
def test_the_header_is_that_of_a_stereo_g711_file(encoding: Encoding, tag: int) -> None:
    header = wav_header(encoding, 16000)
    assert len(header) == HEADER_BYTES
    assert header[:4] == b"RIFF"
    assert int.from_bytes(header[4:8], "little") == HEADER_BYTES - 8 + 16000
    assert int.from_bytes(header[20:22], "little") == tag
    # The standard library reads the chunks of any format but refuses the compressed ones by name.
    with (
        pytest.raises(wave.Error, match=f"unknown format: {tag}"),
        wave.open(io.BytesIO(header + bytes(16000))),
    ):
        pass


def test_a_player_reads_what_was_recorded() -> None:
    recorder = Recorder()
    recorder.caller(bytes(range(160)), 0.0)
    recorder.agent(bytes(range(96, 256)), 0.0)
    stereo = recorder.finish(FRAME_S)
    played, rate_hz = soundfile.read(
        io.BytesIO(wav_header(Encoding.MULAW, len(stereo)) + stereo), dtype="int16"
    )
    assert rate_hz == 8000
    expected = decode(stereo, Encoding.MULAW).reshape(-1, 2)
    # The reader's own table differs by rounding in the last bits.
    assert np.abs(played.astype(np.int32) - expected).max() <= 4


@pytest.mark.requirement("sound:recording:repair")
@given(st.sampled_from([Encoding.MULAW, Encoding.ALAW]), st.integers(0, 10**7))
def test_a_broken_off_recording_gets_its_header_from_its_size(
    encoding: Encoding, sound_bytes: int
) -> None:
    torn = wav_header(encoding, 0)
    mended = repair_header(torn, HEADER_BYTES + sound_bytes)
    assert mended == wav_header(encoding, sound_bytes - sound_bytes % 2)
    assert repair_header(mended, HEADER_BYTES + sound_bytes) == mended


@pytest.mark.parametrize("header", [b"", b"RIFF" + bytes(54), wav_header(Encoding.MULAW, 0)[:-1]])
def test_a_strangers_header_is_not_mended(header: bytes) -> None:
    with pytest.raises(ValueError, match="not the header"):
        repair_header(header, 1000)


def test_a_file_shorter_than_its_header_announces_no_sound() -> None:
    assert repair_header(wav_header(Encoding.MULAW, 8), 30) == wav_header(Encoding.MULAW, 0)
