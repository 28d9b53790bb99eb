"""`python -m benchmarks`: measure ourselves and our peers, and write docs/benchmarks.md."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import recognition
from benchmarks.arena import ROOT, Arena, ServerFailed
from benchmarks.fighters import CONTENDERS, Contender
from benchmarks.machine import cores, describe
from benchmarks.measures import summarise
from benchmarks.report import COLUMNS, Findings, page, ratios, rows, verdicts
from benchmarks.sound import CLIPS, phrases
from benchmarks.start import import_s, start_s
from benchmarks.tournament import Results, bouts, climb, play

_PAGE: Final = ROOT / "docs" / "benchmarks.md"
_QUICK_S: Final = 6.0
_WIDTH: Final = 150
"""Where the table goes to a file, its rows stay on one line."""
_OUR_KIND: Final = ("ours", "floor")
"""Who is tried with more and more calls."""


def bench(
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Measure this one: ours, floor, livekit, pipecat, pipecat-default, pipecat-vad, "
            "start, recognition. Repeat it. Then the page is not written."
        ),
    ] = None,
    calls: Annotated[str, typer.Option(help="Numbers of calls, with commas.")] = "20,60,100",
    seconds: Annotated[float, typer.Option(help="Length of a window.")] = 20.0,
    rounds: Annotated[int, typer.Option(help="How often each window is measured.")] = 3,
    *,
    quick: Annotated[bool, typer.Option(help="One short window each, no ladder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure; the whole of it takes about half an hour."""
    console = Console(stderr=True)
    chosen = [each for each in CONTENDERS if not only or each.name in only]
    if quick:
        seconds, rounds = min(seconds, _QUICK_S), 1
    counts = [int(count) for count in calls.split(",")]
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        console.status("starting") as status,
    ):
        arena = Arena(cores(), Path(folder))
        findings = _findings(seconds)

        def tell(text: str) -> None:
            status.update(text)
            console.log(text)

        results = Results()
        play(arena, bouts(chosen, counts), results, rounds=rounds, seconds=seconds, tell=tell)
        if not quick:
            _climb(arena, chosen, results, seconds=seconds, tell=tell)
        _take(findings, results)
        _rest(arena, findings, only or [], tell=tell)
    if as_json:
        typer.echo(json.dumps(_document(findings), indent=2))
    else:
        _print(findings)
    if not only:
        _PAGE.write_text(page(findings), encoding="utf-8")
        console.print(f"written: {_PAGE.relative_to(ROOT)}")


def _findings(seconds: float) -> Findings:
    _, real = phrases()
    return Findings(
        machine=describe(),
        date=datetime.now(UTC).date().isoformat(),
        seconds=seconds,
        real_speech=real,
        summaries=[],
        titles={each.name: each.title for each in CONTENDERS},
    )


def _climb(
    arena: Arena,
    chosen: list[Contender],
    results: Results,
    *,
    seconds: float,
    tell: Callable[[str], None],
) -> None:
    for contender in chosen:
        if contender.name in _OUR_KIND:
            climb(arena, contender, results, seconds=seconds, tell=tell)


def _take(findings: Findings, results: Results) -> None:
    places = {each.name: place for place, each in enumerate(CONTENDERS)}
    for _, runs in sorted(results.runs.items(), key=lambda pair: (places[pair[0][0]], pair[0][1])):
        findings.summaries.append(summarise(runs))
    findings.most, findings.failures = results.most, results.failures


def _rest(
    arena: Arena, findings: Findings, only: list[str], *, tell: Callable[[str], None]
) -> None:
    """What needs no load: the start, the import, the recognition."""
    if not only or "start" in only:
        tell("start and import")
        try:
            findings.import_s, findings.sdks = import_s()
            findings.start_s = start_s(arena)
        except ServerFailed as error:
            findings.failures = {**findings.failures, "start": str(error)}
    if (not only or "recognition" in only) and (CLIPS / "clips.json").exists():
        tell("recognition")
        findings.recognition = recognition.measure()


def _document(findings: Findings) -> dict[str, Any]:
    return {
        "machine": findings.machine,
        "date": findings.date,
        "servers": [dict(each) for each in findings.summaries],
        "ratios": [asdict(each) for each in ratios(findings)],
        "most_calls": dict(findings.most),
        "start_s": findings.start_s,
        "import_s": findings.import_s,
        "recognition": findings.recognition,
        "failures": dict(findings.failures),
    }


def _print(findings: Findings) -> None:
    plain = Console()
    console = plain if plain.is_terminal else Console(width=_WIDTH)
    if findings.summaries:
        servers = Table(*COLUMNS, title=findings.machine)
        for row in rows(findings):
            servers.add_row(*row)
        console.print(servers)
    promises = Table("promise", "wanted", "measured", "met")
    for target in verdicts(findings):
        met = "[green]yes" if target.met else "[red]no"
        promises.add_row(target.what, target.wanted, target.measured, met)
    console.print(promises)
    for name, reason in findings.failures.items():
        console.print(f"[red]{findings.titles.get(name, name)}: {reason}")


if __name__ == "__main__":
    typer.run(bench)
