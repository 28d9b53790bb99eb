"""Puts one call together: its machines, its place in the flow, its minutes, its recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bridges.port.events import ToolCall
from media.call import IncomingCall
from media.carrier import Account, Wire
from media.mouth import Mouth, Pacing
from media.turns import TurnMachine
from server.agent.conversation import Conversation, ToolSettled
from server.agent.slots import Surroundings
from server.agent.spec import AgentSpec
from server.calls.house import House
from server.calls.minutes import Minutes
from server.calls.recording import Recording
from server.calls.session import CallSession, SessionParts
from server.channels.voice import VoiceParts
from server.store.scope import Tenant
from server.tool import CallFacts, ToolContext

__all__ = ["Assembled", "Ticket", "assemble"]

_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call that was answered and whose stream is awaited."""

    call_id: str
    tenant: Tenant
    carrier: str
    call: IncomingCall
    spec: AgentSpec
    minutes: Minutes
    account: Account | None = None
    """Where the call can be ended over REST; None for the demonstration account."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A call that is ready to be driven."""

    session: CallSession
    voice: VoiceParts
    recording: Recording | None
    minutes: Minutes


def assemble(house: House, ticket: Ticket, wire: Wire) -> Assembled:
    """Build a call of its ticket and the codec of the line that came for it."""
    spec = ticket.spec
    encoding = house.network.carriers[ticket.carrier].FORMAT.encoding
    local = house.clock.wall().astimezone(spec.business.zone())
    recording = (
        house.desk.open(ticket.call_id, encoding, local.year, local.month)
        if house.media.record
        else None
    )
    voice = VoiceParts(
        wire=wire,
        ear=house.pulse.pool.add(encoding),
        tones=house.pulse.bank.add(encoding) if house.media.inband_keys else None,
        turns=TurnMachine(),
        mouth=Mouth(
            pacing=Pacing(lead_s=house.media.lead_ms / _MILLISECONDS),
            recorded=recording is not None,
        ),
        recorder=recording.recorder if recording else None,
    )
    around = Surroundings(
        today=local.date(),
        now=local.time().replace(second=0, microsecond=0),
        caller=ticket.call.caller,
        called=ticket.call.called,
    )
    session = CallSession(
        SessionParts(
            conversation=Conversation(spec, around, house.toolbox.specs()),
            voice=voice,
            bridges=house.bridges,
            clips=_clips(house, spec.language),
            run_tool=_Runner(house, ticket).run,
            minutes=ticket.minutes,
            clock=house.clock,
        )
    )
    return Assembled(session, voice, recording, ticket.minutes)


def _clips(house: House, language: str) -> dict[str, bytes]:
    prefix = f"{language[:2]}:"
    return {
        name.removeprefix(prefix): sound
        for name, sound in house.clips.items()
        if name.startswith(prefix)
    }


@dataclass(frozen=True, slots=True)
class _Runner:
    """Runs tools for one call, in its tenant's scope."""

    house: House
    ticket: Ticket

    async def run(self, call: ToolCall) -> ToolSettled:
        ticket = self.ticket
        business = ticket.spec.business
        context = ToolContext(
            business=business,
            call=CallFacts(
                call_id=ticket.call_id,
                caller=ticket.call.caller,
                called=ticket.call.called,
                language=ticket.spec.language,
            ),
            local_now=self.house.clock.wall().astimezone(business.zone()),
            scope=lambda: self.house.store.scope(ticket.tenant),
        )
        return await self.house.toolbox.run(call, context)
