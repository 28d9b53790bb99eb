"""Both speak: what takes the floor, and what is dismissed."""

from __future__ import annotations

import pytest

from media.backchannel import Overheard, overheard
from media.turns import (
    AnswerKind,
    BargedIn,
    Expectation,
    Floor,
    OverlapDismissed,
    OverlapPaused,
    OverlapStarted,
    TurnMachine,
    UserFinished,
    UserPaused,
    UserResumed,
    UserStarted,
)
from tests.media.turn_script import near, speak, talking

# --- overlap -------------------------------------------------------------------------------------


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
