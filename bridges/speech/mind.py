"""The mind behind the local voice: what it is told, what it does, and the two that there are.

One works by rules and is always there; the other is a language model at some address, and when that
fails the first takes over for the rest of the call.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, TypeAlias, assert_never

from bridges.port.brief import Brief
from bridges.port.errors import BridgeError
from bridges.port.events import ToolResult
from bridges.speech.answerer import Act, Answerer, Call, Say
from bridges.speech.engines import Vectors
from bridges.speech.errors import SpeechError

__all__ = [
    "Act",
    "AnsweringMind",
    "Briefed",
    "Call",
    "Heard",
    "Keyed",
    "Meanings",
    "Mind",
    "Resulted",
    "Say",
    "SteadyMind",
    "Stimulus",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Briefed:
    """The flow has moved, or knows more; `reply` asks for the next words."""

    brief: Brief
    reply: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller's turn, in words; empty when there were none in it."""

    text: str
    confidence: float = 1.0
    resumed: bool = False
    """Whether its beginning was answered before."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys that the caller pressed as a value."""

    digits: str


@dataclass(frozen=True, slots=True)
class Resulted:
    """A tool that this mind called has ended."""

    result: ToolResult


Stimulus: TypeAlias = Briefed | Heard | Keyed | Resulted


class Mind(Protocol):
    """One call's understanding."""

    def respond(self, stimulus: Stimulus) -> AsyncGenerator[Act, None]:
        """What to say and which tools to call because of it, as it comes to mind.

        Whatever it has to remember of the stimulus it takes in before it first waits: the answer
        may be cut short at any later point.

        Raises:
            BridgeError: it cannot go on.
        """
        ...

    def spoke(self, text: str) -> None:
        """The agent said this, by order of the flow."""
        ...

    def cut(self, heard_text: str) -> None:
        """The last reply was interrupted; the caller heard this much of it."""
        ...


class Meanings:
    """Vectors of sentences, kept for all calls, so that only new ones are computed."""

    def __init__(
        self, embed: Callable[[Sequence[str]], Awaitable[Vectors]], most: int = 4000
    ) -> None:
        self._embed = embed
        self._most = most
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    async def of(self, texts: Sequence[str]) -> Mapping[str, Vectors]:
        """Text to vector. Without the engine only what is kept: the words then decide alone."""
        missing = [text for text in texts if text not in self._kept]
        if missing:
            try:
                rows = await self._embed(missing)
            except SpeechError as error:
                _log.warning("no vectors", extra={"error": str(error), "count": len(missing)})
            else:
                self._kept.update(zip(missing, rows, strict=True))
        found = {text: self._kept[text] for text in texts if text in self._kept}
        for text in found:
            self._kept.move_to_end(text)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found


class AnsweringMind:
    """The answerer with its vectors fetched."""

    def __init__(self, answerer: Answerer, meanings: Meanings) -> None:
        self._answerer = answerer
        self._meanings = meanings

    async def respond(self, stimulus: Stimulus) -> AsyncGenerator[Act, None]:
        """See `Mind`."""
        answerer = self._answerer
        match stimulus:
            case Briefed(brief=brief, reply=reply):
                for act in answerer.rebrief(brief, reply=reply):
                    yield act
                # The caller is being spoken to: time to look at what may be answered.
                await self._meanings.of(answerer.wanted("")[1:])
            case Heard(text=text, confidence=confidence, resumed=resumed):
                vectors = await self._meanings.of(answerer.wanted(text)) if text else {}
                for act in answerer.heard(text, confidence, vectors, resumed=resumed):
                    yield act
            case Keyed(digits=digits):
                for act in answerer.keyed(digits):
                    yield act
            case Resulted(result=result):
                for act in answerer.result(result):
                    yield act
            case _:
                assert_never(stimulus)

    def spoke(self, text: str) -> None:
        """Rules need no memory of it."""

    def cut(self, heard_text: str) -> None:
        """Rules need no memory of it."""


class SteadyMind:
    """A mind that may fail, with one behind it that does not."""

    def __init__(self, first: Mind, spare: Mind) -> None:
        self._first = first
        self._spare = spare
        self._failed = False

    async def respond(self, stimulus: Stimulus) -> AsyncGenerator[Act, None]:
        """See `Mind`; never raises what the first one raises."""
        if not self._failed:
            if isinstance(stimulus, Briefed):
                await self._brief_spare(stimulus.brief)
            said = False
            try:
                async with aclosing(self._first.respond(stimulus)) as acts:
                    async for act in acts:
                        said = True
                        yield act
            except BridgeError as error:
                _log.warning("the answerer takes over", extra={"error": str(error)})
                self._failed = True
            if said or not self._failed:
                return
        async with aclosing(self._spare.respond(stimulus)) as acts:
            async for act in acts:
                yield act

    def spoke(self, text: str) -> None:
        """See `Mind`."""
        self._first.spoke(text)
        self._spare.spoke(text)

    def cut(self, heard_text: str) -> None:
        """See `Mind`."""
        self._first.cut(heard_text)
        self._spare.cut(heard_text)

    async def _brief_spare(self, brief: Brief) -> None:
        async with aclosing(self._spare.respond(Briefed(brief, reply=False))) as acts:
            async for _ in acts:
                continue
