"""Creates the tables of the intake log and of the senders' own keys of problems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the tables `sender_keys` and `intake_log`, with their indexes."""
    op.create_table(
        "sender_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text()),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("impact", sa.Text()),
        sa.Column("has_ended", sa.Boolean(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="sender_keys_pkey"),
    )
    op.create_index("sender_keys_changed", "sender_keys", ["changed_at"])
    op.create_table(
        "intake_log",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("tickets", sa.Text(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="intake_log_pkey"),
    )
    op.create_index("intake_log_at", "intake_log", ["at"])
    failed = sa.text("status = 'failed'")
    op.create_index("intake_log_failed", "intake_log", ["at"], sqlite_where=failed, postgresql_where=failed)
