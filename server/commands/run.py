"""`switchboard run`: start the server."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from server.commands.printing import fail, print_json, settings_from

__all__ = ["run"]

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Linear algebra on matrices this small is slower on several threads, and would fight the loop."""


def run(
    *,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder that holds all state.")] = None,
    public_url: Annotated[
        str | None, typer.Option(help="What carriers reach this server by, https://...")
    ] = None,
    pretend_now: Annotated[
        datetime | None,
        typer.Option(help="Rehearsals: the UTC instant that the wall clock shows at the start."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ready line as JSON.")] = False,
) -> None:
    """Start the server. It prints one line when it is ready to be called."""
    settings = settings_from(
        data=data, pretend_now=pretend_now, host=host, port=port, public_url=public_url
    )
    for name in _ONE_THREAD:
        os.putenv(name, "1")
    # The server's rooms are imported here, so that other commands start without them.
    from server.main import Ready, StartFailed, serve_forever

    def ready(at: Ready) -> None:
        if as_json:
            print_json({"ready": True, "url": at.url, "data": str(at.data), "agents": at.agents})
        else:
            names = ", ".join(at.agents)
            typer.echo(f"ready on {at.url} (agents: {names}; state in {at.data})")

    try:
        serve_forever(settings, ready)
    except StartFailed as failed:
        fail(str(failed))
