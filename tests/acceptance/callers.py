"""Callers of acceptance tests, in the test's own process: what they say, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from server.rehearsal.caller import Caller
from server.rehearsal.clips import clip_of
from server.rehearsal.placed import CallPlan
from server.rehearsal.record import CallRecord
from server.rehearsal.script import Moment, Script, Speak, Step, When
from server.rehearsal.voices import open_voice

__all__ = ["asking", "until", "words_of"]

_GREETING_S = 5.3
"""By then the disclosure is over, and the caller need not hear the greeting out."""


async def asking(*texts: str) -> CallPlan:
    """A caller who says these things, one answer after the other, and lets the agent hang up."""
    async with open_voice() as voice:
        clips = [clip_of(await voice.speak(text), text) for text in texts]
    first = When(Moment.BARGE_IN, seconds=_GREETING_S)
    steps = [Step(Speak(clip), When() if number else first) for number, clip in enumerate(clips)]
    script = Script(tuple(steps), hangs_up=False)
    return CallPlan(source=lambda opened_s: Caller(script, opened_s), max_s=60.0)


async def until(condition: Callable[[], bool], *, within_s: float = 30.0) -> None:
    """Look again and again until it holds.

    Raises:
        TimeoutError: it does not.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(within_s):
        while not condition():
            later = loop.create_future()
            loop.call_later(0.05, later.set_result, None)
            await later


def words_of(record: CallRecord) -> str:
    """Everything that the agent said, as the server wrote it down."""
    return " ".join(turn.text for turn in record.turns or () if turn.speaker == "agent")
