"""`switchboard call`: a carrier and a caller in a box, for a server that is running."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["call"]

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
    # The rehearsal's rooms are imported here, so that other commands start without them.
    from server.commands import calling

    quality = calling.quality_of(
        jitter_ms, loss, burst_ms=burst_ms, drift_ppm=drift_ppm, marks=(late_marks_ms, lose_marks)
    )
    calling.carry(
        calling.Errand(
            calling.target_of(url, public_url, data, token=auth_token, account=account),
            calling.part_of(wav, say, scenario, variables=variables, microphone=mic),
            calling.Line(caller, called, quality, seed, max_seconds),
            calls=calls,
            out=out,
            rest_port=rest_port,
        ),
        as_json=as_json,
    )
