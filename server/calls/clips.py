"""Lines to be played when there is no mind to speak: recorded at start-up from one that does."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from bridges.port.brief import Brief
from bridges.port.events import BotAudio, BridgeEvent, BridgeFailed, ReplyDone, Speak
from bridges.port.session import Bridge, Opening
from server.agent.phrases import phrase

__all__ = ["record_clips"]

_NAMES: Final = ("apology", "busy")
_LONGEST_S: Final = 20.0


async def record_clips(bridge: Bridge, languages: frozenset[str], folder: Path) -> dict[str, bytes]:
    """Each clip as `language:name` to sound, spoken by a bridge that speaks word for word.

    They are kept in the folder, so that only the first start takes the time to record them.

    Raises:
        BridgeError: the bridge cannot be had.
        TimeoutError: it did not speak.
    """
    clips: dict[str, bytes] = {}
    for language in sorted({language[:2] for language in languages} | {"en"}):
        for name in _NAMES:
            text = phrase(name, language)
            kept = folder / f"{hashlib.sha256(f'{language} {text}'.encode()).hexdigest()}.ulaw"
            sound = await asyncio.to_thread(_kept, kept)
            if not sound:
                sound = await _spoken(bridge, text, language)
                await asyncio.to_thread(_keep, kept, sound)
            clips[f"{language}:{name}"] = sound
    return clips


def _kept(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _keep(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)


async def _spoken(bridge: Bridge, text: str, language: str) -> bytes:
    sound = bytearray()
    done = asyncio.Event()

    def sink(event: BridgeEvent) -> None:
        match event:
            case BotAudio(payload=payload):
                sound.extend(payload)
            case ReplyDone() | BridgeFailed():
                done.set()
            case _:
                return

    opening = Opening(Brief("", language=language))
    async with asyncio.timeout(_LONGEST_S), bridge.connect(opening, sink) as session:
        session.send(Speak(text, "clip"))
        await done.wait()
    return bytes(sound)
