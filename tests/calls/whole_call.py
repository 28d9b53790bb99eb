"""One whole call in virtual time: what the server does with a call, with the far side scripted.

Everything between the carrier's messages and the mind's events is the real thing. Times of a
`Held` call are seconds since its line opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from bridges.port.brief import ToolSpec
from bridges.port.events import ToolCall
from bridges.port.session import Bridge
from media.audio import Encoding
from media.call import Digit, IncomingCall, LineEvent
from media.carriers import twilio
from media.dtmf import ToneBank
from media.ear import EarEvent, EarPool
from media.mouth import Mouth
from media.recorder import Recorder
from media.turns import TurnMachine
from media.vad import EnergyVad
from server.agent.conversation import Conversation, ToolSettled
from server.agent.effects import End
from server.agent.slots import Surroundings
from server.agent.spec import AgentSpec
from server.calls.facts import EventNoted, Fact, ToolNoted, TurnNoted, decode_fact
from server.calls.journal import Journal, segments_in
from server.calls.minutes import Minutes
from server.calls.pulse import Pulse
from server.calls.session import CallSession, SessionParts
from server.channels.voice import VoiceParts
from server.clock import Clock
from server.metrics import Metrics
from server.rehearsal.clips import Clip, clip_of
from server.rehearsal.script import Script
from server.store.records import AgentRef
from server.store.scope import Tenant
from tests.fakes.far_end import FarEnd, Way
from tests.fakes.scripted_bridge import ScriptedBridge, voice_of

__all__ = ["START", "Held", "Setup", "VirtualClock", "hold", "speech"]

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_RECORD_EVERY_S = 1.0
_RECORD_DELAY_S = 1.0
_LONGEST_S = 7200.0
_BOOK = ToolSpec("book", "Book.", {"type": "object", "properties": {"day": {"type": "string"}}})

Tool = Callable[[ToolCall], Awaitable[ToolSettled]]
Meddle = Callable[["Live"], None]


class VirtualClock(Clock):
    """The loop's virtual time; ids are counted."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def monotonic(self) -> float:
        """Seconds of virtual time."""
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        """As many seconds after the start of the rehearsed day."""
        return START + timedelta(seconds=self.monotonic())

    def uuid(self) -> str:
        """The next number, as an id."""
        self._count += 1
        return f"{self._count:032x}"


def speech(seconds: float, text: str = "") -> Clip:
    """A caller's voice that the energy VAD hears: noise of exactly that length, on whole frames."""
    frames = round(seconds / 0.02)
    sound = voice_of(f"caller {text}" * (frames // 10 + 2))
    return clip_of(sound[: frames * 160], text)


@dataclass(frozen=True, slots=True)
class Live:
    """A call that is going on, for what a script of the caller cannot do."""

    line: FarEnd
    session: CallSession
    bridges: Mapping[str, ScriptedBridge]


@dataclass(frozen=True, slots=True)
class Setup:
    """A call to hold."""

    spec: AgentSpec
    script: Script
    bridges: Mapping[str, ScriptedBridge]
    tool: Tool | None = None
    clips: Mapping[str, bytes] = field(default_factory=dict)
    way: Way = field(default_factory=Way)
    meddle: Meddle | None = None
    """Called once, when the line has opened."""


@dataclass(frozen=True, slots=True)
class Held:
    """A call that is over."""

    end: End
    line: FarEnd
    session: CallSession
    bridges: Mapping[str, ScriptedBridge]
    facts: tuple[Fact, ...]
    recording: bytes
    """Stereo mu-law, caller left and agent right."""
    underruns: int

    @property
    def turns(self) -> list[TurnNoted]:
        """The transcript as the journal has it: the last word on each turn, in their order."""
        last = {fact.turn_id: fact for fact in self.facts if isinstance(fact, TurnNoted)}
        return sorted(last.values(), key=lambda turn: turn.started_s)

    def said(self, speaker: str) -> list[str]:
        """The words of one side, turn by turn."""
        return [turn.text for turn in self.turns if turn.speaker == speaker]

    def events(self, kind: str) -> list[Mapping[str, Any]]:
        """What was jotted down under that name."""
        return [f.facts for f in self.facts if isinstance(f, EventNoted) and f.kind == kind]

    @property
    def tools(self) -> list[ToolNoted]:
        """The last word on each tool call."""
        return list({f.tool_id: f for f in self.facts if isinstance(f, ToolNoted)}.values())

    @property
    def agent_track(self) -> bytes:
        """The right side of the recording."""
        return self.recording[1::2]

    @property
    def caller_track(self) -> bytes:
        """The left side."""
        return self.recording[0::2]


class _Beat:
    """The call as the pulse sees it; once a second its recording is taken."""

    def __init__(self, session: CallSession, recorder: Recorder, clock: Clock) -> None:
        self._session = session
        self._recorder = recorder
        self._next_s = clock.monotonic() + _RECORD_EVERY_S
        self.recording = bytearray()

    def on_speech(self, event: EarEvent, now: float) -> None:
        self._session.channel.on_speech(event, now)

    def on_tone(self, key: str, now: float) -> None:
        self._session.channel.on_line(Digit(key), now)

    def tick(self, now: float) -> None:
        self._session.tick(now)
        if now >= self._next_s:
            self._next_s = now + _RECORD_EVERY_S
            channel = self._session.channel
            channel.record(now)
            until_s = max(0.0, channel.media_s(now) - _RECORD_DELAY_S)
            self.recording += self._recorder.take(until_s)

    def finish(self, now: float) -> bytes:
        channel = self._session.channel
        channel.record(now)
        self.recording += self._recorder.finish(channel.media_s(now))
        return bytes(self.recording)


async def _no_tool(call: ToolCall) -> ToolSettled:
    return ToolSettled(call.call_id, "booked")


async def hold(setup: Setup, folder: Path) -> Held:
    """Hold the call to its end; its journal lies in `folder`."""
    clock, metrics = VirtualClock(), Metrics.create()
    pool, bank = EarPool(EnergyVad()), ToneBank()
    loop = asyncio.get_running_loop()
    with Journal(folder, "writer") as journal:
        minutes = Minutes(journal, clock, Tenant.proved("tests"), clock.uuid())
        recorder = Recorder(Encoding.MULAW)
        voice = VoiceParts(
            twilio.open_wire(), pool.add(), None, TurnMachine(), Mouth(), recorder=recorder
        )
        session = _session(setup, voice, minutes, clock)
        line = FarEnd(voice.wire, setup.script, setup.way)
        beat = _Beat(session, recorder, clock)
        incoming = IncomingCall("CA1", "AC1", "+14155550100", "+14155550101")
        minutes.opened(incoming, "twilio", AgentRef(setup.spec.agent, 1))
        minutes.answered()

        def sink(event: LineEvent) -> None:
            session.channel.on_line(event, clock.monotonic())

        async with Pulse(pool, bank, clock, metrics) as pulse:
            pulse.add(beat, voice.ear)
            loop.call_soon(line.begin, sink)
            if setup.meddle is not None:
                loop.call_soon(setup.meddle, Live(line, session, setup.bridges))
            async with asyncio.timeout(_LONGEST_S):
                end = await session.run(line)
            pulse.remove(voice.ear)
        recording = beat.finish(clock.monotonic())
        minutes.ended(end)
    facts = _facts(journal)
    journal.release()
    return Held(end, line, session, setup.bridges, facts, recording, voice.mouth.underruns)


def _session(setup: Setup, voice: VoiceParts, minutes: Minutes, clock: Clock) -> CallSession:
    around = Surroundings(date(2026, 11, 23), time(9, 0), "+14155550100", "+14155550101")
    bridges: Mapping[str, Bridge] = setup.bridges
    return CallSession(
        SessionParts(
            conversation=Conversation(setup.spec, around, {"book": _BOOK}),
            voice=voice,
            bridges=bridges,
            clips=setup.clips,
            run_tool=setup.tool or _no_tool,
            minutes=minutes,
            clock=clock,
        )
    )


def _facts(journal: Journal) -> tuple[Fact, ...]:
    lines = b"".join(path.read_bytes() for path in segments_in(journal.folder)).splitlines()
    facts = [decode_fact(line) for line in lines]
    return tuple(fact for fact in facts if fact is not None)
