"""Connections to PostgreSQL: how many stay open, how long they wait, and when they plan their queries again."""

from __future__ import annotations

import time

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from oncall.store.address import PostgresAddress
from oncall.store.compiled_statements import share_statements
from oncall.store.sql_store import ENGINE_NAME, keep_rows_out_of_logs

THREADS = 8
"""How many threads of one process work on the database at the same time, each with its own connection."""
_PLANNED_AT = "planned_at"
_PLANS_VALID_SECONDS = 2.0
"""A connection drops its query plans at this age (real time), because the tables may have grown."""
_CONNECT_ARGS = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 15_000}


def connection_pool(
    address: PostgresAddress,
    *,
    connections: int = 2 * THREADS,
    kept: int = THREADS,
    lock_seconds: float = 0,
    idle_seconds: float = 0,
) -> Engine:
    """Create an engine for at most `connections` connections, of which `kept` stay open.

    lock_seconds: a statement fails after waiting this long for a lock; 0: it waits without limit. idle_seconds: the
    server rolls back a transaction that is idle for this long; 0: never.
    """
    keep_rows_out_of_logs()
    engine = create_engine(
        address.url,
        connect_args=_CONNECT_ARGS,
        hide_parameters=True,
        logging_name=ENGINE_NAME,
        pool_size=min(connections, kept),
        max_overflow=max(connections - kept, 0),
        pool_timeout=10,
    )
    share_statements(engine)

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection, record: ConnectionPoolEntry) -> None:
        connection.execute(f"SET lock_timeout = {_milliseconds(lock_seconds)}")
        connection.execute(f"SET idle_in_transaction_session_timeout = {_milliseconds(idle_seconds)}")
        connection.commit()
        record.info[_PLANNED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def drop_old_plans(connection: psycopg.Connection, record: ConnectionPoolEntry, _: object) -> None:
        # A connection plans each statement once. A plan for small tables reads them whole. Without this reset it would
        # still do so after the tables have grown, until the server next analyses them.
        if time.monotonic() - record.info[_PLANNED_AT] < _PLANS_VALID_SECONDS:
            return
        try:
            connection.execute("DISCARD PLANS")
            connection.commit()
        except psycopg.Error as error:
            raise InvalidatePoolError("the connection is cut") from error
        record.info[_PLANNED_AT] = time.monotonic()

    return engine


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
