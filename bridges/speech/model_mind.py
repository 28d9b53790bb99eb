"""The mind as a language model at any OpenAI-compatible address, sentence by sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, assert_never

from bridges.port.brief import Brief, ToolSpec
from bridges.port.errors import BridgeError, Lost, Overloaded, ProtocolBroken, Rejected
from bridges.port.events import Seed, ToolCall, ToolResult
from bridges.speech.answerer import Act, Call, Say
from bridges.speech.mind import Briefed, Heard, Keyed, Resulted, Stimulus
from bridges.speech.voice import sentences_of

__all__ = ["Delta", "Model", "ModelMind", "OpenAiModel", "open_model"]

_TOKEN_S: Final = 8.0
"""For the first token and between two: a caller does not wait longer."""
_MOST_MESSAGES: Final = 60
"""Of the history; a call of twenty minutes has fewer."""
_MANNER: Final = (
    "You are speaking on the telephone: answer in one or two short sentences, without lists or "
    "markup. Call tools as soon as you know what they need. Never invent facts."
)

Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a streamed answer: words, or part of a tool call."""

    text: str = ""
    index: int = 0
    """Which tool call of the answer the rest belongs to."""
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    """A piece of its JSON."""


class Model(Protocol):
    """Answers a chat, piece by piece."""

    def answer(
        self, messages: list[Message], tools: tuple[ToolSpec, ...]
    ) -> AsyncGenerator[Delta, None]:
        """Raises BridgeError."""
        ...


class OpenAiModel:
    """Chat completions at an address, through the vendor's own client."""

    def __init__(self, sdk: Any, client: Any, model: str) -> None:
        """`sdk` is the `openai` package, `client` an `AsyncOpenAI` of it."""
        self._sdk = sdk
        self._client = client
        self._model = model

    async def answer(
        self, messages: list[Message], tools: tuple[ToolSpec, ...]
    ) -> AsyncGenerator[Delta, None]:
        """See `Model`."""
        try:
            async with asyncio.timeout(_TOKEN_S):
                stream = await self._client.chat.completions.create(
                    model=self._model,
                    messages=messages,
                    stream=True,
                    **({"tools": [_function(tool) for tool in tools]} if tools else {}),
                )
            chunks = aiter(stream)
            while True:
                async with asyncio.timeout(_TOKEN_S):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                for delta in _deltas(chunk):
                    yield delta
        except TimeoutError as error:
            raise Lost(self._model, f"no word for {_TOKEN_S:g} s") from error
        except self._sdk.OpenAIError as error:
            raise self._mapped(error) from error

    def _mapped(self, error: Exception) -> BridgeError:
        sdk = self._sdk
        if isinstance(error, sdk.RateLimitError):
            return Overloaded(self._model, "the model has no room for this key now")
        if isinstance(error, sdk.APIStatusError) and error.status_code < 500:
            hint = "check base_url, api_key and model"
            return Rejected(self._model, f"the address refused with {error.status_code}; {hint}")
        return Lost(self._model, f"{type(error).__name__}: the address does not answer")


def _function(tool: ToolSpec) -> Message:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _deltas(chunk: Any) -> list[Delta]:
    if not chunk.choices:
        return []
    delta = chunk.choices[0].delta
    out = [Delta(text=delta.content)] if delta.content else []
    for call in delta.tool_calls or ():
        function = call.function
        name, piece = (function.name or "", function.arguments or "") if function else ("", "")
        out.append(Delta("", call.index, call.id or "", name, piece))
    return out


async def open_model(values: Mapping[str, str], stack: AsyncExitStack) -> Model | None:
    """The model that the settings `model`, `base_url` and `api_key` name; None without a `model`.

    Raises:
        Rejected: the client's package is missing.
    """
    name = values.get("model", "")
    if not name:
        return None
    sdk = await asyncio.to_thread(_sdk)
    client = sdk.AsyncOpenAI(
        base_url=values.get("base_url") or None,
        # Servers of one's own often want no key; the client insists on one.
        api_key=values.get("api_key") or "none",
        max_retries=0,
        timeout=_TOKEN_S,
    )
    await stack.enter_async_context(client)
    return OpenAiModel(sdk, client, name)


def _sdk() -> Any:
    try:
        # Imported when a model is configured: it takes longer to load than all the rest.
        import openai
    except ImportError as error:
        raise Rejected("model", "the package `openai` is missing; run `make setup`") from error
    return openai


@dataclass(slots=True)
class _Part:
    """A tool call that is being received."""

    call_id: str = ""
    name: str = ""
    arguments: str = ""

    def whole(self, model: str) -> ToolCall:
        """The call, once nothing more comes."""
        try:
            arguments = json.loads(self.arguments or "{}")
        except ValueError as error:
            raise ProtocolBroken(model, f"{self.name} was called with broken JSON") from error
        if not isinstance(arguments, dict) or not self.name or not self.call_id:
            raise ProtocolBroken(model, "a tool call without name, id or arguments")
        return ToolCall(self.call_id, self.name, arguments)


@dataclass(slots=True)
class _Answer:
    """What of one answer has come so far."""

    spoken: list[str] = field(default_factory=list)
    rest: str = ""
    parts: dict[int, _Part] = field(default_factory=dict)

    def add(self, delta: Delta) -> str:
        """Take a piece in; returns the sentences that are now whole, empty when there are none."""
        if delta.name or delta.call_id or delta.arguments:
            part = self.parts.setdefault(delta.index, _Part())
            part.call_id = part.call_id or delta.call_id
            part.name += delta.name
            part.arguments += delta.arguments
        self.rest += delta.text
        whole = sentences_of(self.rest)[:-1] if delta.text else []
        if whole:
            self.rest = sentences_of(self.rest)[-1] + (" " if self.rest[-1:].isspace() else "")
        self.spoken += whole
        return " ".join(whole)

    def last(self) -> str:
        """The words after the last full stop."""
        rest, self.rest = self.rest.strip(), ""
        self.spoken += [rest] if rest else []
        return rest


class ModelMind:
    """One call's talk with a model."""

    def __init__(self, model: Model, brief: Brief, seed: Seed) -> None:
        self._model = model
        self._brief = brief
        self._history: list[Message] = [
            {"role": "user" if speaker == "caller" else "assistant", "content": text}
            for speaker, text in seed.turns
        ]
        self._open: set[str] = set()
        self._owed = False

    async def respond(self, stimulus: Stimulus) -> AsyncGenerator[Act, None]:
        """See `Mind`."""
        match stimulus:
            case Briefed(brief=brief, reply=reply):
                self._brief = brief
                wanted = reply and not self._open
            case Heard(text=text):
                self._history.append({"role": "user", "content": text or "(unintelligible)"})
                wanted = True
            case Keyed(digits=digits):
                self._history.append({"role": "user", "content": f"(pressed keys: {digits})"})
                wanted = True
            case Resulted(result=result):
                wanted = self._settle(result)
            case _:
                assert_never(stimulus)
        if wanted:
            async with aclosing(self._answer()) as acts:
                async for act in acts:
                    yield act

    def spoke(self, text: str) -> None:
        """See `Mind`."""
        self._history.append({"role": "assistant", "content": text})

    def cut(self, heard_text: str) -> None:
        """Leave of the last words only what was heard."""
        for at in range(len(self._history) - 1, -1, -1):
            if self._history[at]["role"] == "user":
                return
            if self._history[at]["role"] == "assistant" and self._history[at].get("content"):
                self._history[at]["content"] = f"{heard_text} (interrupted)".strip()
                return

    def _settle(self, result: ToolResult) -> bool:
        """Note a result; whether the model is to go on: after the last one that is owed."""
        self._open.discard(result.call_id)
        output = {**result.output, **({"error": result.error} if result.error else {})}
        self._history.append(
            {"role": "tool", "tool_call_id": result.call_id, "content": json.dumps(output)}
        )
        self._owed = self._owed or result.reply
        wanted = self._owed and not self._open
        self._owed = self._owed and not wanted
        return wanted

    async def _answer(self) -> AsyncGenerator[Act, None]:
        answer = _Answer()
        deltas = self._model.answer(self._messages(), self._brief.tools)
        try:
            async for delta in deltas:
                if whole := answer.add(delta):
                    yield Say(whole)
            if rest := answer.last():
                yield Say(rest)
            calls = [part.whole("model") for _, part in sorted(answer.parts.items())]
        finally:
            await deltas.aclose()
            # Also when it is cut short: the model has said what the caller may have heard.
            if answer.spoken:
                self.spoke(" ".join(answer.spoken))
        if calls:
            self._note_calls(calls)
        for call in calls:
            yield Call(call)

    def _note_calls(self, calls: list[ToolCall]) -> None:
        self._open |= {call.call_id for call in calls}
        wire = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
            }
            for call in calls
        ]
        self._history.append({"role": "assistant", "content": None, "tool_calls": wire})

    def _messages(self) -> list[Message]:
        """The history as the protocol wants it: each call followed at once by its result."""
        results = {m["tool_call_id"]: m for m in self._history if m["role"] == "tool"}
        talk: list[Message] = []
        for message in self._history[-_MOST_MESSAGES:]:
            if message["role"] == "tool":
                continue
            talk.append(message)
            for call in message.get("tool_calls", ()):
                missing = {"role": "tool", "tool_call_id": call["id"], "content": "{}"}
                talk.append(results.get(call["id"], missing))
        system = {"role": "system", "content": f"{self._brief.instructions}\n{_MANNER}"}
        return [system, *talk]
