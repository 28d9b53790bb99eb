"""What `switchboard call` was asked to do, from its options to the result document."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from server.rehearsal.badline import LineQuality
from server.rehearsal.caller import Caller
from server.rehearsal.checks import check
from server.rehearsal.clips import clip_of, load_clip
from server.rehearsal.errors import CannotCall, ScenarioRefused
from server.rehearsal.fields import Numbers
from server.rehearsal.live import LiveLines
from server.rehearsal.measures import Turn
from server.rehearsal.microphone import Microphone, Sounds, open_microphone
from server.rehearsal.office import Target
from server.rehearsal.placed import CallPlan, PlacedCall
from server.rehearsal.record import CallRecord
from server.rehearsal.rehearse import Rehearsed, Watch, rehearse
from server.rehearsal.report import document, save
from server.rehearsal.scenario import Expectations, Scenario, load_scenario, prepare
from server.rehearsal.script import Script, Speak, Step
from server.rehearsal.voices import open_voice

__all__ = ["Errand", "Line", "Outcome", "Part", "carry_out"]

_WATCH_S: Final = 0.25
_MAX_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Part:
    """The caller's part: one of recordings and words, a scenario, a person."""

    wavs: tuple[Path, ...] = ()
    says: tuple[str, ...] = ()
    """Spoken after the recordings."""
    scenario: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    microphone: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of the line; None leaves it to the scenario."""

    caller: str | None = None
    called: str | None = None
    quality: LineQuality | None = None
    seed: int | None = None
    max_s: float | None = None


_AS_IT_COMES: Final = Line()


@dataclass(frozen=True, slots=True)
class Errand:
    """Everything that was asked for."""

    target: Target
    part: Part
    line: Line = _AS_IT_COMES
    calls: int = 1
    out: Path | None = None
    """Folder for the recordings and the picture; None writes none."""
    rest_port: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    documents: tuple[dict[str, Any], ...]
    passed: bool
    failure: CannotCall | None
    """Set when a call that should have been answered could not be placed."""
    ticker_late_ms: float


Tell = Callable[[Turn], None]


async def carry_out(errand: Errand, tell: Tell) -> Outcome:
    """Place the calls, telling each turn as it is over, and put the result together.

    Raises:
        RehearsalError: it could not even begin: no scenario, no recording, no voice, no microphone.
        OSError: the folder for the files cannot be written.
    """
    if errand.part.microphone:
        rehearsed, expected, title = await _by_person(errand, tell), Expectations(), ""
    else:
        scenario = _scenario(errand.part)
        script = await _script(errand.part, scenario)
        plan = _plan(errand.line, scenario, script)
        expected = scenario.file.expect if scenario is not None else Expectations()
        title = scenario.name if scenario is not None else ""
        plans = [replace(plan, seed=plan.seed + index) for index in range(errand.calls)]
        watch = _watcher(tell) if errand.calls == 1 else None
        rehearsed = await rehearse(errand.target, plans, watch=watch, rest_port=errand.rest_port)
    documents = [
        await asyncio.to_thread(_result, record, expected, errand.out, title)
        for record in rehearsed.records
    ]
    failures = [record.failure for record in rehearsed.records if record.failure is not None]
    return Outcome(
        tuple(documents),
        passed=all(result["passed"] for result in documents),
        failure=failures[0] if failures and expected.answered else None,
        ticker_late_ms=rehearsed.ticker_late_ms,
    )


def _result(
    record: CallRecord, expected: Expectations, out: Path | None, title: str
) -> dict[str, Any]:
    files = save(record, out, title=title) if out is not None else {}
    return document(record, check(record, expected), files)


def _scenario(part: Part) -> Scenario | None:
    return None if part.scenario is None else load_scenario(part.scenario, part.variables)


async def _script(part: Part, scenario: Scenario | None) -> Script:
    async with open_voice() as voice:
        if scenario is not None:
            return await prepare(scenario, voice)
        clips = [await asyncio.to_thread(load_clip, path) for path in part.wavs]
        clips += [clip_of(await voice.speak(words), words) for words in part.says]
    if not clips:
        raise ScenarioRefused(
            "the caller has nothing to say",
            where="the command line",
            mend="Give --wav FILE, --say TEXT, --scenario FILE or --mic.",
        )
    return Script(tuple(Step(Speak(clip)) for clip in clips))


def _plan(line: Line, scenario: Scenario | None, script: Script) -> CallPlan:
    """Options of the command line win over the scenario's."""
    plan = CallPlan(source=lambda answered_s: Caller(script, answered_s))
    if scenario is not None:
        file = scenario.file
        plan = replace(
            plan,
            numbers=_numbers(file.caller, file.called, plan.numbers),
            quality=file.line.quality(),
            seed=file.line.seed,
            max_s=file.max_seconds or _MAX_S,
        )
    return replace(
        plan,
        numbers=_numbers(line.caller, line.called, plan.numbers),
        quality=plan.quality if line.quality is None else line.quality,
        seed=plan.seed if line.seed is None else line.seed,
        max_s=plan.max_s if line.max_s is None else line.max_s,
    )


def _numbers(caller: str | None, called: str | None, otherwise: Numbers) -> Numbers:
    return Numbers(caller or otherwise.caller, called or otherwise.called)


def _watcher(tell: Tell) -> Watch:
    lines = LiveLines()

    async def watch(placed: PlacedCall) -> None:
        try:
            while True:
                await asyncio.sleep(_WATCH_S)
                _tell_all(lines.news(placed.record()), tell)
        finally:
            _tell_all(lines.news(placed.record(), final=True), tell)

    return watch


def _tell_all(turns: Sequence[Turn], tell: Tell) -> None:
    for turn in turns:
        tell(turn)


async def _by_person(errand: Errand, tell: Tell) -> Rehearsed:
    """One call with this machine's microphone; Ctrl-C hangs up."""
    sounds = Sounds()
    callers: list[Microphone] = []

    def source(answered_s: float) -> Microphone:
        callers.append(Microphone(sounds, answered_s))
        return callers[-1]

    def put_down() -> None:
        for caller in callers:
            caller.put_down()

    plan = replace(_plan(errand.line, None, Script(())), source=source, listen=sounds.heard.append)
    with open_microphone(sounds.exchange), _interrupt(put_down):
        return await rehearse(
            errand.target, [plan], watch=_watcher(tell), rest_port=errand.rest_port
        )


@contextmanager
def _interrupt(instead: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C does `instead` while the context is open, where the platform's loop can tell."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, instead)
    except NotImplementedError:
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
