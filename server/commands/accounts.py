"""`switchboard accounts`: access to carriers. Secrets go in sealed, and never come out again."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from server.commands.numbers import require_carrier
from server.commands.office import (
    DataOption,
    JsonOption,
    in_store,
    local,
    nothing_stored,
    plain_table,
)
from server.commands.printing import fail, print_json, settings_from
from server.store.scope import Store, Tenant

__all__ = ["accounts"]

accounts = typer.Typer(help="Carrier accounts: add, list, remove.", no_args_is_help=True)

_SHAPES: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "twilio": (re.compile(r"AC[0-9a-f]{32}"), "AC and 32 hexadecimal digits"),
}
"""Carrier to the form of its account ids (telephony.md 1.1), and that in words."""

_Carrier = Annotated[str, typer.Argument(help="The carrier, such as twilio.")]
_Account = Annotated[str, typer.Argument(help="The account's id, such as AC...")]
_SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", help="File that holds the auth token; `-` reads it from stdin."),
]


@accounts.command()
def add(
    carrier: _Carrier,
    account: _Account,
    secret_file: _SecretFile = None,
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Add an account, or change its auth token. Asks for the token, unless it is in a file."""
    settings = settings_from(data=data)
    require_carrier(carrier)
    _require_shape(carrier, account)
    secret = _secret(secret_file)

    async def write(store: Store, tenant: Tenant) -> bool:
        async with store.scope(tenant) as scope:
            names = {(one.carrier, one.account_id) for one in await scope.accounts.all()}
            await scope.accounts.put(carrier, account, secret)
            return (carrier, account) not in names

    is_new = in_store(settings, write)
    if as_json:
        print_json({"carrier": carrier, "account": account, "added": is_new})
    else:
        done = "is added" if is_new else "has its new token"
        typer.echo(f"{carrier} account {account} {done}; the token is sealed in the store")


@accounts.command("list")
def list_accounts(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the accounts, without their secrets."""
    settings = settings_from(data=data)

    async def read(store: Store, tenant: Tenant) -> list[dict[str, Any]]:
        async with store.view(tenant) as scope:
            return [
                {"carrier": a.carrier, "account": a.account_id, "added_at": a.created_at}
                for a in await scope.accounts.all()
            ]

    rows = [] if nothing_stored(settings) else in_store(settings, read)
    if as_json:
        documents = [{**row, "added_at": row["added_at"].isoformat()} for row in rows]
        print_json({"accounts": documents})
    elif not rows:
        typer.echo("No accounts yet. `switchboard accounts add twilio AC...` adds yours.")
    else:
        table = plain_table("carrier", "account", "added")
        for row in rows:
            table.add_row(row["carrier"], escape(row["account"]), local(row["added_at"]))
        Console().print(table)


@accounts.command()
def remove(
    carrier: _Carrier, account: _Account, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Forget an account; its webhooks are refused from then on."""
    settings = settings_from(data=data)

    async def write(store: Store, tenant: Tenant) -> None:
        async with store.scope(tenant) as scope:
            await scope.accounts.remove(carrier, account)

    in_store(settings, write)
    if as_json:
        print_json({"carrier": carrier, "account": account, "removed": True})
    else:
        typer.echo(f"{carrier} account {account} is removed")


def _require_shape(carrier: str, account: str) -> None:
    shape = _SHAPES.get(carrier)
    if shape is not None and not shape[0].fullmatch(account):
        fail(
            f"{account!r} is no {carrier} account id, which is {shape[1]}. "
            "Copy it from the carrier's console"
        )


def _secret(file: Path | None) -> str:
    """The auth token: from the file, from standard input, or typed without being shown."""
    if file is None:
        secret = str(typer.prompt("Auth token", hide_input=True, err=True))
    else:
        try:
            secret = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"the secret cannot be read from {file}: {error}. Name a text file, or `-`")
    secret = secret.strip()
    if not secret or any(character.isspace() for character in secret):
        fail("the auth token must be one word. Nothing was stored")
    return secret
