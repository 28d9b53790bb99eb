"""Leads one call's mind: one thought at a time, in order, nothing out of turn while a tool runs."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from bridges.port.errors import BridgeError, Lost
from bridges.port.events import ToolCall
from bridges.speech.mind import Briefed, Call, Heard, Mind, Resulted, Say, Stimulus
from bridges.speech.voice import Speaker

__all__ = ["Thinker"]

_log = logging.getLogger(__name__)

_RESULT_S: Final = 30.0
"""The core settles every tool call long before; after that the mind listens again."""


class Thinker:
    """Feeds stimuli to the mind and carries out what it wants."""

    def __init__(
        self,
        mind: Mind,
        speaker: Speaker,
        *,
        emit: Callable[[ToolCall], None],
        failed: Callable[[BridgeError], None],
        new_item: Callable[[], str],
    ) -> None:
        self._mind = mind
        self._speaker = speaker
        self._emit = emit
        self._failed = failed
        self._new_item = new_item
        self._inbox: deque[Stimulus] = deque()
        self._news = asyncio.Event()
        self._open: set[str] = set()
        self._thought: asyncio.Task[None] | None = None
        self._about: Stimulus | None = None
        self._muted = False

    def take(self, stimulus: Stimulus) -> None:
        """Something to think about; it waits its turn."""
        self._inbox.append(stimulus)
        self._news.set()

    def hush(self) -> None:
        """Stop answering. What the flow has told is still taken in, silently."""
        if isinstance(self._about, Briefed):
            self._muted = True
        elif self._thought is not None:
            self._thought.cancel()

    def unhear(self) -> None:
        """The caller goes on: what was heard so far comes again, as part of the whole turn."""
        self._inbox = deque(one for one in self._inbox if not isinstance(one, Heard))

    async def run(self) -> None:
        """Think until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._about = await self._next()
                self._thought = tasks.create_task(self._respond(self._about))
                await asyncio.wait({self._thought})
                self._thought = self._about = None

    async def _next(self) -> Stimulus:
        while True:
            for stimulus in self._inbox:
                if not self._open or isinstance(stimulus, Briefed | Resulted):
                    self._inbox.remove(stimulus)
                    return stimulus
            self._news.clear()
            try:
                async with asyncio.timeout(_RESULT_S if self._open else None):
                    await self._news.wait()
            except TimeoutError:
                _log.warning("tool calls without a result", extra={"calls": sorted(self._open)})
                self._open.clear()

    async def _respond(self, stimulus: Stimulus) -> None:
        if isinstance(stimulus, Resulted):
            if stimulus.result.call_id not in self._open:
                return
            self._open.discard(stimulus.result.call_id)
        self._muted = False
        item = ""
        try:
            async with aclosing(self._mind.respond(stimulus)) as acts:
                async for act in acts:
                    match act:
                        case Say(text=text) if not self._muted:
                            item = item or self._new_item()
                            self._speaker.add(item, text)
                        case Say():
                            continue
                        case Call(call=call):
                            self._open.add(call.call_id)
                            self._emit(call)
        except BridgeError as error:
            self._failed(error)
        except Exception as error:  # The edge of the call: it must not end in silence.
            _log.exception("the mind broke")
            self._failed(Lost("local", f"the mind broke: {type(error).__name__}"))
        finally:
            if item:
                self._speaker.close(item)
