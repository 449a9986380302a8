"""The tables of the status page: its log, and the last look at each component that has a monitor."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Integer, Table, Text

from oncall.store.columns import JsonText, UtcDateTime
from oncall.store.table_metadata import metadata

status_events = Table(
    "status_events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("details", JsonText, nullable=False),
)

monitor_looks = Table(
    "monitor_looks",
    metadata,
    Column("component", Text, primary_key=True),
    Column("looked_at", UtcDateTime, nullable=False),
    Column("counts_until", UtcDateTime, nullable=False),
    Column("recent", JsonText, nullable=False),
)
