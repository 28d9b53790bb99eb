"""The streaming resampler's promises, measured from outside: response, delay, independence."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.pcm import Samples
from media.resample import RATES_HZ, Resampler
from tests.media.sound import hiss, sine

PAIRS = list(permutations(RATES_HZ, 2))


def resampled(samples: Samples, in_hz: int, out_hz: int) -> Samples:
    stream = Resampler(in_hz, out_hz)
    return np.concatenate([stream.feed(samples), stream.flush()])


def strengths_db(samples: Samples, rate_hz: int, peak: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and their strengths against a tone of `peak`, from the steady middle part."""
    steady = samples[rate_hz // 10 : rate_hz // 10 + rate_hz // 2].astype(np.float64)
    window = np.blackman(len(steady))
    spectrum = np.abs(np.fft.rfft(steady * window)) / (window.sum() / 2.0) / peak
    return np.fft.rfftfreq(len(steady), 1.0 / rate_hz), 20.0 * np.log10(spectrum + 1e-9)


@pytest.mark.requirement("sound:resample:response")
@pytest.mark.parametrize(("in_hz", "out_hz"), PAIRS)
def test_the_telephone_band_passes_flat(in_hz: int, out_hz: int) -> None:
    scale = min(in_hz, out_hz) / 8000
    for hertz in (100, 300, 1000, 2000, 3000, 3400):
        tone = sine(hertz * scale, 0.7, rate_hz=in_hz)
        _, strengths = strengths_db(resampled(tone, in_hz, out_hz), out_hz, 10000.0)
        assert strengths.max() == pytest.approx(0.0, abs=0.02), hertz


@pytest.mark.requirement("sound:resample:response")
@pytest.mark.parametrize(("in_hz", "out_hz"), [pair for pair in PAIRS if pair[0] < pair[1]])
def test_images_of_the_telephone_band_are_55_db_down(in_hz: int, out_hz: int) -> None:
    for hertz in (500, 2000, 3000, 3400):
        tone = sine(hertz * in_hz / 8000, 0.7, rate_hz=in_hz)
        frequencies, strengths = strengths_db(resampled(tone, in_hz, out_hz), out_hz, 10000.0)
        assert strengths[frequencies >= in_hz * 4600 / 8000].max() < -55.0, hertz


@pytest.mark.requirement("sound:resample:response")
@pytest.mark.parametrize(("in_hz", "out_hz"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_sound_beyond_the_lower_rate_is_55_db_down(in_hz: int, out_hz: int) -> None:
    for part in (4600, 5000, 5500, 5900):
        tone = sine(part * out_hz / 8000, 0.7, rate_hz=in_hz)
        _, strengths = strengths_db(resampled(tone, in_hz, out_hz), out_hz, 10000.0)
        assert strengths.max() < -55.0, part


@pytest.mark.requirement("sound:resample:delay")
@pytest.mark.parametrize(("in_hz", "out_hz"), PAIRS)
def test_the_delay_is_under_two_milliseconds_and_as_stated(in_hz: int, out_hz: int) -> None:
    click = np.zeros(in_hz // 10, dtype=np.int16)
    at = in_hz // 20
    click[at] = 30000
    out = resampled(click, in_hz, out_hz).astype(np.float64)
    # The centre of the click's mass: the filter is symmetric, so this is its group delay.
    centre_s = float(np.dot(out, np.arange(len(out))) / out.sum()) / out_hz
    delay_s = Resampler(in_hz, out_hz).delay_s
    assert delay_s < 0.002
    assert centre_s - at / in_hz == pytest.approx(delay_s, abs=0.00005)


@pytest.mark.parametrize(("in_hz", "out_hz"), PAIRS)
def test_a_frame_in_gives_a_frame_out_at_once(in_hz: int, out_hz: int) -> None:
    stream = Resampler(in_hz, out_hz)
    for _ in range(3):
        assert len(stream.feed(hiss(in_hz // 50))) == out_hz // 50


@pytest.mark.requirement("sound:resample:block-size")
@given(
    st.sampled_from(PAIRS),
    st.lists(st.integers(0, 700), max_size=8),
    st.integers(0, 3),
)
def test_any_split_gives_the_same_samples(
    pair: tuple[int, int], cuts: list[int], seed: int
) -> None:
    samples = hiss(2000, seed=seed)
    stream = Resampler(*pair)
    pieces, at = [], 0
    for size in cuts:
        pieces.append(stream.feed(samples[at : at + size]))
        at += size
    pieces += [stream.feed(samples[at:]), stream.flush()]
    assert np.array_equal(np.concatenate(pieces), resampled(samples, *pair))


@pytest.mark.parametrize("pair", PAIRS)
def test_a_flushed_stream_begins_anew(pair: tuple[int, int]) -> None:
    stream = Resampler(*pair)
    stream.feed(hiss(777))
    stream.flush()
    tone = sine(440, 0.1)
    assert np.array_equal(
        np.concatenate([stream.feed(tone), stream.flush()]), resampled(tone, *pair)
    )


@pytest.mark.parametrize("pair", PAIRS)
def test_full_scale_is_cut_off_and_never_wraps(pair: tuple[int, int]) -> None:
    square = np.where(sine(200, 0.1, rate_hz=pair[0]) >= 0, 32767, -32768).astype(np.int16)
    out = resampled(square, *pair)
    assert out.max() == 32767
    assert out.min() == -32768
    # A sample that wrapped would be of the other sign than its neighbours.
    edges = np.count_nonzero(np.diff(np.signbit(square)))
    loud = out[np.abs(out.astype(np.int32)) > 10000]
    assert np.count_nonzero(np.diff(np.signbit(loud))) == edges


def test_a_constant_stays_a_constant() -> None:
    out = resampled(np.full(2000, 1234, dtype=np.int16), 8000, 48000)
    assert set(out[200:-200].tolist()) == {1234}


def test_equal_rates_pass_unchanged_and_undelayed() -> None:
    stream = Resampler(8000, 8000)
    samples = hiss(160)
    assert stream.feed(samples) is samples
    assert len(stream.flush()) == 0
    assert stream.delay_s == 0.0


@pytest.mark.parametrize("pair", [(8000, 44100), (11025, 8000)])
def test_other_rates_are_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot resample"):
        Resampler(*pair)
