"""Copies all rows of one database into an empty one, for the move from SQLite to PostgreSQL."""

from __future__ import annotations

from contextlib import ExitStack

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, insert, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from oncall.errors import Refused, StoreUnavailable, WrongSchema
from oncall.store import schema
from oncall.store.address import PostgresAddress, SqliteAddress, address_of
from oncall.store.revisions import SchemaState, wrong_schema
from oncall.store.source_pagers import SourcePagers
from oncall.store.tables import metadata, pagers

_BATCH = 500
_DATA = [table for table in metadata.sorted_tables if table is not pagers]
"""The tables that are copied. Heartbeats of pagers are left out, because those pagers do not run on the copy."""


def copy_store(source: str, target: str, source_pagers: SourcePagers, *, setting: str = "--from") -> int:
    """Copy all rows except the pagers' heartbeats. Returns how many. If it fails, the target stays empty.

    Both databases must have the tables of this version. The source is only read. setting: the environment variable or
    option that names the source. Raises Refused if the target is the source or is not empty, or if a pager runs on the
    source. A database in which `oncall serve` has only been started counts as empty.
    """
    here, there = address_of(source, setting=setting), address_of(target)
    if here == there:
        raise Refused(f"a database cannot be copied into itself; name the old one with {setting}")
    if isinstance(here, SqliteAddress) and not here.path.exists():
        # Opening a missing file would create it.
        raise Refused(f"{here.place}: there is no such file; name the old database with {setting}")
    reading, writing = _engine(here), _engine(there)
    try:
        with ExitStack() as held, reading.connect() as old, writing.begin() as new:
            _check_source(schema.state_of(old), here.place, setting)
            source_pagers.keep_off(old, here, held)
            if (state := schema.state_of(new)) is not SchemaState.CURRENT:
                raise wrong_schema(state, there.place)
            _check_target_is_empty(new, there.place)
            count = sum(_copy(old, new, table) for table in _DATA)
            _advance_row_numbers(new)
            return count
    except SQLAlchemyError as error:
        # The error may quote rows, and rows hold phone numbers.
        raise StoreUnavailable(
            f"{here.place} could not be copied to {there.place} ({type(error).__name__}); nothing was changed"
        ) from error
    finally:
        reading.dispose()
        writing.dispose()


def _engine(address: SqliteAddress | PostgresAddress) -> Engine:
    if isinstance(address, PostgresAddress):
        return create_engine(address.url, hide_parameters=True)
    engine = create_engine(URL.create("sqlite", database=str(address.path)), hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin_snapshot(connection: Connection) -> None:
        # The driver begins a transaction only before a change, but all reads must see one snapshot.
        connection.exec_driver_sql("BEGIN")

    return engine


def _check_source(state: SchemaState, place: str, setting: str) -> None:
    match state:
        case SchemaState.CURRENT:
            return
        case SchemaState.OLDER:
            raise WrongSchema(
                f"{place}: the database was made by an older version of oncall; "
                "first run `oncall migrate` with ONCALL_DATABASE_URL set to it"
            )
        case SchemaState.UNKNOWN:
            raise wrong_schema(state, place)
        case _:
            raise WrongSchema(f"{place}: the database holds no tables of oncall; name the old database with {setting}")


def _check_target_is_empty(new: Connection, place: str) -> None:
    for table in _DATA:
        if new.execute(select(func.count()).select_from(table)).scalar_one():
            raise Refused(f"{place}: the table {table.name} already holds rows; copy into an empty database")


def _copy(old: Connection, new: Connection, table: Table) -> int:
    count = 0
    for batch in old.execute(select(table).order_by(*table.primary_key.columns)).partitions(_BATCH):
        new.execute(insert(table), [dict(row._mapping) for row in batch])
        count += len(batch)
    return count


def _advance_row_numbers(new: Connection) -> None:
    """Make PostgreSQL number new rows from above the numbers of the copied rows."""
    if new.dialect.name == "postgresql":
        for table in _DATA:
            if "seq" not in table.c:
                continue
            highest = new.execute(select(func.max(table.c.seq))).scalar_one() or 0
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'seq'), :number, true)")
            new.execute(sequence, {"name": table.name, "number": max(highest, 1)})
