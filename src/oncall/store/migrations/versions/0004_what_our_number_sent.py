"""Adds the time at which an alert was handed to its provider, and an index by time of the SMS that we answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the column `sent_at` to `alerts`, and an index to `inbound`."""
    op.add_column("alerts", sa.Column("sent_at", TIME))
    answered = sa.text("answer != ''")
    op.create_index("inbound_answered", "inbound", ["at"], sqlite_where=answered, postgresql_where=answered)
