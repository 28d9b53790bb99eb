"""One agent's voice: utterances in order, sentence by sentence, to be cut at any moment."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Protocol

from bridges.port.events import BotAudio, BotText, ReplyDone
from bridges.speech.errors import SpeechError

__all__ = ["Speaker", "Synthesizer", "Tongue", "sentences_of"]

_log = logging.getLogger(__name__)

_MOST_WAITING: Final = 64
"""Utterances; more means that nobody listens, and the call fails loudly."""
_END = re.compile(r"(?<=[.!?…])[\"')]*\s+(?=[\"'(¿¡]*[A-ZÁÉÍÓÚÑ0-9¿¡])")
_ABBREVIATED = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|Sr|Sra|Dra|Av|Ave|approx)\.|\b[A-Z]\.)$")


class Synthesizer(Protocol):
    """The part of the speech pool that speaks."""

    def synthesize(
        self,
        text: str,
        *,
        language: str = "en",
        voice: str = "",
        speed: float = 1.0,
        fixed: bool = False,
    ) -> AsyncGenerator[bytes, None]:
        """8 kHz mu-law in pieces. Raises SpeechError."""
        ...


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a voice speaks."""

    language: str
    voice: str = ""
    fixed: Collection[str] = ()
    """Sentences of every call; only these are kept as sound, never a caller's own."""


@dataclass(slots=True)
class _Utterance:
    item: str
    sentences: deque[str] = field(default_factory=deque)
    sound: bytes = b""
    """Sound that is there already, for a sentence that needs no engine."""
    closed: bool = False


class Speaker:
    """Says what it is given; events go out as they come."""

    def __init__(
        self,
        engine: Synthesizer,
        emit: Callable[[BotAudio | BotText | ReplyDone], None],
        failed: Callable[[SpeechError], None],
        busy_sound: bytes,
    ) -> None:
        """`busy_sound` is what the caller hears when the engine has no room."""
        self.tongue = Tongue("en")
        self._engine = engine
        self._emit = emit
        self._failed = failed
        self.busy_sound = busy_sound
        self._waiting: deque[_Utterance] = deque()
        self._more = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether no further utterance finds room."""
        return len(self._waiting) >= _MOST_WAITING

    def say(self, item: str, text: str) -> None:
        """A whole utterance."""
        self._waiting.append(_Utterance(item, deque(sentences_of(text)), closed=True))
        self._more.set()

    def add(self, item: str, text: str) -> None:
        """More of an utterance that is being thought up; `close` ends it."""
        last = self._waiting[-1] if self._waiting else None
        if last is None or last.item != item:
            last = _Utterance(item)
            self._waiting.append(last)
        last.sentences.extend(sentences_of(text))
        self._more.set()

    def close(self, item: str) -> None:
        """Nothing more is added to this utterance."""
        for utterance in self._waiting:
            if utterance.item == item:
                utterance.closed = True
        self._more.set()

    def play(self, item: str, text: str, sound: bytes) -> None:
        """A sentence whose sound is there, before anything that waits."""
        spoken = _Utterance(item, deque([text]), sound, closed=True)
        self._waiting.insert(1 if self._waiting else 0, spoken)
        self._more.set()

    def hush(self) -> None:
        """Drop all that waits or is being said."""
        dropped, self._waiting = self._waiting, deque()
        for utterance in dropped:
            self._emit(ReplyDone(utterance.item, interrupted=True))

    async def run(self) -> None:
        """Speak until cancelled."""
        while True:
            utterance = self._waiting[0] if self._waiting else None
            if utterance is not None and utterance.sentences:
                await self._sentence(utterance, utterance.sentences.popleft())
            elif utterance is not None and utterance.closed:
                self._waiting.popleft()
                self._emit(ReplyDone(utterance.item))
            else:
                self._more.clear()
                await self._more.wait()

    def _current(self, utterance: _Utterance) -> bool:
        return bool(self._waiting) and self._waiting[0] is utterance

    async def _sentence(self, utterance: _Utterance, sentence: str) -> None:
        final = utterance.closed and not utterance.sentences
        self._emit(BotText(utterance.item, sentence, final))
        if utterance.sound:
            self._emit(BotAudio(utterance.item, utterance.sound))
            return
        if await self._synthesized(utterance, sentence) or not self._current(utterance):
            return
        self._emit(BotAudio(utterance.item, self.busy_sound))
        if not await self._synthesized(utterance, sentence, last=True):
            self.hush()

    async def _synthesized(
        self, utterance: _Utterance, sentence: str, *, last: bool = False
    ) -> bool:
        """Whether the sentence was spoken to its end, or cut."""
        tongue = self.tongue
        pieces = self._engine.synthesize(
            sentence,
            language=tongue.language,
            voice=tongue.voice,
            fixed=sentence in tongue.fixed,
        )
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    if not self._current(utterance):
                        return True
                    self._emit(BotAudio(utterance.item, piece))
        except SpeechError as error:
            _log.warning("a sentence was not spoken", extra={"error": str(error), "last": last})
            if last:
                self._failed(error)
            return False
        return True


def sentences_of(text: str) -> list[str]:
    """The text cut where a voice would pause, so that the first sentence can sound at once."""
    out: list[str] = []
    for part in _END.split(" ".join(text.split())):
        if out and _ABBREVIATED.search(out[-1]):
            out[-1] = f"{out[-1]} {part}"
        elif part:
            out.append(part)
    return out
