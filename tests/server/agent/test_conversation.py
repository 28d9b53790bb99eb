"""The reducer: what each event makes the agent do, and what it never does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.port import events as mind
from bridges.port.brief import FILL, ToolSpec
from bridges.port.errors import Lost
from media import mouth, turns
from media.call import Digit, HangupCause, LineClosed
from media.expectation import AnswerKind
from server.agent import effects as do
from server.agent.conversation import Conversation, ConversationEvent, Opened, ToolSettled
from server.agent.effects import Effect
from server.agent.spec import load_spec
from tests.server.agent.test_flow import AROUND, SPEC

TOOLS = {"check_slot": ToolSpec("check_slot", "Whether a time is free.", {"type": "object"})}


class Talk:
    """A conversation with its clock, and everything that it asked for."""

    def __init__(self, text: str = SPEC) -> None:
        self.conversation = Conversation(load_spec(text, "barber.yaml"), AROUND, TOOLS)
        self.now = 100.0
        self.done: list[Effect] = []

    def happens(self, *events: ConversationEvent, after_s: float = 0.1) -> list[Effect]:
        """Let these happen one after the other; returns the effects of all of them."""
        out: list[Effect] = []
        for event in events:
            self.now += after_s
            out += self.conversation.step(event, self.now)
        self.done += out
        return out

    def waits(self, seconds: float) -> list[Effect]:
        self.now += seconds
        out = self.conversation.tick(self.now)
        self.done += out
        return out

    def told(self, kind: type[Any]) -> list[Any]:
        """What the mind was told of that kind, so far."""
        items = (effect.item for effect in self.done if isinstance(effect, do.ToBridge))
        return [item for item in items if isinstance(item, kind)]

    def heard_everything(self) -> list[Effect]:
        """All lines that were spoken so far have been heard whole."""
        out: list[Effect] = []
        for line in self.told(mind.Speak):
            heard = mouth.ItemHeard(line.item, line.text, 1000, whole=True, at=self.now)
            out += self.happens(mouth.Audible(line.item, self.now), heard, mouth.Quiet(self.now))
        return out


def opened(text: str = SPEC) -> Talk:
    talk = Talk(text)
    talk.happens(Opened())
    return talk


def checking() -> Talk:
    """A talk whose flow waits for its tool."""
    talk = opened()
    talk.happens(mind.ToolCall("c1", "go_book"))
    talk.happens(mind.ToolCall("c2", FILL, {"service": "cut", "day": "2026-11-24"}))
    return talk


def of(kind: type[Any], effects: list[Effect]) -> list[Any]:
    return [effect for effect in effects if isinstance(effect, kind)]


def to_bridge(effects: list[Effect]) -> list[mind.BridgeInput]:
    return [effect.item for effect in effects if isinstance(effect, do.ToBridge)]


def test_the_call_opens_with_the_protected_disclosure_and_the_greeting() -> None:
    talk = opened()
    assert [line.text for line in talk.told(mind.Speak)] == [
        "This is a machine.",
        "How can I help?",
    ]
    assert of(do.Protect, talk.done) == [do.Protect(on=True)]


def test_the_protection_ends_when_the_disclosure_was_heard() -> None:
    talk = opened()
    disclosure = talk.told(mind.Speak)[0]
    heard = mouth.ItemHeard(disclosure.item, disclosure.text, 900, whole=True, at=talk.now)
    assert do.Protect(on=False) in talk.happens(heard)


def test_the_callers_turn_is_started_paused_and_committed_at_the_mind() -> None:
    talk = opened()
    effects = talk.happens(
        turns.UserStarted(talk.now), turns.UserPaused(talk.now), turns.UserFinished(101, 102, 102.5)
    )
    kinds = [type(item) for item in to_bridge(effects)]
    assert kinds == [mind.StartTurn, mind.PauseTurn, mind.CommitTurn]


def test_speech_over_the_agent_holds_the_playout_at_once() -> None:
    effects = opened().happens(turns.OverlapStarted(100.1))
    assert effects[0] == do.Hold()


def test_a_dismissed_overlap_lets_the_agent_go_on() -> None:
    assert do.GoOn() in opened().happens(turns.OverlapDismissed(100.5))


@pytest.mark.requirement("talk:barge-in:mind-knows-what-was-heard")
def test_barge_in_tells_the_mind_what_was_heard() -> None:
    talk = opened()
    line = talk.told(mind.Speak)[1]
    talk.happens(mouth.Audible(line.item, talk.now))
    assert of(do.Hush, talk.happens(turns.BargedIn(talk.now)))
    cut = mouth.ItemHeard(line.item, "How can", 400, whole=False, at=talk.now)
    assert to_bridge(talk.happens(cut)) == [mind.Interrupt(400, "How can", line.item)]


def test_the_transcript_holds_only_what_was_heard() -> None:
    talk = opened()
    line = talk.told(mind.Speak)[1]
    talk.happens(
        mind.BotText(line.item, line.text),
        mouth.Audible(line.item, talk.now),
        mouth.ItemHeard(line.item, "How can", 400, whole=False, at=talk.now),
    )
    turn = talk.conversation.scribe.transcript.turns()[-1]
    assert (turn.text, turn.interrupted, turn.heard_s) == ("How can", True, 0.4)


def test_sound_of_a_cut_item_is_dropped() -> None:
    talk = opened()
    talk.happens(mouth.ItemHeard("x", "", 0, whole=False, at=talk.now))
    assert talk.happens(mind.BotAudio("x", b"late"), mind.BotText("x", "late")) == []


@pytest.mark.requirement("talk:resume:reply-dropped")
def test_a_turn_that_is_resumed_drops_the_reply_and_is_joined() -> None:
    talk = opened()
    talk.happens(
        turns.UserStarted(talk.now),
        turns.UserFinished(talk.now, talk.now + 1, talk.now + 1.5),
        mind.UserTranscript("I would like", final=True),
    )
    effects = talk.happens(turns.UserStarted(talk.now, resumed=True))
    told = to_bridge(effects)
    assert isinstance(told[0], mind.Interrupt)
    assert isinstance(told[1], mind.StartTurn)
    assert told[1].resumed
    talk.happens(
        turns.UserFinished(talk.now, talk.now + 1, talk.now + 1.5),
        mind.UserTranscript("I would like a haircut", final=True),
    )
    said = [t.text for t in talk.conversation.scribe.transcript.turns() if t.speaker == "caller"]
    assert said == ["I would like a haircut"]


def test_what_was_understood_moves_the_flow_and_the_result_comes_first() -> None:
    talk = opened()
    talk.happens(mind.ToolCall("c1", "go_book"))
    effects = talk.happens(mind.ToolCall("c2", FILL, {"service": "cut", "day": "2026-11-24"}))
    assert isinstance(to_bridge(effects)[0], mind.ToolResult)
    assert [run.call.name for run in of(do.RunTool, effects)] == ["check_slot"]


def test_a_refused_value_is_told_to_the_mind_with_the_reason() -> None:
    talk = opened()
    talk.happens(mind.ToolCall("c1", "go_book"))
    effects = talk.happens(mind.ToolCall("c2", FILL, {"day": "2020-01-01"}))
    result = to_bridge(effects)[-1]
    assert isinstance(result, mind.ToolResult)
    assert result.error == "That day has passed already."
    assert result.reply


def test_the_awaited_slot_decides_how_long_a_pause_may_be() -> None:
    effects = opened().happens(mind.ToolCall("c1", "go_book"))
    assert of(do.Expect, effects)[0].expectation.kind is AnswerKind.SHORT


def test_a_whole_answer_is_told_to_the_turn_machine_until_the_turn_is_over() -> None:
    talk = opened()
    talk.happens(mind.ToolCall("c1", "go_book"))
    said = mind.UserTranscript("a haircut", final=False, satisfies=True)
    assert of(do.Expect, talk.happens(said))[0].expectation.satisfied
    over = talk.happens(turns.UserFinished(talk.now, talk.now, talk.now))
    assert not of(do.Expect, over)[0].expectation.satisfied


def test_a_tool_that_is_not_offered_here_is_refused() -> None:
    result = to_bridge(opened().happens(mind.ToolCall("c1", "check_slot")))[0]
    assert isinstance(result, mind.ToolResult)
    assert "no tool" in result.error


@pytest.mark.requirement("talk:tools:exactly-one-result")
def test_a_tool_that_settles_twice_counts_once() -> None:
    talk = checking()
    run = of(do.RunTool, talk.done)[0]
    settled = ToolSettled(run.call.call_id, "free")
    assert talk.happens(settled)
    assert talk.happens(settled) == []


def test_a_slow_tool_is_bridged_by_a_word_and_a_hung_one_fails() -> None:
    talk = checking()
    assert to_bridge(talk.waits(1.6))[0] == mind.Speak("One moment, please.", "s4")
    effects = talk.waits(8.0)
    assert [j.facts["node"] for j in of(do.Jot, effects) if j.kind == "node"] == ["sorry"]


def test_silence_is_asked_about_and_ends_the_call_the_third_time() -> None:
    talk = opened(SPEC.replace("      - {to: bye, event: silence}\n", ""))
    talk.heard_everything()
    talk.happens(turns.SilencePrompt(1, talk.now))
    talk.happens(turns.SilencePrompt(2, talk.now))
    talk.happens(turns.SilencePrompt(3, talk.now))
    effects = talk.heard_everything()
    assert of(do.End, effects) == [do.End(HangupCause.AGENT_HUNG_UP, "silent")]


def test_the_call_ends_only_when_the_goodbye_was_heard() -> None:
    talk = opened()
    talk.heard_everything()
    assert of(do.End, talk.happens(turns.SilencePrompt(1, talk.now))) == []
    assert of(do.End, talk.heard_everything()) == [do.End(HangupCause.AGENT_HUNG_UP, "done")]


def test_a_goodbye_that_is_never_heard_does_not_hold_the_line() -> None:
    talk = opened()
    talk.happens(turns.SilencePrompt(1, talk.now))
    assert of(do.End, talk.waits(21)) == [do.End(HangupCause.AGENT_HUNG_UP, "done")]


def test_a_key_that_is_a_door_cuts_the_agent_short_and_moves() -> None:
    effects = opened().happens(Digit("1"))
    assert of(do.Hush, effects)
    assert [jot.facts.get("node") for jot in of(do.Jot, effects)] == [None, "book"]


def test_keys_of_a_date_are_typed_and_reach_the_mind_as_one_entry() -> None:
    talk = opened()
    talk.happens(mind.ToolCall("c1", "go_book"))
    talk.happens(mind.ToolCall("c2", FILL, {"service": "cut"}))
    talk.happens(*(Digit(key) for key in "2411"))
    typed = to_bridge(talk.happens(Digit("#")))
    assert typed[-1] == mind.UserText("2411", keyed=True)


def test_one_key_where_a_date_is_asked_may_still_be_a_choice() -> None:
    talk = opened()
    talk.happens(mind.ToolCall("c1", "go_book"))
    talk.happens(mind.ToolCall("c2", FILL, {"service": "cut"}))
    talk.happens(Digit("0"))
    effects = talk.waits(5)
    assert of(do.Transfer, effects) == [do.Transfer("+35315550100", "the desk")]


@pytest.mark.requirement("talk:bridge-lost:next-then-apology")
def test_a_lost_mind_is_replaced_and_the_last_one_apologised_for() -> None:
    talk = opened(SPEC.replace("agent: barber", "agent: barber\nbridges: [one, two]"))
    effects = talk.happens(mind.BridgeFailed(Lost("one", "gone")))
    assert [effect.name for effect in of(do.OpenBridge, effects)] == ["two"]
    effects = talk.happens(mind.BridgeFailed(Lost("two", "gone")))
    assert of(do.Clip, effects) == [do.Clip("apology")]
    heard = mouth.ItemHeard("apology", "", 2000, whole=True, at=talk.now)
    ended = talk.happens(heard, mouth.Quiet(talk.now))
    assert of(do.End, ended) == [do.End(HangupCause.AGENT_HUNG_UP, "failed")]


def test_a_caller_who_hangs_up_ends_everything() -> None:
    talk = checking()
    run = of(do.RunTool, talk.done)[0]
    effects = talk.happens(LineClosed(HangupCause.CALLER_HUNG_UP))
    assert of(do.End, effects) == [do.End(HangupCause.CALLER_HUNG_UP, "caller_left")]
    assert talk.happens(ToolSettled(run.call.call_id, "free"), Digit("1")) == []
    assert talk.conversation.deadline() is None
    assert talk.waits(1000) == []


def test_a_call_does_not_last_for_ever() -> None:
    talk = opened()
    assert do.Jot("time_is_up") in talk.waits(31 * 60)


_EVENTS = st.sampled_from(
    [
        turns.UserStarted(100.0),
        turns.UserStarted(100.0, resumed=True),
        turns.UserPaused(100.0),
        turns.UserResumed(100.0),
        turns.UserFinished(100.0, 100.5, 101.0),
        turns.OverlapStarted(100.0),
        turns.OverlapPaused(100.0),
        turns.OverlapDismissed(100.0),
        turns.BargedIn(100.0),
        turns.SilencePrompt(1, 100.0),
        mouth.Audible("s1", 100.0),
        mouth.ItemHeard("s1", "This is", 300, whole=False, at=100.0),
        mouth.ItemHeard("s2", "How can I help?", 900, whole=True, at=100.0),
        mouth.Quiet(100.0),
        mind.BotAudio("s1", b"\xff"),
        mind.BotText("s2", "How can I help?"),
        mind.ReplyDone("s1"),
        mind.ReplyDone("s2", interrupted=True),
        mind.UserTranscript("a haircut", final=True),
        mind.UserTranscript("a", final=False, complete=False),
        mind.ToolCall("a", "go_book"),
        mind.ToolCall("b", FILL, {"service": "cut", "day": "2026-11-24"}),
        mind.ToolCall("c", FILL, {"ok": True}),
        mind.ToolCall("d", "nonsense"),
        mind.ToolCancelled("t3"),
        mind.Usage({"speech_s": 1.0}),
        ToolSettled("t3", "free"),
        ToolSettled("t4", error="no"),
        Digit("1"),
        Digit("0"),
        mind.BridgeFailed(Lost("local", "gone")),
        LineClosed(HangupCause.LINE_LOST),
    ]
)


@pytest.mark.requirement("talk:law:ends-once")
@given(st.lists(st.tuples(_EVENTS, st.floats(0, 30)), max_size=60))
def test_whatever_happens_the_call_ends_once_and_is_silent_afterwards(
    story: list[tuple[ConversationEvent, float]],
) -> None:
    talk = opened()
    asked: list[str] = []
    answered: list[str] = []
    for event, pause_s in story:
        over = bool(of(do.End, talk.done))
        effects = [*talk.waits(pause_s), *talk.happens(event)]
        assert not (over and effects)
        if isinstance(event, mind.ToolCall) and not over and not of(do.End, effects):
            asked.append(event.call_id)
        answered += [
            item.call_id for item in to_bridge(effects) if isinstance(item, mind.ToolResult)
        ]
    assert len(of(do.End, talk.done)) <= 1
    assert set(answered) <= set(asked) | {"t3", "t4"}
    talk.happens(LineClosed(HangupCause.LINE_LOST))
    assert len(of(do.End, talk.done)) == 1
