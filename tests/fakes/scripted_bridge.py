"""A mind that answers from a script, behind the same port as any other bridge. For tests.

It speaks in sound of which every stretch is recognisable, gives it out at once as fast providers
do, and keeps every input with its instant. Where it is asked for a slot it asks as the brief says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias, TypeVar

from bridges.port.errors import BridgeError
from bridges.port.events import (
    BotAudio,
    BotText,
    BridgeFailed,
    BridgeInput,
    CommitTurn,
    Interrupt,
    PauseTurn,
    Rebrief,
    ReplyDone,
    Speak,
    StartTurn,
    ToolCall,
    ToolResult,
    UserAudio,
    UserText,
    UserTranscript,
)
from bridges.port.session import Opening, Sink

__all__ = ["Answer", "Call", "Fail", "Say", "ScriptedBridge", "ScriptedSession", "voice_of"]

_PIECE_BYTES = 1600
_BYTES_PER_LETTER = 480
"""Sixteen letters a second, as people speak."""
I_ = TypeVar("I_", bound=BridgeInput)


@dataclass(frozen=True, slots=True)
class Say:
    """Words of the mind's own; `sound` instead of the voice's."""

    text: str
    sound: bytes = b""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call, with an id of its own."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fail:
    """The mind breaks."""

    error: BridgeError


Act: TypeAlias = Say | Call | Fail


@dataclass(frozen=True, slots=True)
class Answer:
    """What is understood of one turn of the caller, and what is done about it."""

    heard: str
    acts: Sequence[Act] = ()
    interim: str | None = None
    """What is written down at a pause, when it is not `heard`."""
    after_s: float = 0.1


def voice_of(text: str) -> bytes:
    """Mu-law sound for a text: loud noise that no other text has, as long as it takes to say it."""
    return Random(text).randbytes(max(1, len(text)) * _BYTES_PER_LETTER)


class ScriptedSession:
    """One call's connection."""

    def __init__(self, opening: Opening, sink: Sink, script: ScriptedBridge) -> None:
        self.opening = opening
        self.inputs: list[tuple[float, BridgeInput]] = []
        self._sink = sink
        self._script = script
        self._loop = asyncio.get_running_loop()
        self._pending: asyncio.TimerHandle | None = None
        self._taken: Answer | None = None

    def of(self, kind: type[I_]) -> list[I_]:
        """Inputs of one kind, in their order; sound is not kept."""
        return [item for _, item in self.inputs if isinstance(item, kind)]

    def send(self, item: BridgeInput) -> None:
        """See the port."""
        if isinstance(item, UserAudio):
            return
        self.inputs.append((self._loop.time(), item))
        match item:
            case Speak(text=text, item=name):
                self._speak(text, name)
            case StartTurn(resumed=True):
                self._drop()
            case PauseTurn():
                self._write_down()
            case CommitTurn(answer=answer):
                self._commit(answer)
            case UserText():
                self._answer(self._next())
            case Rebrief(brief=brief, reply=True):
                self._ask(next((s.asks for s in brief.guide.slots if s.value is None), ()))
            case Interrupt() | ToolResult() | Rebrief() | StartTurn() | UserAudio():
                return

    def stop(self) -> None:
        """The call has left."""
        self._drop()

    def _speak(self, text: str, name: str, sound: bytes = b"") -> None:
        sound = sound or voice_of(text)
        self._script.spoken[name] = (text, sound)
        self._sink(BotText(name, text))
        for first in range(0, len(sound), _PIECE_BYTES):
            self._sink(BotAudio(name, sound[first : first + _PIECE_BYTES]))
        self._sink(ReplyDone(name))

    def _ask(self, asks: Sequence[str]) -> None:
        if asks:
            self._speak(asks[0], self._script.new_id())

    def _next(self) -> Answer:
        return self._script.answers.pop(0) if self._script.answers else Answer("")

    def _write_down(self) -> None:
        if self._script.answers:
            answer = self._script.answers[0]
            said = answer.heard if answer.interim is None else answer.interim
            self._sink(UserTranscript(said, final=False))

    def _commit(self, answer: bool) -> None:
        self._taken = self._next()
        if answer:
            self._pending = self._loop.call_later(self._taken.after_s, self._answer, self._taken)
        else:
            self._sink(UserTranscript(self._taken.heard, final=True))

    def _drop(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _answer(self, answer: Answer) -> None:
        self._pending = None
        self._sink(UserTranscript(answer.heard, final=True))
        for act in answer.acts:
            match act:
                case Say(text=text, sound=sound):
                    self._speak(text, self._script.new_id(), sound)
                case Call(name=name, arguments=arguments):
                    self._sink(ToolCall(self._script.new_id(), name, arguments))
                case Fail(error=error):
                    self._sink(BridgeFailed(error))


@dataclass
class ScriptedBridge:
    """A mind that is open in this process; one script serves its calls one after the other."""

    answers: list[Answer] = field(default_factory=list)
    refuses: BridgeError | None = None
    """Raised when a call is connected."""
    name: str = "scripted"
    sessions: list[ScriptedSession] = field(default_factory=list)
    spoken: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Words and sound of everything that was said, by item."""
    _numbers: int = 0

    @asynccontextmanager
    async def connect(self, opening: Opening, sink: Sink) -> AsyncIterator[ScriptedSession]:
        """See the port."""
        if self.refuses is not None:
            raise self.refuses
        session = ScriptedSession(opening, sink, self)
        self.sessions.append(session)
        try:
            yield session
        finally:
            session.stop()

    def new_id(self) -> str:
        """A name for an utterance or a tool call, unique in this bridge."""
        self._numbers += 1
        return f"{self.name}-{self._numbers}"
