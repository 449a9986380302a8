"""Adds an index that finds the mails of a ticket, so that a reply can name the mail that it answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

# Written out, not imported, so that later code cannot change what this migration does.
IS_MAIL = sa.text("sender = 'mail'")


def upgrade() -> None:
    """Add the index."""
    op.create_index("sender_keys_mail", "sender_keys", ["ticket"], sqlite_where=IS_MAIL, postgresql_where=IS_MAIL)
