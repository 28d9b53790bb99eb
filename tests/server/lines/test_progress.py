"""Status callbacks repeat and reorder; what is told of them does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.call import CallProgress, StreamProgress
from server.lines.progress import ProgressLedger

STATES = ["queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed"]
TERMINAL = {"completed", "busy", "failed"}


@pytest.mark.requirement("twilio:progress:terminal-absorbs")
@given(states=st.lists(st.sampled_from(STATES), max_size=20))
def test_a_call_only_goes_forward_and_ends_once(states: list[str]) -> None:
    ledger = ProgressLedger()
    told = [
        state
        for number, state in enumerate(states)
        if ledger.call_news("twilio", "AC1", CallProgress("CA1", state, number))
    ]
    ranks = [min(STATES.index(state), 4) for state in told]
    assert ranks == sorted(set(ranks))
    assert not TERMINAL.intersection(told[:-1])
    assert TERMINAL.intersection(states) == set() or told[-1] in TERMINAL


@pytest.mark.requirement("twilio:progress:terminal-absorbs")
def test_a_stream_does_not_start_after_it_stopped() -> None:
    ledger = ProgressLedger()
    events = ["stopped", "started", "stopped", "error", "error"]
    told = [
        event
        for event in events
        if ledger.stream_news("twilio", "AC1", StreamProgress("CA1", "MZ1", event))
    ]
    assert told == ["stopped", "error"]


def test_calls_of_other_accounts_and_carriers_are_other_calls() -> None:
    ledger = ProgressLedger()
    progress = CallProgress("CA1", "completed", 1)
    assert ledger.call_news("twilio", "AC1", progress)
    assert ledger.call_news("twilio", "AC2", progress)
    assert ledger.call_news("plivo", "AC1", progress)
    assert not ledger.call_news("twilio", "AC1", progress)


def test_what_could_not_be_worked_through_is_news_again() -> None:
    ledger = ProgressLedger()
    progress = CallProgress("CA1", "completed", 1)
    ledger.call_news("twilio", "AC1", progress)
    ledger.forget("twilio", "AC1", "CA1")
    ledger.forget("twilio", "AC1", "never heard of")
    assert ledger.call_news("twilio", "AC1", progress)


def test_only_so_many_calls_are_remembered_the_latest_longest() -> None:
    ledger = ProgressLedger(capacity=2)
    ended = [CallProgress(call, "completed", 1) for call in ("CA1", "CA2", "CA3")]
    for progress in ended:
        ledger.call_news("twilio", "AC1", progress)
    assert [ledger.call_news("twilio", "AC1", each) for each in reversed(ended)] == [
        False,
        False,
        True,
    ]
