"""The table of the requests to swap shifts; see `tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from oncall.store.columns import JsonText, UtcDateTime
from oncall.store.table_metadata import metadata

swap_requests = Table(
    "swap_requests",
    metadata,
    Column("code", Text, primary_key=True),
    Column("engineer", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("absence", Integer),
    Column("moves", JsonText, nullable=False),
    Column("begins_at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("answered_by", Text),
    Column("version", Integer),
)

Index("swap_requests_begins", swap_requests.c.begins_at)
