"""What is measured is summed up and written down as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.leg import Schedule
from benchmarks.measures import (
    Cost,
    Effort,
    Heard,
    LineLog,
    Run,
    Spread,
    percentile,
    summarise,
)
from benchmarks.report import Findings, page, ratios, verdicts
from benchmarks.stamp import read_stamp, stamped
from benchmarks.tournament import Results


def run(
    server: str = "ours", calls: int = 100, *, cpu_ms: float = 2.0, late_ms: float = 0.0
) -> Run:
    log = LineLog(late_ms=[late_ms] * 100, clear_ms=[100.0], reply_ms=[700.0], pass_ms=[1.0])
    return Run(server, calls, 10.0, Cost(cpu_ms, 0.2), Heard.of(log), Effort(1.0, 0.2))


def findings(*runs: Run) -> Findings:
    titles = {"ours": "Switchboard", "floor": "floor", "pipecat": "Pipecat", "livekit": "LiveKit"}
    return Findings(
        machine="a machine",
        date="2026-11-21",
        seconds=10.0,
        real_speech=True,
        summaries=[summarise([each]) for each in runs],
        titles=titles,
    )


@pytest.mark.requirement("bench:figures:medians-with-n")
def test_a_summary_is_the_median_of_its_runs_and_says_how_many() -> None:
    summary = summarise([run(cpu_ms=2.0), run(cpu_ms=9.0), run(cpu_ms=2.2)])
    assert summary["cpu_ms"] == 2.2
    assert summary["n"] == 3
    assert (summary["cpu_ms_lowest"], summary["cpu_ms_highest"]) == (2.0, 9.0)


@given(st.lists(st.floats(0, 1000), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_and_grows(values: list[float], share: float) -> None:
    assert percentile(values, share) in values
    assert percentile(values, share) <= percentile(values, 1.0) == max(values)


@pytest.mark.requirement("bench:page:ratios-first")
def test_a_server_that_was_overloaded_is_compared_where_it_kept_up() -> None:
    overloaded = run("pipecat", 100, cpu_ms=10.0, late_ms=300.0)
    (ratio,) = ratios(findings(run(), run("pipecat", 60, cpu_ms=12.5), overloaded))
    assert (ratio.calls, ratio.their_calls, ratio.value) == (100, 60, 0.16)


@pytest.mark.requirement("bench:page:ratios-first")
def test_a_server_that_lost_calls_is_compared_where_it_lost_none() -> None:
    broken = run("pipecat", 60, cpu_ms=5.0)
    broken = replace(broken, heard=replace(broken.heard, lost_calls=40))
    (ratio,) = ratios(findings(run(cpu_ms=3.0), run("pipecat", 20, cpu_ms=15.0), broken))
    assert (ratio.their_calls, ratio.value) == (20, 0.2)


@pytest.mark.requirement("bench:page:ratios-first")
def test_the_ratio_at_the_same_number_of_calls_stands_beside_it() -> None:
    (ratio,) = ratios(findings(run(), run("ours", 20, cpu_ms=6.0), run("pipecat", 20, cpu_ms=15.0)))
    assert (ratio.shared_calls, ratio.shared_value) == (20, 0.4)
    assert "0.40 at 20" in page(findings(run("ours", 20), run("pipecat", 20, cpu_ms=5.0)))


def test_servers_that_share_no_number_of_calls_are_not_compared_at_one() -> None:
    (ratio,) = ratios(findings(run(), run("pipecat", 20, cpu_ms=15.0)))
    assert ratio.shared_calls == 0


@pytest.mark.requirement("bench:page:ratios-first")
def test_the_page_begins_with_ratios_and_judges_them() -> None:
    measured = findings(run(), run("floor", cpu_ms=1.0), run("livekit", cpu_ms=3.0))
    text = page(measured)
    assert text.index("## Ratios") < text.index("## What was promised") < text.index("## Servers")
    judged = {target.what: target.met for target in verdicts(measured)}
    assert judged["CPU per call against floor (100 calls against 100)"] is True
    assert judged["CPU per call against LiveKit (100 calls against 100)"] is False


@pytest.mark.requirement("bench:page:failures-named")
def test_a_peer_that_cannot_be_had_is_named_with_the_reason() -> None:
    measured = findings(run())
    measured.failures = {"pipecat": "pipecat: no wheel for this Python"}
    assert "Pipecat: pipecat: no wheel for this Python" in page(measured)


@pytest.mark.requirement("bench:load:own-lateness-told")
def test_a_load_that_was_late_itself_is_told_in_the_table() -> None:
    late = replace(run(), effort=Effort(late_p99_ms=30.0, cpu=1.0))
    assert "(load late)" in page(findings(late))
    assert "(load late)" not in page(findings(run()))


@pytest.mark.requirement("bench:load:lateness")
def test_the_most_calls_are_those_of_the_last_clean_run() -> None:
    results = Results()
    for calls, late_ms in ((100, 0.0), (200, 3.0), (300, 25.0)):
        results.add(run(calls=calls, late_ms=late_ms))
    assert results.most == {"ours": 200}


@pytest.mark.requirement("bench:load:lateness")
def test_a_message_is_late_by_the_silence_that_it_leaves() -> None:
    schedule = Schedule()
    assert schedule.late_s(10.0, 0.1) == 0.0
    assert schedule.late_s(10.05, 0.1) == 0.0
    assert schedule.late_s(10.23, 0.1) == pytest.approx(0.03)


@pytest.mark.requirement("bench:load:lateness")
def test_sound_after_a_pause_or_a_clear_is_not_late() -> None:
    schedule = Schedule()
    schedule.late_s(10.0, 0.1)
    assert schedule.late_s(12.0, 0.1) == 0.0
    schedule.reset()
    assert schedule.late_s(12.2, 0.1) == 0.0


def test_no_delays_make_a_spread_of_zeros() -> None:
    assert Spread.of([]) == Spread(0, 0.0, 0.0, 0.0, 0.0)


@given(st.floats(0, 1e6), st.binary(min_size=16, max_size=400))
def test_a_time_stamp_survives_inside_the_sound(now: float, sound: bytes) -> None:
    marked = stamped(sound, now)
    assert len(marked) == len(sound)
    assert read_stamp(marked) == pytest.approx(now, abs=1e-6)
    assert marked[16:] == sound[16:]


def test_sound_without_a_stamp_has_none() -> None:
    assert read_stamp(b"\xff" * 160) is None
    assert read_stamp(b"") is None
