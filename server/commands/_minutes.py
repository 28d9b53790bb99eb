"""How a call is printed for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from server.store.records import (
    AppointmentRecord,
    CallRecord,
    CallSummary,
    MessageRecord,
    ToolRecord,
    TurnRecord,
)

__all__ = ["Minutes", "print_list", "print_minutes"]

_STAGES = ("endpointing", "recognition", "thinking", "playout")


@dataclass(frozen=True, slots=True)
class Minutes:
    """A call and what came of it."""

    call: CallRecord
    appointments: tuple[AppointmentRecord, ...]
    messages: tuple[MessageRecord, ...]


def print_list(console: Console, calls: Sequence[CallSummary]) -> None:
    """One line per call."""
    if not calls:
        console.print("No calls yet. Ring the server with [bold]switchboard call[/bold].")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("call", "started", "from", "to", "agent", "lasted", "ended"):
        table.add_column(column, no_wrap=column in ("call", "started", "lasted"))
    for call in calls:
        table.add_row(
            call.call_id[:12],
            _local(call.times.started_at),
            escape(call.caller or "withheld"),
            escape(call.called),
            escape(_agent(call)),
            _lasted(call),
            escape(call.disposition or call.state),
        )
    console.print(table)


def print_minutes(console: Console, minutes: Minutes, data: Path) -> None:
    """The whole call."""
    call = minutes.call
    console.print(Panel(_facts(call.summary, data), title="call", title_align="left"))
    console.print(_conversation(call) if call.turns or call.tools else "Nothing was said.")
    for appointment in minutes.appointments:
        console.print(
            f"[green]appointment[/green] {appointment.reference}  {appointment.status}: "
            f"{escape(appointment.service)}, {_local(appointment.starts_at)} for "
            f"{escape(appointment.name)}, {appointment.people} "
            f"{'person' if appointment.people == 1 else 'people'}"
        )
    for message in minutes.messages:
        sender = " ".join(filter(None, (message.name, message.phone))) or "withheld"
        console.print(f"[green]message[/green] from {escape(sender)}: {escape(message.text)}")


def _facts(call: CallSummary, data: Path) -> Table:
    grid = Table.grid(padding=(0, 2))
    rows = {
        "id": f"{call.call_id}  ({call.carrier} {call.carrier_call_id})",
        "who": f"{call.caller or 'withheld'} → {call.called}  ({call.direction})",
        "when": f"{_local(call.times.started_at)}, {_lasted(call)}",
        "agent": _agent(call),
        "ended": f"{call.disposition}, {call.ended_by.replace('_', ' ')}" if call.ended_by else "",
        "recording": str(data / call.recording.path) if call.recording.path else "none",
    }
    for name, value in rows.items():
        grid.add_row(Text(name, style="dim"), escape(value) or "still live")
    return grid


def _conversation(call: CallRecord) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style="dim", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(justify="right", style="dim")
    lines = [(turn.started_s, _turn_row(turn)) for turn in call.turns]
    lines += [(tool.started_s, _tool_row(tool)) for tool in call.tools]
    for at_s, row in sorted(lines, key=lambda line: line[0]):
        grid.add_row(_clock(at_s), *row)
    return grid


def _turn_row(turn: TurnRecord) -> tuple[Text, Text, Text]:
    style = "cyan" if turn.speaker == "caller" else "magenta"
    words = Text(turn.text or "(no words)", style="" if turn.text else "dim italic")
    if turn.interrupted:
        heard = f" after {turn.heard_s:.1f} s" if turn.heard_s is not None else ""
        words.append(f"  — interrupted{heard}", style="yellow")
    return Text(turn.speaker, style=style), words, Text(_latency(turn.timings))


def _tool_row(tool: ToolRecord) -> tuple[Text, Text, Text]:
    outcome = tool.outcome or "no result"
    arguments = json.dumps(dict(tool.arguments), ensure_ascii=False)
    line = Text(f"{tool.name} {arguments} → ", style="dim")
    line.append(outcome, style="green" if tool.outcome else "red")
    took = "" if tool.ended_s is None else f"{1000 * (tool.ended_s - tool.started_s):.0f} ms"
    return Text("tool", style="green"), line, Text(took)


def _latency(timings: Mapping[str, Any]) -> str:
    """From the end of the caller's turn to the first sound, and where the time went."""
    total = timings.get("voice_to_voice")
    if total is None:
        return ""
    stages = [f"{stage} {timings[stage]:.0f}" for stage in _STAGES if timings.get(stage)]
    return f"{total:.0f} ms" + (f"\n{', '.join(stages)}" if stages else "")


def _agent(call: CallSummary) -> str:
    return f"{call.agent.agent_id} v{call.agent.version}" if call.agent.agent_id else "unknown"


def _lasted(call: CallSummary) -> str:
    return "live" if call.times.duration_s is None else _clock(call.times.duration_s)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"


def _local(instant: datetime) -> str:
    """In the reader's own time zone."""
    return instant.astimezone().strftime("%Y-%m-%d %H:%M")
