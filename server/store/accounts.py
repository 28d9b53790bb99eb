"""Access to carriers; secrets are sealed before they reach the database."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.clock import Clock
from server.errors import NotFound
from server.store.records import AccountRecord
from server.store.schema import Account
from server.store.scope import Tenant
from server.store.vault import Place, Vault

__all__ = ["AccountRepository", "place_of"]


def place_of(organization_id: str, carrier: str, account_id: str) -> Place:
    """Where an account's secret lives."""
    return Place(organization_id, Account.__tablename__, f"{carrier}/{account_id}", "secret")


class AccountRepository:
    """The tenant's carrier accounts."""

    def __init__(self, session: AsyncSession, clock: Clock, vault: Vault, tenant: Tenant) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._organization_id = tenant.organization_id

    async def put(self, carrier: str, account_id: str, secret: str) -> None:
        """Add an account, or change its secret.

        Raises:
            StoreRefused: another organisation has it; raised when the scope is left.
        """
        sealed = self._vault.seal(secret, place_of(self._organization_id, carrier, account_id))
        row = await self._find(carrier, account_id)
        if row is not None:
            row.sealed_secret = sealed
            return
        self._session.add(
            Account(
                carrier=carrier,
                account_id=account_id,
                sealed_secret=sealed,
                created_at=self._clock.wall(),
            )
        )

    async def secret(self, carrier: str, account_id: str) -> str:
        """The account's secret.

        Raises:
            NotFound: no such account.
            StoreRefused: it was sealed with another key.
        """
        row = await self._find(carrier, account_id)
        if row is None:
            raise NotFound(f"there is no {carrier} account {account_id}")
        place = place_of(self._organization_id, carrier, account_id)
        return self._vault.open(row.sealed_secret, place)

    async def all(self) -> tuple[AccountRecord, ...]:
        """All accounts, by carrier."""
        rows = await self._session.scalars(
            select(Account).order_by(Account.carrier, Account.account_id)
        )
        return tuple(AccountRecord(row.carrier, row.account_id, row.created_at) for row in rows)

    async def remove(self, carrier: str, account_id: str) -> None:
        """Forget an account: its webhooks are refused from now on.

        Raises:
            NotFound: no such account.
        """
        row = await self._find(carrier, account_id)
        if row is None:
            raise NotFound(f"there is no {carrier} account {account_id}")
        await self._session.delete(row)
        await self._session.flush()

    async def _find(self, carrier: str, account_id: str) -> Account | None:
        return await self._session.scalar(
            select(Account).where(Account.carrier == carrier, Account.account_id == account_id)
        )
