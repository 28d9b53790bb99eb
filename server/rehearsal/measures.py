"""What a call record says: turns, reply latencies, how fast the agent gave way. Quiet.

A caller's instants are those at which the frames were sent, so a latency holds everything that the
server and the way to it add, and nothing of the rehearsal's own pacing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from server.rehearsal.caller import Utterance
from server.rehearsal.loudness import Span
from server.rehearsal.record import CallRecord, ServerTurn

__all__ = ["BargeIn", "Turn", "barge_ins", "median_reply_ms", "turns_of"]

_SAME_TURN_S: Final = 1.5
"""Two stretches of the agent's speech with less than this between them are one turn."""
_CLEAR_COUNTS_S: Final = 5.0
"""A `clear` later than this after an onset was about something else."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One party's stretch of holding the floor; seconds count from the stream's start."""

    speaker: str
    """`caller` or `agent`."""
    text: str
    start_s: float
    end_s: float
    latency_ms: float | None = None
    """Of a reply: from the end of the caller's speech until the reply could be heard."""
    first_frame_ms: float | None = None
    """Of a reply: until its first sound arrived here, before any playout."""
    understood: str | None = None
    """Of a caller's turn: what the server's transcript has for it."""


@dataclass(frozen=True, slots=True)
class BargeIn:
    """The caller began to speak while the agent could be heard."""

    onset_s: float
    clear_ms: float | None
    """From the sending of the first frame with speech in it to `clear`; None when none came."""


def turns_of(record: CallRecord) -> list[Turn]:
    """All turns in the order of their beginnings, with the words that are known of them."""
    opened_s = record.opened_s
    if opened_s is None:
        return []
    callers = [
        Turn("caller", said.text, said.started_s - opened_s, said.ended_s - opened_s)
        for said in record.log.utterances
    ]
    agents = [
        Turn("agent", "", span.start_s - opened_s, span.end_s - opened_s)
        for span in _agent_turns(record.spans, record.log.utterances)
    ]
    agents = _with_latencies(record, opened_s, agents)
    if record.turns is not None:
        agents = _with_words(agents, [t for t in record.turns if t.speaker == "agent"])
        heard = _with_words(callers, [t for t in record.turns if t.speaker == "caller"])
        callers = [
            replace(turn, understood=other.text) for turn, other in zip(callers, heard, strict=True)
        ]
    return sorted(callers + agents, key=lambda turn: turn.start_s)


def barge_ins(record: CallRecord) -> list[BargeIn]:
    """Every utterance that began over the agent's speech, with the `clear` that answered it."""
    found = []
    for said in record.log.utterances:
        if not said.over_agent:
            continue
        place = bisect_left(record.log.clears, said.started_s)
        after = record.log.clears[place : place + 1]
        late = not after or after[0] - said.started_s > _CLEAR_COUNTS_S
        clear_ms = None if late else (after[0] - said.started_s) * 1000.0
        found.append(BargeIn(said.started_s - (record.opened_s or 0.0), clear_ms))
    return found


def median_reply_ms(turns: Sequence[Turn]) -> float | None:
    """The median latency of the agent's replies; None when there was no reply."""
    latencies = [turn.latency_ms for turn in turns if turn.latency_ms is not None]
    return median(latencies) if latencies else None


def _agent_turns(spans: Sequence[Span], utterances: Sequence[Utterance]) -> list[Span]:
    """Joins stretches across short pauses, unless the caller said something in between."""
    joined: list[Span] = []
    ends = [said.ended_s for said in utterances]
    for span in spans:
        last = joined[-1] if joined else None
        between = last is not None and bisect_left(ends, last.start_s) != bisect_left(
            ends, span.start_s
        )
        if last is not None and not between and span.start_s - last.end_s < _SAME_TURN_S:
            joined[-1] = Span(last.start_s, span.end_s)
        else:
            joined.append(span)
    return joined


def _with_latencies(record: CallRecord, opened_s: float, agents: list[Turn]) -> list[Turn]:
    """Gives the first agent turn after each utterance its latency.

    An utterance during which the agent went on speaking has no reply that could be timed, and one
    that the caller followed up before the agent spoke has none of its own.
    """
    timed = list(agents)
    starts = [turn.start_s for turn in agents]
    utterances = record.log.utterances
    for index, said in enumerate(utterances):
        end_s = said.ended_s - opened_s
        place = bisect_left(starts, end_s)
        next_s = utterances[index + 1].ended_s - opened_s if index + 1 < len(utterances) else 1e12
        if place == len(timed) or timed[place].start_s > next_s:
            continue
        if place > 0 and timed[place - 1].end_s > end_s:
            continue
        arrival = bisect_left(record.log.arrivals, said.ended_s)
        first_ms = (
            (record.log.arrivals[arrival] - said.ended_s) * 1000.0
            if arrival < len(record.log.arrivals)
            else None
        )
        latency_ms = (timed[place].start_s - end_s) * 1000.0
        timed[place] = replace(timed[place], latency_ms=latency_ms, first_frame_ms=first_ms)
    return timed


def _with_words(measured: list[Turn], told: Sequence[ServerTurn]) -> list[Turn]:
    """Puts each turn that the server told of into the measured turn that it overlaps most."""
    words: list[list[str]] = [[] for _ in measured]
    for position, turn in enumerate(told):
        if not measured or not turn.text:
            continue
        if turn.started_s is None:
            place = min(position, len(measured) - 1)
        else:
            start_s, end_s = turn.started_s, turn.ended_s or turn.started_s
            place = max(
                range(len(measured)),
                key=lambda index: _closeness(measured[index], start_s, end_s),
            )
        words[place].append(turn.text)
    return [
        replace(turn, text=" ".join(parts)) if parts else turn
        for turn, parts in zip(measured, words, strict=True)
    ]


def _closeness(turn: Turn, start_s: float, end_s: float) -> float:
    """Seconds of overlap; negative is the distance."""
    return min(turn.end_s, end_s) - max(turn.start_s, start_s)
