"""The store in PostgreSQL: any number of processes on any number of machines share it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from oncall.errors import Conflict, StoreUnavailable
from oncall.paging.ports import Transaction
from oncall.store import schema
from oncall.store.address import PostgresAddress
from oncall.store.groupcommit import MOST_WAITING
from oncall.store.postgresfaults import translated
from oncall.store.published import PublishedCache, PublishedView
from oncall.store.revisions import SchemaState, wrong_schema
from oncall.store.sqlstore import ENGINE_NAME, SqlStore, keep_rows_out_of_logs
from oncall.store.transaction import SqlTransaction

T = TypeVar("T")

_THREADS = 8
_MOST_TRIES = 6
_LISTEN_SLICE_SECONDS = 0.5
_CONNECT_ARGS = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 15_000}

_UNIQUE_VIOLATION = "23505"
_DEADLOCK = "40P01"
_SERIALIZATION_FAILURE = "40001"


class PostgresStore(SqlStore):
    """One database of a server. Each piece of work is a transaction of its own, READ COMMITTED with row locks."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._published = PublishedCache()
        self._engine = _engine(address)
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="oncall-store")
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._listener: psycopg.Connection | None = None
        self._closing = threading.Event()
        try:
            self._check_schema()
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run it on a consistent snapshot."""
        self._refuse_when_closed()
        return self._again_if_asked(lambda: self._read_once(work))

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run it here and now: there is no commit to share, so no other thread is needed."""
        self._refuse_when_closed()
        return self._again_if_asked(lambda: self._write_once(work))

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Hand it to one of a few threads."""
        self._refuse_when_closed()
        if not self._waiting.acquire(blocking=False):
            raise StoreUnavailable(f"{self._address.place}: too many requests are waiting for the database; try again")
        future = self._threads.submit(self._again_if_asked, lambda: self._write_once(work))
        future.add_done_callback(lambda _: self._waiting.release())
        return future

    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Woken by NOTIFY, which every write of ours sends with its commit. While the server is away it is False,
        after a second at most; the first call after that listens anew and is True."""
        deadline = time.monotonic() + timeout_seconds
        try:
            if self._listener is None:
                self._listener = self._listen()
                return True
            while (left := deadline - time.monotonic()) > 0 and not self._closing.is_set():
                for _ in self._listener.notifies(timeout=min(left, _LISTEN_SLICE_SECONDS), stop_after=1):
                    return True
        except (SQLAlchemyError, psycopg.Error):
            self._drop_listener()
            self._closing.wait(min(timeout_seconds, 1.0))
        return False

    def database_now(self) -> datetime | None:
        """What time it is by the server's clock (aware UTC)."""
        self._refuse_when_closed()
        with _translating(self._address), self._engine.connect() as connection:
            at: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return at.astimezone(UTC)

    def close(self) -> None:
        """Finish what was submitted and close every connection."""
        self._closing.set()
        self._threads.shutdown(wait=True)
        self._drop_listener()
        self._engine.dispose()

    def _again_if_asked(self, once: Callable[[], T]) -> T:
        """Run a transaction until the database is content with it: nothing of a refused try is left behind."""
        was_cut = False
        for tries in itertools.count(1):
            try:
                return once()
            except Conflict as error:
                # Somebody else stored the same thing between our look and our insert; on a second look we see it.
                if tries > 1 or _state(error.__cause__) != _UNIQUE_VIOLATION:
                    raise
            except (SQLAlchemyError, psycopg.Error) as error:
                again = _state(error) in {_DEADLOCK, _SERIALIZATION_FAILURE} or (_is_cut(error) and not was_cut)
                if tries == _MOST_TRIES or not again:
                    raise translated(error, self._address) from error
                was_cut = was_cut or _is_cut(error)
        raise AssertionError("unreachable")

    def _read_once(self, work: Callable[[Transaction], T]) -> T:
        with self._snapshots.connect() as connection, connection.begin():
            return work(SqlTransaction(connection, PublishedView(self._published), writes=False))

    def _write_once(self, work: Callable[[Transaction], T]) -> T:
        with self._engine.connect() as connection, connection.begin() as whole:
            transaction = SqlTransaction(connection, PublishedView(self._published), writes=True)
            result = work(transaction)
            if transaction.spoiled is not None:
                raise transaction.spoiled
            if transaction.touched_pages:
                connection.execute(_NOTIFY)
            try:
                whole.commit()
            except DBAPIError as error:
                if not _is_cut(error):
                    raise
                # It may be stored or not, so it must not simply be run again.
                raise StoreUnavailable(
                    f"{self._address.place}: the connection was cut while a change was being stored; "
                    "look whether it is there before trying again"
                ) from error
            return result

    def _check_schema(self) -> None:
        with _translating(self._address):
            with self._engine.connect() as connection:
                state = schema.state_of(connection)
            if state is SchemaState.EMPTY:
                _upgrade(self._engine, self._address)
            elif state is not SchemaState.CURRENT:
                raise wrong_schema(state, self._address.place)

    def _listen(self) -> psycopg.Connection:
        """A connection of its own, outside the pool: it is listening for as long as it lives."""
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        assert isinstance(connection, psycopg.Connection)
        connection.autocommit = True
        connection.execute("LISTEN oncall")
        return connection

    def _drop_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _refuse_when_closed(self) -> None:
        if self._closing.is_set():
            raise StoreUnavailable(f"{self._address.place}: the store is closed")


def migrate(address: PostgresAddress) -> None:
    """Make the tables, or bring them up to date. Raises WrongSchema and StoreUnavailable."""
    engine = _engine(address)
    try:
        with _translating(address):
            _upgrade(engine, address)
    finally:
        engine.dispose()


_NOTIFY = text("NOTIFY oncall")


@contextmanager
def _translating(address: PostgresAddress) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:
        raise translated(error, address) from error


def _upgrade(engine: Engine, address: PostgresAddress) -> None:
    with engine.begin() as connection:
        schema.upgrade(connection, address.place)


def _engine(address: PostgresAddress) -> Engine:
    keep_rows_out_of_logs()
    engine = create_engine(
        address.url,
        connect_args=_CONNECT_ARGS,
        hide_parameters=True,
        logging_name=ENGINE_NAME,
        pool_size=_THREADS,
        max_overflow=_THREADS,
        pool_timeout=10,
    )

    @event.listens_for(engine, "connect")
    def prefer_indexes(connection: psycopg.Connection, _: Any) -> None:
        # Statements are planned once a connection. On a young database that would be while its tables are small enough
        # to be read whole, and the plan would stay so while they grow; there is an index for everything asked here.
        connection.execute("SET enable_seqscan = off")
        connection.commit()

    return engine


def _state(error: BaseException | None) -> str | None:
    """The SQLSTATE of PostgreSQL's own error under one of SQLAlchemy's."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


def _is_cut(error: BaseException) -> bool:
    """Whether the connection broke under a transaction: the server forgot it, so it may be run again."""
    return isinstance(error, DBAPIError) and error.connection_invalidated
