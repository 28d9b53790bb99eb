"""A caller who interrupts the agent again and again, at random but reproducible instants."""

from __future__ import annotations

from random import Random

from server.rehearsal.script import Moment, Script, Speak, Step, When
from tests.calls.agents import TALKER
from tests.calls.whole_call import Held, Setup, speech
from tests.fakes.far_end import Way
from tests.fakes.scripted_bridge import Answer, Call, Say, ScriptedBridge

__all__ = ["heard_bytes", "interruptions"]

_FRAME_S = 0.02


def interruptions(count: int, *, seed: int, latency_s: float = 0.0) -> Setup:
    """So many replies that are each talked over, a third of them first by a short "uh-huh"."""
    chance = Random(seed)
    answers: list[Answer] = []
    steps: list[Step] = []
    for number in range(count):
        words = f"Reply {number} has a few words more than anybody wants to hear."
        sound = chance.randbytes(8 * chance.randint(1500, 4500))
        wait_s = _FRAME_S * chance.randint(1, 6)
        answers.append(Answer("wait", [Say(words, sound)], interim="uh-huh", after_s=wait_s))
        if number and chance.random() < 0.33:
            murmur = Speak(speech(_FRAME_S * chance.randint(8, 17), "uh-huh"))
            steps.append(_over(murmur, _FRAME_S * chance.randint(16, 30)))
        wait = Speak(speech(_FRAME_S * chance.randint(28, 50), "wait"))
        steps.append(_over(wait, _FRAME_S * chance.randint(18, 60)))
    answers.append(Answer("bye", [Call("go_bye")], interim="uh-huh"))
    bridges = {"first": ScriptedBridge(answers)}
    steps.append(Step(Speak(speech(0.6, "bye"))))
    script = Script(tuple(steps), hangs_up=False)
    return Setup(TALKER, script, bridges, way=Way(latency_s=latency_s))


def _over(act: Speak, after_s: float) -> Step:
    return Step(act, When(Moment.BARGE_IN, seconds=after_s))


def heard_bytes(call: Held) -> bytes:
    """The sound that the transcript says was heard of the agent, turn after turn."""
    spoken = call.bridges["first"].spoken
    heard = bytearray()
    for turn in call.turns:
        if turn.speaker == "agent" and turn.heard_s is not None:
            words, sound = spoken[turn.turn_id]
            assert words.startswith(turn.text)
            assert (turn.text == words) is (not turn.interrupted)
            heard += sound[: round(turn.heard_s * 8000)]
    return bytes(heard)
