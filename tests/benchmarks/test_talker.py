"""The callers of the load follow their script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.talker import FRAME_BYTES, Phrase, Talker, TalkerEvent

PHRASE = Phrase.of(b"\x10" * FRAME_BYTES * 10, 0.05, 0.19)
FRAME_S = 0.02


class Exchange:
    """A talker whose agent can be made to speak; time passes by frames."""

    def __init__(self) -> None:
        self.now = 0.0
        self.talker = Talker([PHRASE], 0, 0.1)
        self.events: list[tuple[float, TalkerEvent]] = []
        self.sent: list[bytes] = []

    def run(self, seconds: float, *, agent: bool = False) -> None:
        for _ in range(round(seconds / FRAME_S)):
            if agent:
                self.talker.heard(self.now)
            payload, event = self.talker.frame(self.now)
            self.sent.append(payload)
            if event is not None:
                self.events.append((self.now, event))
            self.now += FRAME_S

    @property
    def kinds(self) -> list[str]:
        return [event.kind for _, event in self.events]


@pytest.mark.requirement("bench:load:script")
def test_a_caller_speaks_first_and_then_waits_for_the_reply() -> None:
    exchange = Exchange()
    exchange.run(3.0)
    assert exchange.kinds == ["onset", "end"]
    assert exchange.sent[-1] == b"\xff" * FRAME_BYTES


@pytest.mark.requirement("bench:load:script")
def test_the_onset_is_told_with_the_frame_that_holds_it() -> None:
    exchange = Exchange()
    exchange.run(1.0)
    began = next(at for at, payload in enumerate(exchange.sent) if payload[0] == 0x10)
    onset_s, _ = exchange.events[0]
    assert round(onset_s / FRAME_S) - began == PHRASE.onset == 2


@pytest.mark.requirement("bench:load:script")
def test_every_other_reply_is_spoken_into() -> None:
    exchange = Exchange()
    exchange.run(0.5)
    exchange.run(2.0, agent=True)
    assert [event.over_agent for _, event in exchange.events if event.kind == "onset"] == [
        False,
        True,
    ]
    exchange.run(3.0, agent=True)
    assert exchange.kinds.count("onset") == 2
    exchange.run(1.2)
    onsets = [event for _, event in exchange.events if event.kind == "onset"]
    assert len(onsets) == 3
    assert not onsets[-1].over_agent


@pytest.mark.requirement("bench:load:script")
def test_a_reply_that_never_comes_is_given_up() -> None:
    exchange = Exchange()
    exchange.run(14.0)
    assert exchange.kinds == ["onset", "end"] * 3


@given(st.lists(st.tuples(st.integers(1, 80), st.booleans()), max_size=30))
def test_onsets_and_ends_alternate_whatever_the_agent_does(times: list[tuple[int, bool]]) -> None:
    exchange = Exchange()
    for frames, agent in times:
        exchange.run(frames * FRAME_S, agent=agent)
    expected = ["onset", "end"] * len(exchange.kinds)
    assert exchange.kinds == expected[: len(exchange.kinds)]
    assert all(len(payload) == FRAME_BYTES for payload in exchange.sent)
