"""The tables of subscribers to the status page."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, Text

from oncall.store.columns import JsonText, UtcDateTime
from oncall.store.table_metadata import metadata

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("components", JsonText, nullable=False),
    Column("manage_token", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("confirm_digest", Text),
    Column("confirm_ends_at", UtcDateTime),
    Column("confirmed_at", UtcDateTime),
)
Index("subscribers_address", subscribers.c.address, unique=True)
Index("subscribers_manage_token", subscribers.c.manage_token, unique=True)
Index("subscribers_confirm_digest", subscribers.c.confirm_digest)

subscription_asks = Table(
    "subscription_asks",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("key", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("subscription_asks_key", subscription_asks.c.key, subscription_asks.c.at)

stopped_texts = Table(
    "stopped_texts",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

notice_cursor = Table(
    "notice_cursor",
    metadata,
    Column("name", Text, primary_key=True),
    Column("event", BigInteger, nullable=False),
    Column("subscriber", Text, nullable=False),
)
