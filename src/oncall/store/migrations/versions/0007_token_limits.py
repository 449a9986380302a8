"""Columns for tokens that may acknowledge and for tokens that expire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Written out, not imported: a step must go on meaning what it meant when it was applied.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("tokens", sa.Column("may_acknowledge", sa.Boolean))
    op.add_column("tokens", sa.Column("expires_at", TIME))
