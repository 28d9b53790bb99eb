"""What a live call writes down: its own clock and sequence, as facts for the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridges.port.events import ToolCall
from media.call import IncomingCall
from server.agent.conversation import ToolSettled
from server.agent.effects import End
from server.agent.transcript import Turn
from server.calls.facts import (
    CallAnswered,
    CallEnded,
    CallOpened,
    EventNoted,
    RecordingNoted,
    ToolNoted,
    TurnNoted,
)
from server.calls.journal import Journal
from server.clock import Clock
from server.store.records import AgentRef
from server.store.scope import Tenant

__all__ = ["Minutes"]


@dataclass(slots=True)
class Minutes:
    """One call's writer. Never waits."""

    journal: Journal
    clock: Clock
    tenant: Tenant
    call_id: str
    _seq: int = 0
    _answered: float | None = None
    _tools: dict[str, float] = field(default_factory=dict)

    def opened(self, call: IncomingCall, carrier: str, agent: AgentRef) -> None:
        """The call rings, and is going to be answered."""
        self.journal.append(
            CallOpened(
                **self._stamp(),
                carrier=carrier,
                carrier_call_id=call.call_id,
                direction=call.direction,
                caller=call.caller,
                called=call.called,
                agent_id=agent.agent_id,
                agent_version=agent.version,
            )
        )

    def answered(self) -> None:
        """Sound flows; times within the call count from here."""
        self._answered = self.clock.monotonic()
        self.journal.append(CallAnswered(**self._stamp()))

    def turn(self, turn: Turn) -> None:
        """A turn, as far as it is known."""
        self.journal.append(
            TurnNoted(
                **self._stamp(),
                turn_id=turn.turn_id,
                speaker=turn.speaker,
                text=turn.text,
                started_s=turn.started_s,
                ended_s=turn.ended_s,
                heard_s=turn.heard_s,
                interrupted=turn.interrupted,
                timings=dict(turn.timings),
            )
        )

    def event(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Something happened."""
        self.journal.append(
            EventNoted(**self._stamp(), kind=kind, at_s=self._now_s(), facts=dict(facts))
        )

    def tool_started(self, call: ToolCall) -> None:
        """A tool runs."""
        self._tools[call.call_id] = self._now_s()
        self.journal.append(self._tool(call))

    def tool_settled(self, call: ToolCall, settled: ToolSettled) -> None:
        """A tool has ended."""
        failed = {"error": settled.error} if settled.error else {}
        self.journal.append(
            self._tool(
                call,
                ended_s=self._now_s(),
                outcome="failed" if settled.error else settled.outcome,
                output={**settled.output, **failed},
            )
        )

    def recorded(self, path: str, seconds: float) -> None:
        """Where the sound is; noted when it begins and when it is whole."""
        self.journal.append(RecordingNoted(**self._stamp(), path=path, seconds=seconds))

    def ended(self, end: End) -> None:
        """The last fact."""
        self.journal.append(
            CallEnded(**self._stamp(), cause=end.cause, disposition=end.disposition)
        )

    def _tool(self, call: ToolCall, **ending: Any) -> ToolNoted:
        return ToolNoted(
            **self._stamp(),
            tool_id=call.call_id,
            name=call.name,
            arguments=dict(call.arguments),
            started_s=self._tools.get(call.call_id, 0.0),
            **ending,
        )

    def _now_s(self) -> float:
        return 0.0 if self._answered is None else self.clock.monotonic() - self._answered

    def _stamp(self) -> dict[str, Any]:
        stamp = {
            "call_id": self.call_id,
            "organization": self.tenant.organization_id,
            "seq": self._seq,
            "at": self.clock.wall(),
        }
        self._seq += 1
        return stamp
