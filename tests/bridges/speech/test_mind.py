"""The two minds: the model over its true wire, and the answerer that stands behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import numpy as np
import openai
import pytest

from bridges.port.brief import Brief, ExitGuide, Guide, SlotGuide, SlotKind, ToolSpec
from bridges.port.errors import BridgeError, Lost, Overloaded, ProtocolBroken, Rejected
from bridges.port.events import Seed, ToolResult
from bridges.speech.answerer import Act, Answerer, Call, Say
from bridges.speech.engines import Vectors
from bridges.speech.errors import SpeechLost
from bridges.speech.mind import (
    AnsweringMind,
    Briefed,
    Heard,
    Keyed,
    Meanings,
    Mind,
    Resulted,
    SteadyMind,
    Stimulus,
)
from bridges.speech.model_mind import ModelMind, OpenAiModel, open_model
from tests.bridges.speech.chat_server import Answer, ChatServer, serving, tool_call, words
from tests.virtual import in_virtual_time

TOOL = ToolSpec("fill", "Store what was said.", {"type": "object", "properties": {}})
BRIEF = Brief("You answer for Harbour Rooms.", (TOOL,))
DAY = SlotGuide("day", SlotKind.DATE, ("For which day?",))
BOOKING = Brief("", guide=Guide("book", slots=(DAY,), today="2026-11-21", now="10:00"))


@asynccontextmanager
async def talking(
    *answers: Answer, seed: Seed | None = None
) -> AsyncIterator[tuple[ModelMind, ChatServer]]:
    async with serving(*answers) as server, AsyncExitStack() as stack:
        model = await open_model({"model": "m", "base_url": server.url, "api_key": "k"}, stack)
        assert model is not None
        yield ModelMind(model, BRIEF, seed or Seed()), server


async def acts_of(mind: Mind, stimulus: Stimulus) -> list[Act]:
    async with asyncio.timeout(20), aclosing(mind.respond(stimulus)) as acts:
        return [act async for act in acts]


async def nothing(texts: Sequence[str]) -> Vectors:
    return np.zeros((len(texts), 384), np.float32)


def answering(brief: Brief = BOOKING) -> AnsweringMind:
    return AnsweringMind(Answerer(brief, lambda: "t1"), Meanings(nothing))


@pytest.mark.requirement("mind:model:speaks-by-sentence")
async def test_a_model_is_spoken_sentence_by_sentence() -> None:
    script = Answer(words("Good mor", "ning. How", " can I help", " you? I am", " here"))
    async with talking(script, seed=Seed((("agent", "Hello."), ("caller", "Hi.")))) as (
        mind,
        server,
    ):
        acts = await acts_of(mind, Heard("Good morning."))
    assert acts == [Say("Good morning."), Say("How can I help you?"), Say("I am here")]
    asked = server.asked[0]
    assert asked["stream"] is True
    assert asked["tools"][0]["function"]["name"] == "fill"
    assert [message["role"] for message in asked["messages"]] == [
        "system", "assistant", "user", "user",
    ]  # fmt: skip
    assert asked["messages"][0]["content"].startswith("You answer for Harbour Rooms.")


@pytest.mark.requirement("mind:model:tools-and-results")
async def test_tool_calls_are_merged_and_their_results_go_back_in_order() -> None:
    calls = [
        *tool_call("a", "fill", '{"day": "2026-', '11-22"}'),
        *tool_call("b", "go_human", index=1),
    ]
    async with talking(Answer([*words("One moment."), *calls]), Answer(words("Done."))) as (
        mind,
        server,
    ):
        acts = await acts_of(mind, Heard("Tomorrow."))
        made = [act.call for act in acts if isinstance(act, Call)]
        mind.spoke("I'll put you through.")
        assert (
            await acts_of(mind, Resulted(ToolResult("b", {"known": {}}, "nobody is there"))) == []
        )
        assert await acts_of(mind, Resulted(ToolResult("a", {"ok": True}, reply=False))) == [
            Say("Done.")
        ]
    assert [(one.name, dict(one.arguments)) for one in made] == [
        ("fill", {"day": "2026-11-22"}),
        ("go_human", {}),
    ]
    talk = server.asked[1]["messages"]
    at = next(i for i, message in enumerate(talk) if message.get("tool_calls"))
    assert [message.get("tool_call_id") for message in talk[at + 1 : at + 3]] == ["a", "b"]
    assert "nobody is there" in talk[at + 2]["content"]
    assert talk[-1] == {"role": "assistant", "content": "I'll put you through."}


async def test_silent_results_and_briefs_ask_the_model_nothing() -> None:
    async with talking(Answer(tool_call("a", "fill", "{}"))) as (mind, server):
        await acts_of(mind, Heard("Hello."))
        assert await acts_of(mind, Resulted(ToolResult("a", {}, reply=False))) == []
        assert await acts_of(mind, Briefed(BRIEF, reply=False)) == []
    assert len(server.asked) == 1


@pytest.mark.requirement("mind:model:remembers-what-was-heard")
async def test_an_interrupted_reply_is_remembered_as_it_was_heard() -> None:
    async with talking(Answer(words("One. Two. Three.")), Answer(words("Yes."))) as (mind, server):
        async with aclosing(mind.respond(Heard("Count."))) as acts:
            assert await anext(acts) == Say("One. Two.")
        mind.cut("On")
        await acts_of(mind, Keyed("12"))
    talk = server.asked[1]["messages"]
    assert [message["content"] for message in talk[1:]] == [
        "Count.", "On (interrupted)", "(pressed keys: 12)",
    ]  # fmt: skip


@pytest.mark.requirement("mind:model:errors-are-mapped")
@pytest.mark.parametrize(
    ("answer", "error", "retryable"),
    [
        (Answer(status=401), Rejected, False),
        (Answer(status=404), Rejected, False),
        (Answer(status=429), Overloaded, True),
        (Answer(status=503), Lost, True),
        (Answer(words("Hel"), breaks=True), Lost, True),
        (Answer(tool_call("a", "fill", "{broken")), ProtocolBroken, False),
    ],
)
async def test_what_goes_wrong_at_the_address_is_named(
    answer: Answer, error: type[BridgeError], retryable: bool
) -> None:
    async with talking(answer) as (mind, _):
        with pytest.raises(error) as caught:
            await acts_of(mind, Heard("Hello."))
    assert caught.value.retryable is retryable


class Hanging:
    """A client whose answers never come."""

    def __init__(self) -> None:
        self.chat = self.completions = self

    async def create(self, **_: object) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()


@in_virtual_time
async def test_a_model_that_says_nothing_is_not_waited_for() -> None:
    mind = ModelMind(OpenAiModel(openai, Hanging(), "m"), BRIEF, Seed())
    with pytest.raises(Lost, match="no word for 8 s"):
        await acts_of(mind, Heard("Hello."))


async def test_an_address_that_nobody_serves_is_lost() -> None:
    async with AsyncExitStack() as stack:
        model = await open_model({"model": "m", "base_url": "http://127.0.0.1:9/v1"}, stack)
        assert model is not None
        with pytest.raises(Lost):
            await acts_of(ModelMind(model, BRIEF, Seed()), Heard("Hello."))


async def test_without_a_model_in_the_settings_there_is_none() -> None:
    async with AsyncExitStack() as stack:
        assert await open_model({}, stack) is None


@pytest.mark.requirement("mind:model:answerer-takes-over")
async def test_the_answerer_takes_over_when_the_model_fails() -> None:
    async with talking(Answer(words("Welcome.")), Answer(status=503)) as (model, server):
        mind = SteadyMind(model, answering())
        assert await acts_of(mind, Briefed(BOOKING, reply=True)) == [Say("Welcome.")]
        mind.spoke("Hello.")
        mind.cut("Hel")
        first = await acts_of(mind, Heard("Tomorrow."))
        assert [dict(act.call.arguments) for act in first if isinstance(act, Call)] == [
            {"day": "2026-11-22"}
        ]
        again = await acts_of(mind, Resulted(ToolResult("t1", {})))
        assert again == [Say("For which day?")]
    assert len(server.asked) == 2


class HalfSaid:
    """A mind that breaks in the middle of a sentence."""

    async def respond(self, stimulus: Stimulus) -> AsyncGenerator[Act, None]:
        yield Say("Well,")
        raise Lost("model", "gone")

    def spoke(self, text: str) -> None:
        """Nothing is kept."""

    def cut(self, heard_text: str) -> None:
        """Nothing is kept."""


async def test_a_model_that_breaks_in_mid_sentence_is_not_talked_over() -> None:
    mind = SteadyMind(HalfSaid(), answering())
    assert await acts_of(mind, Heard("Hello.")) == [Say("Well,")]
    assert await acts_of(mind, Briefed(BOOKING, reply=True)) == [Say("For which day?")]


async def test_vectors_are_computed_once_and_the_oldest_go() -> None:
    asked: list[str] = []

    async def embed(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return await nothing(texts)

    meanings = Meanings(embed, most=2)
    await meanings.of(["a", "b"])
    assert set(await meanings.of(["b", "a"])) == {"a", "b"}
    await meanings.of(["c"])
    await meanings.of(["a", "b"])
    assert asked == ["a", "b", "c", "b"]


async def test_without_the_engine_the_words_decide() -> None:
    async def broken(texts: Sequence[str]) -> Vectors:
        raise SpeechLost("gone")

    brief = Brief("", guide=Guide("g", exits=(ExitGuide("go_book", "", ("book a room",)),)))
    mind = AnsweringMind(Answerer(brief, lambda: "t1"), Meanings(broken))
    acts = await acts_of(mind, Heard("I'd like to book a room."))
    assert [act.call.name for act in acts if isinstance(act, Call)] == ["go_book"]
    assert await acts_of(mind, Keyed("7")) == [
        Say("Sorry, I did not understand that. How can I help you?")
    ]
