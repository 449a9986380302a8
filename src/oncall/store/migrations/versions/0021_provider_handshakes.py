"""Adds the unfinished sign-ins at an identity provider, and what a session stores from a finished one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Create the table `provider_handshakes`, and add `is_manager` and `id_token` to `page_sessions`."""
    op.create_table(
        "provider_handshakes",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("state", name="provider_handshakes_pkey"),
    )
    op.add_column("page_sessions", sa.Column("is_manager", sa.Boolean()))
    op.add_column("page_sessions", sa.Column("id_token", sa.Text()))
