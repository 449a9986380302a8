"""Creates the table with the last look at each component that the status page's monitor checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table of looks."""
    op.create_table(
        "monitor_looks",
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("looked_at", TIME, nullable=False),
        sa.Column("counts_until", TIME, nullable=False),
        sa.Column("recent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("component", name="monitor_looks_pkey"),
    )
