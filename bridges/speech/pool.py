"""The asynchronous side of the speech engines: one worker process, kept alive, with bounded lanes.

    async with SpeechPool(SpeechSettings()) as pool:
        await pool.ready()
        heard = await pool.transcribe(turn, language="en")
        async for sound in pool.synthesize("You are booked."):
            ...

What is too much is refused at once (`SpeechBusy`), what takes too long is given up (`SpeechLate`),
and when the worker dies a new one is started and unanswered requests are made once more. Nothing
here computes: the loop only copies messages of at most 200 kB.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final, Self, assert_never

import numpy as np

from bridges.speech.cache import LineMemory, line_key
from bridges.speech.engines import SpeechSettings, Transcription, Vectors
from bridges.speech.errors import (
    SpeechError,
    SpeechLate,
    SpeechLost,
    SpeechRefused,
    SpeechWithdrawn,
)
from bridges.speech.process import WorkerProcess
from bridges.speech.tickets import Lane, Order, Tickets, error_of
from bridges.speech.wire import (
    PIECE_BYTES,
    Cancel,
    Done,
    Embed,
    Failed,
    Hasten,
    Piece,
    Ready,
    Reply,
    Request,
    Sound,
    Synthesize,
    Text,
    Transcribe,
    Vector,
)

__all__ = ["LONGEST_TEXT", "LONGEST_TURN_S", "SpeechPool"]

_log = logging.getLogger(__name__)

LONGEST_TEXT: Final = 4000
"""Characters of one synthesis, four minutes of speech; also bounds what waits for the reader."""
LONGEST_TURN_S: Final = 120.0
_START_S: Final = 60.0
"""A cold start on a slow disk; warm it takes under two seconds."""
_HUNG_AFTER: Final = 3
"""So many deadlines missed in a row, and the worker is replaced."""
_SLOWEST_RESTART_S: Final = 5.0
_SENTENCES_AT_ONCE: Final = 48
"""Sentences of one embedding message: 74 kB come back."""


class SpeechPool:
    """Transcribes, synthesizes and embeds in one worker process; open it with `async with`."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._settings = settings
        self._tickets = Tickets(
            {
                Lane.RECOGNITION: settings.recognition_waiting,
                Lane.SYNTHESIS: settings.synthesis_waiting,
                Lane.EMBEDDING: settings.embedding_waiting,
            }
        )
        self._numbers = itertools.count(1)
        self._memory = LineMemory()
        self._tasks = asyncio.TaskGroup()
        self._supervisor: asyncio.Task[None] | None = None
        self._worker: WorkerProcess | None = None
        self._ready: asyncio.Future[Ready] | None = None
        self._late_in_a_row = 0

    async def __aenter__(self) -> Self:
        """Start the worker; `ready` tells when it can serve."""
        self._ready = asyncio.get_running_loop().create_future()
        await self._tasks.__aenter__()
        self._supervisor = self._tasks.create_task(self._supervise(), name="speech worker")
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the worker; requests that are still open fail with `SpeechLost`."""
        assert self._supervisor is not None
        self._supervisor.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def ready(self) -> Ready:
        """Wait until the models are loaded; also says which engines serve.

        Raises:
            EngineMissing: a package or a model is not there.
            TimeoutError: it took more than a minute.
        """
        assert self._ready is not None
        async with asyncio.timeout(_START_S):
            return await asyncio.shield(self._ready)

    @property
    def pid(self) -> int | None:
        """The worker's process id; None while there is none."""
        return self._worker.pid if self._worker else None

    def waiting(self, lane: Lane) -> int:
        """How many requests of a lane are on the way."""
        return self._tickets.count(lane)

    def ticket(self) -> int:
        """A number for a transcription that may be hastened or cancelled."""
        return next(self._numbers)

    async def transcribe(
        self,
        mulaw_8k: bytes,
        *,
        language: str = "en",
        hint: str = "",
        speculative: bool = False,
        ticket: int | None = None,
    ) -> Transcription:
        """The words of one turn of 8 kHz mu-law.

        A speculative one is served after all others, and refused first when the lane fills up.

        Raises:
            SpeechBusy: the lane is full: say so to the caller.
            SpeechLate, SpeechLost: no answer; `retryable`.
            SpeechWithdrawn: `cancel` was called with its ticket.
            SpeechRefused: no such language, or a turn of more than `LONGEST_TURN_S`.
        """
        number = self.ticket() if ticket is None else ticket
        if len(mulaw_8k) > LONGEST_TURN_S * 8000:
            raise SpeechRefused(f"a turn of {len(mulaw_8k)} bytes; at most {LONGEST_TURN_S:g} s")
        cuts = range(0, max(1, len(mulaw_8k)), PIECE_BYTES)
        *before, last = (mulaw_8k[start : start + PIECE_BYTES] for start in cuts)
        final = Transcribe(number, last, language, hint, not speculative)
        messages: tuple[Request, ...] = (*(Piece(number, piece) for piece in before), final)
        order = Order(number, Lane.RECOGNITION, messages, self._settings.recognition_deadline_s)
        async with aclosing(self._replies(order, spare=speculative)) as replies:
            async for reply in replies:
                if isinstance(reply, Text):
                    return Transcription(reply.text, reply.confidence, reply.seconds)
        raise AssertionError("the worker answers a transcription with text")

    async def synthesize(
        self,
        text: str,
        *,
        language: str = "en",
        voice: str = "",
        speed: float = 1.0,
        fixed: bool = False,
    ) -> AsyncGenerator[bytes, None]:
        """8 kHz mu-law of a text, a sentence (or eight seconds of it) at a time.

        `fixed` is for lines that recur: kept in memory, and on disk where there is a cache.

        Raises:
            SpeechBusy, SpeechLate, SpeechLost: as with `transcribe`.
            SpeechRefused: no such voice, or more than `LONGEST_TEXT` characters.
        """
        if len(text) > LONGEST_TEXT:
            raise SpeechRefused(f"a text of {len(text)} characters; at most {LONGEST_TEXT}")
        key = line_key(text, engine="", voice=voice, language=language, speed=speed)
        pieces = list(self._memory.get(key) or ()) if fixed else []
        for piece in pieces:
            yield piece
        if pieces:
            return
        message = Synthesize(self.ticket(), text, language, voice, speed, fixed)
        deadline_s = self._settings.synthesis_deadline_s
        order = Order(message.ticket, Lane.SYNTHESIS, (message,), deadline_s)
        async with aclosing(self._replies(order)) as replies:
            async for reply in replies:
                if isinstance(reply, Sound):
                    pieces.append(reply.audio)
                    yield reply.audio
        if fixed:
            self._memory.put(key, tuple(pieces))

    async def prepare(self, lines: Sequence[str], *, language: str = "en", voice: str = "") -> None:
        """Speak fixed lines ahead of time, so that they are there at once when they are needed."""
        for line in lines:
            sound = self.synthesize(line, language=language, voice=voice, fixed=True)
            async with aclosing(sound):
                async for _ in sound:
                    continue

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, 384], rows of length 1.

        Raises:
            SpeechBusy, SpeechLate, SpeechLost: as with `transcribe`.
        """
        rows: list[Vectors] = []
        for start in range(0, len(texts), _SENTENCES_AT_ONCE):
            some = tuple(text[:LONGEST_TEXT] for text in texts[start : start + _SENTENCES_AT_ONCE])
            rows.append(await self._embed(some))
        return np.concatenate(rows) if rows else np.zeros((0, 384), np.float32)

    def cancel(self, ticket: int) -> None:
        """Drop a transcription whose caller spoke on; its waiter gets `SpeechWithdrawn`."""
        if self._tickets.give(ticket, SpeechWithdrawn("the caller spoke on")):
            self._post(Cancel(ticket))

    def hasten(self, ticket: int) -> None:
        """Make a speculative transcription final: the turn has ended."""
        if ticket in self._tickets:
            self._post(Hasten(ticket))

    async def _embed(self, texts: tuple[str, ...]) -> Vectors:
        message = Embed(self.ticket(), texts)
        deadline_s = self._settings.synthesis_deadline_s
        order = Order(message.ticket, Lane.EMBEDDING, (message,), deadline_s)
        async with aclosing(self._replies(order)) as replies:
            async for reply in replies:
                if isinstance(reply, Vector):
                    return np.frombuffer(reply.rows, np.float32).reshape(reply.count, -1)
        raise AssertionError("the worker answers an embedding with vectors")

    async def _replies(self, order: Order, *, spare: bool = False) -> AsyncGenerator[Reply, None]:
        """Send a request and yield what comes back until it is done; leaving early withdraws it."""
        self._refuse_when_broken()
        self._tickets.admit(order, spare=spare)
        done = False
        try:
            async with order.deadline():
                await self._send(order)
            while not done:
                async with order.deadline():
                    reply = await order.next_reply()
                self._late_in_a_row = 0
                done = isinstance(reply, Done | Text | Vector)
                yield reply
        except SpeechLate:
            self._count_late()
            raise
        finally:
            self._tickets.close(order.ticket)
            if not done:
                self._post(Cancel(order.ticket))

    def _refuse_when_broken(self) -> None:
        """Raise what kept the engines from being opened: no worker will ever serve."""
        assert self._ready is not None
        if self._ready.done() and (error := self._ready.exception()):
            raise error

    def _count_late(self) -> None:
        """A worker that misses several deadlines in a row hangs, and is replaced."""
        self._late_in_a_row += 1
        if self._late_in_a_row >= _HUNG_AFTER and self._worker is not None:
            _log.error("the speech worker hangs and is replaced", extra={"pid": self._worker.pid})
            self._late_in_a_row = 0
            self._worker.kill()

    async def _send(self, order: Order) -> None:
        """Ask the worker; while there is none, the next one is asked when it starts."""
        if self._worker is not None:
            order.tries += 1
            await self._worker.send(*order.messages)

    def _post(self, message: Request) -> None:
        if self._worker is not None:
            self._worker.post(message)

    async def _supervise(self) -> None:
        """Keep a worker alive until the pool is closed."""
        failures = 0
        try:
            while True:
                failures = 0 if await self._live() else failures + 1
                self._worker = None
                self._tickets.lost(SpeechLost("the speech worker ended"))
                _log.error("the speech worker ended and is started anew")
                await asyncio.sleep(min(_SLOWEST_RESTART_S, 0.05 * 2**failures))
        except SpeechError as error:
            assert self._ready is not None
            self._ready.set_exception(error)
            # Retrieved here, so that a pool nobody waits for does not end with a stray warning.
            self._ready.exception()
            self._tickets.fail(error)
        finally:
            self._worker = None
            self._tickets.fail(SpeechLost("the speech pool was closed"))

    async def _live(self) -> bool:
        """Serve with one worker until it ends; whether it had become ready.

        Raises:
            SpeechError: the engines cannot be opened; starting again would not help.
        """
        served = False
        async with (
            WorkerProcess.opened(self._settings) as worker,
            aclosing(worker.replies()) as replies,
        ):
            self._worker = worker
            for order in self._tickets.unanswered():
                await self._send(order)
            async for reply in replies:
                served = self._deliver(reply) or served
        return served

    def _deliver(self, reply: Reply) -> bool:
        """Pass a reply to the one who waits for it; whether it is a `Ready`."""
        match reply:
            case Ready():
                assert self._ready is not None
                if not self._ready.done():
                    self._ready.set_result(reply)
                return True
            case Failed(ticket=0):
                raise error_of(reply)
            case Failed(ticket):
                self._tickets.give(ticket, error_of(reply))
            case Text(ticket) | Sound(ticket) | Vector(ticket) | Done(ticket):
                self._tickets.give(ticket, reply)
            case _:
                assert_never(reply)
        return False
