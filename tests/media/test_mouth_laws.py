"""The ledger is what was played, byte for byte, whatever happens."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.mouth import ItemHeard
from tests.media.mouth_line import Line, ledger_agrees, tone
from tests.media.playout_speaker import RATE, PlayoutSpeaker

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say", "say", "finish", "pause", "resume", "cut", "stall", "deaf"]),
        st.integers(1, 6000),
        st.integers(1, 9000),
    ),
    min_size=1,
    max_size=30,
)


def perform(line: Line, verb: str, number: int, size: int) -> None:
    """One step of a random call; a new item begins after each cut and each finish."""
    item = f"item {number}"
    match verb:
        case "say":
            line.say(item, tone(size, start=number))
        case "finish":
            line.finish(item)
        case "pause":
            line.pause()
        case "resume":
            line.resume()
        case "cut":
            line.cut()
        case "stall" if line.now > line.speaker.stalled_until + 1.0:
            line.speaker.stalled_until = line.now + 0.3
        case "deaf":
            line.speaker.deaf = not line.speaker.deaf


@pytest.mark.requirement("mouth:ledger:byte-for-byte")
@settings(max_examples=100)
@given(STEPS)
def test_the_ledger_is_what_was_played_whatever_happens(
    steps: list[tuple[str, int, int]],
) -> None:
    line = Line()
    number = 0
    for verb, samples_later, size in steps:
        line.run(line.now + samples_later / RATE)
        perform(line, verb, number, size)
        number += verb in ("finish", "cut")
        assert ledger_agrees(line)
    line.resume()
    line.run(line.now + 60.0)
    assert ledger_agrees(line)
    assert line.farthest_ahead_s <= 0.24 + 1e-6


@pytest.mark.requirement("mouth:ledger:byte-for-byte")
def test_after_a_thousand_barge_ins_the_heard_bytes_are_the_played_bytes() -> None:
    chance = Random(2)
    line = Line()
    heard_ms = 0
    for number in range(1000):
        item = f"item {number}"
        for _ in range(chance.randint(1, 4)):
            line.say(item, tone(chance.randint(1, 12000), start=number))
        if chance.random() < 0.5:
            line.finish(item)
        line.run(line.now + chance.randint(0, 16000) / RATE)
        if chance.random() < 0.3:
            line.pause()
            line.run(line.now + chance.randint(0, 4000) / RATE)
            line.resume()
            line.run(line.now + chance.randint(0, 8000) / RATE)
        line.cut()
        heard_ms += line.mouth.heard_ms(item, line.now)
        assert ledger_agrees(line)
    assert heard_ms == pytest.approx(len(line.speaker.played) / 8, abs=1000)
    told = sum(event.heard_ms for event in line.events if isinstance(event, ItemHeard))
    assert told == heard_ms


@pytest.mark.requirement("mouth:ledger:with-latency")
@settings(max_examples=40)
@given(st.integers(1, 200), st.booleans(), STEPS)
def test_with_latency_the_ledger_differs_by_less_than_the_latency_and_a_frame(
    latency_ms: int, framed: bool, steps: list[tuple[str, int, int]]
) -> None:
    latency_s = latency_ms / 1000
    line = Line(speaker=PlayoutSpeaker(latency_s=latency_s, frame_s=0.02 if framed else 0.0))
    number = stops = 0
    for verb, samples_later, size in steps:
        line.run(line.now + samples_later / RATE)
        if verb in ("stall", "deaf"):
            continue
        perform(line, verb, number, size)
        number += verb in ("finish", "cut")
        if verb in ("pause", "cut"):
            stops += 1
            heard = len(line.record())
            line.run(line.now + latency_s)  # the clear is on its way
            stops_bytes = stops * (latency_s + 0.02) * RATE
            assert abs(len(line.speaker.played) - heard) <= stops_bytes + 1
    line.cut()
    assert len(line.record()) <= line.speaker.sent
