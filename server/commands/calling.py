"""What `switchboard call` does: carries out the errand and prints what came of it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from server.commands.printing import fail, print_json
from server.rehearsal.badline import PERFECT, LineQuality
from server.rehearsal.errand import Errand, Line, Outcome, Part, carry_out
from server.rehearsal.errors import RehearsalError
from server.rehearsal.live import line_of
from server.rehearsal.measures import Turn
from server.rehearsal.office import Target

__all__ = ["Errand", "Line", "carry", "part_of", "quality_of", "target_of"]

_SECRETS: Final = "secrets.json"
_STYLES: Final = {"caller": "dark_orange3", "agent": "cyan"}


def carry(errand: Errand, *, as_json: bool) -> None:
    """Place the calls, print the result, and leave with its exit code."""
    console = Console(stderr=True, highlight=False)
    outcome = _carried_out(errand, console)
    if as_json:
        print_json(_printed(outcome, errand.calls))
    _conclude(outcome, console, quiet=as_json)


def part_of(
    wavs: Sequence[Path] | None,
    says: Sequence[str] | None,
    scenario: Path | None,
    *,
    variables: Sequence[str] | None,
    microphone: bool,
) -> Part:
    """The caller's part, from the options."""
    given = [bool(wavs or says), scenario is not None, microphone]
    if sum(given) != 1:
        fail(
            "the caller's part is not clear (the command line). Give recordings and words "
            "(--wav, --say), or --scenario, or --mic"
        )
    pairs = _pairs(variables or ())
    return Part(tuple(wavs or ()), tuple(says or ()), scenario, pairs, microphone)


def quality_of(
    jitter_ms: float,
    loss: float,
    *,
    burst_ms: float,
    drift_ppm: float,
    marks: tuple[float, float],
) -> LineQuality | None:
    """How bad the line is; None when nothing was said about it, so that a scenario may."""
    quality = LineQuality(jitter_ms, loss, burst_ms, drift_ppm, *marks)
    return None if quality == PERFECT else quality


def _carried_out(errand: Errand, console: Console) -> Outcome:
    def tell(turn: Turn) -> None:
        console.print(Text(line_of(turn), style=_STYLES[turn.speaker]))

    console.print(Text(f"calling {errand.target.url} …", style="dim"))
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(carry_out(errand, tell))
    except RehearsalError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.strerror or error} ({error.filename or errand.target.url})")


def target_of(url: str, public_url: str, data: Path, *, token: str, account: str) -> Target:
    """The server and the account, from the options or from the server's own data folder."""
    if not url.startswith(("http://", "https://")):
        fail(f"the address is no URL ({url}). Write it as http://host:port")
    secrets = _secrets(data / _SECRETS) if not (token and account) else {}
    token = token or secrets.get("twilio_auth_token", "")
    account = account or secrets.get("twilio_account_sid", "")
    if not token or not account:
        missing = "auth token" if not token else "account id"
        fail(
            f"no {missing} to sign with ({data / _SECRETS}). Give the server's data folder with "
            "--data, or --auth-token and --account"
        )
    return Target(
        url.rstrip("/"), account, token, public_url, api_token=secrets.get("api_token", "")
    )


def _secrets(path: Path) -> dict[str, str]:
    """The server's secrets; none when there is no such file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        fail(f"the server's secrets cannot be read ({path}: {error}). Check its owner and its text")
    if not isinstance(document, dict):
        fail(f"the server's secrets are not a JSON object ({path}). Is this the data folder?")
    return {name: value for name, value in document.items() if isinstance(value, str)}


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            fail(f"--set takes NAME=VALUE ({text}). For example --set AUDIO=recordings")
        pairs[name] = value
    return pairs


def _printed(outcome: Outcome, calls: int) -> dict[str, Any]:
    """One call's document as it is; several in a frame of their own."""
    if calls == 1 and outcome.documents:
        return outcome.documents[0]
    return {
        "calls": list(outcome.documents),
        "passed": outcome.passed,
        "ticker_late_ms": round(outcome.ticker_late_ms, 2),
    }


def _conclude(outcome: Outcome, console: Console, *, quiet: bool) -> None:
    """Say what came of it, and leave with the code that says the same."""
    if outcome.failure is not None:
        fail(str(outcome.failure))
    console.print(_summary(outcome))
    for result in outcome.documents[:1]:
        for path in result["files"].values():
            if not quiet:
                typer.echo(path)
        for problem, count in result["problems"].items():
            console.print(Text(f"problem: {problem} ({count}x)", style="yellow"))
    if not outcome.passed:
        raise typer.Exit(1)


def _summary(outcome: Outcome) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for result in outcome.documents:
        if len(outcome.documents) > 1 and result["passed"]:
            continue
        for found in result["checks"]:
            verdict = Text("ok", "green") if found["passed"] else Text("FAILED", "red")
            table.add_row(verdict, found["name"], Text(found["detail"]))
    replies = [result["median_reply_ms"] for result in outcome.documents]
    known = sorted(reply for reply in replies if reply is not None)
    middle = f"{known[len(known) // 2]:.0f} ms" if known else "none"
    good = sum(bool(result["passed"]) for result in outcome.documents)
    table.add_row("", "calls as expected", f"{good} of {len(outcome.documents)}")
    table.add_row("", "median reply", middle)
    return table


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one: it keeps the frames of many calls on the dot."""
    if sys.platform == "win32":
        return None
    # Not on every platform, so not at the top.
    import uvloop

    return uvloop.new_event_loop
