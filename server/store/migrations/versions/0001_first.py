"""The first tables: organisations, agents, numbers, accounts, calls, appointments, messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything; the order is that of the foreign keys."""
    _create_organizations()
    _create_tenants()
    _create_calls()
    _create_minutes()
    _create_diary()


def _create_organizations() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )


def _create_tenants() -> None:
    op.create_table(
        "agents",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_agents_organizations")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_agents")),
    )
    op.create_table(
        "agent_versions",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("spec_yaml", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "agent_id"],
            ["agents.organization_id", "agents.id"],
            name=op.f("fk_agent_versions_agents"),
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "agent_id", "version", name=op.f("pk_agent_versions")
        ),
    )
    op.create_table(
        "numbers",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "agent_id"],
            ["agents.organization_id", "agents.id"],
            name=op.f("fk_numbers_agents"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_numbers_organizations")
        ),
        sa.PrimaryKeyConstraint("organization_id", "carrier", "number", name=op.f("pk_numbers")),
        sa.UniqueConstraint("carrier", "number", name=op.f("uq_numbers_carrier_number")),
    )
    op.create_table(
        "accounts",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_accounts_organizations")
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "carrier", "account_id", name=op.f("pk_accounts")
        ),
        sa.UniqueConstraint("carrier", "account_id", name=op.f("uq_accounts_carrier_account_id")),
    )


def _create_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("agent_version", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=False),
        sa.Column("carrier_call_id", sa.String(length=128), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("caller", sa.String(length=128), nullable=False),
        sa.Column("called", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("disposition", sa.String(length=64), nullable=False),
        sa.Column("ended_by", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recording_path", sa.String(length=512), nullable=False),
        sa.Column("recording_s", sa.Double(), nullable=False),
        sa.Column("writer", sa.String(length=64), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_fact_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_calls_organizations")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_calls")),
        sa.UniqueConstraint(
            "organization_id",
            "carrier",
            "carrier_call_id",
            name=op.f("uq_calls_organization_id_carrier_carrier_call_id"),
        ),
    )
    op.create_index(
        op.f("ix_calls_organization_id_started_at"),
        "calls",
        ["organization_id", "started_at"],
        unique=False,
    )
    op.create_index(op.f("ix_calls_writer"), "calls", ["writer"], unique=False)


def _create_minutes() -> None:
    op.create_table(
        "turns",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("applied_seq", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("started_s", sa.Double(), nullable=False),
        sa.Column("ended_s", sa.Double(), nullable=True),
        sa.Column("heard_s", sa.Double(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "call_id"],
            ["calls.organization_id", "calls.id"],
            name=op.f("fk_turns_calls"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "call_id", "id", name=op.f("pk_turns")),
    )
    op.create_table(
        "tool_calls",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("applied_seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=128), nullable=False),
        sa.Column("output", sa.JSON(), nullable=False),
        sa.Column("started_s", sa.Double(), nullable=False),
        sa.Column("ended_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "call_id"],
            ["calls.organization_id", "calls.id"],
            name=op.f("fk_tool_calls_calls"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "call_id", "id", name=op.f("pk_tool_calls")),
    )
    op.create_table(
        "call_events",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "call_id"],
            ["calls.organization_id", "calls.id"],
            name=op.f("fk_call_events_calls"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "call_id", "seq", name=op.f("pk_call_events")),
    )


def _create_diary() -> None:
    op.create_table(
        "appointments",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("diary", sa.String(length=128), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_appointments_organizations")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_appointments")),
        sa.UniqueConstraint(
            "organization_id", "reference", name=op.f("uq_appointments_organization_id_reference")
        ),
    )
    op.create_index(
        op.f("ix_appointments_organization_id_call_id"),
        "appointments",
        ["organization_id", "call_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointments_organization_id_diary_ends_at"),
        "appointments",
        ["organization_id", "diary", "ends_at"],
        unique=False,
    )
    op.create_table(
        "messages",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_messages_organizations")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_messages")),
    )
    op.create_index(
        op.f("ix_messages_organization_id_call_id"),
        "messages",
        ["organization_id", "call_id"],
        unique=False,
    )
