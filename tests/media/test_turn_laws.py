"""The laws of turn-taking, over every interleaving of inputs."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.floor import TRANSITIONS
from media.turns import (
    AnswerKind,
    BargedIn,
    Expectation,
    Floor,
    OverlapDismissed,
    OverlapPaused,
    OverlapStarted,
    SilencePrompt,
    TurnEvent,
    TurnMachine,
    UserFinished,
    UserPaused,
    UserResumed,
    UserStarted,
)

INPUTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "speech_started",
                "speech_started",
                "speech_stopped",
                "speech_stopped",
                "agent_started",
                "agent_stopped",
                "words",
                "expect",
                "digit",
                "hold",
                "protect",
                "tick",
            ]
        ),
        st.floats(0.0, 1.5),
        st.floats(0.0, 0.4),
        st.integers(0, 9),
    ),
    max_size=60,
)
WORDS = ["", "uh-huh", "yes", "no wait", "um"]


def enter(
    machine: TurnMachine, name: str, now: float, *, ago_s: float, choice: int
) -> list[TurnEvent]:
    match name:
        case "speech_started":
            return machine.speech_started(now, ago_s)
        case "speech_stopped":
            return machine.speech_stopped(now, ago_s)
        case "agent_started":
            return machine.agent_started(now)
        case "agent_stopped":
            return machine.agent_stopped(now)
        case "words":
            return machine.heard_words(now, WORDS[choice % len(WORDS)], choice % 2 == 0)
        case "expect":
            kind = list(AnswerKind)[choice % len(AnswerKind)]
            return machine.expect(now, Expectation(kind, satisfied=choice > 4))
        case "digit":
            return machine.digit(now)
        case "hold":
            return machine.hold(now, choice % 2 == 0)
        case "protect":
            return machine.protect(now, choice % 2 == 0)
        case _:
            return machine.tick(now)


def check_order(events: list[TurnEvent]) -> None:
    """Turns and overlaps open and close alternately, and time does not go back."""
    turn_open = overlap_open = False
    at = -inf
    for event in events:
        assert event.at >= at
        at = event.at
        match event:
            case UserStarted():
                assert not turn_open
                assert not overlap_open
                turn_open = True
            case UserFinished(started, stopped, finished):
                assert turn_open
                assert started <= stopped <= finished
                turn_open = False
            case OverlapStarted():
                assert not turn_open
                assert not overlap_open
                overlap_open = True
            case OverlapDismissed():
                assert overlap_open
                overlap_open = False
            case BargedIn():
                assert overlap_open
                overlap_open, turn_open = False, True
            case OverlapPaused():
                assert overlap_open
            case UserPaused():
                assert turn_open
            case UserResumed():
                assert turn_open or overlap_open
            case SilencePrompt(count):
                assert not turn_open
                assert not overlap_open
                assert 1 <= count <= 3
    assert not turn_open
    assert not overlap_open


@pytest.mark.requirement("turn:laws:hold")
@settings(max_examples=300)
@given(INPUTS)
def test_no_interleaving_breaks_the_laws(inputs: list[tuple[str, float, float, int]]) -> None:
    machine = TurnMachine()
    events: list[TurnEvent] = []
    now, audible = 100.0, False
    for name, later, ago_s, choice in inputs:
        now += later
        events += enter(machine, name, now, ago_s=ago_s, choice=choice)
        audible = (audible or name == "agent_started") and name != "agent_stopped"
        assert machine.floor is not (Floor.FREE if audible else Floor.AGENT)
        deadline = machine.deadline()
        assert deadline is None or deadline > now
        assert deadline is not None or machine.floor in (Floor.FREE, Floor.AGENT)
    for _ in range(12):  # the inputs stop, and time passes
        deadline = machine.deadline()
        if deadline is not None:
            events += machine.tick(deadline)
            after = machine.deadline()
            assert after is None or after > deadline
    assert machine.deadline() is None
    assert machine.floor in (Floor.FREE, Floor.AGENT)
    check_order(events)


@settings(max_examples=100)
@given(INPUTS, st.integers(1, 5))
def test_ticking_more_often_changes_nothing(
    inputs: list[tuple[str, float, float, int]], ticks: int
) -> None:
    seldom, often = TurnMachine(), TurnMachine()
    few: list[TurnEvent] = []
    many: list[TurnEvent] = []
    now = 100.0
    for name, later, _, choice in inputs:
        for part in range(1, ticks):
            many += often.tick(now + later * part / ticks)
        now += later
        few += enter(seldom, name, now, ago_s=0.0, choice=choice)
        many += enter(often, name, now, ago_s=0.0, choice=choice)
    assert few == many


def test_every_floor_can_be_reached_and_left() -> None:
    assert {floor for floor, _ in TRANSITIONS} == set(Floor)
    assert set(TRANSITIONS.values()) == set(Floor)
