"""The driver of one conversation: one inbox, one loop, effects performed in order.

The inbox is drained to its end whenever something is posted, on the loop's thread, so a frame or a
barge-in never waits for a task to be scheduled. What takes time (connecting a mind, running a tool)
is a task of the call's group and posts its end. Nothing of a call outlives `run`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from math import inf

from bridges.port.errors import BridgeError, Lost, Rejected
from bridges.port.events import (
    BridgeEvent,
    BridgeFailed,
    BridgeInput,
    Seed,
    ToolCall,
    UserAudio,
)
from bridges.port.session import Bridge, BridgeSession, Opening
from media.call import HangupCause
from server.agent import effects as do
from server.agent.conversation import Conversation, ConversationEvent, ToolSettled
from server.agent.effects import Effect
from server.agent.transcript import Turn
from server.calls.minutes import Minutes
from server.channels.voice import VoiceChannel, VoiceParts
from server.clock import Clock
from server.line import Line

__all__ = ["CallSession", "SessionParts", "ToolRunner"]

_log = logging.getLogger(__name__)

ToolRunner = Callable[[ToolCall], Awaitable[ToolSettled]]
"""Runs a working tool for this call. Never raises: a failure is a settled error."""

_EARLY_INPUTS = 512
"""Inputs kept for a mind that is still connecting; the oldest go first."""
_BROKEN = do.End(HangupCause.AGENT_HUNG_UP, "failed")


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What one call is made of."""

    conversation: Conversation
    voice: VoiceParts
    bridges: Mapping[str, Bridge]
    clips: Mapping[str, bytes]
    """Lines recorded at start-up, in the line's format."""
    run_tool: ToolRunner
    minutes: Minutes
    clock: Clock


class CallSession:
    """One live call."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts
        self._inbox: deque[ConversationEvent] = deque()
        self._draining = False
        self._mind: BridgeSession | None = None
        self._early: deque[BridgeInput] = deque(maxlen=_EARLY_INPUTS)
        self._connection = 0
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._serving: asyncio.Task[None] | None = None
        self._over: asyncio.Future[do.End] = asyncio.get_running_loop().create_future()
        self._due = inf
        self.channel = VoiceChannel(parts.voice, self.post, self._listen)

    async def run(self, line: Line) -> do.End:
        """Serve the call until it is over; returns how it ended.

        The mind is connected at once, so that it is there when the line opens.
        """
        cause = _BROKEN.cause
        self.channel.attach(line)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._connect(self._parts.conversation.spec.bridges[0], Seed())
                end = await self._over
                cause = end.cause
                for task in self._running:
                    task.cancel()
        finally:
            self._tasks = None
            self.channel.detach()
            line.close(cause)
        return end

    def turns(self) -> tuple[Turn, ...]:
        """What was said so far, by the instant each turn began."""
        return self._parts.conversation.scribe.transcript.turns()

    def stop(self) -> None:
        """End the call because the server stops."""
        self._finish(do.End(HangupCause.SERVER_STOPPED, "stopped"))

    def post(self, event: ConversationEvent) -> None:
        """Put an event into the inbox, and drain it unless that is going on already."""
        self._inbox.append(event)
        if not self._draining:
            self._drain()

    def tick(self, now: float) -> None:
        """Do what is due; called by the pulse every 20 ms."""
        try:
            self.channel.tick(now)
        except Exception:
            self._fail()
        if self._due <= now:
            self._drain(due=True)

    def _drain(self, *, due: bool = False) -> None:
        """Step the core until nothing is left. The edge of the call: what fails, ends it here."""
        self._draining = True
        try:
            if due:
                now = self._parts.clock.monotonic()
                self._perform_all(self._parts.conversation.tick(now), now)
            while self._inbox:
                now = self._parts.clock.monotonic()
                effects = self._parts.conversation.step(self._inbox.popleft(), now)
                self._perform_all(effects, now)
        except Exception:
            self._fail()
        finally:
            self._draining = False
            deadline = self._parts.conversation.deadline()
            self._due = inf if deadline is None else deadline

    def _fail(self) -> None:
        _log.exception("call failed")
        self._finish(_BROKEN)

    def _perform_all(self, effects: list[Effect], now: float) -> None:
        for effect in effects:
            if not self.channel.perform(effect, now):
                self._perform(effect, now)

    def _perform(self, effect: Effect, now: float) -> None:
        minutes = self._parts.minutes
        match effect:
            case do.ToBridge(item=item):
                self._tell(item)
            case do.Note(turn=turn):
                minutes.turn(turn)
            case do.Jot(kind=kind, facts=facts):
                minutes.event(kind, facts)
            case do.RunTool(call=call, deadline_s=deadline_s):
                self._start(self._work(call, deadline_s))
            case do.OpenBridge(name=name, seed=seed):
                self._connect(name, seed)
            case do.Clip(name=name):
                clip = self._parts.clips.get(name, b"")
                self.channel.perform(do.Play(name, clip), now)
                self.channel.perform(do.PlayEnd(name), now)
            case do.Transfer(target=target, label=label):
                minutes.event("transfer", {"pii_target": target, "label": label})
            case do.End():
                self._finish(effect)
            case _:
                raise TypeError(f"nobody performs {effect!r}")

    def _finish(self, end: do.End) -> None:
        if not self._over.done():
            self._over.set_result(end)

    def _listen(self, payload: bytes) -> None:
        """The caller's sound, straight to the mind: the core need not see every frame."""
        if self._mind is not None:
            self._mind.send(UserAudio(payload))

    def _tell(self, item: BridgeInput) -> None:
        if self._mind is None:
            self._early.append(item)
        else:
            self._mind.send(item)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None] | None:
        if self._tasks is None or self._over.done():
            work.close()
            return None
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _connect(self, name: str, seed: Seed) -> None:
        """Leave the mind that failed, if any, and connect the next one."""
        self._connection += 1
        self._mind = None
        if self._serving is not None:
            self._serving.cancel()
        self._serving = self._start(self._serve_mind(name, seed, self._connection))

    async def _serve_mind(self, name: str, seed: Seed, connection: int) -> None:
        """Hold one mind's connection open until the call ends."""

        def sink(event: BridgeEvent) -> None:
            if connection == self._connection and not self._over.done():
                self.post(event)

        bridge = self._parts.bridges.get(name)
        if bridge is None:
            sink(BridgeFailed(Rejected(name, "is not open in this process")))
            return
        opening = Opening(self._parts.conversation.flow.brief(), seed)
        try:
            async with bridge.connect(opening, sink) as session:
                self._mind = session
                while self._early:
                    session.send(self._early.popleft())
                # Shielded: the call's end is everybody's, and this task may be cancelled before it.
                await asyncio.shield(self._over)
        except BridgeError as error:
            sink(BridgeFailed(error))
        except Exception:
            _log.exception("bridge failed", extra={"bridge": name})
            sink(BridgeFailed(Lost(name, "failed unexpectedly; the log has the cause")))

    async def _work(self, call: ToolCall, deadline_s: float) -> None:
        minutes = self._parts.minutes
        minutes.tool_started(call)
        try:
            async with asyncio.timeout(deadline_s):
                settled = await self._parts.run_tool(call)
        except TimeoutError:
            settled = ToolSettled(call.call_id, error="took too long")
        minutes.tool_settled(call, settled)
        self.post(settled)
