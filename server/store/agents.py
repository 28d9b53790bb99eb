"""Agents and their published versions."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.clock import Clock
from server.errors import NotFound
from server.store.records import AgentRecord, AgentRef
from server.store.schema import Agent, AgentVersion

__all__ = ["AgentRepository"]


class AgentRepository:
    """The tenant's agents."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def publish(self, agent_id: str, spec_yaml: str) -> AgentRef:
        """Publish a version; text that is the newest version already is not published again.

        The organisation's first agent becomes its default.
        """
        agent = await self._session.scalar(select(Agent).where(Agent.id == agent_id))
        now = self._clock.wall()
        if agent is None:
            first = await self._session.scalar(select(Agent.id).limit(1)) is None
            self._session.add(Agent(id=agent_id, is_default=first, created_at=now))
            await self._session.flush()
        newest = await self._newest(agent_id)
        if newest is not None and newest.spec_yaml == spec_yaml:
            return AgentRef(agent_id, newest.version)
        version = 1 if newest is None else newest.version + 1
        self._session.add(
            AgentVersion(agent_id=agent_id, version=version, spec_yaml=spec_yaml, published_at=now)
        )
        await self._session.flush()
        return AgentRef(agent_id, version)

    async def make_default(self, agent_id: str) -> None:
        """It answers from now on where no other agent is named.

        Raises:
            NotFound: there is no such agent.
        """
        if await self._session.scalar(select(Agent.id).where(Agent.id == agent_id)) is None:
            raise NotFound(f"there is no agent {agent_id!r}")
        await self._session.execute(update(Agent).values(is_default=Agent.id == agent_id))

    async def newest(self, agent_id: str) -> AgentRecord:
        """The version that answers now.

        Raises:
            NotFound: there is no such agent.
        """
        row = await self._newest(agent_id)
        if row is None:
            raise NotFound(f"there is no agent {agent_id!r}")
        return await self._record(row)

    async def version(self, ref: AgentRef) -> AgentRecord:
        """A version, however old.

        Raises:
            NotFound: there is none.
        """
        row = await self._session.scalar(
            select(AgentVersion).where(
                AgentVersion.agent_id == ref.agent_id, AgentVersion.version == ref.version
            )
        )
        if row is None:
            raise NotFound(f"there is no version {ref.version} of agent {ref.agent_id!r}")
        return await self._record(row)

    async def all(self) -> tuple[AgentRecord, ...]:
        """The newest version of every agent, by name."""
        names = await self._session.scalars(select(Agent.id).order_by(Agent.id))
        return tuple([await self.newest(name) for name in names])

    async def _newest(self, agent_id: str) -> AgentVersion | None:
        return await self._session.scalar(
            select(AgentVersion)
            .where(AgentVersion.agent_id == agent_id)
            .order_by(AgentVersion.version.desc())
            .limit(1)
        )

    async def _record(self, row: AgentVersion) -> AgentRecord:
        is_default = await self._session.scalar(
            select(Agent.is_default).where(Agent.id == row.agent_id)
        )
        ref = AgentRef(row.agent_id, row.version)
        return AgentRecord(ref, row.spec_yaml, row.published_at, bool(is_default))
