"""The tables. A row of an organisation carries its id in every key, so none can point elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Dialect,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import MetaData, SchemaItem

__all__ = [
    "Account",
    "Agent",
    "AgentVersion",
    "Appointment",
    "Call",
    "CallEvent",
    "Message",
    "Number",
    "Organization",
    "Owned",
    "Row",
    "ToolCall",
    "Turn",
    "UtcDateTime",
    "owned_tables",
]


class UtcDateTime(TypeDecorator[datetime]):
    """Aware instants in UTC, on databases with and without time zones."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC.

        Raises:
            ValueError: the instant is not aware, so nobody knows when it is.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Row(DeclarativeBase):
    """A row of any table."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        str: String(128),
        bytes: LargeBinary(),
    }


class Owned:
    """What every table of an organisation has."""

    organization_id: Mapped[str] = mapped_column(String(32), primary_key=True, sort_order=-1)


def _of_organization() -> SchemaItem:
    return ForeignKeyConstraint(["organization_id"], ["organizations.id"])


def _of_call() -> SchemaItem:
    return ForeignKeyConstraint(
        ["organization_id", "call_id"], ["calls.organization_id", "calls.id"]
    )


def _of_agent() -> SchemaItem:
    return ForeignKeyConstraint(
        ["organization_id", "agent_id"], ["agents.organization_id", "agents.id"]
    )


class Organization(Row):
    """A tenant. The one table that nobody owns."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class Agent(Owned, Row):
    """A name under which versions of an agent are published."""

    __tablename__ = "agents"
    __table_args__ = (_of_organization(),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    is_default: Mapped[bool]
    """Whether it answers where no other agent is named."""
    created_at: Mapped[datetime]


class AgentVersion(Owned, Row):
    """An agent's YAML as it was published. Never changed: calls point at it."""

    __tablename__ = "agent_versions"
    __table_args__ = (_of_agent(),)

    agent_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    spec_yaml: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]


class Number(Owned, Row):
    """A number that rings us. It belongs to one organisation only."""

    __tablename__ = "numbers"
    __table_args__ = (_of_organization(), _of_agent(), UniqueConstraint("carrier", "number"))

    carrier: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(128), primary_key=True)
    """E.164, or the SIP address that is dialled."""
    agent_id: Mapped[str | None] = mapped_column(String(64))
    """None: the organisation's default agent."""


class Account(Owned, Row):
    """Access to a carrier."""

    __tablename__ = "accounts"
    __table_args__ = (_of_organization(), UniqueConstraint("carrier", "account_id"))

    carrier: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed_secret: Mapped[bytes]
    created_at: Mapped[datetime]


class Call(Owned, Row):
    """A call, live or over. `applied_*` say which fact was the last that changed the row."""

    __tablename__ = "calls"
    __table_args__ = (
        _of_organization(),
        UniqueConstraint("organization_id", "carrier", "carrier_call_id"),
        Index(None, "organization_id", "started_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(64))
    """As written at the time; no foreign key, since a record outlives its agent."""
    agent_version: Mapped[int]
    carrier: Mapped[str] = mapped_column(String(32))
    carrier_call_id: Mapped[str]
    direction: Mapped[str] = mapped_column(String(16))
    caller: Mapped[str]
    called: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    disposition: Mapped[str] = mapped_column(String(64))
    ended_by: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    recording_path: Mapped[str] = mapped_column(String(512))
    recording_s: Mapped[float]
    writer: Mapped[str] = mapped_column(String(64), index=True)
    """Which process's journal the call is written in."""
    last_seq: Mapped[int]
    last_fact_at: Mapped[datetime]


class Turn(Owned, Row):
    """One party's stretch of holding the floor. Times are seconds since the line opened."""

    __tablename__ = "turns"
    __table_args__ = (_of_call(),)

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    """Sequence number of the fact that first told of it."""
    applied_seq: Mapped[int]
    speaker: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    started_s: Mapped[float]
    ended_s: Mapped[float | None]
    heard_s: Mapped[float | None]
    interrupted: Mapped[bool]
    timings: Mapped[dict[str, Any]]


class ToolCall(Owned, Row):
    """A tool that ran on a call, and how it ended."""

    __tablename__ = "tool_calls"
    __table_args__ = (_of_call(),)

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    applied_seq: Mapped[int]
    name: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    outcome: Mapped[str]
    """Empty while it runs."""
    output: Mapped[dict[str, Any]]
    started_s: Mapped[float]
    ended_s: Mapped[float | None]


class CallEvent(Owned, Row):
    """Something that happened on a call."""

    __tablename__ = "call_events"
    __table_args__ = (_of_call(),)

    call_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    at_s: Mapped[float]
    facts: Mapped[dict[str, Any]]


class Appointment(Owned, Row):
    """A booking. The call's own row may come later (calls ship from a journal): no foreign key."""

    __tablename__ = "appointments"
    __table_args__ = (
        _of_organization(),
        UniqueConstraint("organization_id", "reference"),
        Index(None, "organization_id", "diary", "ends_at"),
        Index(None, "organization_id", "call_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    diary: Mapped[str]
    """Whose book: the name of the business, so that two agents of one business share it."""
    service: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(256))
    phone: Mapped[str] = mapped_column(String(64))
    people: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(16))
    call_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Message(Owned, Row):
    """What a caller wants to be told to somebody."""

    __tablename__ = "messages"
    __table_args__ = (_of_organization(), Index(None, "organization_id", "call_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(256))
    phone: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


def owned_tables() -> tuple[str, ...]:
    """Names of the tables whose rows belong to an organisation."""
    return tuple(
        table.name for table in Row.metadata.sorted_tables if "organization_id" in table.columns
    )
