"""Creates the table of requests to swap shifts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table `swap_requests`, with an index by the start of the shift."""
    op.create_table(
        "swap_requests",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("engineer", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("absence", sa.Integer()),
        sa.Column("moves", sa.Text(), nullable=False),
        sa.Column("begins_at", TIME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_at", TIME),
        sa.Column("answered_by", sa.Text()),
        sa.Column("version", sa.Integer()),
        sa.PrimaryKeyConstraint("code", name="swap_requests_pkey"),
    )
    op.create_index("swap_requests_begins", "swap_requests", ["begins_at"])
