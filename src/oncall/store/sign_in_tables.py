"""The tables of sign-ins to the web pages."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Table, Text

from oncall.store.columns import UtcDateTime
from oncall.store.table_metadata import metadata

login_links = Table(
    "login_links",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
)

page_sessions = Table(
    "page_sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("is_manager", Boolean),
    Column("id_token", Text),
)

provider_handshakes = Table(
    "provider_handshakes",
    metadata,
    Column("state", Text, primary_key=True),
    Column("browser", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
)
