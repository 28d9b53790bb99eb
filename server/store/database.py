"""Opens the database and hands out transactions, each for one tenant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from server.clock import Clock
from server.errors import StoreDown, StoreRefused
from server.store.accounts import AccountRepository
from server.store.agents import AgentRepository
from server.store.appointments import AppointmentRepository
from server.store.calls import CallRepository
from server.store.dialects import DatabaseModule, database_module
from server.store.isolation import ORGANIZATION, READ_ONLY, OwnedSession
from server.store.messages import MessageRepository
from server.store.migrate import check_schema, migrate
from server.store.numbers import NumberRepository
from server.store.scope import Scope, Tenant
from server.store.system import SystemScope
from server.store.vault import Vault

__all__ = ["Database", "open_database"]


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: its two engines and what the repositories need."""

    module: DatabaseModule
    writer: AsyncEngine
    reader: AsyncEngine
    clock: Clock
    vault: Vault

    @asynccontextmanager
    async def scope(self, tenant: Tenant) -> AsyncIterator[Scope]:
        """A transaction that may write."""
        async with self.session(tenant, write=True) as session:
            yield self._offer(session, tenant)

    @asynccontextmanager
    async def view(self, tenant: Tenant) -> AsyncIterator[Scope]:
        """A transaction that only reads."""
        async with self.session(tenant, write=False) as session:
            yield self._offer(session, tenant)

    def system(self) -> SystemScope:
        """The door for what is done across tenants."""
        return SystemScope(self._system_session, self.clock, self.vault)

    def _offer(self, session: AsyncSession, tenant: Tenant) -> Scope:
        return Scope(
            calls=CallRepository(session),
            agents=AgentRepository(session, self.clock),
            numbers=NumberRepository(session),
            appointments=AppointmentRepository(session, self.clock, tenant),
            messages=MessageRepository(session, self.clock),
            accounts=AccountRepository(session, self.clock, self.vault, tenant),
        )

    @asynccontextmanager
    async def session(self, tenant: Tenant, *, write: bool) -> AsyncIterator[AsyncSession]:
        """A tenant's transaction before repositories stand on it; for the store itself."""
        engine = self.writer if write else self.reader
        about = {ORGANIZATION: tenant.organization_id, READ_ONLY: not write}
        with _blamed():
            async with (
                AsyncSession(
                    engine,
                    sync_session_class=OwnedSession,
                    expire_on_commit=False,
                    info=about,
                ) as session,
                session.begin(),
            ):
                connection = await session.connection()
                await connection.run_sync(self.module.bind_organization, tenant.organization_id)
                yield session

    @asynccontextmanager
    async def _system_session(self, *, write: bool = False) -> AsyncIterator[AsyncSession]:
        engine = self.writer if write else self.reader
        with _blamed():
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                yield session


@contextmanager
def _blamed() -> Iterator[None]:
    """Say whether the database is down or the row is wrong."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreDown("the database does not answer: all connections are busy") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        raise StoreDown(f"the database does not answer: {error.orig}") from error
    except StatementError as error:
        raise StoreRefused(f"the store does not take this row: {error.orig}") from error


@asynccontextmanager
async def open_database(
    url: str, *, clock: Clock, key: str | None, upgrade: bool
) -> AsyncIterator[Database]:
    """Engines that live as long as the block.

    Raises:
        StoreDown: it cannot be opened.
        SchemaMismatch: its schema is not ours.
    """
    module, parsed = database_module(url)
    vault = Vault(key, clock)
    await (migrate(url) if upgrade else check_schema(url))
    writer, reader = module.open_writer(parsed), module.open_reader(parsed)
    try:
        yield Database(module, writer, reader, clock, vault)
    finally:
        await writer.dispose()
        await reader.dispose()
