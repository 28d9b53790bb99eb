"""Two organisations never meet: proved for every owned table, from the schema itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Executable, Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from server.clock import Clock
from server.errors import StoreRefused
from server.store.database import Database, open_database
from server.store.schema import Owned, Row, UtcDateTime, owned_tables
from server.store.scope import Tenant
from tests.server.storehouse import KEY, NOON, url_of

OURS, THEIRS = Tenant.proved("ours"), Tenant.proved("theirs")
MODELS: dict[str, Any] = {
    cast(Table, mapper.local_table).name: mapper.class_
    for mapper in Row.registry.mappers
    if issubclass(mapper.class_, Owned)
}


def _values(table: Table, organization: str) -> dict[str, Any]:
    """A row of any table; keys are named after the organisation and what they point at."""
    plain: dict[type, Any] = {int: 1, float: 1.0, bool: False, bytes: b"x", dict: {}}
    made: dict[str, Any] = {}
    for column in table.columns:
        if isinstance(column.type, UtcDateTime):
            made[column.name] = NOON
        else:
            made[column.name] = plain.get(column.type.python_type, f"{organization}-x")
        if column.name == "call_id" or (table.name == "calls" and column.name == "id"):
            made[column.name] = f"{organization}-call"
        if column.name == "agent_id" or (table.name == "agents" and column.name == "id"):
            made[column.name] = f"{organization}-agent"
    return made | {"organization_id": organization}


async def _seed(opened: Database, tenant: Tenant) -> None:
    await opened.system().ensure_organization(tenant.organization_id, "x")
    async with opened.session(tenant, write=True) as session:
        for name in owned_tables():
            session.add(MODELS[name](**_values(Row.metadata.tables[name], tenant.organization_id)))
            await session.flush()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Both organisations with one row in each owned table."""
    async with open_database(url_of(tmp_path), clock=Clock(), key=KEY, upgrade=True) as opened:
        for tenant in (OURS, THEIRS):
            await _seed(opened, tenant)
        yield opened


async def _raw(database: Database, tenant: Tenant | None, statement: Any) -> None:
    async with database.writer.begin() as connection:
        if tenant is not None:
            await connection.run_sync(database.module.bind_organization, tenant.organization_id)
        await connection.execute(statement)


async def _theirs(database: Database, name: str) -> list[dict[str, Any]]:
    table = Row.metadata.tables[name]
    async with database.reader.begin() as connection:
        rows = await connection.execute(select(table).where(table.c.organization_id == "theirs"))
        return [dict(row._mapping) for row in rows]


@pytest.mark.requirement("store:tenant:rows-apart")
@pytest.mark.parametrize("name", owned_tables())
async def test_a_tenant_sees_its_own_rows_only(database: Database, name: str) -> None:
    model = MODELS[name]
    key = {column.key: getattr(model, column.key) for column in model.__table__.primary_key}
    theirs = _values(Row.metadata.tables[name], "theirs")
    async with database.session(OURS, write=False) as session:
        assert {row.organization_id for row in await session.scalars(select(model))} == {"ours"}
        assert await session.get(model, {part: theirs[part] for part in key}) is None


@pytest.mark.requirement("store:tenant:rows-apart")
@pytest.mark.parametrize("name", owned_tables())
async def test_updates_and_deletes_reach_own_rows_only(database: Database, name: str) -> None:
    model, before = MODELS[name], await _theirs(database, name)
    free = next(one.key for one in model.__table__.columns if not one.primary_key)
    async with database.session(OURS, write=True) as session:
        own = _values(Row.metadata.tables[name], "ours")
        await session.execute(update(model).values({free: own[free]}))
        if name not in ("calls", "agents"):
            await session.execute(delete(model))
    assert await _theirs(database, name) == before


@pytest.mark.requirement("store:tenant:rows-apart")
@pytest.mark.parametrize("name", owned_tables())
async def test_a_row_for_another_tenant_is_refused(database: Database, name: str) -> None:
    with pytest.raises(StoreRefused):
        async with database.session(OURS, write=True) as session:
            session.add(MODELS[name](**_values(Row.metadata.tables[name], "theirs")))


@pytest.mark.requirement("store:tenant:rows-apart")
@pytest.mark.parametrize("name", owned_tables())
async def test_statements_that_cannot_be_narrowed_are_refused(
    database: Database, name: str
) -> None:
    table = Row.metadata.tables[name]
    statements: list[Executable] = [
        select(table),
        text(f"SELECT * FROM {name}"),
        insert(MODELS[name]).values(_values(table, "theirs")),
    ]
    for statement in statements:
        with pytest.raises(StoreRefused):
            async with database.session(OURS, write=True) as session:
                await session.execute(statement)


@pytest.mark.requirement("store:tenant:database-refuses")
@pytest.mark.parametrize("tenant", [OURS, None], ids=["another", "nobody"])
@pytest.mark.parametrize("name", owned_tables())
async def test_the_database_refuses_foreign_writes(
    database: Database, name: str, tenant: Tenant | None
) -> None:
    table, before = Row.metadata.tables[name], await _theirs(database, name)
    foreign = table.c.organization_id == "theirs"
    statements = [
        update(table).where(foreign).values(organization_id="ours"),
        update(table).where(foreign).values(organization_id="theirs"),
        delete(table).where(foreign),
        insert(table).values(_values(table, "theirs")),
    ]
    for statement in statements:
        with pytest.raises(IntegrityError, match="row of another organization"):
            await _raw(database, tenant, statement)
    assert await _theirs(database, name) == before


@pytest.mark.requirement("store:tenant:rows-apart")
async def test_a_row_cannot_point_at_another_tenants_row(database: Database) -> None:
    with pytest.raises(StoreRefused, match="FOREIGN KEY"):
        async with database.scope(OURS) as scope:
            await scope.numbers.assign("twilio", "+15550009", "theirs-agent")


async def test_a_connection_forgets_whom_it_served(database: Database) -> None:
    async with database.scope(OURS) as scope:
        await scope.numbers.assign("twilio", "+15550001")
    with pytest.raises(IntegrityError, match="row of another organization"):
        await _raw(database, None, text("DELETE FROM numbers WHERE organization_id = 'ours'"))


def test_a_tenant_cannot_be_made_up() -> None:
    with pytest.raises(TypeError, match="proved"):
        Tenant()
    assert Tenant.proved("a") == Tenant.proved("a") != Tenant.proved("b")
    assert len({Tenant.proved("a"), Tenant.proved("a")}) == 1
