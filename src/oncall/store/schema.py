"""Creates and migrates the tables. Imports Alembic only if there is something to migrate."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from oncall.store.revisions import SchemaState, state_at, wrong_schema

# Any number that all our processes share: "oncall" in ASCII.
_MIGRATION_LOCK = 0x6F6E63616C6C


def state_of(connection: Connection) -> SchemaState:
    """Return whether the database is current, empty, older, or made by another version or program."""
    # List all tables in one statement: between two statements another process may create them.
    tables = inspect(connection).get_table_names()
    revision: str | None = None
    if "alembic_version" in tables:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return state_at(revision, has_tables=revision is None and bool(tables))


def upgrade(connection: Connection, place: str) -> None:
    """Create or migrate the tables in the caller's transaction. Does nothing if they are current.

    On SQLite the caller holds the write lock. On PostgreSQL this takes a lock until the transaction ends. Raises
    WrongSchema for a database of a newer version or of another program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    state = state_of(connection)
    if state is SchemaState.CURRENT:
        return
    if state not in {SchemaState.EMPTY, SchemaState.OLDER}:
        raise wrong_schema(state, place)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "oncall.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
