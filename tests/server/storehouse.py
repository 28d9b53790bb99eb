"""Opens stores for tests: real ones, on SQLite, in the test's own folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from server.clock import Clock
from server.store.scope import Store, Tenant

__all__ = ["KEY", "NOON", "open_store", "url_of"]

KEY = "0f" * 32
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def url_of(folder: Path) -> str:
    """The address of the test's database."""
    return f"sqlite:///{folder / 'switchboard.db'}"


@asynccontextmanager
async def open_store(folder: Path) -> AsyncIterator[tuple[Store, Tenant]]:
    """A store with one organisation."""
    async with Store.open(url_of(folder), clock=Clock(), key=KEY) as store:
        yield store, await store.system().ensure_organization("ours", "Ours")
