"""Adds columns for the scopes of a token, its last use, and its old secret, which a rotation replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the columns to `tokens`, and an index that finds a token by its old secret."""
    op.add_column("tokens", sa.Column("scopes", sa.Text))
    op.add_column("tokens", sa.Column("last_used_at", TIME))
    op.add_column("tokens", sa.Column("old_digest", sa.Text))
    op.add_column("tokens", sa.Column("old_ends_at", TIME))
    condition = sa.text("old_digest IS NOT NULL")
    op.create_index(
        "tokens_old_digest",
        "tokens",
        ["old_digest"],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )
