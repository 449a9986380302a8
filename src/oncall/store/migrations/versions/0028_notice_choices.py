"""Creates the table of people's choices of reminders and courtesy notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Create the table of choices."""
    op.create_table(
        "notice_choices",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reminders", sa.Text(), nullable=True),
        sa.Column("is_quiet", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="notice_choices_pkey"),
    )
