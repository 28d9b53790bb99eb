"""A store from the outside: transactions, routing, secrets, the schema, and what it refuses."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from server.clock import Clock
from server.errors import NotFound, SchemaMismatch, StoreDown, StoreRefused
from server.store.migrate import HEAD, check_schema, migrate
from server.store.records import AgentRef
from server.store.schema import Row
from server.store.scope import Store, Tenant
from tests.server.storehouse import KEY, open_store, url_of


async def _fail_after_writing(store: Store, tenant: Tenant) -> None:
    async with store.scope(tenant) as scope:
        await scope.messages.add("lost")
        await scope.agents.newest("nobody")


@pytest.mark.requirement("store:scope:one-transaction")
async def test_a_scope_that_fails_leaves_nothing(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, tenant):
        with pytest.raises(NotFound):
            await _fail_after_writing(store, tenant)
        async with store.scope(tenant) as scope:
            await scope.messages.add("kept")
        async with store.view(tenant) as scope:
            assert [message.text for message in await scope.messages.recent()] == ["kept"]


async def test_a_view_cannot_write(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, tenant):
        with pytest.raises(StoreRefused, match="only reads"):
            async with store.view(tenant) as scope:
                await scope.messages.add("no")
        with pytest.raises(NotFound):
            async with store.view(tenant) as scope:
                await scope.agents.make_default("nobody")


async def _count(store: Store, tenant: Tenant, times: int) -> None:
    for _ in range(times):
        async with store.scope(tenant) as scope:
            newest = await scope.agents.newest("a")
            await scope.agents.publish("a", str(int(newest.spec_yaml) + 1))


def _count_in_process(folder: str, times: int) -> None:
    async def count() -> None:
        async with open_store(Path(folder)) as (store, tenant), asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(_count(store, tenant, times))

    asyncio.run(count())


@pytest.mark.requirement("store:writes:none-lost")
async def test_no_update_is_lost_between_tasks_and_processes(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, tenant):
        async with store.scope(tenant) as scope:
            await scope.agents.publish("a", "0")
        spawn = multiprocessing.get_context("spawn")
        other = spawn.Process(target=_count_in_process, args=(str(tmp_path), 10))
        other.start()
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            for _ in range(3):
                tasks.create_task(_count(store, tenant, 10))
            await asyncio.to_thread(other.join, 60)
        assert other.exitcode == 0
        async with store.view(tenant) as scope:
            assert (await scope.agents.newest("a")).spec_yaml == "50"


@pytest.mark.requirement("store:route:who-answers")
async def test_a_number_finds_who_answers(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, tenant):
        system = store.system()
        assert await system.route("twilio", "+1555") is None
        async with store.scope(tenant) as scope:
            await scope.agents.publish("front", "front 1")
            await scope.agents.publish("back", "back 1")
            assert await scope.agents.publish("back", "back 1") == AgentRef("back", 1)
            assert await scope.agents.publish("back", "back 2") == AgentRef("back", 2)
            await scope.numbers.assign("twilio", "+1555", "back")
            await scope.numbers.assign("twilio", "+1556")
            await scope.accounts.put("twilio", "AC1", "secret")
        found = {
            called: await system.route("twilio", called) for called in ("+1555", "+1556", "+1557")
        }
        assert {called: route and route.spec_yaml for called, route in found.items()} == {
            "+1555": "back 2",
            "+1556": "front 1",
            "+1557": "front 1",
        }
        other = await system.ensure_organization("other", "Other")
        assert await system.route("twilio", "+1557") is None
        by_account = await system.route("twilio", "+1557", account_id="AC1")
        assert by_account is not None
        assert (by_account.tenant, by_account.agent_id) == (tenant, "front")
        assert set(await system.organizations()) == {tenant, other}


async def test_versions_stay_and_the_default_can_change(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, tenant), store.scope(tenant) as scope:
        await scope.agents.publish("a", "one")
        await scope.agents.publish("a", "two")
        await scope.agents.publish("b", "bee")
        await scope.agents.make_default("b")
        assert (await scope.agents.version(AgentRef("a", 1))).spec_yaml == "one"
        assert [(one.ref, one.is_default) for one in await scope.agents.all()] == [
            (AgentRef("a", 2), False),
            (AgentRef("b", 1), True),
        ]
        with pytest.raises(NotFound, match="version 9"):
            await scope.agents.version(AgentRef("a", 9))
        with pytest.raises(NotFound, match="'c'"):
            await scope.agents.newest("c")
        await scope.numbers.assign("twilio", "+1", "a")
        await scope.numbers.assign("twilio", "+1", "b")
        assert [one.agent_id for one in await scope.numbers.all()] == ["b"]


@pytest.mark.requirement("store:secret:bound-to-its-row")
async def test_a_secret_opens_only_with_its_key_and_at_its_place(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    async with open_store(tmp_path) as (store, tenant):
        async with store.scope(tenant) as scope:
            await scope.accounts.put("twilio", "AC1", "first")
            await scope.accounts.put("twilio", "AC1", "shh")
            await scope.accounts.put("twilio", "AC2", "other")
            assert await scope.accounts.secret("twilio", "AC1") == "shh"
            assert [one.account_id for one in await scope.accounts.all()] == ["AC1", "AC2"]
            with pytest.raises(NotFound):
                await scope.accounts.secret("twilio", "AC3")
        found = await store.system().account("twilio", "AC1")
        assert found is not None
        assert (found.tenant, found.secret) == (tenant, "shh")
        assert "shh" not in repr(found)
        assert await store.system().account("twilio", "AC9") is None
    assert b"shh" not in (tmp_path / "switchboard.db").read_bytes()
    async with Store.open(url, clock=Clock(), key="1e" * 32) as store:
        with pytest.raises(StoreRefused, match="key has changed"):
            await store.system().account("twilio", "AC1")
    async with Store.open(url, clock=Clock(), key=None) as store:
        with pytest.raises(StoreRefused, match="without its key"):
            await store.system().account("twilio", "AC1")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER guard_accounts_update"))
        connection.execute(
            text(
                "UPDATE accounts SET sealed_secret = (SELECT sealed_secret FROM accounts WHERE "
                "account_id = 'AC2') WHERE account_id = 'AC1'"
            )
        )
    engine.dispose()
    async with Store.open(url, clock=Clock(), key=KEY) as store:
        with pytest.raises(StoreRefused, match="cannot be opened"):
            await store.system().account("twilio", "AC1")


@pytest.mark.parametrize("key", ["", "00", "zz" * 32, "0 " * 32])
async def test_a_key_that_is_none_is_refused_without_showing_it(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        async with Store.open(url_of(tmp_path), clock=Clock(), key=key):
            raise AssertionError("it opened")


@pytest.mark.requirement("store:schema:from-anything")
async def test_the_migrations_lead_to_the_tables(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    with pytest.raises(SchemaMismatch, match="none"):
        await check_schema(url)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(migrate(url))
    await check_schema(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Row.metadata) == []
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SchemaMismatch, match="newer than"):
        await migrate(url)


def test_the_head_is_the_newest_revision() -> None:
    versions = Path(sys.modules["server.store.migrate"].__file__ or "").parent / "migrations"
    newest = max(path.name for path in (versions / "versions").glob("0*.py"))
    assert newest.startswith(HEAD)


async def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/such/folder/x.db", "oracle://u:secret@h/d", "nonsense"):
        with pytest.raises(StoreDown) as caught:
            await migrate(url)
        assert "secret" not in str(caught.value)


def test_the_door_is_light_to_import() -> None:
    code = "import sys, server.store.scope; print('sqlalchemy' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "False"
