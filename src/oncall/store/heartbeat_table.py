"""The table of heartbeats."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from oncall.store.columns import UtcDateTime
from oncall.store.table_metadata import metadata

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("every_seconds", Integer, nullable=False),
    Column("grace_seconds", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("customer", Text),
    Column("plan", Text),
    Column("impact", Text),
    Column("last_at", UtcDateTime),
    Column("ticket", Text),
    Column("opened", Integer, nullable=False),
)
