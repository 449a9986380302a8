"""Creates the table of notes for the next shift."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table `handoff_notes`, with an index by time that finds the notes written in one shift."""
    op.create_table(
        "handoff_notes",
        sa.Column("seq", KEY, sa.Identity(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="handoff_notes_pkey"),
    )
    op.create_index("handoff_notes_at", "handoff_notes", ["at"])
