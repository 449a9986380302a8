"""The table of links that show customers their tickets."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from oncall.store.columns import UtcDateTime
from oncall.store.table_metadata import metadata

ticket_links = Table(
    "ticket_links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("ticket", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Index("ticket_links_by_ticket", "ticket"),
)
