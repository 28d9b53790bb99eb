"""What Alembic runs: the upgrade, on the connection that `server.store.migrate` has opened."""

from __future__ import annotations

from alembic import context

from server.store.schema import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
