"""What commands need of the store: opened by the settings, the house's tenant, errors in a line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from rich.table import Table

from server.clock import Clock
from server.commands.printing import fail
from server.config import Settings
from server.errors import AppError, NotFound
from server.secrets import HouseSecrets
from server.seed import house_tenant
from server.store.scope import Scope, Store, Tenant

__all__ = [
    "DataOption",
    "JsonOption",
    "database_file",
    "database_url",
    "in_store",
    "local",
    "nothing_stored",
    "plain_table",
    "require_agent",
]

DataOption = Annotated[Path | None, typer.Option("--data", help="The folder that holds all state.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

_FILE: Final = "switchboard.db"
_Result = TypeVar("_Result")


def database_url(settings: Settings) -> str:
    """Where the store is, as the server sees it."""
    return settings.store.database_url.get_secret_value() or f"sqlite:///{settings.data / _FILE}"


def database_file(settings: Settings) -> Path | None:
    """The store's file; None where it is no file."""
    return None if settings.store.database_url.get_secret_value() else settings.data / _FILE


def nothing_stored(settings: Settings) -> bool:
    """Whether no server has ever run on this data folder, so that there is nothing to list."""
    file = database_file(settings)
    return file is not None and not file.is_file()


def in_store(settings: Settings, work: Callable[[Store, Tenant], Awaitable[_Result]]) -> _Result:
    """Run it on the open store, which is made where there is none.

    What the user can mend is one line on the error output, and exit code 1.
    """
    try:
        return asyncio.run(_opened(settings, work))
    except (AppError, ValueError) as error:
        fail(str(error), code=1)
    except OSError as error:
        fail(f"the data folder {settings.data} cannot be used: {error}. Name another one: --data")


async def _opened(
    settings: Settings, work: Callable[[Store, Tenant], Awaitable[_Result]]
) -> _Result:
    clock = Clock()
    key = settings.store.key.get_secret_value()
    # The folder is made here too: the first command may come before the first start.
    secrets = await asyncio.to_thread(HouseSecrets.load, settings.data, clock)
    async with Store.open(
        database_url(settings), clock=clock, key=key or secrets.store_key
    ) as store:
        return await work(store, await house_tenant(store))


async def require_agent(scope: Scope, name: str) -> None:
    """Make sure that it is there.

    Raises:
        NotFound: it is not; the text names those that are.
    """
    names = [one.ref.agent_id for one in await scope.agents.all()]
    if name not in names:
        known = ", ".join(names) or "none yet: `switchboard agents publish FILE`"
        raise NotFound(f"there is no agent {name!r}; there are {known}")


def local(instant: datetime) -> str:
    """An instant in this machine's time zone, to the minute."""
    return f"{instant.astimezone():%Y-%m-%d %H:%M}"


def plain_table(*columns: str) -> Table:
    """A table without lines; long cells go on below."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
