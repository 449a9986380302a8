"""Creates the table of proofs that texts reach people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table `phone_proofs`."""
    op.create_table(
        "phone_proofs",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME),
        sa.Column("proven_at", TIME),
        sa.PrimaryKeyConstraint("person", "phone", name="phone_proofs_pkey"),
    )
