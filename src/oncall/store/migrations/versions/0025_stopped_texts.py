"""Creates the table of phone numbers that sent STOP and get no more texts of the status page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table of stopped phone numbers."""
    op.create_table(
        "stopped_texts",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="stopped_texts_pkey"),
    )
