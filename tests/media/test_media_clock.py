"""Media time follows the carrier's clock, whatever the network does to its frames."""

from __future__ import annotations

from random import Random

import pytest

from media.media_clock import MediaClock

OPENED_S = 50.0


def half_an_hour(clock: MediaClock, *, drift_ppm: float, most_delay_s: float) -> float:
    """Frames of a drifting carrier, each late by chance; returns the true media time at the end."""
    chance = Random(4)
    clock.open(OPENED_S)
    at_s = 0.0
    for number in range(90_000):
        at_s = number * 0.02
        now = OPENED_S + at_s / (1 + drift_ppm / 1e6) + chance.random() ** 2 * most_delay_s
        clock.frame(now, at_s)
    return at_s


@pytest.mark.requirement("call:recording:no-drift")
@pytest.mark.parametrize("drift_ppm", [-150.0, 0.0, 150.0])
@pytest.mark.parametrize("most_delay_s", [0.0, 0.08])
def test_after_half_an_hour_media_time_is_the_carriers(
    drift_ppm: float, most_delay_s: float
) -> None:
    clock = MediaClock()
    at_s = half_an_hour(clock, drift_ppm=drift_ppm, most_delay_s=most_delay_s)
    now = OPENED_S + at_s / (1 + drift_ppm / 1e6)
    assert abs(clock.at(now) - at_s) < 0.005


def test_before_the_stream_there_is_no_media_time() -> None:
    clock = MediaClock()
    clock.frame(3.0, 1.0)
    assert clock.at(7.0) == 0.0


def test_a_time_stamp_that_cannot_be_does_not_move_the_clock_far() -> None:
    clock = MediaClock()
    clock.open(OPENED_S)
    for number in range(1000):
        at_s = number * 0.02 if number < 500 else 1e6
        clock.frame(OPENED_S + number * 0.02, at_s)
    assert abs(clock.at(OPENED_S + 20.0) - 20.0) <= 0.02
