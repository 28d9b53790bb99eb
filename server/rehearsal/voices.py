"""Voices for a caller whose words are given as text: the local engine, else espeak-ng."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from bridges.speech.engines import SpeechSettings
from bridges.speech.errors import SpeechError
from bridges.speech.pool import SpeechPool
from server.rehearsal.clips import read_wav, to_telephone
from server.rehearsal.errors import PartMissing

__all__ = ["EspeakVoice", "LocalVoice", "open_voice"]

_SPEAK_S: Final = 30.0
_LANGUAGE: Final = "en"


class EspeakVoice:
    """The espeak-ng program: robotic, and there in a second."""

    def __init__(self, program: str, language: str = _LANGUAGE) -> None:
        self._program = program
        self._language = language

    async def speak(self, text: str) -> bytes:
        """Mu-law at 8 kHz. Raises PartMissing when the program fails or takes too long."""
        # The words go through standard input: as an argument they could be read as an option.
        process = await asyncio.create_subprocess_exec(
            self._program,
            "--stdin",
            "--stdout",
            "-v",
            self._language,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_SPEAK_S):
                sound, complaint = await process.communicate(text.encode())
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise _failed(self._program, f"no sound within {_SPEAK_S:.0f} s") from error
        if process.returncode != 0 or not sound:
            raise _failed(self._program, complaint.decode("utf-8", "replace").strip()[:200])
        return to_telephone(*read_wav(sound, self._program))


class LocalVoice:
    """The speech engine that the server's local bridge speaks with."""

    def __init__(self, pool: SpeechPool, language: str = _LANGUAGE) -> None:
        self._pool = pool
        self._language = language

    async def speak(self, text: str) -> bytes:
        """Mu-law at 8 kHz. Raises a SpeechError when the engine cannot."""
        pieces = self._pool.synthesize(text, language=self._language)
        return b"".join([piece async for piece in pieces])


class _FirstUse:
    """Opens a voice when the first words are to be spoken: many rehearsals never speak any."""

    def __init__(self, stack: AsyncExitStack, language: str) -> None:
        self._stack = stack
        self._language = language
        self._voice: LocalVoice | EspeakVoice | None = None

    async def speak(self, text: str) -> bytes:
        if self._voice is None:
            self._voice = await self._open()
        return await self._voice.speak(text)

    async def _open(self) -> LocalVoice | EspeakVoice:
        try:
            pool = await self._stack.enter_async_context(SpeechPool(SpeechSettings()))
            await pool.ready()
        except SpeechError as error:
            return self._espeak(str(error))
        return LocalVoice(pool, self._language)

    def _espeak(self, why: str) -> EspeakVoice:
        program = shutil.which("espeak-ng") or shutil.which("espeak")
        if program is None:
            raise PartMissing(
                f"there is no voice to speak the caller's words with: {why}",
                where="--say, or a `say` step",
                mend="Install espeak-ng, or run `make setup` for the local engine; "
                "recordings (--wav) need neither.",
            )
        return EspeakVoice(program, self._language)


@asynccontextmanager
async def open_voice(language: str = _LANGUAGE) -> AsyncIterator[_FirstUse]:
    """A voice that starts its engine on first use and stops it when the context closes."""
    async with AsyncExitStack() as stack:
        yield _FirstUse(stack, language)


def _failed(program: str, why: str) -> PartMissing:
    return PartMissing(
        f"the voice made no sound: {why or 'no reason given'}",
        where=program,
        mend="Try the same words with `espeak-ng` by hand.",
    )
