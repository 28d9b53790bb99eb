"""A call as facts, for tests of the journal and of what is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

from server.calls.facts import (
    CallAnswered,
    CallEnded,
    CallOpened,
    EventNoted,
    Fact,
    RecordingNoted,
    ToolNoted,
    TurnNoted,
)
from tests.server.storehouse import NOON

__all__ = ["story"]


def story(call_id: str, *, organization: str = "ours", ended: bool = True) -> Iterator[Fact]:
    """What one call writes down, a second apart."""
    numbers = count()

    def stamp() -> dict[str, Any]:
        seq = next(numbers)
        at = NOON + timedelta(seconds=seq)
        return {"call_id": call_id, "organization": organization, "seq": seq, "at": at}

    yield CallOpened(
        **stamp(),
        carrier="twilio",
        carrier_call_id=f"CA-{call_id}",
        direction="inbound",
        caller="+34600111222",
        called="+34911",
        agent_id="rooms",
        agent_version=3,
    )
    yield CallAnswered(**stamp())
    yield RecordingNoted(**stamp(), path=f"recordings/{call_id}.wav")
    yield TurnNoted(**stamp(), turn_id="a1", speaker="agent", text="", started_s=0.1)
    yield TurnNoted(
        **stamp(),
        turn_id="a1",
        speaker="agent",
        text="Good morning",
        started_s=0.1,
        ended_s=1.0,
        heard_s=0.8,
        interrupted=True,
    )
    yield TurnNoted(
        **stamp(),
        turn_id="c1",
        speaker="caller",
        text="A room, please",
        started_s=1.2,
        ended_s=2.5,
        timings={"voice_to_voice": 640.0, "endpointing": 500.0},
    )
    asked = {"day": "2026-11-24"}
    yield ToolNoted(**stamp(), tool_id="t1", name="check_slot", arguments=asked, started_s=2.6)
    yield ToolNoted(
        **stamp(),
        tool_id="t1",
        name="check_slot",
        arguments=asked,
        started_s=2.6,
        ended_s=2.7,
        outcome="free",
        output={"said": "tomorrow"},
    )
    yield EventNoted(**stamp(), kind="digit", at_s=3.0, facts={"key": "1"})
    if ended:
        yield CallEnded(**stamp(), cause="caller_hung_up", disposition="booked")
