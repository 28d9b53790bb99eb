"""Which module serves which database; the seam at which the next one is added."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine

from server.errors import StoreDown
from server.store import sqlite

__all__ = ["DatabaseModule", "database_module"]


class DatabaseModule(Protocol):
    """What a database's module offers."""

    @property
    def SCHEME(self) -> str:
        """How its addresses begin."""

    def open_writer(self, url: URL) -> AsyncEngine:
        """Connections whose transactions may write."""

    def open_reader(self, url: URL) -> AsyncEngine:
        """Connections whose transactions cannot write."""

    def migration_engine(self, url: URL) -> Engine:
        """A blocking connection that may change the schema."""

    def bind_organization(self, connection: Connection, organization_id: str) -> None:
        """Narrow what the borrowed connection may touch."""

    def second_wall(self, connection: Connection, tables: Iterable[str]) -> None:
        """Guard the tables inside the database too."""


def database_module(url: str) -> tuple[DatabaseModule, URL]:
    """The module for an address, and the address parsed.

    Raises:
        StoreDown: it is no address of a database that we know; the text never holds its password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreDown("the database's address cannot be read; write sqlite:///FILE") from None
    modules: dict[str, DatabaseModule] = {sqlite.SCHEME: sqlite}
    module = modules.get(parsed.get_backend_name())
    if module is None:
        raise StoreDown(
            f"no database of kind {parsed.get_backend_name()!r}; there is {', '.join(modules)}"
        )
    return module, parsed
