"""The only door to data: a proved tenant, its transaction, and what can be reached in it.

Light to import: SQLAlchemy is loaded when a store is opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from server.clock import Clock
from server.store.records import Stamp

if TYPE_CHECKING:
    from server.store.accounts import AccountRepository
    from server.store.agents import AgentRepository
    from server.store.appointments import AppointmentRepository
    from server.store.calls import CallRepository
    from server.store.database import Database
    from server.store.messages import MessageRepository
    from server.store.numbers import NumberRepository
    from server.store.system import SystemScope

__all__ = ["FoundAccount", "Route", "Scope", "Store", "Tenant", "UnfinishedCall"]


@final
class Tenant:
    """An organisation that an edge has proved to be the one asking. A value."""

    __slots__ = ("_organization_id",)
    _organization_id: str

    def __init__(self) -> None:
        raise TypeError("a tenant is proved at an edge, by Tenant.proved")

    @classmethod
    def proved(cls, organization_id: str) -> Tenant:
        """For edges only: after a signature, a key, a dialled number or our own journal said so."""
        tenant = object.__new__(cls)
        tenant._organization_id = organization_id
        return tenant

    @property
    def organization_id(self) -> str:
        """Its organisation's id."""
        return self._organization_id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tenant) and other._organization_id == self._organization_id

    def __hash__(self) -> int:
        return hash((Tenant, self._organization_id))

    def __repr__(self) -> str:
        return f"Tenant({self._organization_id})"


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers a number."""

    tenant: Tenant
    agent_id: str
    version: int
    spec_yaml: str


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """A carrier account, whose it is, and its secret."""

    tenant: Tenant
    carrier: str
    account_id: str
    secret: str

    def __repr__(self) -> str:
        return f"FoundAccount({self.tenant}, {self.carrier}, {self.account_id})"


@dataclass(frozen=True, slots=True)
class UnfinishedCall:
    """A call whose end was never written down."""

    tenant: Tenant
    last: Stamp
    """Its last fact."""
    recording_path: str


@dataclass(frozen=True, slots=True)
class Scope:
    """One transaction of one tenant. Leaving it cleanly commits it, once."""

    calls: CallRepository
    agents: AgentRepository
    numbers: NumberRepository
    appointments: AppointmentRepository
    messages: MessageRepository
    accounts: AccountRepository


class Store:
    """An open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, clock: Clock, key: str | None, migrate: bool = True
    ) -> AsyncIterator[Store]:
        """Open it for as long as the block lasts.

        `url`: `sqlite:///FILE`. `key`: 256 bits as 64 hexadecimal digits, seals carrier secrets;
        None where none will be touched.
        `migrate`: bring the schema up to date; else it must be.

        Raises:
            StoreDown: it cannot be opened.
            SchemaMismatch: its schema is not ours.
        """
        # SQLAlchemy takes half a second to import, and only an open store needs it.
        from server.store.database import open_database

        async with open_database(url, clock=clock, key=key, upgrade=migrate) as database:
            yield cls(database)

    def scope(self, tenant: Tenant) -> AbstractAsyncContextManager[Scope]:
        """A transaction that may write. It holds the write lock: keep it short, never nest it.

        Raises:
            StoreDown: the database does not answer now.
            StoreRefused: it does not take what was written.
        """
        return self._database.scope(tenant)

    def view(self, tenant: Tenant) -> AbstractAsyncContextManager[Scope]:
        """A transaction that only reads, and waits for no writer.

        Raises:
            StoreDown: the database does not answer now.
            StoreRefused: something was to be written.
        """
        return self._database.view(tenant)

    def system(self) -> SystemScope:
        """The few things that are done across tenants."""
        return self._database.system()
