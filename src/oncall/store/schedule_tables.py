"""The tables about people on the schedule: calendar links, notes for the next shift, phone proofs, notice choices."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, Table, Text

from oncall.store.columns import UtcDateTime
from oncall.store.table_metadata import metadata

calendar_links = Table(
    "calendar_links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("engineer", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
)

handoff_notes = Table(
    "handoff_notes",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("team", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
)

Index("handoff_notes_at", handoff_notes.c.at)

phone_proofs = Table(
    "phone_proofs",
    metadata,
    Column("person", Text, primary_key=True),
    Column("phone", Text, primary_key=True),
    Column("asked_at", UtcDateTime),
    Column("proven_at", UtcDateTime),
)

notice_choices = Table(
    "notice_choices",
    metadata,
    Column("person", Text, primary_key=True),
    Column("reminders", Text),
    Column("is_quiet", Boolean, nullable=False),
)
