"""Calls from the greeting to the last word, with everything that happens on them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.port.errors import Lost, Overloaded
from bridges.port.events import Interrupt, StartTurn, ToolCall, ToolResult, UserText
from media.call import HangupCause
from server.agent.conversation import ToolSettled
from server.rehearsal.script import (
    HangUp,
    KeepSilent,
    Moment,
    Press,
    Script,
    Speak,
    Step,
    When,
)
from tests.calls.agents import BOOKING, TALKER
from tests.calls.whole_call import Held, Live, Setup, hold, speech
from tests.fakes.far_end import Way
from tests.fakes.scripted_bridge import Answer, Call, Fail, Say, ScriptedBridge, voice_of
from tests.virtual import in_virtual_time

DISCLOSURE = "Little Desk, and this call is recorded."
GREETING = "How can I help you today, what would you like us to do?"
BOOK = Answer("I want to book", [Call("go_book")])
TOMORROW = Answer("tomorrow", [Call("fill", {"day": "2026-11-24"})])
BYE = Answer("goodbye", [Call("go_bye")])
GOODBYE = "Thank you for calling. Goodbye!"


def says(text: str, seconds: float = 0.8, when: When | None = None) -> Step:
    return Step(Speak(speech(seconds, text)), when or When())


def over(text: str, seconds: float, after_s: float) -> Step:
    return says(text, seconds, When(Moment.BARGE_IN, seconds=after_s))


def minds(first: ScriptedBridge, second: ScriptedBridge | None = None) -> dict[str, ScriptedBridge]:
    return {"first": first, "second": second or ScriptedBridge(name="second")}


def wait_for_the_end(*steps: Step) -> Script:
    return Script(steps, hangs_up=False)


def nothing_is_lost_or_repeated(call: Held) -> None:
    spoken = [sound for bridge in call.bridges.values() for _, sound in bridge.spoken.values()]
    assert call.line.log.heard.sound() == b"".join(spoken)


@pytest.mark.requirement("call:whole:greeting-to-goodbye")
@in_virtual_time
async def test_a_caller_books_and_both_sides_are_written_down(tmp_path: Path) -> None:
    bridges = minds(ScriptedBridge([BOOK, TOMORROW, BYE]))
    script = wait_for_the_end(says("I want to book"), says("tomorrow"), says("goodbye"))
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    assert call.end.disposition == "done"
    assert call.said("caller") == ["I want to book", "tomorrow", "goodbye"]
    booked = "That is booked for tomorrow. Anything else?"
    assert call.said("agent") == [DISCLOSURE, GREETING, "For which day?", booked, GOODBYE]
    assert [(tool.name, tool.arguments, tool.outcome) for tool in call.tools] == [
        ("book", {"day": "2026-11-24"}, "booked")
    ]
    nothing_is_lost_or_repeated(call)


@pytest.mark.requirement("call:barge-in:only-what-was-played")
@in_virtual_time
async def test_a_caller_who_interrupts_the_greeting_is_served_and_it_is_written_as_heard(
    tmp_path: Path,
) -> None:
    bridges = minds(ScriptedBridge([BOOK, TOMORROW, BYE]))
    # The disclosure lasts 2.4 s and cannot be interrupted; the greeting after it can.
    script = wait_for_the_end(over("I want to book", 1.0, 3.6), says("tomorrow"), says("goodbye"))
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    greeting = call.turns[1]
    assert greeting.interrupted
    assert greeting.text == "How can I help you"
    assert greeting.heard_s == pytest.approx(1.4, abs=0.15)
    assert len(call.line.log.clears) >= 1
    assert call.line.log.clears[0] - call.line.log.utterances[0].started_s < 0.15
    assert call.said("agent")[2:4] == [
        "For which day?",
        "That is booked for tomorrow. Anything else?",
    ]
    heard = [item for item in bridges["first"].sessions[0].of(Interrupt) if item.item]
    assert [item.heard_text for item in heard] == ["How can I help you"]


@pytest.mark.requirement("call:disclosure:heard-whole")
@in_virtual_time
async def test_the_disclosure_is_heard_whole_though_the_caller_speaks(tmp_path: Path) -> None:
    bridges = minds(ScriptedBridge([BOOK, TOMORROW, BYE]))
    script = wait_for_the_end(over("I want to book", 1.0, 0.5), says("tomorrow"), says("goodbye"))
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    assert call.said("agent")[0] == DISCLOSURE
    assert not call.turns[0].interrupted
    assert call.line.log.heard.sound().startswith(voice_of(DISCLOSURE))


@pytest.mark.requirement("call:overlap:dismissed-goes-on")
@in_virtual_time
async def test_after_an_uh_huh_the_agent_goes_on_without_losing_or_repeating_a_sound(
    tmp_path: Path,
) -> None:
    story = "This is a long story that takes the agent a good while to tell."
    answers = [Answer("tell me", [Say(story)]), Answer("goodbye", [Call("go_bye")])]
    answers[1] = Answer("goodbye", [Call("go_bye")], interim="uh-huh")
    bridges = minds(ScriptedBridge(answers))
    script = wait_for_the_end(says("tell me"), over("uh-huh", 0.3, 1.5), says("goodbye"))
    call = await hold(Setup(TALKER, script, bridges), tmp_path)
    assert len(call.events("overlap_dismissed")) == 1
    assert not call.events("barge_in")
    assert len(call.line.log.clears) == 1
    assert call.said("agent") == ["Hello.", story, "Goodbye!"]
    nothing_is_lost_or_repeated(call)


@pytest.mark.requirement("call:turn:resumed-is-one")
@in_virtual_time
async def test_a_caller_who_goes_on_after_a_pause_has_said_one_thing(tmp_path: Path) -> None:
    whole = Answer("I want to book a room please", [Call("go_book")])
    bridges = minds(
        ScriptedBridge([Answer("I want to", [Say("Pardon?")], after_s=0.4), whole, BYE])
    )
    pause = When(Moment.SECONDS, seconds=0.7)
    script = wait_for_the_end(
        says("I want to"), says("book a room please", 1.0, pause), says("goodbye")
    )
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    assert call.said("caller")[0] == "I want to book a room please"
    assert len(call.said("caller")) == 2
    assert "Pardon?" not in call.said("agent")
    assert any(start.resumed for start in bridges["first"].sessions[0].of(StartTurn))


@pytest.mark.requirement("call:bridge:next-takes-over")
@in_virtual_time
async def test_when_a_mind_breaks_the_next_one_goes_on_with_what_was_heard(tmp_path: Path) -> None:
    broken = Answer("tomorrow", [Fail(Lost("first", "is gone"))])
    bridges = minds(ScriptedBridge([BOOK, broken]), ScriptedBridge([TOMORROW, BYE], name="second"))
    script = wait_for_the_end(
        says("I want to book"), says("tomorrow"), says("tomorrow"), says("goodbye")
    )
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    assert call.end.disposition == "done"
    (session,) = bridges["second"].sessions
    assert session.opening.seed.turns == (
        ("agent", DISCLOSURE),
        ("agent", GREETING),
        ("caller", "I want to book"),
        ("agent", "For which day?"),
        ("caller", "tomorrow"),
    )
    assert session.opening.brief.guide.node == "book"
    assert call.tools[0].arguments == {"day": "2026-11-24"}
    assert call.events("bridge_failed") == [{"error": "first: is gone", "bridge": "first"}]


@pytest.mark.requirement("call:bridge:next-takes-over")
@in_virtual_time
async def test_a_mind_that_cannot_be_had_is_replaced_before_the_greeting_is_missed(
    tmp_path: Path,
) -> None:
    first = ScriptedBridge(refuses=Overloaded("first", "is full"))
    bridges = minds(first, ScriptedBridge([BOOK, TOMORROW, BYE], name="second"))
    script = wait_for_the_end(says("I want to book"), says("tomorrow"), says("goodbye"))
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    assert call.said("agent")[:2] == [DISCLOSURE, GREETING]
    assert call.end.disposition == "done"


@pytest.mark.requirement("call:bridge:last-apologises")
@in_virtual_time
async def test_when_the_last_mind_breaks_the_caller_hears_an_apology_and_the_call_ends(
    tmp_path: Path,
) -> None:
    apology = voice_of("I am sorry, something went wrong here.")
    broken = [Answer("book", [Fail(Lost("it", "is gone"))])]
    bridges = minds(ScriptedBridge(broken[:]), ScriptedBridge(broken[:], name="second"))
    script = wait_for_the_end(says("book"), says("book"), Step(KeepSilent(60.0)))
    setup = Setup(BOOKING, script, bridges, clips={"apology": apology})
    call = await hold(setup, tmp_path)
    assert call.end.disposition == "failed"
    assert call.line.log.heard.sound().endswith(apology)
    assert call.line.closed is HangupCause.AGENT_HUNG_UP


@pytest.mark.requirement("call:tool:slow-is-bridged")
@in_virtual_time
async def test_a_slow_tool_is_bridged_by_a_word(tmp_path: Path) -> None:
    async def slow(call: ToolCall) -> ToolSettled:
        await lasts(4.0)
        return ToolSettled(call.call_id, "booked")

    bridges = minds(ScriptedBridge([BOOK, TOMORROW, BYE]))
    script = wait_for_the_end(
        says("I want to book"),
        says("tomorrow"),
        says("goodbye", when=When(Moment.SECONDS, seconds=9.0)),
    )
    call = await hold(Setup(BOOKING, script, bridges, tool=slow), tmp_path)
    said = call.said("agent")
    assert said[3:5] == ["One moment, please.", "That is booked for tomorrow. Anything else?"]
    filler = call.turns[5]
    assert filler.started_s - call.tools[0].started_s == pytest.approx(1.5, abs=0.1)


@pytest.mark.requirement("call:tool:slow-is-bridged")
@in_virtual_time
async def test_a_tool_that_never_ends_is_given_up_and_the_flow_goes_on(tmp_path: Path) -> None:
    async def stuck(call: ToolCall) -> ToolSettled:
        await lasts(1000.0)
        return ToolSettled(call.call_id, "booked")

    bridges = minds(ScriptedBridge([BOOK, TOMORROW, BYE]))
    script = wait_for_the_end(
        says("I want to book"),
        says("tomorrow"),
        says("goodbye", when=When(Moment.SECONDS, seconds=14.0)),
    )
    call = await hold(Setup(BOOKING, script, bridges, tool=stuck), tmp_path)
    assert "I could not book that, I am sorry." in call.said("agent")
    assert call.end.disposition == "done"


async def lasts(seconds: float) -> None:
    """Virtual time passes."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()


@pytest.mark.requirement("call:keys:choice-and-number")
@in_virtual_time
async def test_a_key_opens_a_door_and_typed_digits_are_a_number(tmp_path: Path) -> None:
    answers = [Answer("", [Call("fill", {"phone": "5551234"})])]
    bridges = minds(ScriptedBridge(answers))
    script = wait_for_the_end(
        Step(Press("2"), When(Moment.BARGE_IN, seconds=3.0)), Step(Press("5551234#"))
    )
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    typed = bridges["first"].sessions[0].of(UserText)
    assert [(text.text, text.keyed) for text in typed] == [("5551234", True)]
    assert call.said("caller")[0] == "[2]"
    assert call.said("agent")[2:] == ["Which number?", GOODBYE]
    assert call.end.disposition == "done"


@pytest.mark.requirement("call:silence:asked-then-ended")
@in_virtual_time
async def test_a_silent_caller_is_asked_twice_and_then_let_go(tmp_path: Path) -> None:
    script = wait_for_the_end(Step(KeepSilent(200.0)))
    call = await hold(Setup(BOOKING, script, minds(ScriptedBridge())), tmp_path)
    assert call.said("agent")[2:] == [
        "Are you still there?",
        "I cannot hear you.",
        "I will hang up now.",
    ]
    assert (call.end.disposition, call.line.closed) == ("silent", HangupCause.AGENT_HUNG_UP)


@pytest.mark.requirement("call:end:caller-leaves-tool-running")
@in_virtual_time
async def test_a_caller_who_hangs_up_while_a_tool_runs_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    stopped: list[str] = []

    async def slow(call: ToolCall) -> ToolSettled:
        try:
            await lasts(5.0)
        finally:
            stopped.append(call.name)
        return ToolSettled(call.call_id, "booked")

    bridges = minds(ScriptedBridge([BOOK, TOMORROW]))
    script = Script(
        (
            says("I want to book"),
            says("tomorrow"),
            Step(HangUp(), When(Moment.SECONDS, seconds=1.2)),
        )
    )
    call = await hold(Setup(BOOKING, script, bridges, tool=slow), tmp_path)
    assert call.end.cause is HangupCause.CALLER_HUNG_UP
    assert call.end.disposition == "caller_left"
    assert stopped == ["book"]
    assert not bridges["first"].sessions[0].of(ToolResult)[2:]


@pytest.mark.requirement("call:end:protocol-broken")
@pytest.mark.parametrize("message", [b"\xff\x00", b"[]", b'{"event":"start"}', b"{" * 100_000])
@in_virtual_time
async def test_a_carrier_that_breaks_its_protocol_ends_its_call_only(
    message: bytes, tmp_path: Path
) -> None:
    def meddle(live: Live) -> None:
        asyncio.get_running_loop().call_later(4.0, live.line.garbage, message)

    script = wait_for_the_end(Step(KeepSilent(60.0)))
    setup = Setup(BOOKING, script, minds(ScriptedBridge()), meddle=meddle)
    call = await hold(setup, tmp_path)
    assert call.end.cause is HangupCause.PROTOCOL_BROKEN
    greeting = call.turns[1]
    assert greeting.interrupted
    assert GREETING.startswith(greeting.text)
    assert len(call.agent_track) == pytest.approx(8000 * 4.0, abs=400)


@pytest.mark.requirement("call:end:protocol-broken")
@in_virtual_time
async def test_a_stream_that_breaks_before_it_began_ends_its_call_too(tmp_path: Path) -> None:
    script = wait_for_the_end(Step(KeepSilent(60.0)))
    setup = Setup(BOOKING, script, minds(ScriptedBridge()), way=Way(starts=False))
    call = await hold(setup, tmp_path)
    assert call.end.cause is HangupCause.PROTOCOL_BROKEN
    assert call.turns == []


@pytest.mark.requirement("call:whole:ten-minutes")
@in_virtual_time
async def test_ten_minutes_of_talk_are_held_to_the_end(tmp_path: Path) -> None:
    rounds = 85
    story = "Here is another thing that the agent has to say about the matter."
    answers = [Answer(f"go on {number}", [Say(f"{number}. {story}")]) for number in range(rounds)]
    bridges = minds(ScriptedBridge([*answers, BYE]))
    script = wait_for_the_end(*(says(f"go on {number}", 1.5) for number in range(rounds + 1)))
    call = await hold(Setup(TALKER, script, bridges), tmp_path)
    assert len(call.recording) / 16000 > 600
    assert call.said("caller") == [*(f"go on {number}" for number in range(rounds)), "goodbye"]
    nothing_is_lost_or_repeated(call)
    assert call.underruns == 0


@pytest.mark.requirement("call:end:goodbye-heard-whole")
@in_virtual_time
async def test_a_caller_who_says_goodbye_twice_hears_the_goodbye_to_its_end(tmp_path: Path) -> None:
    bridges = minds(ScriptedBridge([BYE, Answer("that is all, goodbye", [Call("go_bye")])]))
    again = When(Moment.SECONDS, seconds=0.8)
    script = wait_for_the_end(says("that is all"), says("goodbye", when=again))
    call = await hold(Setup(BOOKING, script, bridges), tmp_path)
    assert call.said("caller") == ["that is all, goodbye"]
    assert call.said("agent")[-1] == GOODBYE
    assert call.line.log.heard.sound().endswith(voice_of(GOODBYE))
    assert call.end.disposition == "done"
