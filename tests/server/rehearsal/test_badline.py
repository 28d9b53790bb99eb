"""The bad line, in virtual time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rehearsal.badline import PERFECT, BadLine, LineQuality

QUALITIES = st.builds(
    LineQuality,
    jitter_ms=st.sampled_from([0.0, 5.0, 60.0, 400.0]),
    loss=st.sampled_from([0.0, 0.05, 0.9]),
    burst_ms=st.sampled_from([0.0, 120.0, 900.0]),
    late_marks_ms=st.sampled_from([0.0, 300.0]),
    lose_marks=st.sampled_from([0.0, 0.5]),
)


def journey(quality: LineQuality, seed: int, count: int) -> list[tuple[float, int]]:
    """Frames are numbered from 0, marks from -1 down; what arrived, and when."""
    line: BadLine[int] = BadLine(quality, seed)
    arrived = []
    for index in range(count + 200):
        now = 100.0 + index * 0.02
        if index < count:
            line.frame(now, index)
            if index % 7 == 0:
                line.mark(now, -index - 1)
        arrived += [(now, item) for item in line.due(now)]
    assert line.deadline() is None
    return arrived


@pytest.mark.requirement("rehearsal:line:keeps-order")
@given(QUALITIES, st.integers(0, 2**32))
def test_frames_keep_their_order_and_none_is_invented(quality: LineQuality, seed: int) -> None:
    frames = [item for _, item in journey(quality, seed, 300) if item >= 0]
    assert frames == sorted(set(frames))


@pytest.mark.requirement("rehearsal:line:keeps-order")
@given(QUALITIES, st.integers(0, 2**32))
def test_the_same_seed_is_the_same_line(quality: LineQuality, seed: int) -> None:
    assert journey(quality, seed, 100) == journey(quality, seed, 100)


@pytest.mark.requirement("rehearsal:line:is-felt")
@given(QUALITIES, st.integers(0, 2**32))
def test_nothing_is_later_than_jitter_and_stall_allow(quality: LineQuality, seed: int) -> None:
    most_s = (quality.jitter_ms + quality.burst_ms) / 1000.0 + 0.021
    for at_s, item in journey(quality, seed, 300):
        if item >= 0:
            assert -1e-9 <= at_s - (100.0 + item * 0.02) <= most_s


@pytest.mark.requirement("rehearsal:line:is-felt")
def test_a_perfect_line_delivers_everything_at_once() -> None:
    assert PERFECT.perfect
    arrived = journey(PERFECT, 1, 50)
    assert [item for _, item in arrived if item >= 0] == list(range(50))
    assert all(abs(at_s - (100.0 + item * 0.02)) < 1e-9 for at_s, item in arrived if item >= 0)


@pytest.mark.requirement("rehearsal:line:is-felt")
def test_loss_takes_about_the_share_that_was_asked_for() -> None:
    line: BadLine[int] = BadLine(LineQuality(loss=0.1, lose_marks=0.5), 7)
    arrived = sum(line.frame(0.0, index) for index in range(5000))
    kept = sum(line.mark(0.0, index) for index in range(1000))
    assert arrived + line.lost_frames == 5000
    assert 400 < line.lost_frames < 600
    assert kept + line.lost_marks == 1000
    assert 400 < line.lost_marks < 600


@pytest.mark.requirement("rehearsal:line:is-felt")
def test_a_stall_ends_in_a_burst() -> None:
    arrivals = [at_s for at_s, item in journey(LineQuality(burst_ms=500.0), 3, 900) if item >= 0]
    most_at_once = max(arrivals.count(at_s) for at_s in set(arrivals))
    assert 20 <= most_at_once <= 27


@pytest.mark.requirement("rehearsal:line:is-felt")
def test_late_marks_come_after_the_sound_they_followed() -> None:
    late = [
        at_s - (100.0 + (-item - 1) * 0.02)
        for at_s, item in journey(LineQuality(late_marks_ms=300.0), 5, 300)
        if item < 0
    ]
    assert len(late) == 43
    assert max(late) > 0.1
    assert max(late) <= 0.321


@pytest.mark.requirement("rehearsal:line:is-felt")
def test_a_fast_clock_gains_what_it_was_told_to() -> None:
    assert LineQuality(drift_ppm=100.0).clock_rate == pytest.approx(1.0001)
