"""The calls of this process: begun, counted, recorded, and drained when the server stops."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final

from media.call import Digit, HangupCause, LineEvent
from media.ear import EarEvent
from server.agent.effects import End
from server.calls.assembly import Assembled, Ticket, assemble
from server.calls.house import House
from server.calls.minutes import Minutes
from server.calls.recording import Recording
from server.line import Line
from server.lines.carrier_rest import CarrierRestFailed
from server.lines.wire import EventSink, LineSocket
from server.log import call_context

__all__ = ["LiveCalls"]

_log = logging.getLogger(__name__)
_RECORD_EVERY_S = 1.0
_THEIRS: Final = {HangupCause.CALLER_HUNG_UP, HangupCause.LINE_LOST}


class LiveCalls:
    """Runs each call as one task; leaving the context ends those that are left."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tasks = asyncio.TaskGroup()
        self._sessions: dict[str, Assembled] = {}
        self._stack = AsyncExitStack()
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def __aenter__(self) -> LiveCalls:
        await self._stack.enter_async_context(self._tasks)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for call in list(self._sessions.values()):
            call.session.stop()
        await self._stack.aclose()

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def full(self) -> bool:
        """Whether a further call must be turned away."""
        return self._draining or len(self) >= self._house.media.capacity

    async def drain(self, grace_s: float) -> None:
        """Take no new calls and let the live ones finish, for so long at most."""
        self._draining = True
        try:
            async with asyncio.timeout(grace_s):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("calls cut off at shutdown", extra={"calls": len(self)})

    def pick_up(self, ticket: object, line: LineSocket) -> EventSink | None:
        """Begin the call that the ticket was written for; None when there is no room."""
        if not isinstance(ticket, Ticket):
            raise TypeError(f"not a ticket of ours: {ticket!r}")
        if self.full:
            return None
        house = self._house
        assembled = assemble(house, ticket, line.wire)
        self._sessions[ticket.call_id] = assembled
        self._idle.clear()
        self._tasks.create_task(self._serve(ticket, assembled, line))
        on_line, monotonic = assembled.session.channel.on_line, house.clock.monotonic

        def sink(event: LineEvent) -> None:
            on_line(event, monotonic())

        return sink

    async def _serve(self, ticket: Ticket, call: Assembled, line: Line) -> None:
        """One call from the accepted socket to its last fact. The edge of the call."""
        call_context.set(ticket.call_id)
        house = self._house
        beat = _Beat(house, call)
        house.metrics.calls_active.inc()
        house.pulse.add(beat, call.voice.ear, call.voice.tones)
        end = End(HangupCause.AGENT_HUNG_UP, "failed")
        try:
            call.minutes.answered()
            if call.recording is not None:
                self._note_recording(call.minutes, call.recording)
            end = await call.session.run(line)
        except Exception:
            house.metrics.failures.labels("call").inc()
            _log.exception("call failed")
        finally:
            house.pulse.remove(call.voice.ear, call.voice.tones)
            self._sessions.pop(ticket.call_id, None)
            house.metrics.calls_active.dec()
            house.metrics.calls.labels(end.cause).inc()
            await self._close(call, end)
            await self._hang_up(ticket, end)
            if not self._sessions:
                self._idle.set()

    async def _hang_up(self, ticket: Ticket, end: End) -> None:
        """End the call at the carrier too: closing a stream only lets its document go on.

        A call that the other side ended is gone already.
        """
        if ticket.account is None or end.cause in _THEIRS:
            return
        carrier = self._house.network.carriers[ticket.carrier]
        try:
            await self._house.network.rest.hang_up(carrier, ticket.call.call_id, ticket.account)
        except CarrierRestFailed as failed:
            _log.warning("a call may still be up at its carrier", extra={"error": str(failed)})

    def _note_recording(self, minutes: Minutes, recording: Recording) -> None:
        path = self._house.desk.relative(recording.path)
        minutes.recorded(path, recording.seconds)

    async def _close(self, call: Assembled, end: End) -> None:
        """The last seconds of the recording, then the last facts."""
        now = self._house.clock.monotonic()
        channel = call.session.channel
        if call.recording is not None:
            channel.record(now)
            await self._house.desk.close(call.recording, channel.media_s(now))
            self._note_recording(call.minutes, call.recording)
        call.minutes.ended(end)
        for turn in call.session.turns():
            if turn.speaker == "agent":
                for stage, milliseconds in turn.timings.items():
                    self._house.metrics.turn_latency.labels(stage).observe(milliseconds / 1000)


class _Beat:
    """A call as the pulse sees it: its machines, and once a second its recording."""

    def __init__(self, house: House, call: Assembled) -> None:
        self._house = house
        self._session = call.session
        self._recording = call.recording
        self._next_s = house.clock.monotonic() + _RECORD_EVERY_S

    def on_speech(self, event: EarEvent, now: float) -> None:
        """See `Beating`."""
        self._session.channel.on_speech(event, now)

    def on_tone(self, key: str, now: float) -> None:
        """See `Beating`."""
        self._session.channel.on_line(Digit(key), now)

    def tick(self, now: float) -> None:
        """See `Beating`."""
        self._session.tick(now)
        if now >= self._next_s and self._recording is not None:
            self._next_s = now + _RECORD_EVERY_S
            channel = self._session.channel
            channel.record(now)
            self._house.desk.flush(self._recording, channel.media_s(now))
