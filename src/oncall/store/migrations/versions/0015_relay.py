"""Creates the tables of messages to webhooks and team channels, and of how far the log of events is read for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the tables `relay_cursor` and `relay_messages`, with their indexes."""
    op.create_table(
        "relay_cursor",
        sa.Column("name", sa.Text),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="relay_cursor_pkey"),
    )
    op.create_table(
        "relay_messages",
        sa.Column("id", sa.Text),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ticket", sa.Text),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("due_at", TIME),
        sa.Column("sends", sa.Integer, nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="relay_messages_pkey"),
    )
    waits = sa.text("due_at IS NOT NULL")
    for name, columns in (("due", ["to", "due_at"]), ("order", ["to", "ticket", "position"])):
        op.create_index(f"relay_messages_{name}", "relay_messages", columns, sqlite_where=waits, postgresql_where=waits)
    op.create_index("relay_messages_written", "relay_messages", ["written_at"])
