"""Creates the first tables: versions of the schedule, tickets and their log, attempts, inbound SMS, tokens, pagers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Written out, not imported, so that later code cannot change what this migration does.
TIME = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNRESOLVED = sa.text("status != 'resolved'")


def upgrade() -> None:
    """Create every table and index."""
    _schedule_versions()
    _tickets()
    _events()
    _attempts()
    _callers_and_pagers()


def _schedule_versions() -> None:
    op.create_table(
        "schedule_versions",
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", name="schedule_versions_pkey"),
    )


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("posted_impact", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("opened_at", TIME),
        sa.Column("contact", sa.Text),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("impact", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("hold_until", TIME),
        sa.Column("due_at", TIME),
        sa.Column("first_reply_due", TIME),
        sa.Column("owner", sa.Text),
        sa.PrimaryKeyConstraint("id", name="tickets_pkey"),
    )
    _index("tickets_due", "tickets", ["due_at"], where=sa.text("due_at IS NOT NULL"))
    _index("tickets_code", "tickets", ["code"], unique=True, where=UNRESOLVED)
    _index("tickets_code_length", "tickets", [sa.text("length(code)")], where=UNRESOLVED)
    _index("tickets_unresolved", "tickets", ["received_at", "id"], where=UNRESOLVED)
    _index("tickets_received", "tickets", ["received_at", "id"])
    _index("tickets_customer", "tickets", ["customer", "received_at", "id"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", SERIAL, sa.Identity(), nullable=False),
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("id", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="events_pkey"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="events_ticket_fkey"),
    )
    _index("events_ticket", "events", ["ticket", "seq"])
    _index("events_sender_id", "events", ["ticket", "id"], unique=True, where=sa.text("id IS NOT NULL"))


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("step", sa.Integer),
        sa.Column("round", sa.Integer),
        sa.Column("deadline", TIME),
        sa.Column("provider_id", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("error_code", sa.Integer),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("retry_at", TIME),
        sa.Column("lease_until", TIME),
        sa.Column("claimable_at", TIME),
        sa.PrimaryKeyConstraint("id", name="attempts_pkey"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="attempts_ticket_fkey"),
    )
    _index("attempts_claimable", "attempts", ["claimable_at"], where=sa.text("claimable_at IS NOT NULL"))
    _index("attempts_ticket", "attempts", ["ticket", "written_at"])
    _index("attempts_provider_id", "attempts", ["provider_id", "written_at"], where=sa.text("provider_id IS NOT NULL"))
    _index("attempts_to", "attempts", ["to", "at"])


def _callers_and_pagers() -> None:
    op.create_table(
        "inbound",
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name="inbound_pkey"),
    )
    op.create_table(
        "tokens",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="tokens_pkey"),
        sa.UniqueConstraint("digest", name="tokens_digest_key"),
    )
    op.create_table(
        "pagers",
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pagers_pkey"),
    )


def _index(
    name: str,
    table: str,
    columns: list[str | sa.TextClause],
    *,
    unique: bool = False,
    where: sa.TextClause | None = None,
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
