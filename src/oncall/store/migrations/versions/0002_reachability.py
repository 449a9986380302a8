"""Creates the tables of opt-outs by STOP and START, and of alerts (messages to people that belong to no ticket)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables `reachability` and `alerts`."""
    op.create_table(
        "reachability",
        sa.Column("seq", SERIAL, sa.Identity(), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="reachability_pkey"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("due_at", TIME),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("provider_id", sa.Text),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="alerts_pkey"),
        sa.UniqueConstraint("about", name="alerts_about_key"),
    )
