"""Adds columns for tokens that may acknowledge and for tokens that expire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the columns `may_acknowledge` and `expires_at` to `tokens`."""
    op.add_column("tokens", sa.Column("may_acknowledge", sa.Boolean))
    op.add_column("tokens", sa.Column("expires_at", TIME))
