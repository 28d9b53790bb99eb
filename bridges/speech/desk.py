"""The worker's inside: requests to the lanes, engine threads to the replies.

Recognition has as many threads as it was given cores, synthesis and meaning one each, so that a
sentence is spoken while a turn is being written down.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, assert_never

from bridges.speech.cache import LineShelf, line_key
from bridges.speech.choice import Engines
from bridges.speech.engines import SpeechSettings, TextToSpeech
from bridges.speech.errors import SpeechError
from bridges.speech.lanes import Lane
from bridges.speech.verbalize import verbalize
from bridges.speech.wire import (
    PIECE_BYTES,
    Cancel,
    Done,
    Embed,
    Failed,
    Hasten,
    Piece,
    Reply,
    Request,
    Setup,
    Sound,
    Synthesize,
    Text,
    Transcribe,
    Vector,
)

__all__ = ["Desk", "failure"]

_log = logging.getLogger(__name__)
_ENGLISH: Final = "en"


def failure(ticket: int, error: Exception) -> Failed:
    """The error as a message."""
    if isinstance(error, SpeechError):
        return Failed(ticket, type(error).__name__, tuple(str(fact) for fact in error.args))
    return Failed(ticket, "EngineFailed", (f"{type(error).__name__}: {error}",))


class Desk:
    """Serves requests with the engines it was given; `send` is called from several threads."""

    def __init__(
        self, engines: Engines, settings: SpeechSettings, send: Callable[[Reply], None]
    ) -> None:
        self._engines = engines
        self._send = send
        self._shelf = LineShelf(Path(settings.cache_dir)) if settings.cache_dir else None
        self._recognition: Lane[Transcribe] = Lane()
        self._synthesis: Lane[Synthesize] = Lane()
        self._embedding: Lane[Embed] = Lane()
        self._pieces: dict[int, list[bytes]] = {}
        self._speaking = 0
        self._hushed = False
        self._threads = [
            *(
                threading.Thread(target=self._recognize, daemon=True)
                for _ in range(settings.recognition_threads)
            ),
            threading.Thread(target=self._speak, daemon=True),
            threading.Thread(target=self._place, daemon=True),
        ]

    def open(self) -> None:
        """Start the engine threads."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let the threads finish what they are at; what waits is dropped."""
        for lane in (self._recognition, self._synthesis, self._embedding):
            lane.close()

    def take(self, request: Request) -> None:
        """Queue a request, or drop or hasten one that waits."""
        match request:
            case Piece(ticket, audio):
                self._pieces.setdefault(ticket, []).append(audio)
            case Transcribe(ticket):
                self._recognition.put(ticket, request, rank=0 if request.final else 1)
            case Synthesize(ticket):
                self._synthesis.put(ticket, request)
            case Embed(ticket):
                self._embedding.put(ticket, request)
            case Cancel(ticket):
                self._cancel(ticket)
            case Hasten(ticket):
                self._recognition.hasten(ticket)
            case Setup():
                _log.warning("a second set-up was ignored")
            case _:
                assert_never(request)

    def _cancel(self, ticket: int) -> None:
        self._pieces.pop(ticket, None)
        for lane in (self._recognition, self._synthesis, self._embedding):
            lane.cancel(ticket)
        if ticket == self._speaking:
            self._hushed = True

    def _recognize(self) -> None:
        while (job := self._recognition.take()) is not None:
            ticket, request = job
            audio = b"".join([*self._pieces.pop(ticket, ()), request.audio])
            self._answer(ticket, lambda r=request, a=audio: self._write_down(r, a))  # type: ignore[misc]

    def _write_down(self, request: Transcribe, audio: bytes) -> None:
        heard = self._engines.recognizer.transcribe(
            audio, language=request.language, hint=request.hint
        )
        self._send(Text(request.ticket, heard.text, heard.confidence, heard.seconds))

    def _place(self) -> None:
        while (job := self._embedding.take()) is not None:
            ticket, request = job
            self._answer(ticket, lambda r=request: self._embed(r))  # type: ignore[misc]

    def _embed(self, request: Embed) -> None:
        rows = self._engines.embedder.embed(request.texts)
        self._send(Vector(request.ticket, len(rows), rows.tobytes()))

    def _speak(self) -> None:
        while (job := self._synthesis.take()) is not None:
            ticket, request = job
            self._speaking, self._hushed = ticket, False
            self._answer(ticket, lambda r=request: self._synthesize(r))  # type: ignore[misc]
            self._speaking = 0

    def _synthesize(self, request: Synthesize) -> None:
        whole: list[bytes] = []
        for sentence in self._sentences(request):
            whole.append(sentence)
            for start in range(0, len(sentence), PIECE_BYTES):
                self._send(Sound(request.ticket, sentence[start : start + PIECE_BYTES]))
            if self._hushed:
                return
        self._send(Done(request.ticket))
        if request.fixed and self._shelf is not None and len(whole) > 0:
            self._shelf.put(self._key(request), b"".join(whole))

    def _sentences(self, request: Synthesize) -> Iterator[bytes]:
        kept = self._shelf.get(self._key(request)) if request.fixed and self._shelf else None
        if kept is not None:
            return iter((kept,))
        text = verbalize(request.text, language=request.language)
        return self._voice(request).stream(
            text, language=request.language, voice=request.voice, speed=request.speed
        )

    def _voice(self, request: Synthesize) -> TextToSpeech:
        voices = self._engines.voices
        return voices.get(request.language[:2].lower(), voices[_ENGLISH])

    def _key(self, request: Synthesize) -> str:
        engine = "|".join(f"{role}={name}" for role, name in sorted(self._engines.names.items()))
        return line_key(
            request.text,
            engine=engine,
            voice=request.voice,
            language=request.language,
            speed=request.speed,
        )

    def _answer(self, ticket: int, work: Callable[[], None]) -> None:
        try:
            work()
        except SpeechError as error:
            self._send(failure(ticket, error))
        except Exception as error:
            _log.exception("a speech engine failed", extra={"ticket": ticket})
            self._send(failure(ticket, error))
