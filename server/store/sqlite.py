"""SQLite: the settings under which it loses nothing, and the triggers that guard the tenants.

The only file that knows this database. Another database is another module with the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

__all__ = [
    "SCHEME",
    "bind_organization",
    "migration_engine",
    "open_reader",
    "open_writer",
    "second_wall",
]

SCHEME = "sqlite"

_ORGANIZATION = "organization"
_BUSY_MS = 10_000
"""How long a writer waits for another process (foundations.md 1.2)."""
_POOL_WAIT_S = 15.0
_READERS = 4
_SETTINGS = (
    f"PRAGMA busy_timeout={_BUSY_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
)


def open_writer(url: URL) -> AsyncEngine:
    """Every transaction holds the write lock from its begin: deferred ones lose updates.

    One connection: writers of this process queue in the pool, in order, instead of spinning.
    """
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=1,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        hide_parameters=True,
    )
    _settle(engine.sync_engine, "BEGIN IMMEDIATE", _SETTINGS)
    return engine


def open_reader(url: URL) -> AsyncEngine:
    """Readers never wait for the writer, and cannot write."""
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=_READERS,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        hide_parameters=True,
    )
    _settle(engine.sync_engine, "BEGIN", (*_SETTINGS, "PRAGMA query_only=ON"))
    return engine


def migration_engine(url: URL) -> Engine:
    """One blocking transaction, in which a second process waits for the first to finish.

    Foreign keys are off, as they must be where tables are rebuilt.
    """
    engine = create_engine(url.set(drivername="sqlite"))
    _settle(engine, "BEGIN IMMEDIATE", _SETTINGS[:-1])
    return engine


def _settle(engine: Engine, begin: str, settings: Iterable[str]) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        # The driver's own transactions are off, so that ours begin as they say.
        connection.isolation_level = None
        whose: dict[str, str | None] = {_ORGANIZATION: None}
        record.info[_ORGANIZATION] = whose
        connection.create_function("current_organization", 0, lambda: whose[_ORGANIZATION])
        cursor = connection.cursor()
        for setting in settings:
            cursor.execute(setting)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "checkin")
    def _returned(_connection: Any, record: Any) -> None:
        if _ORGANIZATION in record.info:
            record.info[_ORGANIZATION][_ORGANIZATION] = None


def bind_organization(connection: Connection, organization_id: str) -> None:
    """For as long as the connection is borrowed, only rows of this organisation can be written."""
    connection.connection.info[_ORGANIZATION][_ORGANIZATION] = organization_id


def second_wall(connection: Connection, tables: Iterable[str]) -> None:
    """Triggers that refuse writes to another organisation's rows, whatever statement tries.

    Installed after every migration, since rebuilding a table drops its triggers.
    """
    sides = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
    for table in tables:
        for verb, rows in sides.items():
            name = f"guard_{table}_{verb.lower()}"
            foreign = " OR ".join(
                f"{row}.organization_id IS NOT current_organization()" for row in rows
            )
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            connection.execute(
                text(
                    f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {foreign} "
                    "BEGIN SELECT RAISE(ABORT, 'row of another organization'); END"
                )
            )
