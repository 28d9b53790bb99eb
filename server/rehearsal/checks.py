"""Whether a call went as its scenario expects. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.rehearsal.measures import Turn, barge_ins, median_reply_ms, turns_of
from server.rehearsal.record import CallRecord, EndedBy
from server.rehearsal.scenario import Expectations

__all__ = ["Check", "check"]


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and what became of it."""

    name: str
    passed: bool
    detail: str
    """What was found, in a reader's words."""


def check(record: CallRecord, expected: Expectations) -> list[Check]:
    """Every expectation that was stated, and the two that always hold: the call was answered (or
    was to be refused), and the caller came to the end of the script."""
    turns = turns_of(record)
    return [
        *_answer(record, expected),
        *_end(record, expected),
        *_words(record, turns, expected),
        *_pace(record, turns, expected),
    ]


def _answer(record: CallRecord, expected: Expectations) -> Iterator[Check]:
    if record.opened_s is None:
        why = record.failure.what if record.failure is not None else record.reason or "no stream"
        yield Check("answered", not expected.answered, f"not answered: {why}")
        return
    took_s = record.opened_s - record.asked_s
    yield Check("answered", expected.answered, f"answered after {took_s:.2f} s")
    if expected.answered_within_s is not None:
        passed = took_s <= expected.answered_within_s
        yield Check("answered_within_s", passed, f"{took_s:.2f} s")


def _end(record: CallRecord, expected: Expectations) -> Iterator[Check]:
    gave_up = record.log.gave_up
    if gave_up is not None:
        detail = f"step {gave_up.step + 1} waited in vain for {gave_up.waited_for}"
        if record.turns is None and "to say" in gave_up.waited_for:
            detail += ", and the server offers no transcript"
        yield Check("all_steps", False, detail)
    if record.ended_by in {EndedBy.SERVER_LOST, EndedBy.TIME_LIMIT}:
        yield Check("ended_properly", False, f"ended by {record.ended_by.value}")
    if expected.ended_by is not None:
        yield Check("ended_by", record.ended_by == expected.ended_by, record.ended_by.value)


def _words(record: CallRecord, turns: Sequence[Turn], expected: Expectations) -> Iterator[Check]:
    agent = "\n".join(turn.text for turn in turns if turn.speaker == "agent")
    understood = "\n".join(turn.understood or "" for turn in turns if turn.speaker == "caller")
    for pattern in expected.agent_said:
        yield _said("agent_said", pattern, agent, record)
    for pattern in expected.agent_never_said:
        found = re.search(pattern, agent, re.IGNORECASE)
        passed = found is None and record.turns is not None
        told = "no transcript" if record.turns is None else "was not said"
        detail = told if found is None else f"said: {found[0]!r}"
        yield Check("agent_never_said", passed, f"/{pattern}/ {detail}")
    for pattern in expected.caller_understood:
        yield _said("caller_understood", pattern, understood, record)


def _said(name: str, pattern: str, words: str, record: CallRecord) -> Check:
    found = re.search(pattern, words, re.IGNORECASE)
    if found is not None:
        return Check(name, True, f"/{pattern}/ found: {found[0]!r}")
    why = "the server offers no transcript" if record.turns is None else "not found"
    return Check(name, False, f"/{pattern}/ {why}")


def _pace(record: CallRecord, turns: Sequence[Turn], expected: Expectations) -> Iterator[Check]:
    clears = len(record.log.clears)
    if expected.clears_at_least is not None:
        yield Check("clears_at_least", clears >= expected.clears_at_least, f"{clears}")
    if expected.clear_within_ms is not None:
        yield from _gave_way(record, expected.clear_within_ms)
    replies = [turn.latency_ms for turn in turns if turn.latency_ms is not None]
    if expected.reply_within_ms is not None:
        worst = max(replies, default=float("inf"))
        yield Check("reply_within_ms", worst <= expected.reply_within_ms, _ms(worst))
    if expected.median_reply_within_ms is not None:
        middle = median_reply_ms(turns)
        passed = middle is not None and middle <= expected.median_reply_within_ms
        yield Check("median_reply_within_ms", passed, _ms(middle))
    if expected.underruns_at_most is not None:
        count = len(record.underruns)
        yield Check("underruns_at_most", count <= expected.underruns_at_most, f"{count}")
    if expected.agent_turns_at_least is not None:
        count = sum(turn.speaker == "agent" for turn in turns)
        yield Check("agent_turns_at_least", count >= expected.agent_turns_at_least, f"{count}")


def _gave_way(record: CallRecord, limit_ms: float) -> Iterator[Check]:
    interruptions = barge_ins(record)
    if not interruptions:
        yield Check("clear_within_ms", False, "the caller never spoke over the agent")
    for interruption in interruptions:
        found = interruption.clear_ms
        passed = found is not None and found <= limit_ms
        detail = "no clear came" if found is None else _ms(found)
        yield Check("clear_within_ms", passed, f"at {interruption.onset_s:.1f} s: {detail}")


def _ms(value: float | None) -> str:
    return "no reply" if value is None or value == float("inf") else f"{value:.0f} ms"
