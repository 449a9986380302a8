"""Adds the position to the index of the relay's due messages.

Ten thousand notices of one incident are due at the same instant. The index gives them in their order, so that no
statement sorts them all to find the next ten.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Create the index again, with the position."""
    waits = sa.text("due_at IS NOT NULL")
    op.drop_index("relay_messages_due", "relay_messages")
    op.create_index(
        "relay_messages_due",
        "relay_messages",
        ["to", "due_at", "position"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
