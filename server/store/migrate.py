"""Brings a database to the schema of this version, from wherever it is.

Alembic is imported only when there is something to do: a start must not pay for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DatabaseError

from server.errors import SchemaMismatch, StoreDown
from server.store.dialects import DatabaseModule, database_module
from server.store.schema import owned_tables

__all__ = ["HEAD", "check_schema", "migrate"]

HEAD = "0001"
"""The newest revision in `migrations/versions`."""

_SCRIPTS = Path(__file__).parent / "migrations"


async def migrate(url: str) -> None:
    """Upgrade to `HEAD`. Two processes may do it at once; one waits for the other.

    Raises:
        StoreDown: the database cannot be opened.
        SchemaMismatch: it was made by a newer version.
    """
    await asyncio.to_thread(_with_connection, url, _upgrade)


async def check_schema(url: str) -> None:
    """Make sure that the database is at `HEAD`, without touching it.

    Raises:
        StoreDown: the database cannot be opened.
        SchemaMismatch: it has another schema.
    """
    await asyncio.to_thread(_with_connection, url, _require_head)


def _with_connection(url: str, work: Callable[[Connection, DatabaseModule], None]) -> None:
    module, parsed = database_module(url)
    engine = module.migration_engine(parsed)
    try:
        with engine.begin() as connection:
            work(connection, module)
    except DatabaseError as error:
        raise StoreDown(f"the database cannot be opened: {error.orig}") from error
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found if isinstance(found, str) else None


def _require_head(connection: Connection, _module: DatabaseModule) -> None:
    found = _revision(connection)
    if found != HEAD:
        raise SchemaMismatch(
            f"the database has schema {found or 'none'}, this version needs {HEAD}; "
            "start the server once, which brings it up to date"
        )


def _upgrade(connection: Connection, module: DatabaseModule) -> None:
    found = _revision(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise SchemaMismatch(
            f"the database has schema {found}, newer than {HEAD} of this version; "
            "run the version that made it, or restore a backup"
        )
    # Alembic takes a tenth of a second to import, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    module.second_wall(connection, owned_tables())
