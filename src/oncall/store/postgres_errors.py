"""Translates PostgreSQL's errors into messages that contain neither a password nor a value of a row."""

from __future__ import annotations

import psycopg
from sqlalchemy import exc

from oncall.errors import StoreError, StoreUnavailable
from oncall.store.address import PostgresAddress

_READ_ONLY = "25006"
_DISK_FULL = "53100"


def translated(error: Exception, address: PostgresAddress) -> Exception:
    """Return the error to raise in place of an error of SQLAlchemy or psycopg.

    A ValueError of a column type, for example because a time is not UTC, is returned unchanged.
    """
    origin = error.orig if isinstance(error, exc.StatementError) else error
    if isinstance(origin, (ValueError, TypeError)):
        return origin
    if isinstance(origin, exc.TimeoutError):
        return StoreUnavailable(f"{address.place}: too many requests are waiting for the database; try again")
    if isinstance(origin, psycopg.Error) and origin.sqlstate == _READ_ONLY:
        return StoreUnavailable(
            f"{address.place}: the database only allows reading ({_code(origin)}); "
            "connect to the primary server, or allow writing"
        )
    if isinstance(origin, psycopg.Error) and origin.sqlstate == _DISK_FULL:
        return StoreUnavailable(
            f"{address.place}: the server's disk is full and nothing was stored ({_code(origin)}); "
            "free some space there and try again"
        )
    if isinstance(origin, psycopg.DataError):
        return StoreError(f"{address.place}: the database does not take this value ({_code(origin)})")
    if isinstance(origin, psycopg.ProgrammingError):
        return StoreError(f"{address.place}: the database refused a query ({_code(origin)}); is the schema damaged?")
    if isinstance(origin, psycopg.Error) and origin.sqlstate is not None:
        return StoreUnavailable(f"{address.place}: the database cannot answer now ({_code(origin)}); try again")
    lines = str(origin).strip().splitlines() or [type(origin).__name__]
    found = lines[0].replace(address.secret, "***") if address.secret else lines[0]
    return StoreUnavailable(f"{address.place}: no connection to the database ({found}); is it running?")


def _code(error: psycopg.Error) -> str:
    """Return the name and the SQLSTATE of an error, but not its text, which may quote values of a row."""
    return f"{type(error).__name__}, SQLSTATE {error.sqlstate}" if error.sqlstate else type(error).__name__
