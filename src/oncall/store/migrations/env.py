"""Alembic runs this module to apply the migrations. It uses the connection and transaction of `store.schema`."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
