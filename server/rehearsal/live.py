"""The lines that are printed while a call is going on: who said what, and how soon. Quiet."""

from __future__ import annotations

from dataclasses import dataclass

from server.rehearsal.measures import Turn, turns_of
from server.rehearsal.record import CallRecord

__all__ = ["LiveLines", "line_of"]

_SETTLED_S = 1.6
"""A turn of the agent is over when it was silent for longer than turns are joined across."""
_WORDS_LATE_S = 4.0
"""How long a line waits for the server to write the agent's words down."""


@dataclass(slots=True)
class LiveLines:
    """Remembers what has been printed of one call."""

    printed: int = 0

    def news(self, record: CallRecord, *, final: bool = False) -> list[Turn]:
        """The turns that are ready to be printed, in order; at the end all that are left."""
        if record.opened_s is None:
            return []
        elapsed_s = record.ended_s - record.opened_s
        ready: list[Turn] = []
        for turn in turns_of(record)[self.printed :]:
            if not final and not _settled(turn, elapsed_s, wordless=record.turns is None):
                break
            ready.append(turn)
        self.printed += len(ready)
        return ready


def line_of(turn: Turn) -> str:
    """`agent>  Half past two is free. (620 ms)`"""
    words = turn.text or f"[{turn.end_s - turn.start_s:.1f} s of speech]"
    latency = "" if turn.latency_ms is None else f" ({turn.latency_ms:.0f} ms)"
    return f"{turn.speaker + '>':<8}{words}{latency}"


def _settled(turn: Turn, elapsed_s: float, *, wordless: bool) -> bool:
    if turn.speaker == "caller":
        return True
    silent_s = elapsed_s - turn.end_s
    return silent_s > _SETTLED_S and (bool(turn.text) or wordless or silent_s > _WORDS_LATE_S)
