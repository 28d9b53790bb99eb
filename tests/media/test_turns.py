"""Who has the floor: the rules as scripted calls, and the laws over every interleaving."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.backchannel import Overheard, overheard
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
    TurnTiming,
    UserFinished,
    UserPaused,
    UserResumed,
    UserStarted,
)


def near(value: float) -> float:
    """The instant `value`, as floats allow."""
    return pytest.approx(value)  # type: ignore[return-value]


def speak(machine: TurnMachine, begins: float, ends: float) -> list[TurnEvent]:
    """Speech from `begins` to `ends`, as the ear reports it: 0.06 s and 0.1 s late."""
    events = machine.tick(begins + 0.06)
    events += machine.speech_started(begins + 0.06, 0.06)
    events += machine.tick(ends + 0.1)
    return events + machine.speech_stopped(ends + 0.1, 0.1)


def answered(awaited: Expectation, *, complete: bool = True) -> float:
    """How long after the end of speech the turn ends."""
    machine = TurnMachine()
    machine.expect(0.0, awaited)
    speak(machine, 1.0, 2.0)
    events = machine.heard_words(2.15, "some words", complete)
    events += machine.tick(9.0)
    return next(event.at for event in events if isinstance(event, UserFinished)) - 2.0


# --- the end of a turn ---------------------------------------------------------------------------


@pytest.mark.requirement("turn:end:default-half-second")
def test_a_turn_is_announced_at_a_pause_and_ends_after_half_a_second() -> None:
    machine = TurnMachine()
    assert speak(machine, 1.0, 2.0) == [UserStarted(near(1.0))]
    assert machine.floor is Floor.PAUSE
    assert machine.deadline() == near(2.2)
    assert machine.tick(2.19) == []
    assert machine.tick(2.2 + 1e-9) == [UserPaused(near(2.2))]
    assert machine.deadline() == near(2.5)
    assert machine.tick(2.51) == [UserFinished(near(1.0), near(2.0), near(2.5))]


@pytest.mark.requirement("turn:end:not-later-for-a-late-report")
def test_a_late_report_of_the_end_does_not_lengthen_the_turn() -> None:
    machine = TurnMachine()
    machine.speech_started(1.0)
    assert machine.speech_stopped(3.0, 0.6) == [
        UserPaused(near(2.6)),
        UserFinished(1.0, near(2.4), near(2.9)),
    ]


@pytest.mark.requirement("turn:end:by-expectation")
@pytest.mark.parametrize(
    ("awaited", "delay_s"),
    [
        (Expectation(), 0.5),
        (Expectation(AnswerKind.YES_NO), 0.3),
        (Expectation(AnswerKind.SHORT), 0.5),
        (Expectation(AnswerKind.SHORT, satisfied=True), 0.3),
        (Expectation(AnswerKind.SPELLING), 1.1),
        (Expectation(AnswerKind.SPELLING, satisfied=True), 0.4),
        (Expectation(AnswerKind.DICTATION), 1.2),
    ],
)
def test_what_is_expected_decides_how_long_a_pause_may_be(
    awaited: Expectation, delay_s: float
) -> None:
    assert answered(awaited) == near(delay_s)
    assert answered(awaited, complete=False) == near(1.2)


@pytest.mark.requirement("turn:end:by-expectation")
def test_no_turn_ends_before_the_minimum_or_after_the_maximum() -> None:
    timing = TurnTiming(quick_end_s=0.1, dictation_end_s=9.0)
    assert timing.end_delay_s(Expectation(AnswerKind.YES_NO), can_end=True) == 0.3
    assert timing.end_delay_s(Expectation(AnswerKind.DICTATION), can_end=True) == 1.2


def test_enough_digits_during_the_pause_end_the_turn_sooner() -> None:
    machine = TurnMachine()
    machine.expect(0.0, Expectation(AnswerKind.SPELLING))
    speak(machine, 1.0, 2.0)
    machine.tick(2.3)
    assert machine.deadline() == near(3.1)
    machine.expect(2.35, Expectation(AnswerKind.SPELLING, satisfied=True))
    assert machine.tick(2.41)[-1] == UserFinished(near(1.0), near(2.0), near(2.4))


@pytest.mark.requirement("turn:end:goes-on")
def test_a_caller_who_goes_on_keeps_the_turn() -> None:
    machine = TurnMachine()
    speak(machine, 1.0, 2.0)
    assert speak(machine, 2.1, 3.0) == []  # too short a pause to be announced
    events = speak(machine, 3.3, 4.0)
    assert events == [UserPaused(near(3.2)), UserResumed(near(3.3))]
    assert machine.tick(5.0)[-1] == UserFinished(near(1.0), near(4.0), near(4.5))


def test_words_that_could_not_end_no_longer_count_once_the_caller_goes_on() -> None:
    machine = TurnMachine()
    speak(machine, 1.0, 2.0)
    machine.heard_words(2.1, "my number is", False)
    speak(machine, 2.9, 4.0)
    assert machine.tick(9.0)[-1] == UserFinished(near(1.0), near(4.0), near(4.5))


def test_speech_that_never_stops_ends_all_the_same() -> None:
    machine = TurnMachine()
    machine.speech_started(1.0)
    assert machine.tick(31.0) == [UserFinished(1.0, 31.0, 31.0)]
    assert machine.speech_stopped(40.0) == []


def test_the_ear_may_repeat_itself() -> None:
    machine = TurnMachine()
    assert machine.speech_stopped(0.5) == []
    machine.speech_started(1.0)
    assert machine.speech_started(1.1) == []
    machine.speech_stopped(2.0)
    assert machine.speech_stopped(2.1) == []
    assert machine.tick(3.0)[-1] == UserFinished(1.0, 2.0, near(2.5))


# --- joining -------------------------------------------------------------------------------------


@pytest.mark.requirement("turn:join:within-a-second")
def test_a_turn_that_goes_on_within_a_second_is_joined_to_the_last() -> None:
    machine = TurnMachine()
    speak(machine, 1.0, 2.0)
    machine.tick(2.5)
    machine.agent_started(3.1)  # the reply is on, but hardly
    assert speak(machine, 3.3, 4.0) == [UserStarted(near(3.3), resumed=True)]
    machine.agent_stopped(4.1)
    assert machine.tick(9.0)[-1] == UserFinished(near(1.0), near(4.0), near(4.5))


@pytest.mark.requirement("turn:join:within-a-second")
def test_speech_after_a_second_or_after_the_reply_began_is_a_new_turn() -> None:
    late = TurnMachine()
    speak(late, 1.0, 2.0)
    assert speak(late, 3.6, 4.0)[-1] == UserStarted(near(3.6))
    replied = TurnMachine()
    speak(replied, 1.0, 2.0)
    replied.tick(2.5)
    replied.agent_started(2.6)
    replied.agent_started(2.65)
    assert replied.speech_started(3.0) == [OverlapStarted(3.0)]
    short = TurnMachine()
    speak(short, 1.0, 2.0)
    short.tick(2.5)
    short.agent_started(2.6)
    short.agent_stopped(3.0)
    assert short.speech_started(3.2) == [UserStarted(3.2)]


# --- overlap -------------------------------------------------------------------------------------


def talking() -> TurnMachine:
    """The agent is audible from 0 on."""
    machine = TurnMachine()
    machine.agent_started(0.0)
    return machine


@pytest.mark.requirement("turn:barge-in:at-once")
def test_speech_over_the_agent_is_an_overlap_at_once() -> None:
    assert talking().speech_started(5.06, 0.06) == [OverlapStarted(5.0)]


@pytest.mark.requirement("turn:barge-in:takes-the-floor")
def test_speech_that_goes_on_takes_the_floor() -> None:
    machine = talking()
    machine.speech_started(5.06, 0.06)
    assert machine.agent_stopped(5.06) == []  # the playout was paused
    assert machine.deadline() == near(5.55)
    assert machine.tick(5.56) == [BargedIn(near(5.55))]
    assert machine.floor is Floor.CALLER
    machine.speech_stopped(7.1, 0.1)
    assert machine.tick(9.0) == [
        UserPaused(near(7.2)),
        UserFinished(5.0, near(7.0), near(7.5)),
    ]


def test_a_report_that_speech_lasted_long_enough_decides_before_the_timer() -> None:
    machine = talking()
    machine.speech_started(5.06, 0.06)
    assert machine.speech_stopped(5.5, 0.04) == [BargedIn(near(5.46))]
    assert machine.tick(9.0)[-1] == UserFinished(5.0, near(5.46), near(5.96))


@pytest.mark.requirement("turn:overlap:backchannel")
@pytest.mark.parametrize("text", ["Uh-huh.", "mhm", "okay", "Right.", "ajá", "vale", "yes", ""])
def test_a_backchannel_is_dismissed(text: str) -> None:
    machine = talking()
    assert speak(machine, 5.0, 5.3) == [OverlapStarted(near(5.0)), OverlapPaused(near(5.3))]
    assert machine.heard_words(5.6, text, True) == [OverlapDismissed(5.6)]
    assert machine.floor is Floor.AGENT


@pytest.mark.requirement("turn:overlap:backchannel")
def test_without_words_a_short_overlap_is_dismissed_after_its_time() -> None:
    machine = talking()
    speak(machine, 5.0, 5.3)
    assert machine.tick(6.5) == [OverlapDismissed(near(6.0))]


@pytest.mark.requirement("turn:overlap:words")
def test_other_words_take_the_floor() -> None:
    machine = talking()
    speak(machine, 5.0, 5.3)
    assert machine.heard_words(5.6, "no, wait", True) == [BargedIn(5.6)]
    assert machine.tick(9.0) == [UserFinished(near(5.0), near(5.3), near(5.8))]


@pytest.mark.requirement("turn:overlap:words")
def test_words_decide_while_the_caller_still_speaks() -> None:
    machine = talking()
    machine.speech_started(5.0)
    assert machine.heard_words(5.2, "uh", False) == []
    assert machine.heard_words(5.3, "uh I", False) == [BargedIn(5.3)]
    assert machine.floor is Floor.CALLER


@pytest.mark.requirement("turn:overlap:answers")
@pytest.mark.parametrize(
    "awaited", [Expectation(AnswerKind.YES_NO), Expectation(question_open=True)]
)
def test_yes_answers_an_open_question_but_a_hesitation_does_not(awaited: Expectation) -> None:
    machine = talking()
    machine.expect(0.0, awaited)
    speak(machine, 5.0, 5.3)
    assert machine.heard_words(5.5, "Yes.", True) == [BargedIn(5.5)]
    hesitant = talking()
    hesitant.expect(0.0, awaited)
    speak(hesitant, 5.0, 5.3)
    assert hesitant.heard_words(5.5, "um", True) == [OverlapDismissed(5.5)]


def test_short_pieces_of_speech_add_up_to_a_barge_in() -> None:
    machine = talking()
    speak(machine, 5.0, 5.3)
    assert machine.speech_started(5.5) == [UserResumed(5.5)]
    assert machine.floor is Floor.OVERLAP
    assert machine.tick(5.76) == [BargedIn(near(5.75))]


@pytest.mark.requirement("turn:laws:hold")
def test_an_agent_who_finishes_during_an_overlap_does_not_swallow_the_turn() -> None:
    machine = talking()
    machine.speech_started(5.0)
    machine.agent_stopped(5.1)
    assert machine.tick(6.0) == [BargedIn(near(5.55))]
    dismissed = talking()
    speak(dismissed, 5.0, 5.2)
    dismissed.agent_stopped(5.3)
    assert dismissed.tick(6.0) == [OverlapDismissed(near(5.9))]
    assert dismissed.floor is Floor.FREE


@pytest.mark.requirement("turn:laws:hold")
def test_an_agent_who_speaks_during_the_callers_pause_does_not_keep_the_turn_open() -> None:
    machine = TurnMachine()
    speak(machine, 1.0, 2.0)
    machine.agent_started(2.2)
    assert machine.tick(3.0)[-1] == UserFinished(near(1.0), near(2.0), near(2.5))
    assert machine.floor is Floor.AGENT


# --- protected speech ----------------------------------------------------------------------------


@pytest.mark.requirement("turn:protect:not-cut")
def test_speech_during_a_protected_utterance_is_a_turn_and_cuts_nothing() -> None:
    machine = talking()
    machine.protect(0.0, True)
    assert speak(machine, 1.0, 2.0) == [UserStarted(near(1.0))]
    assert machine.tick(2.6)[-1] == UserFinished(near(1.0), near(2.0), near(2.5))
    assert speak(machine, 3.0, 3.5)[-1] == UserStarted(near(3.0), resumed=True)
    machine.protect(3.6, False)
    machine.tick(4.5)
    assert machine.speech_started(6.0) == [OverlapStarted(6.0)]


def test_protection_dismisses_an_undecided_overlap() -> None:
    speaking = talking()
    speaking.speech_started(5.0)
    assert speaking.protect(5.2, True) == [OverlapDismissed(5.2), UserStarted(5.2)]
    assert speaking.floor is Floor.CALLER
    silent = talking()
    speak(silent, 5.0, 5.2)
    assert silent.protect(5.4, True) == [OverlapDismissed(5.4)]
    assert silent.floor is Floor.AGENT


# --- keys, holding, silence ----------------------------------------------------------------------


@pytest.mark.requirement("turn:digit:ends-silently")
def test_a_key_ends_an_open_turn_without_an_answer() -> None:
    machine = TurnMachine()
    machine.speech_started(1.0)
    assert machine.digit(1.5) == [UserFinished(1.0, 1.5, 1.5, silent=True)]
    assert machine.speech_stopped(1.7) == []
    assert machine.speech_started(2.0) == [UserStarted(2.0)]


def test_a_key_during_an_overlap_was_only_its_tone() -> None:
    machine = talking()
    machine.speech_started(5.0)
    assert machine.digit(5.1) == [OverlapDismissed(5.1)]


@pytest.mark.requirement("turn:silence:prompts")
def test_silence_after_the_agent_is_prompted_three_times() -> None:
    machine = TurnMachine()
    assert machine.deadline() is None
    machine.agent_started(1.0)
    assert machine.deadline() is None
    machine.agent_stopped(3.0)
    assert machine.tick(9.0) == [SilencePrompt(1, 9.0)]
    machine.agent_started(9.2)
    machine.agent_stopped(10.0)
    assert machine.tick(18.0) == [SilencePrompt(2, 18.0)]
    assert machine.tick(30.0) == [SilencePrompt(3, 26.0)]
    assert machine.deadline() is None


@pytest.mark.requirement("turn:silence:prompts")
def test_speech_and_keys_begin_the_count_anew() -> None:
    machine = talking()
    machine.agent_stopped(1.0)
    machine.tick(7.0)
    machine.digit(8.0)
    assert machine.tick(14.0) == [SilencePrompt(1, 14.0)]
    speak(machine, 15.0, 16.0)
    machine.tick(17.0)
    machine.agent_started(18.0)
    machine.agent_stopped(19.0)
    assert machine.tick(25.0) == [SilencePrompt(1, 25.0)]


@pytest.mark.requirement("turn:silence:not-while-held")
def test_nobody_is_prompted_while_a_tool_runs() -> None:
    machine = talking()
    machine.agent_stopped(1.0)
    machine.hold(2.0, True)
    assert machine.deadline() is None
    assert machine.tick(60.0) == []
    machine.hold(61.0, False)
    assert machine.tick(67.0) == [SilencePrompt(1, 67.0)]
    machine.hold(68.0, False)
    assert machine.tick(75.0) == [SilencePrompt(2, 75.0)]


@pytest.mark.requirement("turn:silence:unanswered")
def test_a_turn_without_a_reply_does_not_leave_the_call_mute() -> None:
    machine = TurnMachine()
    speak(machine, 1.0, 2.0)
    assert machine.tick(13.0)[-1] == SilencePrompt(1, near(12.5))


def test_a_hold_before_anybody_spoke_waits_for_nothing() -> None:
    machine = TurnMachine()
    machine.hold(0.0, True)
    assert machine.hold(1.0, False) == []
    assert machine.heard_words(1.0, "hello", True) == []
    assert machine.deadline() is None


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", Overheard.NOTHING),
        ("Um... uh", Overheard.NOTHING),
        ("Uh-huh.", Overheard.ASSENT),
        ("M-hm", Overheard.ASSENT),
        ("That's right, okay", Overheard.ASSENT),
        ("Sí, sí. Claro que sí.", Overheard.ASSENT),
        ("de acuerdo", Overheard.ASSENT),
        ("okay stop", Overheard.WORDS),
        ("no", Overheard.WORDS),
        ("claro que no", Overheard.WORDS),
        ("un momento", Overheard.WORDS),
        ("yes yes yes yes yes yes yes", Overheard.WORDS),
    ],
)
def test_words_over_the_agent_are_weighed(text: str, what: Overheard) -> None:
    assert overheard(text) is what


# --- the laws ------------------------------------------------------------------------------------

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
    now = 100.0
    for name, later, ago_s, choice in inputs:
        now += later
        events += enter(machine, name, now, ago_s=ago_s, choice=choice)
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
