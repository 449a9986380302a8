"""The version of the schedule that an undo takes back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column, and an index because a version is taken back once."""
    op.add_column("schedule_versions", sa.Column("undoes", sa.Integer))
    op.create_index("schedule_versions_undoes", "schedule_versions", ["undoes"], unique=True)
