"""Adds the number of the version that an undo takes back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column `undoes` to `schedule_versions`. Its unique index keeps two undos from taking back one version."""
    op.add_column("schedule_versions", sa.Column("undoes", sa.Integer))
    op.create_index("schedule_versions_undoes", "schedule_versions", ["undoes"], unique=True)
