"""Creates the table with the log of the status page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

# Written out, not imported, so that later code cannot change what this migration does.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")
JSON = sa.Text()


def upgrade() -> None:
    """Create the table `status_events`."""
    op.create_table(
        "status_events",
        sa.Column("seq", NUMBER, sa.Identity(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="status_events_pkey"),
    )
