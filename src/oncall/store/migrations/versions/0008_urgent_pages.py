"""Adds columns for the first pages of urgent tickets, and for the SMS of people that had no effect."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns, and indexes for the pages of one caller and for one person's SMS without effect."""
    op.add_column("attempts", sa.Column("caller", sa.Text))
    op.add_column("attempts", sa.Column("summary", sa.Boolean))
    op.add_column("inbound", sa.Column("unhelpful", sa.Boolean))
    _partial_index("attempts_caller", "attempts", ["caller", "at"], "caller IS NOT NULL")
    _partial_index("inbound_unhelpful", "inbound", ["by", "at"], "unhelpful IS NOT NULL")


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
