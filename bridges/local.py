"""The bridge without a key: local recognition, the answerer or a model, local voice.

English is known to work. Spanish is understood by the answerer and spoken where a Spanish voice is
installed, but the recognizer that comes with us hears English only: point `model_dir` at a
multilingual Whisper model for it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from bridges.port.brief import Brief
from bridges.port.errors import BridgeError, Lost, Overloaded, Rejected
from bridges.port.events import (
    BotAudio,
    BridgeEvent,
    BridgeFailed,
    BridgeInput,
    CommitTurn,
    Interrupt,
    PauseTurn,
    Rebrief,
    Speak,
    StartTurn,
    ToolResult,
    Usage,
    UserAudio,
    UserText,
    UserTranscript,
)
from bridges.port.session import BridgeOptions, Opening, Profile, Sink
from bridges.speech.answerer import Answerer, phrases_for
from bridges.speech.awaited import Awaited
from bridges.speech.call_tasks import CallTasks
from bridges.speech.engines import SpeechSettings, Transcription, Vectors
from bridges.speech.errors import EngineMissing, SpeechBusy, SpeechError
from bridges.speech.extract import warm_dates
from bridges.speech.listener import Hearing, Listener, Recognizer
from bridges.speech.mind import (
    AnsweringMind,
    Briefed,
    Heard,
    Keyed,
    Meanings,
    Mind,
    Resulted,
    SteadyMind,
)
from bridges.speech.model_mind import Model, ModelMind, open_model
from bridges.speech.pool import SpeechPool
from bridges.speech.thinker import Thinker
from bridges.speech.voice import Speaker, Synthesizer, Tongue, sentences_of
from media.audio import TELEPHONE

__all__ = ["PROFILE", "LocalBridge", "LocalSession", "SpeechEngine", "open"]

_NAME: Final = "local"

PROFILE = Profile(
    speech=True,
    in_format=TELEPHONE,
    out_format=TELEPHONE,
    turn_taking="local",
    rebrief=True,
    seedable=True,
    truncates=True,
    async_tools=True,
    verbatim=True,
    languages=("en",),
)


class SpeechEngine(Recognizer, Synthesizer, Protocol):
    """What this bridge needs of the speech pool."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector a row. Raises SpeechError."""
        ...


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all calls of the process share."""

    engine: SpeechEngine
    meanings: Meanings
    busy_sounds: Mapping[str, bytes]
    """By language: the apology, spoken while there was room."""
    model: Model | None
    numbers: Callable[[], int]


class LocalSession:
    """One call's connection."""

    def __init__(self, opening: Opening, sink: Sink, shared: _Shared, tasks: CallTasks) -> None:
        self._sink = sink
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._failed = False
        self._stages: dict[str, float] = {}
        self._committed_at = 0.0
        self._speaker = Speaker(
            shared.engine, self._emit, self._speech_failed, self._busy_sound(opening.brief)
        )
        self._mind = _mind(opening, shared, self._new_id)
        self._thinker = Thinker(
            self._mind, self._speaker, emit=self._emit, failed=self._fail, new_item=self._new_id
        )
        hearing = Hearing(self._emit, self._heard, self._busy, self._speech_failed)
        self._listener = Listener(shared.engine, opening.brief.language, hearing, tasks)
        self._listener.awaited = Awaited(opening.brief)
        self._busy_text = phrases_for(opening.brief.language).busy
        self._speaker.tongue = _tongue(opening.brief)
        tasks.create_task(self._speaker.run(), name="local voice")
        tasks.create_task(self._thinker.run(), name="local mind")

    def send(self, item: BridgeInput) -> None:
        """Hand over one input. Never waits."""
        match item:
            case UserAudio(payload=payload):
                self._listener.sound(payload)
            case StartTurn(ago_s=ago_s, resumed=resumed):
                if resumed:
                    self._thinker.unhear()
                self._listener.start(ago_s, resumed=resumed)
            case PauseTurn():
                self._listener.pause()
            case CommitTurn(answer=answer):
                self._committed_at = self._loop.time()
                self._stages = {}
                self._listener.commit(answer=answer)
            case UserText(text=text, keyed=keyed):
                self._thinker.take(Keyed(text) if keyed else Heard(text))
            case Speak(text=text, item=name):
                self._speak(name or self._new_id(), text)
            case Interrupt():
                self._hush(item)
            case ToolResult():
                self._thinker.take(Resulted(item))
            case Rebrief(brief=brief, reply=reply):
                self._speaker.tongue = _tongue(brief)
                self._listener.awaited = Awaited(brief)
                self._thinker.take(Briefed(brief, reply))
            case _:
                assert_never(item)

    def _speak(self, item: str, text: str) -> None:
        if self._speaker.full:
            self._fail(Overloaded(_NAME, "more is to be said than anybody listens to"))
            return
        self._speaker.say(item, text)
        self._mind.spoke(text)

    def _hush(self, interrupt: Interrupt) -> None:
        self._thinker.hush()
        self._speaker.hush()
        if interrupt.item:
            self._mind.cut(interrupt.heard_text)

    def _heard(self, said: Transcription, resumed: bool) -> None:
        self._thinker.take(Heard(said.text, said.confidence, resumed))

    def _emit(self, event: BridgeEvent) -> None:
        """To the call, noting when the stages of a reply were reached."""
        self._sink(event)
        if not self._committed_at:
            return
        since = self._loop.time() - self._committed_at
        if isinstance(event, UserTranscript) and event.final:
            self._stages["transcript_s"] = since
        elif isinstance(event, BotAudio):
            self._sink(Usage({**self._stages, "first_sound_s": since}))
            self._committed_at = 0.0

    def _busy(self) -> None:
        """The engine has no room: the caller hears so from the sound that is kept for it."""
        self._speaker.play(self._new_id(), self._busy_text, self._speaker.busy_sound)

    def _busy_sound(self, brief: Brief) -> bytes:
        sounds = self._shared.busy_sounds
        return sounds.get(brief.language[:2].lower(), sounds.get("en", b""))

    def _speech_failed(self, error: SpeechError) -> None:
        if isinstance(error, SpeechBusy):
            self._fail(Overloaded(_NAME, str(error)))
        else:
            self._fail((Lost if error.retryable else Rejected)(_NAME, str(error)))

    def _fail(self, error: BridgeError) -> None:
        """Once: another bridge takes over after it."""
        if not self._failed:
            self._failed = True
            self._sink(BridgeFailed(error))

    def _new_id(self) -> str:
        return f"{_NAME}-{self._shared.numbers()}"


class LocalBridge:
    """Engines that are open, for all calls of this process."""

    def __init__(
        self,
        engine: SpeechEngine,
        *,
        busy_sounds: Mapping[str, bytes] | None = None,
        model: Model | None = None,
    ) -> None:
        self._shared = _Shared(
            engine,
            Meanings(engine.embed),
            busy_sounds or {},
            model,
            # Items and calls stay distinct when a call is connected twice.
            itertools.count(1).__next__,
        )

    @asynccontextmanager
    async def connect(self, opening: Opening, sink: Sink) -> AsyncIterator[LocalSession]:
        """Connect one call; leaving it ends all that it was still doing."""
        async with CallTasks() as tasks:
            yield LocalSession(opening, sink, self._shared, tasks)


@asynccontextmanager
async def open(options: BridgeOptions) -> AsyncIterator[LocalBridge]:
    """Start the engines and speak the fixed sentences ahead of time.

    Raises:
        Rejected: a package, a model or a program is missing; the text says how to mend it.
        Lost: the engines did not start in time.
    """
    async with AsyncExitStack() as stack:
        model = await open_model(options.values, stack)
        pool = await stack.enter_async_context(SpeechPool(_settings(options)))
        # While the worker loads its models.
        await asyncio.to_thread(warm_dates)
        try:
            await pool.ready()
            busy = {"en": await _spoken(pool, "en"), "es": await _spoken(pool, "es")}
            await pool.prepare(phrases_for("en").fixed())
        except EngineMissing as error:
            raise Rejected(_NAME, str(error)) from error
        except (SpeechError, TimeoutError) as error:
            raise Lost(_NAME, f"the speech engines did not start: {error}") from error
        yield LocalBridge(pool, busy_sounds=busy, model=model)


async def _spoken(pool: SpeechPool, language: str) -> bytes:
    text = phrases_for(language).busy
    pieces = [piece async for piece in pool.synthesize(text, language=language, fixed=True)]
    return b"".join(pieces)


def _settings(options: BridgeOptions) -> SpeechSettings:
    values = options.values
    default = SpeechSettings()
    return SpeechSettings(
        recognizer=values.get("recognizer", default.recognizer),
        synthesizer=values.get("synthesizer", default.synthesizer),
        spanish=values.get("spanish", default.spanish),
        embedder=values.get("embedder", default.embedder),
        model_dir=values.get("model_dir", default.model_dir),
        cache_dir=str(options.cache_dir),
    )


def _mind(opening: Opening, shared: _Shared, new_id: Callable[[], str]) -> Mind:
    rules = AnsweringMind(Answerer(opening.brief, new_id), shared.meanings)
    if shared.model is None:
        return rules
    return SteadyMind(ModelMind(shared.model, opening.brief, opening.seed), rules)


def _tongue(brief: Brief) -> Tongue:
    """How this brief is spoken; its own sentences recur in every call and are kept as sound."""
    guide = brief.guide
    lines = (
        *(ask for slot in guide.slots for ask in slot.asks),
        *guide.repair,
        *(fact.answer for fact in guide.facts),
        *phrases_for(brief.language).fixed(),
    )
    fixed = frozenset(sentence for line in lines for sentence in sentences_of(line))
    return Tongue(brief.language, brief.voice, fixed)
