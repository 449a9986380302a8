"""The tables of messages to webhooks, team channels, subscribers and customers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from oncall.store.columns import UtcDateTime
from oncall.store.table_metadata import metadata

relay_cursor = Table(
    "relay_cursor",
    metadata,
    Column("name", Text, primary_key=True),
    Column("event", BigInteger, nullable=False),
)

relay_messages = Table(
    "relay_messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("to", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ticket", Text),
    Column("position", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("sends", Integer, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("error", Text),
)

Index(
    "relay_messages_due",
    relay_messages.c.to,
    relay_messages.c.due_at,
    relay_messages.c.position,
    sqlite_where=relay_messages.c.due_at.is_not(None),
    postgresql_where=relay_messages.c.due_at.is_not(None),
)
Index(
    "relay_messages_order",
    relay_messages.c.to,
    relay_messages.c.ticket,
    relay_messages.c.position,
    sqlite_where=relay_messages.c.due_at.is_not(None),
    postgresql_where=relay_messages.c.due_at.is_not(None),
)
Index("relay_messages_written", relay_messages.c.written_at)
