"""One placed call: its webhook, its TwiML carried out verb by verb, its stream, its callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from server.clock import Clock
from server.rehearsal import twiml
from server.rehearsal.badline import PERFECT, LineQuality
from server.rehearsal.dialling import dial, hang_up_politely
from server.rehearsal.errors import CannotCall
from server.rehearsal.fields import Numbers, progress_fields, stream_fields, voice_fields
from server.rehearsal.leg import Leg, LegSetup, Listen, SourceFactory
from server.rehearsal.messages import StreamIds
from server.rehearsal.office import Office
from server.rehearsal.record import CallRecord, EndedBy, LegLog
from server.rehearsal.reports import CallbackOrder, Reports
from server.rehearsal.ticker import Ticker
from server.rehearsal.track import Track
from server.rehearsal.transcripts import Transcript

__all__ = ["CallPlan", "Parts", "PlacedCall"]

_MOST_DOCUMENTS: Final = 20
"""Redirects and actions in one call before it must be a loop."""
_POLL_S: Final = 1.0
_LAST_POLLS: Final = 4
"""After the call the server may still be writing its last turn down."""
_SPOKEN_CHARACTERS_PER_S: Final = 15.0
_NUMBERS: Final = Numbers(caller="+14155550100", called="+14155550101")


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call to place."""

    source: SourceFactory
    numbers: Numbers = _NUMBERS
    quality: LineQuality = PERFECT
    seed: int = 0
    max_s: float = 300.0
    callbacks: CallbackOrder = CallbackOrder.IN_ORDER
    transcript: bool = True
    """Whether the server is asked for its transcript."""
    keep_sound: bool = True
    """False for loads of hundreds of calls: nothing is kept to be rendered later."""
    listen: Listen | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What all calls of a box share."""

    office: Office
    ticker: Ticker
    clock: Clock


@dataclass(slots=True)
class _Way:
    """How far a call has come."""

    asked_s: float
    ended_s: float | None = None
    ended_by: EndedBy = EndedBy.AGENT
    reason: str = ""
    documents: int = 0
    sequence: int = 0
    new_verbs: list[twiml.Verb] | None = None
    """From a REST update; takes the place of the document that is being carried out."""
    failure: CannotCall | None = None


class PlacedCall:
    """A call from its webhook to its last callback."""

    def __init__(self, parts: Parts, plan: CallPlan) -> None:
        account, clock = parts.office.target.account_id, parts.clock
        self.ids = StreamIds(account, "CA" + clock.uuid(), "MZ" + clock.uuid())
        self.transcript = Transcript(parts.office, self.ids.call_id)
        self._parts = parts
        self._plan = plan
        self._way = _Way(clock.monotonic())
        self._leg: Leg | None = None
        self._log = LegLog(Track(keep=plan.keep_sound), Track(keep=plan.keep_sound))
        self._reports = Reports(parts.office, plan.callbacks, self._log.problems)

    @property
    def live(self) -> bool:
        """Whether the call has not ended yet."""
        return self._way.ended_s is None

    async def run(self) -> CallRecord:
        """Place the call and stay on the line until it is over; failures are in the record."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reports.deliver())
            try:
                await self._call()
            except CannotCall as error:
                self._way.failure, self._way.ended_by = error, EndedBy.FAILED
            except TimeoutError:
                self._way.ended_by = EndedBy.TIME_LIMIT
            finally:
                self._over()
        if self._plan.transcript and self._leg is not None:
            await self._last_words()
        return self.record()

    def record(self) -> CallRecord:
        """What has happened so far, or altogether when the call is over."""
        leg, way = self._leg, self._way
        speaker = leg.speaker if leg is not None else None
        return CallRecord(
            ids=self.ids,
            log=self._log,
            ended_by=way.ended_by,
            asked_s=way.asked_s,
            opened_s=leg.opened_s if leg is not None else None,
            ended_s=self._now() if way.ended_s is None else way.ended_s,
            spans=tuple(leg.spans.spans()) if leg is not None else (),
            underruns=tuple(speaker.underruns) if speaker is not None else (),
            turns=self.transcript.turns,
            failure=way.failure,
            reason=way.reason,
        )

    def hang_up_over_rest(self) -> None:
        """The server asked for the call's end: `Status=completed`."""
        self._way.new_verbs = [twiml.HangUpVerb()]
        self._end_stream(EndedBy.AGENT)

    def redirect_over_rest(self, document: bytes, url: str) -> None:
        """The server gave the call another document: the stream ends and this one is carried out.

        Raises:
            CannotCall: the document is no TwiML.
        """
        self._way.new_verbs, _ = twiml.read(document, url)
        self._end_stream(EndedBy.AGENT)

    async def fetch_over_rest(self, url: str) -> None:
        """The server named the URL of another document. Raises CannotCall if it has none."""
        document = await self._parts.office.ask(url, self._fields("in-progress"))
        self.redirect_over_rest(document, url)

    async def _call(self) -> None:
        self._tell_progress("initiated")
        self._tell_progress("ringing")
        url = self._parts.office.target.base + self._parts.office.target.voice_path
        verbs = await self._ask(url, "ringing")
        async with asyncio.timeout(self._plan.max_s + 60.0):
            while verbs:
                verbs = await self._carry_out(verbs[0], verbs[1:])

    async def _carry_out(self, verb: twiml.Verb, rest: list[twiml.Verb]) -> list[twiml.Verb]:
        """Do one verb and return those that come after it."""
        way = self._way
        match verb:
            case twiml.Connect():
                rest = await self._connect(verb, rest)
            case twiml.Say(text=text):
                way.reason = f"{way.reason} {text}".strip()
                await asyncio.sleep(len(text) / _SPOKEN_CHARACTERS_PER_S)
            case twiml.Pause(seconds=seconds):
                await asyncio.sleep(min(seconds, self._plan.max_s))
            case twiml.Redirect(url=url):
                return await self._ask(url, "in-progress")
            case twiml.Dial(to=to):
                way.ended_by, way.reason = EndedBy.TRANSFER, to
                return []
            case twiml.Reject(reason=reason):
                way.ended_by, way.reason = EndedBy.REFUSED, reason
                return []
            case twiml.HangUpVerb():
                return []
            case _:
                assert_never(verb)
        if way.new_verbs is not None:
            rest, way.new_verbs = way.new_verbs, None
        return rest

    async def _connect(self, verb: twiml.Connect, rest: list[twiml.Verb]) -> list[twiml.Verb]:
        """The stream, from its handshake to its end."""
        parts, plan = self._parts, self._plan
        setup = LegSetup(
            ids=self.ids,
            source=plan.source,
            clock=parts.clock,
            log=self._log,
            parameters=verb.parameters,
            quality=plan.quality,
            seed=plan.seed,
            listen=plan.listen,
        )
        leg = Leg(setup)
        transport = await dial(leg, verb.url, parts.office)
        self._leg = leg
        self._tell_progress("in-progress")
        self._tell_stream(verb, "stream-started")
        with parts.ticker.member(leg.tick, fine=not plan.quality.perfect):
            self._way.ended_by = await self._listen(leg)
        problem = await hang_up_politely(transport)
        if problem is not None:
            self._log.problems[problem] += 1
        self._tell_stream(verb, "stream-stopped")
        if self._way.ended_by is not EndedBy.AGENT:
            return []
        if self._way.new_verbs is not None or not verb.action_url:
            return rest
        # The server closed the stream, so the call goes on with what stands behind it.
        return await self._ask(verb.action_url, "in-progress")

    async def _listen(self, leg: Leg) -> EndedBy:
        deadline_s = self._parts.clock.monotonic() + self._plan.max_s
        while not leg.ended.done():
            left_s = deadline_s - self._parts.clock.monotonic()
            if left_s <= 0.0:
                leg.end(EndedBy.TIME_LIMIT)
                break
            await asyncio.wait([leg.ended], timeout=min(_POLL_S, left_s))
            if self._plan.transcript and not leg.ended.done():
                await self._read_transcript(leg)
        return leg.ended.result()

    async def _read_transcript(self, leg: Leg) -> None:
        source = leg.source
        await self.transcript.refresh()
        if source is not None and source.wants_words and leg.opened_s is not None:
            source.agent_said(self.transcript.agent_words(source.words_since_s - leg.opened_s))

    async def _last_words(self) -> None:
        for _ in range(_LAST_POLLS):
            news = await self.transcript.refresh()
            if self.transcript.turns is None or (self.transcript.settled and not news):
                return
            await asyncio.sleep(_POLL_S / 4)

    async def _ask(self, url: str, status: str) -> list[twiml.Verb]:
        self._way.documents += 1
        if self._way.documents > _MOST_DOCUMENTS:
            raise CannotCall(
                f"the TwiML goes round in circles: {_MOST_DOCUMENTS} documents",
                where=url,
                mend="Look at its <Redirect> and `action` addresses.",
            )
        body = await self._parts.office.ask(url, self._fields(status))
        verbs, warnings = twiml.read(body, url)
        for warning in warnings:
            self._log.problems[warning] += 1
        return verbs

    def _over(self) -> None:
        """The call has ended, however: say so, and let the callbacks run out."""
        self._way.ended_s = self._now()
        refused = {EndedBy.REFUSED: "busy", EndedBy.FAILED: "failed"}
        self._tell_progress(refused.get(self._way.ended_by, "completed"))
        self._reports.close()

    def _end_stream(self, by: EndedBy) -> None:
        if self._leg is not None:
            self._leg.end(by)

    def _now(self) -> float:
        """Now, on the far end's clock once there is one."""
        now = self._parts.clock.monotonic()
        return now if self._leg is None else self._leg.far_time(now)

    def _fields(self, status: str) -> dict[str, str]:
        return voice_fields(self.ids, self._plan.numbers, status)

    def _tell_progress(self, status: str) -> None:
        office, way = self._parts.office, self._way
        over = status not in {"initiated", "ringing", "in-progress"}
        opened_s = self._leg.opened_s if self._leg is not None else None
        duration_s = 0 if opened_s is None else int(self._now() - opened_s)
        form = progress_fields(
            self._fields(status),
            sequence=way.sequence,
            at=self._parts.clock.wall(),
            duration_s=duration_s if over else None,
        )
        way.sequence += 1
        self._reports.post(office.target.base + office.target.status_path, form)

    def _tell_stream(self, verb: twiml.Connect, event: str) -> None:
        if verb.status_url:
            form: Mapping[str, str] = stream_fields(
                self.ids, verb.name, event, self._parts.clock.wall()
            )
            self._reports.post(verb.status_url, form)
