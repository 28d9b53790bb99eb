"""The command line: `switchboard`, or `python -m server`; one file in `commands/` a command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import bridges
import media
import server
from server.commands.accounts import accounts
from server.commands.agents import agents
from server.commands.call import call
from server.commands.calls import calls
from server.commands.config import config
from server.commands.doctor import doctor
from server.commands.numbers import numbers
from server.commands.run import run

__all__ = ["app", "main"]

app = typer.Typer(
    name="switchboard",
    help="A voice-first telephony server: it answers, listens, speaks, books and writes down.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command()(run)
app.command()(call)
app.add_typer(calls, name="calls")
app.add_typer(agents, name="agents")
app.add_typer(numbers, name="numbers")
app.add_typer(accounts, name="accounts")
app.command()(config)
app.command()(doctor)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(server.VERSION)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_print_version,
            help="Print the version and stop.",
        ),
    ] = False,
) -> None:
    del version  # printed before a command is asked for


def main() -> None:
    """Enter the command line, once it is sure that the rooms are our own.

    Import names like `media` are claimed in one flat namespace: a stranger's package of that name
    would be imported instead of ours (style.md 3.11).
    """
    home = Path(server.__file__).resolve().parent.parent
    for room in (media, bridges):
        place = Path(str(room.__file__)).resolve().parent.parent
        if place != home:
            sys.exit(
                f"another package named {room.__name__!r} in {place} hides ours; "
                f"run `python -m server` in {home} instead, or remove that package"
            )
    app()
