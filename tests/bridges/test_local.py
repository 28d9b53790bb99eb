"""One call on the local bridge, in virtual time, with an engine whose sound is its text."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges import local
from bridges.port.brief import FILL, Brief, Guide
from bridges.port.errors import Lost, Overloaded
from bridges.port.events import (
    BotAudio,
    BotText,
    BridgeFailed,
    CommitTurn,
    Interrupt,
    PauseTurn,
    Rebrief,
    ReplyDone,
    Speak,
    StartTurn,
    ToolCall,
    ToolResult,
    Usage,
    UserAudio,
    UserText,
    UserTranscript,
)
from bridges.port.session import BridgeModule
from bridges.speech.errors import SpeechBusy, SpeechLost, SpeechRefused
from tests.bridges.speech.local_call import BOOKING, BUSY, DAY, GREET, Call, connected
from tests.bridges.speech.talking_engine import SILENCE, TalkingEngine
from tests.virtual import in_virtual_time, run


def test_the_module_is_a_bridge() -> None:
    module: BridgeModule = local
    assert module.PROFILE.verbatim
    assert module.PROFILE.languages == ("en",)


@pytest.mark.requirement("mind:bridge:text-is-ready-when-the-turn-ends")
@in_virtual_time
async def test_the_transcript_is_there_when_the_turn_ends() -> None:
    engine = TalkingEngine(listens_s=0.25)
    async with connected(engine) as call:
        await call.turn("Book a room.")
        started = asyncio.get_running_loop().time()
        await call.until(lambda: bool(call.of(ToolCall)))
        assert asyncio.get_running_loop().time() - started < 0.02
        interim, final = call.of(UserTranscript)
    assert (interim.text, interim.final, interim.complete) == ("Book a room.", False, True)
    assert (final.text, final.final) == ("Book a room.", True)
    assert engine.asked == [("Book a room.", True)]
    assert engine.hastened == [1]


@pytest.mark.requirement("mind:bridge:guess-is-thrown-away")
@in_virtual_time
async def test_a_guess_is_thrown_away_when_the_caller_goes_on() -> None:
    engine = TalkingEngine(listens_s=0.25)
    async with connected(engine) as call:
        call.says("I would like to")
        call.session.send(StartTurn(0.5))
        call.session.send(PauseTurn())
        await call.lasts(0.1)
        call.session.send(StartTurn(0.0, resumed=True))
        await call.turn("book a room.")
        await call.until(lambda: bool(call.of(ToolCall)))
        finals = [one.text for one in call.of(UserTranscript) if one.final]
    assert engine.withdrawn == 1
    assert finals == ["I would like to book a room."]


@pytest.mark.requirement("mind:bridge:joined-turn")
@in_virtual_time
async def test_a_turn_that_goes_on_after_its_end_is_heard_as_a_whole() -> None:
    engine = TalkingEngine(listens_s=0.6)
    async with connected(engine, BOOKING) as call:
        await call.turn("Tomorrow")
        call.session.send(Interrupt(0))
        call.session.send(StartTurn(0.0, resumed=True))
        call.says("at three.")
        call.session.send(PauseTurn())
        await call.lasts(0.3)
        call.session.send(CommitTurn())
        await call.until(lambda: bool(call.of(ToolCall)))
        finals = [one.text for one in call.of(UserTranscript) if one.final]
        calls = call.of(ToolCall)
    assert finals == ["Tomorrow at three."]
    assert [dict(one.arguments) for one in calls] == [{"day": "2026-11-22", "time": "15:00"}]


@in_virtual_time
async def test_a_pause_and_an_end_in_the_same_instant_hear_one_turn_only() -> None:
    engine = TalkingEngine()
    async with connected(engine) as call:
        for text in ("Book a room.", "Today."):
            call.says(text)
            call.session.send(StartTurn(0.5))
            call.session.send(PauseTurn())
            call.session.send(CommitTurn(answer=False))
            await call.lasts(1)
    assert [text for text, _ in engine.asked] == ["Book a room.", "Today."]


@in_virtual_time
async def test_sound_from_before_the_turn_does_not_belong_to_it() -> None:
    engine = TalkingEngine()
    async with connected(engine) as call:
        call.session.send(UserAudio(b"noise" + SILENCE * 40_000))
        await call.turn("Book a room.")
        await call.until(lambda: bool(call.of(ToolCall)))
        await call.turn("Today.")
        await call.until(lambda: len(call.of(UserTranscript)) >= 4)
    assert [text for text, _ in engine.asked] == ["Book a room.", "Today."]


@in_virtual_time
async def test_a_turn_that_only_asks_what_was_said_is_not_answered() -> None:
    async with connected(TalkingEngine()) as call:
        call.says("Book a room.")
        call.session.send(StartTurn(0.5))
        call.session.send(CommitTurn(answer=False))
        await call.lasts(2)
        assert [one.final for one in call.of(UserTranscript)] == [True]
        assert call.of(ToolCall) == []


@pytest.mark.requirement("mind:bridge:text-before-sound")
@in_virtual_time
async def test_utterances_are_said_in_order_each_text_before_its_sound() -> None:
    async with connected(TalkingEngine()) as call:
        call.session.send(Speak("Harbour Rooms. This call is recorded.", "s1"))
        call.session.send(Speak("Hello.", "s2"))
        call.session.send(Rebrief(BOOKING))
        await call.until(lambda: len(call.of(ReplyDone)) == 3)
        own = call.of(ReplyDone)[-1].item
    kinds = (BotText, BotAudio, ReplyDone)
    told = [one for one in call.events if isinstance(one, kinds)]
    assert [(type(one).__name__, one.item) for one in told] == [
        ("BotText", "s1"), ("BotAudio", "s1"), ("BotAudio", "s1"),
        ("BotText", "s1"), ("BotAudio", "s1"), ("BotAudio", "s1"), ("ReplyDone", "s1"),
        ("BotText", "s2"), ("BotAudio", "s2"), ("BotAudio", "s2"), ("ReplyDone", "s2"),
        ("BotText", own), ("BotAudio", own), ("BotAudio", own), ("ReplyDone", own),
    ]  # fmt: skip
    assert [one.text for one in call.of(BotText)] == [
        "Harbour Rooms.", "This call is recorded.", "Hello.", "For which day?",
    ]  # fmt: skip


@pytest.mark.requirement("mind:bridge:interrupt-drops-all")
@in_virtual_time
async def test_an_interruption_drops_what_waits_and_what_is_being_said() -> None:
    async with connected(TalkingEngine(speaks_s=0.1)) as call:
        call.session.send(Speak("One. Two.", "s1"))
        call.session.send(Speak("Three.", "s2"))
        await call.until(lambda: bool(call.of(BotAudio)))
        call.session.send(Interrupt(40, "One", "s1"))
        assert call.of(ReplyDone) == [ReplyDone("s1", True), ReplyDone("s2", True)]
        said = len(call.of(BotAudio))
        await call.lasts(2)
        assert len(call.of(BotAudio)) == said
        call.session.send(Speak("Four.", "s3"))
        await call.until(lambda: ReplyDone("s3") in call.events)


@pytest.mark.requirement("mind:bridge:nothing-out-of-turn")
@in_virtual_time
async def test_while_a_tool_runs_nothing_else_is_acted_upon() -> None:
    async with connected(TalkingEngine(), BOOKING) as call:
        await call.turn("Tomorrow.")
        await call.until(lambda: bool(call.of(ToolCall)))
        await call.turn("At three.")
        await call.lasts(1)
        assert len(call.of(ToolCall)) == 1
        first = call.of(ToolCall)[0]
        call.session.send(ToolResult(first.call_id, {}))
        await call.until(lambda: len(call.of(ToolCall)) == 2)
        assert dict(call.of(ToolCall)[1].arguments) == {"time": "15:00"}


@in_virtual_time
async def test_a_result_that_never_comes_does_not_hold_the_mind_for_ever() -> None:
    async with connected(TalkingEngine(), BOOKING) as call:
        await call.turn("Tomorrow.")
        await call.until(lambda: bool(call.of(ToolCall)))
        await call.turn("At three.")
        await call.until(lambda: len(call.of(ToolCall)) == 2)


@in_virtual_time
async def test_written_words_and_keys_are_turns() -> None:
    async with connected(TalkingEngine(), BOOKING) as call:
        call.session.send(UserText("tomorrow"))
        await call.until(lambda: len(call.of(ToolCall)) == 1)
        call.session.send(ToolResult(call.of(ToolCall)[0].call_id, {}, reply=False))
        call.session.send(UserText("2411", keyed=True))
        await call.until(lambda: len(call.of(ToolCall)) == 2)
        names = [(one.name, dict(one.arguments)) for one in call.of(ToolCall)]
    assert names == [(FILL, {"day": "2026-11-22"}), (FILL, {"day": "2026-11-24"})]


@pytest.mark.requirement("mind:bridge:busy-is-heard")
@in_virtual_time
async def test_a_busy_engine_is_heard_and_asked_once_more() -> None:
    engine = TalkingEngine()
    engine.deaf = [SpeechBusy("recognition", 24)]
    async with connected(engine) as call:
        call.says("Book a room.")
        call.session.send(StartTurn(0.5))
        call.session.send(CommitTurn())
        await call.until(lambda: bool(call.of(ToolCall)))
        assert [one.payload for one in call.of(BotAudio)] == [BUSY]
        assert call.of(BridgeFailed) == []


@pytest.mark.requirement("mind:bridge:busy-is-heard")
@in_virtual_time
async def test_an_engine_that_stays_busy_gives_the_call_away() -> None:
    engine = TalkingEngine()
    engine.deaf = [SpeechBusy("recognition", 24), SpeechBusy("recognition", 24)]
    async with connected(engine) as call:
        call.says("Book a room.")
        call.session.send(StartTurn(0.5))
        call.session.send(CommitTurn())
        await call.until(lambda: bool(call.of(BridgeFailed)))
        error = call.of(BridgeFailed)[0].error
    assert isinstance(error, Overloaded)
    assert error.retryable


@in_virtual_time
async def test_a_language_that_the_recognizer_does_not_know_ends_in_keys_not_in_silence() -> None:
    engine = TalkingEngine()
    engine.deaf = [SpeechRefused("this model hears English only")]
    async with connected(engine) as call:
        call.says("Book a room.")
        call.session.send(StartTurn(0.5))
        call.session.send(CommitTurn())
        await call.until(lambda: bool(call.of(ReplyDone)))
        assert [one.text for one in call.of(UserTranscript)] == [""]
        assert call.words().startswith("Sorry")
        assert call.of(BridgeFailed) == []


@in_virtual_time
async def test_a_brief_that_comes_during_an_interruption_is_taken_in_silently() -> None:
    async with connected(TalkingEngine(), GREET) as call:
        call.session.send(Rebrief(BOOKING, reply=False))
        await call.lasts(0.001)
        call.session.send(Interrupt(0))
        call.session.send(UserText("tomorrow"))
        await call.until(lambda: bool(call.of(ToolCall)))
        assert dict(call.of(ToolCall)[0].arguments) == {"day": "2026-11-22"}


@in_virtual_time
async def test_an_answer_that_is_being_thought_up_is_dropped_by_an_interruption() -> None:
    async with connected(TalkingEngine(), BOOKING) as call:
        call.session.send(UserText("tomorrow"))
        await call.lasts(0.001)
        call.session.send(Interrupt(0))
        await call.lasts(2)
        assert call.of(ToolCall) == []


@in_virtual_time
async def test_a_mind_that_breaks_is_a_failed_bridge_and_not_silence() -> None:
    broken = Brief("", guide=Guide("g", slots=(DAY,), today="no date"))
    async with connected(TalkingEngine(), broken) as call:
        call.session.send(UserText("tomorrow"))
        await call.until(lambda: bool(call.of(BridgeFailed)))
        assert isinstance(call.of(BridgeFailed)[0].error, Lost)


@in_virtual_time
async def test_a_voice_that_is_lost_twice_is_a_failed_bridge() -> None:
    engine = TalkingEngine()
    engine.mute = [SpeechLost("gone"), SpeechLost("gone")]
    async with connected(engine) as call:
        call.session.send(Speak("Hello.", "s1"))
        await call.until(lambda: bool(call.of(ReplyDone)))
        assert call.words() == "busy"
        assert isinstance(call.of(BridgeFailed)[0].error, Lost)


@in_virtual_time
async def test_a_voice_that_is_lost_once_says_it_after_an_apology() -> None:
    engine = TalkingEngine()
    engine.mute = [SpeechLost("gone")]
    async with connected(engine) as call:
        call.session.send(Speak("Hello.", "s1"))
        await call.until(lambda: bool(call.of(ReplyDone)))
        assert call.words() == "busy Hel lo."
        assert call.of(BridgeFailed) == []


@in_virtual_time
async def test_more_speech_than_anyone_hears_fails_loudly() -> None:
    async with connected(TalkingEngine()) as call:
        for number in range(70):
            call.session.send(Speak("Hello.", f"s{number}"))
        assert isinstance(call.of(BridgeFailed)[0].error, Overloaded)


@pytest.mark.requirement("mind:bridge:no-task-outlives-the-call")
@in_virtual_time
async def test_leaving_in_the_middle_of_everything_ends_it() -> None:
    engine = TalkingEngine(listens_s=5, speaks_s=5)

    async def broken_off() -> None:
        async with connected(engine) as call:
            call.session.send(Speak("Hello.", "s1"))
            await call.turn("Book a room.")
            raise KeyError("the body's own error passes as it is")

    with pytest.raises(KeyError):
        await broken_off()
    assert engine.withdrawn == 1


@in_virtual_time
async def test_only_the_sentences_of_the_business_are_kept_as_sound() -> None:
    engine = TalkingEngine()
    async with connected(engine, BOOKING) as call:
        call.session.send(Speak("A room for Abigail Claflin.", "s1"))
        call.session.send(Rebrief(BOOKING))
        await call.until(lambda: len(call.of(ReplyDone)) == 2)
    assert engine.fixed == ["For which day?"]


@in_virtual_time
async def test_the_stages_of_a_reply_are_reported() -> None:
    async with connected(TalkingEngine(listens_s=0.6), BOOKING) as call:
        await call.turn("Every purchase is a vote.")
        await call.until(lambda: bool(call.of(Usage)))
        amounts = call.of(Usage)[0].amounts
    assert 0 < amounts["transcript_s"] < amounts["first_sound_s"]


INPUTS = st.lists(
    st.sampled_from(
        ["speak", "sound", "start", "resume", "pause", "commit", "cut", "wait", "text"]
    ),
    max_size=25,
)


@pytest.mark.requirement("mind:bridge:every-utterance-ends-once")
@given(INPUTS)
def test_in_any_order_every_utterance_ends_exactly_once(inputs: list[str]) -> None:
    async def scenario() -> None:
        async with connected(TalkingEngine(), BOOKING) as call:
            items = []
            for number, name in enumerate(inputs):
                if name == "speak":
                    items.append(f"s{number}")
                await _one(call, name, number)
            await call.lasts(60)
            ended = [one.item for one in call.of(ReplyDone)]
            assert len(ended) == len(set(ended))
            assert set(items) <= set(ended)
            assert {one.item for one in call.of(BotAudio)} <= set(ended)
            assert call.of(BridgeFailed) == []

    run(scenario())


async def _one(call: Call, name: str, number: int) -> None:
    match name:
        case "speak":
            call.session.send(Speak("One. Two.", f"s{number}"))
        case "sound":
            call.says("Tomorrow.")
        case "start":
            call.session.send(StartTurn(0.5))
        case "resume":
            call.session.send(StartTurn(0.1, resumed=True))
        case "pause":
            call.session.send(PauseTurn())
        case "commit":
            call.session.send(CommitTurn())
        case "cut":
            call.session.send(Interrupt(10, "One", "s0"))
        case "text":
            call.session.send(UserText("hello there"))
        case _:
            await call.lasts(0.15)
