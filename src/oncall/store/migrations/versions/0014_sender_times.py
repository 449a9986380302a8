"""Adds the time of the newest state of a problem that its sender reported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the column `said_at` to `sender_keys`."""
    op.add_column("sender_keys", sa.Column("said_at", TIME))
