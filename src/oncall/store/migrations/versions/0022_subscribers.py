"""Creates the tables of subscribers, of requests to subscribe by source and address, and of the notices' cursor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables and their indexes."""
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.Column("manage_token", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("confirm_digest", sa.Text()),
        sa.Column("confirm_ends_at", TIME),
        sa.Column("confirmed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="subscribers_pkey"),
    )
    op.create_index("subscribers_address", "subscribers", ["address"], unique=True)
    op.create_index("subscribers_manage_token", "subscribers", ["manage_token"], unique=True)
    op.create_index("subscribers_confirm_digest", "subscribers", ["confirm_digest"])
    op.create_table(
        "subscription_asks",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="subscription_asks_pkey"),
    )
    op.create_index("subscription_asks_key", "subscription_asks", ["key", "at"])
    op.create_table(
        "notice_cursor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="notice_cursor_pkey"),
    )
