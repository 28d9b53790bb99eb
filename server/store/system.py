"""What is done across tenants: finding out who somebody is. Nothing owned is written here."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.clock import Clock
from server.store.accounts import place_of
from server.store.records import Stamp
from server.store.schema import Account, Agent, AgentVersion, Call, Number, Organization
from server.store.scope import FoundAccount, Route, Tenant, UnfinishedCall
from server.store.vault import Vault

__all__ = ["SystemScope"]


class SessionOpener(Protocol):
    """Opens a transaction that is not narrowed."""

    def __call__(self, *, write: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        """Commits on clean exit."""


class SystemScope:
    """The narrow door between tenants; each method is a transaction of its own."""

    def __init__(self, session: SessionOpener, clock: Clock, vault: Vault) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault

    async def ensure_organization(self, organization_id: str, name: str) -> Tenant:
        """The organisation with that id, made if it is missing. For the start of the process."""
        async with self._session(write=True) as session:
            if await session.get(Organization, organization_id) is None:
                now = self._clock.wall()
                session.add(Organization(id=organization_id, name=name, created_at=now))
        return Tenant.proved(organization_id)

    async def organizations(self) -> tuple[Tenant, ...]:
        """All of them, oldest first."""
        async with self._session() as session:
            rows = await session.scalars(
                select(Organization.id).order_by(Organization.created_at, Organization.id)
            )
            return tuple(map(Tenant.proved, rows))

    async def account(self, carrier: str, account_id: str) -> FoundAccount | None:
        """Whose account this is; None when nobody's."""
        async with self._session() as session:
            row = await session.scalar(
                select(Account).where(Account.carrier == carrier, Account.account_id == account_id)
            )
        if row is None:
            return None
        place = place_of(row.organization_id, carrier, account_id)
        secret = self._vault.open(row.sealed_secret, place)
        return FoundAccount(Tenant.proved(row.organization_id), carrier, account_id, secret)

    async def route(self, carrier: str, called: str, *, account_id: str = "") -> Route | None:
        """Who answers a number.

        The number's own agent; else the default agent of its organisation; for a number that
        nobody has entered, the default agent of the account's owner, and without an account that
        of the only organisation there is. None when that leads nowhere.
        """
        async with self._session() as session:
            number = await session.scalar(
                select(Number).where(Number.carrier == carrier, Number.number == called)
            )
            if number is not None:
                return await _newest(session, number.organization_id, number.agent_id)
            owner = await _owner(session, carrier, account_id)
            return None if owner is None else await _newest(session, owner, None)

    async def unfinished(self, writer: str) -> tuple[UnfinishedCall, ...]:
        """Calls in that process's journal which have no end."""
        async with self._session() as session:
            rows = await session.scalars(
                select(Call).where(Call.writer == writer, Call.ended_at.is_(None))
            )
            return tuple(
                UnfinishedCall(
                    Tenant.proved(row.organization_id),
                    Stamp(row.id, row.last_seq, _later(row.last_fact_at, row.started_at)),
                    row.recording_path,
                )
                for row in rows
            )


def _later(one: datetime, other: datetime) -> datetime:
    return max(one, other)


async def _owner(session: AsyncSession, carrier: str, account_id: str) -> str | None:
    if account_id:
        return await session.scalar(
            select(Account.organization_id).where(
                Account.carrier == carrier, Account.account_id == account_id
            )
        )
    everyone = (await session.scalars(select(Organization.id).limit(2))).all()
    return everyone[0] if len(everyone) == 1 else None


async def _newest(
    session: AsyncSession, organization_id: str, agent_id: str | None
) -> Route | None:
    if agent_id is None:
        agent_id = await session.scalar(
            select(Agent.id).where(
                Agent.organization_id == organization_id, Agent.is_default.is_(True)
            )
        )
    row = await session.scalar(
        select(AgentVersion)
        .where(AgentVersion.organization_id == organization_id, AgentVersion.agent_id == agent_id)
        .order_by(AgentVersion.version.desc())
        .limit(1)
    )
    if row is None:
        return None
    return Route(Tenant.proved(organization_id), row.agent_id, row.version, row.spec_yaml)
