"""The first wall between tenants: a session that cannot reach another organisation's rows.

Every ORM select, update and delete is narrowed, every new row is stamped, and statements that the
criterion would not reach (bare tables, text, bulk inserts) are refused.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria

from server.errors import StoreRefused
from server.store.schema import Owned

__all__ = ["ORGANIZATION", "READ_ONLY", "OwnedSession"]

ORGANIZATION = "organization_id"
"""Key of the session's `info` under which its organisation is kept."""

READ_ONLY = "read_only"
"""Key under which it is kept whether the session may not write."""


class OwnedSession(Session):
    """A session that serves one organisation."""


def _organization_of(session: Session) -> str:
    organization_id = session.info.get(ORGANIZATION)
    if not isinstance(organization_id, str) or not organization_id:
        raise StoreRefused("no organization is set for this transaction")
    return organization_id


@event.listens_for(OwnedSession, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    organization_id = _organization_of(state.session)
    if not state.is_orm_statement or state.is_insert:
        raise StoreRefused("only ORM selects, updates and deletes can be kept to one organization")
    if not state.is_select:
        _require_writable(state.session)
    state.statement = state.statement.options(
        with_loader_criteria(
            Owned,
            lambda owned: owned.organization_id == organization_id,
            include_aliases=True,
        )
    )


@event.listens_for(OwnedSession, "before_flush")
def _guard(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    organization_id = _organization_of(session)
    _require_writable(session)
    for row in session.new:
        if isinstance(row, Owned) and not inspect(row).dict.get(ORGANIZATION):
            row.organization_id = organization_id
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, Owned) or row.organization_id != organization_id:
            raise StoreRefused("the row belongs to another organization, or to none")


def _require_writable(session: Session) -> None:
    if session.info.get(READ_ONLY):
        raise StoreRefused("this transaction only reads; open a scope to write")
