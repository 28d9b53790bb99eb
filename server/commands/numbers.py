"""`switchboard numbers`: which agent answers which number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

import media.carriers
from server.commands.office import (
    DataOption,
    JsonOption,
    in_store,
    nothing_stored,
    plain_table,
    require_agent,
)
from server.commands.printing import fail, print_json, settings_from
from server.plugins import Plugins
from server.store.scope import Scope, Store, Tenant

__all__ = ["CarrierOption", "assign_numbers", "numbers", "require_carrier", "require_number"]

numbers = typer.Typer(help="Numbers: which agent answers which.", no_args_is_help=True)

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{4,14}")
"""E.164: a plus sign and at most fifteen digits."""

CarrierOption = Annotated[str, typer.Option("--carrier", help="Over which carrier it rings.")]
_Number = Annotated[str, typer.Argument(help="In E.164: a plus sign, the country, the number.")]
_Agent = Annotated[
    str | None, typer.Option("--agent", help="Who answers it; the default agent if left out.")
]


def require_number(text: str) -> str:
    """The number without the spaces and hyphens that people write."""
    number = re.sub(r"[\s().-]", "", text)
    if not _NUMBER.fullmatch(number):
        fail(f"{text!r} is no telephone number in E.164. Write it like +35315550100")
    return number


def require_carrier(name: str) -> str:
    """The name of a carrier that there is."""
    known = Plugins("carriers", media.carriers, {}).names()
    if name not in known:
        fail(f"there is no carrier {name!r}; there are {', '.join(known)}")
    return name


async def assign_numbers(
    scope: Scope, carrier: str, assigned: Sequence[str], agent: str | None
) -> None:
    """Let an agent answer these numbers."""
    for number in assigned:
        await scope.numbers.assign(carrier, number, agent)


@numbers.command("list")
def list_numbers(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the numbers that were entered, and who answers all others."""
    settings = settings_from(data=data)

    async def read(store: Store, tenant: Tenant) -> tuple[list[dict[str, Any]], str]:
        async with store.view(tenant) as scope:
            found = await scope.numbers.all()
            default = [one.ref.agent_id for one in await scope.agents.all() if one.is_default]
        rows = [{"carrier": n.carrier, "number": n.number, "agent": n.agent_id} for n in found]
        return rows, default[0] if default else ""

    rows, default = ([], "") if nothing_stored(settings) else in_store(settings, read)
    if as_json:
        print_json({"numbers": rows, "default": default or None})
        return
    if rows:
        table = plain_table("carrier", "number", "agent")
        for row in rows:
            table.add_row(row["carrier"], row["number"], escape(row["agent"] or f"{default} *"))
        Console().print(table)
    else:
        typer.echo("No numbers are entered. `switchboard numbers set +35315550100 --agent NAME`")
    if default:
        typer.echo(f"Every {'other ' if rows else ''}number is answered by {default}.")


@numbers.command("set")
def set_number(
    number: _Number,
    agent: _Agent = None,
    carrier: CarrierOption = "twilio",
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let an agent answer a number, from the next call on."""
    settings = settings_from(data=data)
    whole, over = require_number(number), require_carrier(carrier)

    async def write(store: Store, tenant: Tenant) -> None:
        async with store.scope(tenant) as scope:
            if agent is not None:
                await require_agent(scope, agent)
            await assign_numbers(scope, over, [whole], agent)

    in_store(settings, write)
    if as_json:
        print_json({"carrier": over, "number": whole, "agent": agent})
    else:
        typer.echo(f"{whole} over {over} is answered by {agent or 'the default agent'}")


@numbers.command()
def unset(
    number: _Number,
    carrier: CarrierOption = "twilio",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a number; the default agent answers it from then on."""
    settings = settings_from(data=data)
    whole = require_number(number)

    async def write(store: Store, tenant: Tenant) -> None:
        async with store.scope(tenant) as scope:
            await scope.numbers.remove(carrier, whole)

    in_store(settings, write)
    if as_json:
        print_json({"carrier": carrier, "number": whole, "removed": True})
    else:
        typer.echo(f"{whole} over {carrier} is forgotten; the default agent answers it")
