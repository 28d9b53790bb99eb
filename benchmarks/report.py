"""The page and the table that a run of the benchmarks ends with. Quiet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.measures import LATE_MS

__all__ = ["TARGETS", "Findings", "Ratio", "Target", "page", "ratios", "rows", "verdicts"]

COLUMNS: Final = (
    "server",
    "calls",
    "n",
    "CPU ms per call-second",
    "MB per call",
    "late p99 / worst ms",
    "dropouts",
    "onset to clear ms, p50 / p90",
    "speech end to reply ms",
)
_RATIO_CALLS: Final = 100


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our processor time per call against another server's."""

    other: str
    title: str
    calls: int
    """Ours; theirs may have borne fewer."""
    their_calls: int
    value: float
    """Ours divided by theirs."""
    shared_calls: int
    """The most calls, up to 100, at which both were in time; 0 where there is no such number."""
    shared_value: float


@dataclass(frozen=True, slots=True)
class Target:
    """A promise of the project and what was measured of it."""

    what: str
    wanted: str
    measured: str
    met: bool


@dataclass(slots=True)
class Findings:
    """Everything that the page is written from."""

    machine: str
    date: str
    seconds: float
    real_speech: bool
    summaries: list[Mapping[str, Any]]
    """One per server and number of calls, as `measures.summarise` gives it."""
    titles: Mapping[str, str]
    most: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    start_s: float | None = None
    import_s: float | None = None
    sdks: str = ""
    recognition: Mapping[str, Any] | None = None


TARGETS: Final = {"pipecat": 0.2, "livekit": 0.5, "floor": 2.2}
"""The most that our processor time may be of theirs."""
_CALLS, _CLEAR_MS, _MB, _PASS_MS, _PASS_P99_MS = 300, 120.0, 0.5, 15.0, 40.0
_START_S, _IMPORT_S, _WORD_ERROR = 5.0, 0.6, 0.05


def ratios(findings: Findings) -> list[Ratio]:
    """Ours at 100 calls against each other server at 100, or at the most that it bore.

    A server that is too slow for 100 calls takes a whole core and no more, so its cost per call
    there would be flattered; it is taken where it still kept up.
    """
    found = []
    ours = _borne(findings, "ours")
    for other in dict.fromkeys(str(each["server"]) for each in findings.summaries):
        theirs = _borne(findings, other)
        if other == "ours" or ours is None or theirs is None:
            continue
        found.append(
            Ratio(
                other,
                findings.titles[other],
                calls=ours["calls"],
                their_calls=theirs["calls"],
                value=ours["cpu_ms"] / theirs["cpu_ms"],
                **_shared(findings, other),
            )
        )
    return found


def _shared(findings: Findings, other: str) -> dict[str, Any]:
    """The ratio where both bear the same number of calls."""
    found = {each["calls"]: each for each in _kept_up(findings, other)}
    both = [each for each in _kept_up(findings, "ours") if each["calls"] in found]
    ours = max(both, key=_calls, default=None)
    if ours is None:
        return {"shared_calls": 0, "shared_value": 0.0}
    value = ours["cpu_ms"] / found[ours["calls"]]["cpu_ms"]
    return {"shared_calls": ours["calls"], "shared_value": value}


def _borne(findings: Findings, server: str) -> Mapping[str, Any] | None:
    """A server at the most calls, up to 100, at which it was in time; else at the fewest tried."""
    kept_up = _kept_up(findings, server)
    if kept_up:
        return max(kept_up, key=_calls)
    return min(_tried(findings, server), key=_calls, default=None)


def _tried(findings: Findings, server: str) -> list[Mapping[str, Any]]:
    return [
        each
        for each in findings.summaries
        if each["server"] == server and each["calls"] <= _RATIO_CALLS and each["cpu_ms"]
    ]


def _kept_up(findings: Findings, server: str) -> list[Mapping[str, Any]]:
    return [
        each
        for each in _tried(findings, server)
        if each["late_p99_ms"] < LATE_MS and not each["lost_calls"]
    ]


def _calls(summary: Mapping[str, Any]) -> int:
    return int(summary["calls"])


def verdicts(findings: Findings) -> list[Target]:
    """Every promise that this run can judge."""
    out = []
    for ratio in ratios(findings):
        limit = TARGETS.get(ratio.other)
        if limit is not None:
            at = f"{ratio.calls} calls against {ratio.their_calls}"
            what = f"CPU per call against {ratio.title} ({at})"
            met = ratio.value <= limit
            out.append(Target(what, f"at most {limit:g}", f"{ratio.value:.2f}", met))
    most = findings.most.get("ours")
    if most is not None:
        what = "calls on one core, p99 under 20 ms late, nothing missing"
        out.append(Target(what, f"at least {_CALLS}", f"{most}", most >= _CALLS))
    crowd = [e for e in findings.summaries if e["server"] == "ours" and e["calls"] == _RATIO_CALLS]
    if crowd:
        out += _judged_at_hundred(crowd[0])
    along = f", which takes {findings.sdks} along" if findings.sdks else ""
    limits = (
        ("start until ready, models warm", findings.start_s, _START_S),
        (f"import of server.main{along}", findings.import_s, _IMPORT_S),
    )
    for what, value, limit in limits:
        if value is not None:
            out.append(Target(what, f"under {limit:g} s", f"{value:.2f} s", value < limit))
    if findings.recognition:
        error = float(findings.recognition["word_error"])
        wanted, measured = f"at most {_WORD_ERROR:.0%}", f"{error:.1%}"
        out.append(Target("word error at 8 kHz", wanted, measured, error <= _WORD_ERROR))
    return out


def rows(findings: Findings) -> list[tuple[str, ...]]:
    """The table's rows, as text in the order of `COLUMNS`."""
    return [_row(each, findings.titles[each["server"]]) for each in findings.summaries]


def page(findings: Findings) -> str:
    """docs/benchmarks.md."""
    speech = "recorded human speech" if findings.real_speech else "synthetic bursts"
    parts = [
        "# Benchmarks\n",
        "Written by `make bench`; do not edit. The same load on the true Twilio wire for every "
        "server, one after the other, in rounds; medians of n windows. Times depend on the machine "
        "and on what else it does, so the ratios of one run are what counts.\n",
        f"{findings.date}, {findings.machine}. Windows of {findings.seconds:g} s; callers speak "
        f"{speech}.\n",
        "## Ratios\n",
        _table(
            (
                "our CPU per call, divided by that of",
                "our calls",
                "their calls",
                "ratio",
                "both at the same number",
            ),
            [_ratio_row(each) for each in ratios(findings)],
        ),
        "## What was promised\n",
        _table(
            ("promise", "wanted", "measured", "met"),
            [
                (t.what, t.wanted, t.measured, "yes" if t.met else "**no**")
                for t in verdicts(findings)
            ],
        ),
        "## Servers\n",
        _table(COLUMNS, rows(findings)),
        _most(findings),
        _failures(findings),
        _recognition(findings),
        _METHOD,
    ]
    return "\n".join(part for part in parts if part)


def _judged_at_hundred(run: Mapping[str, Any]) -> list[Target]:
    at = f"with {run['calls']} calls"
    clear, passed, last = run["clear_ms"], run["pass_ms"], run["pass_p99_ms"]
    megabytes = run["resident_mb"]
    return [
        Target(
            f"onset of speech to `clear`, median, {at}",
            f"at most {_CLEAR_MS:g} ms",
            f"{clear:.0f} ms",
            clear <= _CLEAR_MS,
        ),
        Target(
            f"a reply's first sound through the server, {at}",
            f"{_PASS_MS:g} ms, p99 {_PASS_P99_MS:g}",
            f"{passed:.1f} ms, p99 {last:.1f}",
            passed <= _PASS_MS and last <= _PASS_P99_MS,
        ),
        Target(
            f"memory per call, {at}", f"at most {_MB} MB", f"{megabytes:.2f} MB", megabytes <= _MB
        ),
    ]


def _ratio_row(ratio: Ratio) -> tuple[str, ...]:
    shared = f"{ratio.shared_value:.2f} at {ratio.shared_calls}" if ratio.shared_calls else "none"
    return ratio.title, str(ratio.calls), str(ratio.their_calls), f"{ratio.value:.2f}", shared


def _row(run: Mapping[str, Any], title: str) -> tuple[str, ...]:
    doubt = "" if run["trustworthy"] else " (load late)"
    lost = f", {run['lost_calls']:.0f} calls lost" if run["lost_calls"] else ""
    return (
        title,
        f"{run['calls']}",
        f"{run['n']}",
        f"{run['cpu_ms']:.2f}",
        f"{run['resident_mb']:.2f}",
        f"{run['late_p99_ms']:.1f} / {run['late_worst_ms']:.0f}{doubt}",
        f"{run['dropouts']:.0f}{lost}",
        f"{run['clear_ms']:.0f} / {run['clear_p90_ms']:.0f}" if run["clears"] else "none sent",
        f"{run['reply_ms']:.0f}" if run["replies"] else "none came",
    )


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _most(findings: Findings) -> str:
    if not findings.most:
        return ""
    said = ", ".join(f"{findings.titles[name]}: {most}" for name, most in findings.most.items())
    return f"Most calls tried in one process on one core with nothing late: {said}.\n"


def _failures(findings: Findings) -> str:
    lines = [
        f"- {findings.titles.get(name, name)}: {reason.strip().splitlines()[-1]}"
        for name, reason in findings.failures.items()
    ]
    return "Not measured:\n\n" + "\n".join(lines) + "\n" if lines else ""


def _recognition(findings: Findings) -> str:
    found = findings.recognition
    if not found:
        return ""
    return (
        "## Recognition\n\n"
        f"Telephone speech at 8 kHz: {found['word_error']:.1%} of {found['words']} words wrong, "
        f"{found['exact']} of {found['clips']} clips without a slip; a turn of one to five seconds "
        f"takes {found['short_turn_median_s']:.2f} s (p95 {found['short_turn_p95_s']:.2f} s).\n"
    )


_METHOD: Final = """\
## How it is measured

- Each server is a process of its own on one core; the callers and the provider are processes on
  the other. CPU is user and system time of the server's process over the window, per second of one
  call; memory is what its resident size grew by, per call.
- A caller says a clip, waits for the reply, and then hears it out or speaks into it, by turns. It
  sends a frame of 20 ms on an absolute schedule, plays what it gets in real time, returns marks
  when they were played and obeys `clear`. The load's own lateness is measured too: a row that says
  "load late" tells of the load and not of the server.
- The provider speaks the wire of OpenAI's Realtime API: it thinks for 200 ms and answers with four
  seconds of sound at three times real time. Where it takes the turns, it hears by energy and at
  once, which no real one does; such rows clear and reply sooner than in life.
- Ratios compare our cost at 100 calls with theirs at 100, or at the most calls at which the other
  server was still in time: one that is overloaded uses a whole core whatever its calls cost. Few
  calls cost more each, since whatever a process does anyway falls on fewer; the last column
  compares both at the same number.
- *Late* is how long after a message was needed for playout without a gap it arrived, counted from
  the first message of an utterance. A *dropout* is a gap of more than one frame.
- *Onset* is the sending of the frame in which speech begins: the first 10 ms within 35 dB of the
  clip's loudest 10 ms, most of the next 100 ms being so too. *Reply* is from the last frame of
  speech to the first sound of the answer; it holds the provider's 200 ms and the wait for the end
  of the turn.
- A reply's way through the server is told by a time stamp inside its sound, from the provider's
  socket to the caller's, both ends of the loopback included.
- Switchboard runs as shipped: signed webhook, token, stream, VAD, turns, ledger, recording,
  journal and store, with `benchmarks/relay_bridge.py` for a mind. The floor has VAD and turns only.
"""
