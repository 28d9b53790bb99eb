"""`switchboard calls`: what happened on the telephone, read from the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from server.clock import Clock
from server.commands._minutes import Minutes, print_list, print_minutes
from server.commands.printing import fail, print_json
from server.errors import AppError, NotFound
from server.store.records import CallSummary
from server.store.scope import Scope, Store

__all__ = ["calls"]

calls = typer.Typer(help="Calls: list them, or read one.", no_args_is_help=True)

_Found = TypeVar("_Found")

_DATABASE = "switchboard.db"

DataOption = Annotated[Path, typer.Option("--data", help="The folder that holds all state.")]
UrlOption = Annotated[
    str, typer.Option("--database-url", help="Database, if it is not in the data folder.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")]
ReferenceArgument = Annotated[
    str, typer.Argument(help="Id (or its beginning), the carrier's id, or `last`.")
]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the store is."""

    data: Path
    url: str


@calls.command("list")
def list_calls(
    data: DataOption = Path("data"),
    limit: LimitOption = 20,
    as_json: JsonOption = False,
    *,
    database_url: UrlOption = "",
) -> None:
    """List the newest calls."""
    newest = _run(_recent(_Place(data, database_url), limit))
    if as_json:
        print_json({"calls": [_listed(call) for call in newest]})
    else:
        print_list(Console(), newest)


@calls.command("show")
def show(
    reference: ReferenceArgument,
    data: DataOption = Path("data"),
    as_json: JsonOption = False,
    *,
    database_url: UrlOption = "",
) -> None:
    """Show one call: who, when, what was said and heard, what was done."""
    minutes = _run(_read(_Place(data, database_url), reference))
    if as_json:
        print_json(_document(minutes))
    else:
        print_minutes(Console(), minutes, data)


def _run(work: Coroutine[Any, Any, _Found]) -> _Found:
    """Run it; what the user can mend is one line on stderr."""
    try:
        return asyncio.run(work)
    except AppError as error:
        fail(str(error), code=1)


@asynccontextmanager
async def _open(place: _Place) -> AsyncIterator[Store]:
    file = place.data / _DATABASE
    if not place.url and not file.is_file():
        raise NotFound(
            f"there is no store at {file}: start the server once with --data {place.data}, "
            "or name the folder that it uses with --data"
        )
    url = place.url or f"sqlite:///{file}"
    async with Store.open(url, clock=Clock(), key=None, migrate=False) as store:
        yield store


async def _recent(place: _Place, limit: int) -> tuple[CallSummary, ...]:
    found: list[CallSummary] = []
    async with _open(place) as store:
        for tenant in await store.system().organizations():
            async with store.view(tenant) as scope:
                found += await scope.calls.recent(limit)
    found.sort(key=lambda call: call.times.started_at, reverse=True)
    return tuple(found[:limit])


async def _read(place: _Place, reference: str) -> Minutes:
    found: list[Minutes] = []
    async with _open(place) as store:
        for tenant in await store.system().organizations():
            async with store.view(tenant) as scope:
                found += await _minutes_of(scope, reference)
    if not found and reference == "last":
        raise NotFound(f"there is no call in {place.url or place.data / _DATABASE} yet")
    if not found:
        raise NotFound(
            f"no call, or more than one, is named {reference!r} in "
            f"{place.url or place.data / _DATABASE}; `switchboard calls list` shows the ids"
        )
    return max(found, key=lambda minutes: minutes.call.summary.times.started_at)


async def _minutes_of(scope: Scope, reference: str) -> list[Minutes]:
    call = await scope.calls.find(reference)
    if call is None:
        return []
    call_id = call.summary.call_id
    appointments = await scope.appointments.of_call(call_id)
    return [Minutes(call, appointments, await scope.messages.of_call(call_id))]


def _listed(call: CallSummary) -> dict[str, Any]:
    times = {name: instant and instant.isoformat() for name, instant in asdict(call.times).items()}
    return {**asdict(call), "times": times, "duration_s": call.times.duration_s}


def _document(minutes: Minutes) -> dict[str, Any]:
    call = minutes.call
    return {
        **_listed(call.summary),
        "turns": [asdict(turn) for turn in call.turns],
        "tools": [asdict(tool) for tool in call.tools],
        "events": [asdict(one) for one in call.events],
        "appointments": [
            asdict(one)
            | {"starts_at": one.starts_at.isoformat(), "ends_at": one.ends_at.isoformat()}
            for one in minutes.appointments
        ],
        "messages": [
            asdict(one) | {"created_at": one.created_at.isoformat()} for one in minutes.messages
        ],
    }
