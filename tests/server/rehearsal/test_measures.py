"""What is measured of a call, and what its checks make of it."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any

import pytest

from server.rehearsal.caller import GaveUp, Utterance
from server.rehearsal.checks import check
from server.rehearsal.errors import CannotCall
from server.rehearsal.live import LiveLines, line_of
from server.rehearsal.loudness import Span
from server.rehearsal.measures import barge_ins, median_reply_ms, turns_of
from server.rehearsal.messages import StreamIds
from server.rehearsal.record import CallRecord, EndedBy, LegLog, ServerTurn
from server.rehearsal.report import document
from server.rehearsal.scenario import Expectations
from server.rehearsal.speaker import Underrun
from server.rehearsal.track import Track

IDS = StreamIds("AC1", "CA1", "MZ1")


def a_record(**changes: Any) -> CallRecord:
    """A greeting of 2 s, an interruption at 1.5 s, an answer after 0.62 s, a second turn."""
    log = LegLog(
        Track(),
        Track(),
        utterances=[
            Utterance(0, "book a room", 101.5, 102.4, over_agent=True),
            Utterance(1, "two thirty", 106.0, 107.0, over_agent=False),
        ],
        clears=[101.61],
        arrivals=array("d", [100.1, 101.0, 102.9, 103.5, 108.0]),
        problems=Counter(),
    )
    fields: dict[str, Any] = {
        "ids": IDS,
        "log": log,
        "ended_by": EndedBy.CALLER,
        "asked_s": 99.9,
        "opened_s": 100.0,
        "ended_s": 112.0,
        "spans": (Span(100.2, 101.6), Span(103.02, 104.0), Span(104.5, 105.0), Span(108.1, 110.0)),
        "underruns": (Underrun(103.5, 0.04),),
    }
    return CallRecord(**{**fields, **changes})


WORDS = (
    ServerTurn("agent", "Good morning, Harbour Hotel", 0.2, 1.6),
    ServerTurn("caller", "Book a room.", 1.5, 2.4),
    ServerTurn("agent", "For what time?", 3.0, 4.0),
    ServerTurn("agent", "You may also say a day.", 4.5, 5.0),
    ServerTurn("caller", "2:30", 6.0, 7.0),
    ServerTurn("agent", "Booked.", 8.1, 10.0),
)


@pytest.mark.requirement("rehearsal:measures:latency")
def test_latency_runs_from_the_callers_last_sound_to_the_first_that_is_heard() -> None:
    turns = turns_of(a_record())
    assert [turn.speaker for turn in turns] == ["agent", "caller", "agent", "caller", "agent"]
    latencies = [turn.latency_ms for turn in turns]
    assert latencies[:2] == [None, None]
    assert latencies[2] == pytest.approx(620.0)
    assert latencies[4] == pytest.approx(1100.0)
    assert turns[2].first_frame_ms == pytest.approx(500.0)
    assert turns[2].start_s == pytest.approx(3.02)
    assert turns[2].end_s == pytest.approx(5.0)
    assert median_reply_ms(turns) == pytest.approx(860.0)
    assert median_reply_ms([]) is None


@pytest.mark.requirement("rehearsal:measures:latency")
def test_an_agent_that_talked_on_has_no_latency() -> None:
    turns = turns_of(a_record(spans=(Span(100.2, 107.5), Span(108.1, 110.0))))
    assert median_reply_ms(turns) is None


@pytest.mark.requirement("rehearsal:caller:barge-in")
def test_the_time_to_clear_runs_from_the_onset() -> None:
    (interruption,) = barge_ins(a_record())
    assert interruption.clear_ms == pytest.approx(110.0)
    log = a_record().log
    log.clears.clear()
    (ignored,) = barge_ins(a_record(log=log))
    assert ignored.clear_ms is None


def test_the_servers_words_find_their_turns() -> None:
    turns = turns_of(a_record(turns=WORDS))
    assert [turn.text for turn in turns] == [
        "Good morning, Harbour Hotel",
        "book a room",
        "For what time? You may also say a day.",
        "two thirty",
        "Booked.",
    ]
    assert [turn.understood for turn in turns if turn.speaker == "caller"] == [
        "Book a room.",
        "2:30",
    ]


def test_words_without_times_are_given_out_in_order() -> None:
    told = tuple(ServerTurn(turn.speaker, turn.text) for turn in WORDS)
    assert turns_of(a_record(turns=told))[0].text == "Good morning, Harbour Hotel"
    assert turns_of(a_record(opened_s=None)) == []


EVERYTHING = Expectations(
    answered_within_s=0.5,
    ended_by="caller",
    agent_said=("harbour", "what time"),
    agent_never_said=("goodbye",),
    caller_understood=("2:30",),
    clears_at_least=1,
    clear_within_ms=150,
    reply_within_ms=1200,
    median_reply_within_ms=900,
    underruns_at_most=1,
    agent_turns_at_least=3,
)


@pytest.mark.requirement("rehearsal:scenario:checks")
def test_a_call_that_meets_every_expectation_passes() -> None:
    checks = check(a_record(turns=WORDS), EVERYTHING)
    assert [found.name for found in checks if not found.passed] == []
    assert len(checks) == 13


@pytest.mark.requirement("rehearsal:scenario:checks")
@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"asked_s": 98.0}, {"answered_within_s"}),
        ({"ended_by": EndedBy.AGENT}, {"ended_by"}),
        ({"ended_by": EndedBy.SERVER_LOST}, {"ended_by", "ended_properly"}),
        (
            {"turns": None},
            {"agent_said", "agent_never_said", "caller_understood"},
        ),
        ({"turns": (*WORDS, ServerTurn("agent", "Goodbye!", 9.0, 9.5))}, {"agent_never_said"}),
        ({"underruns": (Underrun(1, 0.1), Underrun(2, 0.1))}, {"underruns_at_most"}),
        (
            {"spans": (Span(100.2, 101.6),)},
            {
                "agent_turns_at_least",
                "reply_within_ms",
                "median_reply_within_ms",
            },
        ),
    ],
)
def test_an_expectation_that_is_not_met_fails_by_name(
    changes: dict[str, Any], failed: set[str]
) -> None:
    checks = check(a_record(**{"turns": WORDS, **changes}), EVERYTHING)
    assert {found.name for found in checks if not found.passed} == failed


@pytest.mark.requirement("rehearsal:scenario:checks")
def test_what_always_holds_is_checked_without_being_asked_for() -> None:
    log = a_record().log
    log.gave_up = GaveUp(1, "the agent to say /price/")
    failed = [found for found in check(a_record(log=log), Expectations()) if not found.passed]
    assert [found.name for found in failed] == ["all_steps"]
    assert "step 2" in failed[0].detail
    assert "no transcript" in failed[0].detail


@pytest.mark.requirement("rehearsal:scenario:checks")
def test_a_refused_call_can_be_what_was_expected() -> None:
    refused = a_record(opened_s=None, ended_by=EndedBy.REFUSED, reason="busy")
    assert not check(refused, Expectations())[0].passed
    assert check(refused, Expectations(answered=False))[0].passed
    error = CannotCall("nobody there", where="http://x", mend="Start it.")
    failed = check(a_record(opened_s=None, failure=error), Expectations())
    assert failed[0].detail == "not answered: nobody there"


@pytest.mark.requirement("rehearsal:scenario:checks")
def test_a_barge_in_that_never_happened_is_no_pass() -> None:
    log = a_record().log
    log.utterances.clear()
    found = check(a_record(log=log), Expectations(clear_within_ms=100))
    assert [one.detail for one in found if not one.passed] == [
        "the caller never spoke over the agent"
    ]


@pytest.mark.requirement("rehearsal:result:one-document")
def test_the_document_says_what_happened_in_seconds_of_the_call() -> None:
    log = a_record().log
    log.keys.append((105.5, "1"))
    result = document(a_record(log=log), [], {"heard_wav": "x.wav"})
    assert result["answered"] is True
    assert result["answered_after_s"] == pytest.approx(0.1)
    assert result["duration_s"] == 12.0
    assert result["clears"] == [1.61]
    assert result["keys"] == [{"at_s": 5.5, "key": "1"}]
    assert result["barge_ins"] == [{"onset_s": 1.5, "clear_ms": 110.0}]
    assert result["underruns"] == [{"at_s": 3.5, "gap_ms": 40.0}]
    assert result["files"] == {"heard_wav": "x.wav"}
    assert result["passed"] is True


def test_lines_are_printed_when_they_are_settled_and_only_once() -> None:
    lines = LiveLines()
    early = a_record(turns=WORDS, ended_s=110.5)
    assert [line_of(turn) for turn in lines.news(early)] == [
        "agent>  Good morning, Harbour Hotel",
        "caller> book a room",
        "agent>  For what time? You may also say a day. (620 ms)",
        "caller> two thirty",
    ]
    assert lines.news(early) == []
    assert [line_of(turn) for turn in lines.news(early, final=True)] == [
        "agent>  Booked. (1100 ms)"
    ]
    assert LiveLines().news(a_record(opened_s=None)) == []
    (first, *_) = LiveLines().news(a_record(ended_s=112.0))
    assert line_of(first) == "agent>  [1.4 s of speech]"
