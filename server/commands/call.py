"""`switchboard call`: a carrier and a caller in a box, for a server that is running."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

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

__all__ = ["call"]

_SECRETS: Final = "secrets.json"
_STYLES: Final = {"caller": "dark_orange3", "agent": "cyan"}

_Url = Annotated[str, typer.Option(help="Base address of the server.")]
_PublicUrl = Annotated[
    str,
    typer.Option(help="What the server believes its address to be; signatures are made over it."),
]
_Data = Annotated[Path, typer.Option(help="The server's data folder, for its account and token.")]
_Token = Annotated[str, typer.Option(help="The account's auth token, instead of --data.")]
_Account = Annotated[str, typer.Option(help="The account's id, AC and 32 hexadecimal digits.")]
_Wavs = Annotated[list[Path] | None, typer.Option("--wav", help="Say a recording; repeat it.")]
_Says = Annotated[list[str] | None, typer.Option("--say", help="Say a text; repeat it.")]
_Mic = Annotated[bool, typer.Option("--mic", help="Speak yourself; Ctrl-C hangs up.")]
_File = Annotated[Path | None, typer.Option(help="A scenario in YAML (docs/rehearsal.md).")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE for ${NAME} in the scenario; repeat it."),
]
_Caller = Annotated[str | None, typer.Option("--from", help="The caller's number.")]
_Called = Annotated[str | None, typer.Option("--to", help="The number that is called.")]
_Jitter = Annotated[float, typer.Option(min=0, help="Each frame is late by up to this much.")]
_Loss = Annotated[float, typer.Option(min=0, max=1, help="Share of the frames that are lost.")]
_Burst = Annotated[float, typer.Option("--burst", min=0, help="Stalls of so many ms, each 8 s.")]
_Drift = Annotated[float, typer.Option(help="How fast the caller's clock runs, in ppm.")]
_LateMarks = Annotated[float, typer.Option(min=0, help="Each mark is late by up to this much.")]
_LoseMarks = Annotated[float, typer.Option(min=0, max=1, help="Share of marks that are lost.")]
_Seed = Annotated[int | None, typer.Option(help="The same seed gives the same bad line.")]
_Out = Annotated[Path | None, typer.Option(help="Folder for recordings and picture.")]
_Max = Annotated[float | None, typer.Option(help="Hang up after so many seconds.")]
_Calls = Annotated[int, typer.Option(min=1, max=1000, help="So many callers at once.")]
_Rest = Annotated[int, typer.Option(help="Port of the carrier's REST side; 0 takes a free one.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def call(
    *,
    url: _Url = "http://127.0.0.1:8010",
    public_url: _PublicUrl = "",
    data: _Data = Path("data"),
    auth_token: _Token = "",
    account: _Account = "",
    wav: _Wavs = None,
    say: _Says = None,
    mic: _Mic = False,
    scenario: _File = None,
    variables: _Set = None,
    caller: _Caller = None,
    called: _Called = None,
    jitter_ms: _Jitter = 0.0,
    loss: _Loss = 0.0,
    burst_ms: _Burst = 0.0,
    drift_ppm: _Drift = 0.0,
    late_marks_ms: _LateMarks = 0.0,
    lose_marks: _LoseMarks = 0.0,
    seed: _Seed = None,
    out: _Out = None,
    max_seconds: _Max = None,
    calls: _Calls = 1,
    rest_port: _Rest = 0,
    as_json: _Json = False,
) -> None:
    """Call a running server as Twilio would, and see how it answers.

    Exit code: 0 when the call went as expected, 1 when it did not, 2 when it could not be placed.
    """
    quality = LineQuality(jitter_ms, loss, burst_ms, drift_ppm, late_marks_ms, lose_marks)
    errand = Errand(
        _target(url, public_url, data, token=auth_token, account=account),
        Part(tuple(wav or ()), tuple(say or ()), scenario, _pairs(variables or ()), mic),
        Line(caller, called, None if quality == PERFECT else quality, seed, max_seconds),
        calls=calls,
        out=out,
        rest_port=rest_port,
    )
    console = Console(stderr=True, highlight=False)
    outcome = _carried_out(errand, console)
    if as_json:
        print_json(_printed(outcome, calls))
    _conclude(outcome, console, quiet=as_json)


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


def _target(url: str, public_url: str, data: Path, *, token: str, account: str) -> Target:
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
