"""One caller's sound, cut into turns and written down while the pause still lasts."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bridges.port.events import UserTranscript
from bridges.speech.awaited import Awaited
from bridges.speech.call_tasks import CallTasks
from bridges.speech.engines import RATE_HZ, Transcription
from bridges.speech.errors import SpeechError, SpeechRefused
from bridges.speech.extract.plain import bare

__all__ = ["Hearing", "Listener", "Recognizer", "can_end"]

_log = logging.getLogger(__name__)

_PREROLL_S: Final = 0.5
"""Sound before the detected onset that belongs to the turn: soft consonants are detected late."""
_IDLE_S: Final = 3.0
"""Sound that is kept while nobody speaks; more than any onset lies back."""
_LONGEST_S: Final = 60.0
"""A longer turn loses its beginning."""
_BREATH_S: Final = 0.3
"""Pause before a busy engine is asked again."""
_UNENDED = re.compile(
    r"(?:\b(?:and|or|but|so|because|if|that|the|an?|my|your|to|for|at|on|in|of|with|from|by|is"
    r"|it's|uh|um|er"
    r"|my (?:phone |telephone )?number is|my name is|i'm|i am|i'd like to|i want to|can i"
    r"|could you|between"
    r"|y|o|pero|que|el|la|los|las|un|una|mi|su|de|del|con|sin|desde|en|al?|mi numero es|me llamo"
    r"|mi nombre es|quiero|quisiera|eh|este|es|porque|como)|\bpara)$"
)


class Recognizer(Protocol):
    """The part of the speech pool that listens."""

    def ticket(self) -> int:
        """A number for a transcription that may be hastened."""
        ...

    async def transcribe(
        self,
        mulaw_8k: bytes,
        *,
        language: str = "en",
        hint: str = "",
        speculative: bool = False,
        ticket: int | None = None,
    ) -> Transcription:
        """The words of one turn. Raises SpeechError."""
        ...

    def hasten(self, ticket: int) -> None:
        """Make a speculative transcription final."""
        ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """Where a listener's findings go; none of these waits."""

    emit: Callable[[UserTranscript], None]
    heard: Callable[[Transcription, bool], None]
    """A turn to be answered, and whether its beginning was answered before."""
    busy: Callable[[], None]
    """The engine has no room: the caller must hear so."""
    failed: Callable[[SpeechError], None]


@dataclass(slots=True)
class _Guess:
    ticket: int
    task: asyncio.Task[Transcription | None]


class Listener:
    """Turns from sound and from the turn machine's word."""

    def __init__(
        self, engine: Recognizer, language: str, hearing: Hearing, tasks: CallTasks
    ) -> None:
        self._engine = engine
        self._language = language
        self._hearing = hearing
        self._tasks = tasks
        self._sound = bytearray()
        self._first = 0
        self._start: int | None = None
        self._last_start: int | None = None
        self._floor = 0
        self._guess: _Guess | None = None
        self._final: asyncio.Task[None] | None = None
        self.awaited: Awaited | None = None
        """What is asked now; None while nothing is known of it."""

    def sound(self, payload: bytes) -> None:
        """The caller's line, speech or not."""
        self._sound += payload
        # In steps of a second, so that bytes are moved once a second and not with every frame.
        if len(self._sound) > self._most() + RATE_HZ:
            gone = len(self._sound) - self._most()
            del self._sound[:gone]
            self._first += gone

    def start(self, ago_s: float, *, resumed: bool) -> None:
        """Speech began that long ago, or goes on."""
        self._drop_guess()
        if resumed and self._start is None and self._last_start is not None:
            if self._final is not None:
                self._final.cancel()
            self._start = self._last_start
        if resumed and self._start is not None:
            return
        onset = self._end() - int((ago_s + _PREROLL_S) * RATE_HZ)
        self._start = max(onset, self._floor)
        self._last_start = None

    def pause(self) -> None:
        """Maybe the end: write down what there is."""
        if self._start is None:
            return
        self._drop_guess()
        ticket = self._engine.ticket()
        self._guess = _Guess(
            ticket, self._tasks.create_task(self._work_ahead(self._turn(), ticket))
        )

    def commit(self, *, answer: bool) -> None:
        """The turn is over."""
        if self._start is None:
            return
        resumed = self._last_start is not None
        guess, self._guess = self._guess, None
        if guess is not None:
            self._engine.hasten(guess.ticket)
        turn = self._turn()
        self._last_start, self._start = self._start, None
        self._floor = self._end()
        before, self._final = self._final, None
        self._final = self._tasks.create_task(
            self._finish(turn, guess, before, answer=answer, resumed=resumed)
        )

    def _most(self) -> int:
        """Bytes that are kept: a turn that may go on is kept whole."""
        start = self._start if self._start is not None else self._last_start
        if start is None:
            return int(_IDLE_S * RATE_HZ)
        held = self._end() - start
        if self._start is None and held > (_LONGEST_S + _IDLE_S) * RATE_HZ:
            return int(_IDLE_S * RATE_HZ)
        return min(max(held, int(_IDLE_S * RATE_HZ)), int(_LONGEST_S * RATE_HZ))

    def _end(self) -> int:
        return self._first + len(self._sound)

    def _turn(self) -> bytes:
        return bytes(self._sound[max((self._start or 0) - self._first, 0) :])

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._guess.task.cancel()
            self._guess = None

    async def _work_ahead(self, turn: bytes, ticket: int) -> Transcription | None:
        """A guess that fails costs nothing: the turn is then written down at its end."""
        try:
            said = await self._engine.transcribe(
                turn, language=self._language, hint=self._hint(), speculative=True, ticket=ticket
            )
        except SpeechError as error:
            _log.debug("no speculative transcript", extra={"error": str(error)})
            return None
        complete = can_end(said.text)
        whole = complete and self.awaited is not None and self.awaited.met_by(said.text)
        self._hearing.emit(UserTranscript(said.text, False, said.confidence, complete, whole))
        return said

    async def _finish(
        self,
        turn: bytes,
        guess: _Guess | None,
        before: asyncio.Task[None] | None,
        *,
        answer: bool,
        resumed: bool,
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        said = await guess.task if guess is not None else None
        if said is None:
            said = await self._insist(turn)
        if said is None:
            return
        self._hearing.emit(UserTranscript(said.text, True, said.confidence))
        if answer:
            self._hearing.heard(said, resumed)

    async def _insist(self, turn: bytes) -> Transcription | None:
        """Twice, with a word to the caller between."""
        hint = self._hint()
        try:
            return await self._engine.transcribe(turn, language=self._language, hint=hint)
        except SpeechRefused as error:
            # Not understood, as far as the caller is concerned: keys are offered instead.
            _log.warning("a turn cannot be written down", extra={"error": str(error)})
            return Transcription("", 0.0, len(turn) / RATE_HZ)
        except SpeechError as error:
            _log.warning("a turn was not written down", extra={"error": str(error)})
        self._hearing.busy()
        await asyncio.sleep(_BREATH_S)
        try:
            return await self._engine.transcribe(turn, language=self._language, hint=hint)
        except SpeechError as error:
            self._hearing.failed(error)
            return None

    def _hint(self) -> str:
        return "" if self.awaited is None else self.awaited.hint


def can_end(text: str) -> bool:
    """Whether the words may be all: `my number is` cannot."""
    if text.rstrip().endswith("?"):
        return True
    words = bare(text)
    return (
        bool(words) and not text.rstrip().endswith((",", "...", "-")) and not _UNENDED.search(words)
    )
