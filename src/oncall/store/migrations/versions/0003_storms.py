"""Adds columns for queued and bundled pages, and for the time at which an attempt was handed to its provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add columns to `attempts` for queued and bundled pages and for the time of sending, with their indexes."""
    for column in (
        sa.Column("goes_alone", sa.Boolean),
        sa.Column("bundle", sa.Text),
        sa.Column("sent_text", sa.Text),
        sa.Column("sent_at", TIME),
    ):
        op.add_column("attempts", column)
    op.drop_index("attempts_to", "attempts")
    op.create_index("attempts_to", "attempts", ["to", "sent_at"])
    _partial_index("attempts_waiting", "to", "status IN ('queued', 'retrying')")
    _partial_index("attempts_bundle", "bundle", "bundle IS NOT NULL")
    _partial_index("attempts_sent", "sent_at", "sent_at IS NOT NULL")
    op.create_index("attempts_written", "attempts", ["written_at"])


def _partial_index(name: str, column: str, condition: str) -> None:
    op.create_index(name, "attempts", [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
