"""The table of plan drafts."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from oncall.store.columns import UtcDateTime
from oncall.store.table_metadata import metadata

plan_drafts = Table(
    "plan_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
    Column("title", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("content", Text, nullable=False),
)
