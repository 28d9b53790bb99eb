"""A speech engine whose sound is its text: bytes other than silence are what was said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from itertools import count

import numpy as np

from bridges.speech.engines import Transcription, Vectors
from bridges.speech.errors import SpeechError

__all__ = ["SILENCE", "TalkingEngine", "spoken"]

SILENCE = b"\xff"


def spoken(text: str, seconds: float = 0.5) -> bytes:
    """The words as sound, at the end of half a second of it."""
    words = f"{text} ".encode("ascii")
    return SILENCE * max(int(8000 * seconds) - len(words), 0) + words


class TalkingEngine:
    """Takes its time in the loop's time; fails where it was told to."""

    def __init__(self, *, listens_s: float = 0.3, speaks_s: float = 0.02) -> None:
        self.listens_s = listens_s
        self.speaks_s = speaks_s
        self.confidence = 0.9
        self.deaf: list[SpeechError] = []
        """Raised by the next transcriptions, one each."""
        self.mute: list[SpeechError] = []
        """Raised by the next syntheses."""
        self.asked: list[tuple[str, bool]] = []
        """Every transcription that was finished: text, speculative."""
        self.withdrawn = 0
        self.hastened: list[int] = []
        self.fixed: list[str] = []
        self._tickets = count(1)

    def ticket(self) -> int:
        return next(self._tickets)

    def hasten(self, ticket: int) -> None:
        self.hastened.append(ticket)

    async def transcribe(
        self,
        mulaw_8k: bytes,
        *,
        language: str = "en",
        hint: str = "",
        speculative: bool = False,
        ticket: int | None = None,
    ) -> Transcription:
        try:
            await _pass(self.listens_s)
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
        if self.deaf:
            raise self.deaf.pop(0)
        text = mulaw_8k.replace(SILENCE, b"").decode("ascii").strip()
        self.asked.append((text, speculative))
        return Transcription(text, self.confidence if text else 0.0, len(mulaw_8k) / 8000)

    async def synthesize(
        self,
        text: str,
        *,
        language: str = "en",
        voice: str = "",
        speed: float = 1.0,
        fixed: bool = False,
    ) -> AsyncGenerator[bytes, None]:
        if fixed:
            self.fixed.append(text)
        await _pass(self.speaks_s)
        if self.mute:
            raise self.mute.pop(0)
        half = len(text) // 2
        yield text[:half].encode()
        await _pass(self.speaks_s)
        yield text[half:].encode()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        await _pass(0.01)
        return np.zeros((len(texts), 384), np.float32)


async def _pass(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    later: asyncio.Future[None] = loop.create_future()
    timer = loop.call_later(seconds, later.set_result, None)
    try:
        await later
    finally:
        timer.cancel()
