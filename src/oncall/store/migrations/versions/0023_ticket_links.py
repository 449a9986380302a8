"""Creates the table of links that show customers their tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table of ticket links."""
    op.create_table(
        "ticket_links",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="ticket_links_pkey"),
    )
    op.create_index("ticket_links_by_ticket", "ticket_links", ["ticket"])
