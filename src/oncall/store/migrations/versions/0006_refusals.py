"""Creates the table with the counts of refused requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table `refusals`, with an index by hour."""
    op.create_table(
        "refusals",
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("hour", TIME, nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("accepted_at", TIME),
        sa.PrimaryKeyConstraint("worker", "hour", "caller", "reason", name="refusals_pkey"),
    )
    op.create_index("refusals_hour", "refusals", ["hour"])
