"""Adds indexes that make the queries for alerts fast."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the indexes to the table `alerts`."""
    _index("alerts_sent", ["sent_at"], "sent_at IS NOT NULL")
    _index("alerts_sent_to", ["to", "sent_at"], "sent_at IS NOT NULL")
    _index("alerts_due", ["due_at"], "due_at IS NOT NULL")
    op.create_index("alerts_written", "alerts", ["written_at"])


def _index(name: str, columns: list[str], condition: str) -> None:
    op.create_index(name, "alerts", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
