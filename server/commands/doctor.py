"""`switchboard doctor`: whether this installation can take calls, and what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from server.commands.office import DataOption, JsonOption, plain_table
from server.commands.printing import print_json, settings_from

if TYPE_CHECKING:
    from server.commands.findings import Finding

__all__ = ["doctor"]

_COLOURS: Final = {"good": "green", "fair": "yellow", "bad": "red"}

_Port = Annotated[int | None, typer.Option(help="Port that the server listens on.")]


def doctor(data: DataOption = None, port: _Port = None, as_json: JsonOption = False) -> None:
    """Examine this machine: what is well, what is missing, and how to mend it.

    Exit code: 1 when something keeps the server from taking calls.
    """
    # The HTTP client that it asks the port with takes a sixth of a second to import.
    from server.commands.findings import findings

    found = findings(settings_from(data=data, port=port))
    bad = [one.name for one in found if one.level == "bad"]
    if as_json:
        rows = [
            {"name": one.name, "level": one.level, "found": one.found, "mend": one.mend}
            for one in found
        ]
        print_json({"well": not bad, "findings": rows})
    else:
        _print(found)
        typer.echo(f"Mend first: {', '.join(bad)}." if bad else "This machine can take calls.")
    if bad:
        raise typer.Exit(1)


def _print(found: tuple[Finding, ...]) -> None:
    table = plain_table("", "what", "found, and how to mend it")
    for one in found:
        mend = (f"\n{one.mend}", "dim") if one.mend else ""
        table.add_row(
            Text(one.level, style=_COLOURS[one.level]),
            Text(one.name),
            Text.assemble(one.found, mend),
        )
    console = Console()
    console.print(table)
    console.print()
