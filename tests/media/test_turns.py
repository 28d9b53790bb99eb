"""Who has the floor: the rules as scripted calls, and the laws over every interleaving."""

from __future__ import annotations

import pytest

from media.turns import (
    AnswerKind,
    EndDelays,
    Expectation,
    Floor,
    OverlapDismissed,
    OverlapStarted,
    SilencePrompt,
    TurnMachine,
    TurnTiming,
    UserFinished,
    UserPaused,
    UserResumed,
    UserStarted,
)
from tests.media.turn_script import near, speak, talking


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
    ends = EndDelays(quick_s=0.1, dictation_s=9.0)
    assert ends.after(Expectation(AnswerKind.YES_NO), can_end=True) == 0.3
    assert ends.after(Expectation(AnswerKind.DICTATION), can_end=True) == 1.2
    machine = TurnMachine(TurnTiming(end=ends))
    machine.expect(0.0, Expectation(AnswerKind.DICTATION))
    speak(machine, 1.0, 2.0)
    assert machine.tick(9.0)[-1] == UserFinished(near(1.0), near(2.0), near(3.2))


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
