"""The caller's script, in virtual time."""

from __future__ import annotations

import pytest

from server.rehearsal.caller import Caller, CallerEvent, GaveUp, KeyPressed, PutDown, Utterance
from server.rehearsal.clips import Clip
from server.rehearsal.script import HangUp, KeepSilent, Moment, Press, Script, Speak, Step, When

HELLO = Clip(b"\x01" * 1600, "hello", onset_s=0.05, end_s=0.15)


class Scene:
    """Plays a caller against an agent that speaks at stated times."""

    def __init__(self, *steps: Step, hangs_up: bool = True, linger_s: float = 1.0) -> None:
        self.caller = Caller(Script(steps, hangs_up=hangs_up, linger_s=linger_s), 0.0)
        self.events: list[tuple[float, CallerEvent]] = []
        self.sound = bytearray()

    def run(self, until_s: float, agent: tuple[tuple[float, float], ...] = ()) -> None:
        start = len(self.sound) // 160
        for index in range(start, round(until_s / 0.02)):
            now = index * 0.02
            if any(start_s <= now < end_s for start_s, end_s in agent):
                self.caller.agent_audible(now)
            payload, events = self.caller.frame(now)
            assert len(payload) == 160
            self.sound += payload
            self.events += [(now, event) for event in events]

    def spoken_at(self) -> float:
        return self.sound.index(b"\x01") / 8000.0

    def of(self, kind: type[CallerEvent]) -> list[tuple[float, CallerEvent]]:
        return [(at_s, event) for at_s, event in self.events if isinstance(event, kind)]


@pytest.mark.requirement("rehearsal:caller:waits")
def test_the_usual_step_waits_until_the_agent_has_spoken_and_stopped() -> None:
    scene = Scene(Step(Speak(HELLO)))
    scene.run(6.0, agent=((1.0, 2.0), (2.5, 3.0)))
    assert scene.spoken_at() == pytest.approx(3.8, abs=0.03)


@pytest.mark.requirement("rehearsal:caller:waits")
@pytest.mark.parametrize(
    ("when", "spoken_at_s"),
    [
        (When(Moment.ANSWERED), 0.0),
        (When(Moment.SECONDS, seconds=1.5), 1.5),
        (When(Moment.AGENT_STARTS), 1.0),
        (When(Moment.BARGE_IN, seconds=0.7), 1.7),
    ],
)
def test_a_step_comes_at_its_moment(when: When, spoken_at_s: float) -> None:
    scene = Scene(Step(Speak(HELLO), when))
    scene.run(6.0, agent=((1.0, 2.0),))
    assert scene.spoken_at() == pytest.approx(spoken_at_s, abs=0.03)


@pytest.mark.requirement("rehearsal:caller:waits")
def test_words_of_the_agent_are_waited_for_and_then_its_silence() -> None:
    scene = Scene(Step(Speak(HELLO), When(Moment.AGENT_SAID, pattern="what (time|day)")))
    assert scene.caller.wants_words
    scene.run(2.0, agent=((0.5, 1.0),))
    scene.caller.agent_said("Good morning")
    scene.run(4.0)
    assert not scene.of(Utterance)
    scene.caller.agent_said("Good morning. What Time?")
    scene.run(6.5, agent=((4.0, 5.0),))
    assert scene.spoken_at() == pytest.approx(5.8, abs=0.05)
    assert not scene.caller.wants_words


@pytest.mark.requirement("rehearsal:caller:waits")
def test_the_second_answer_is_not_taken_for_the_first() -> None:
    scene = Scene(Step(Speak(HELLO)), Step(Press("1")))
    scene.run(10.0, agent=((0.2, 1.0), (4.0, 5.0)))
    ((at_s, event),) = scene.of(KeyPressed)
    assert event == KeyPressed("1")
    assert at_s == pytest.approx(5.8, abs=0.03)


@pytest.mark.requirement("rehearsal:caller:waits")
def test_a_moment_that_does_not_come_ends_the_call_with_the_reason() -> None:
    scene = Scene(Step(Speak(HELLO), patience_s=3.0))
    scene.run(6.0)
    ((at_s, event),) = scene.of(GaveUp)
    assert event == GaveUp(0, "the agent to speak and stop")
    assert at_s == pytest.approx(3.0, abs=0.03)
    assert len(scene.of(PutDown)) == 1


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (When(Moment.AGENT_STARTS), "the agent to begin to speak"),
        (When(Moment.AGENT_SAID, pattern="price"), "the agent to say /price/"),
        (When(Moment.BARGE_IN, seconds=2), "the agent to speak for 2 s"),
        (When(Moment.SECONDS, seconds=2.5), "2.5 s to pass"),
        (When(Moment.ANSWERED), "the call to be answered"),
    ],
)
def test_what_is_waited_for_is_said_in_words(when: When, told: str) -> None:
    assert str(when) == told


@pytest.mark.requirement("rehearsal:caller:waits")
def test_keys_are_pressed_one_after_another() -> None:
    scene = Scene(Step(Press("15#"), When(Moment.ANSWERED)))
    scene.run(2.0)
    pressed = [(round(at_s, 2), event) for at_s, event in scene.of(KeyPressed)]
    assert pressed == [(0.0, KeyPressed("1")), (0.24, KeyPressed("5")), (0.5, KeyPressed("#"))]


@pytest.mark.requirement("rehearsal:caller:waits")
def test_silence_is_kept_and_the_receiver_put_down() -> None:
    scene = Scene(Step(KeepSilent(2.0), When(Moment.SECONDS)), Step(HangUp(), When(Moment.SECONDS)))
    scene.run(5.0)
    ((at_s, _),) = scene.of(PutDown)
    assert at_s == pytest.approx(2.02, abs=0.05)
    assert bytes(scene.sound) == b"\xff" * len(scene.sound)


@pytest.mark.requirement("rehearsal:caller:waits")
def test_after_the_last_step_the_reply_is_heard_out() -> None:
    scene = Scene(Step(Speak(HELLO), When(Moment.ANSWERED)))
    scene.run(9.0, agent=((1.0, 4.0),))
    ((at_s, _),) = scene.of(PutDown)
    assert at_s == pytest.approx(5.0, abs=0.05)


@pytest.mark.requirement("rehearsal:caller:waits")
def test_a_caller_who_does_not_hang_up_leaves_it_to_the_agent() -> None:
    scene = Scene(Step(Speak(HELLO), When(Moment.ANSWERED)), hangs_up=False)
    scene.run(60.0, agent=((1.0, 2.0),))
    assert not scene.of(PutDown)


@pytest.mark.requirement("rehearsal:caller:barge-in")
def test_a_barge_in_is_known_as_one_and_its_speech_is_timed() -> None:
    scene = Scene(Step(Speak(HELLO), When(Moment.BARGE_IN, seconds=0.5)))
    scene.run(4.0, agent=((1.0, 3.0),))
    ((_, event),) = scene.of(Utterance)
    assert isinstance(event, Utterance)
    assert event.over_agent
    assert event.started_s == pytest.approx(1.54, abs=0.03)
    assert event.ended_s == pytest.approx(1.64, abs=0.03)


@pytest.mark.requirement("rehearsal:caller:barge-in")
def test_a_barge_in_waits_for_speech_that_lasts() -> None:
    scene = Scene(Step(Speak(HELLO), When(Moment.BARGE_IN, seconds=1.0)))
    scene.run(8.0, agent=((1.0, 1.5), (4.0, 6.0)))
    assert scene.spoken_at() == pytest.approx(5.0, abs=0.03)
