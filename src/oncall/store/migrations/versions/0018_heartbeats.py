"""Creates the table of heartbeats: jobs that must call regularly, and whose silence opens a ticket."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table `heartbeats`."""
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("grace_seconds", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("customer", sa.Text()),
        sa.Column("plan", sa.Text()),
        sa.Column("impact", sa.Text()),
        sa.Column("last_at", TIME),
        sa.Column("ticket", sa.Text()),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="heartbeats_pkey"),
    )
