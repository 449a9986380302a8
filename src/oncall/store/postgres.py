"""The store in PostgreSQL: any number of processes on any number of machines share it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from oncall.errors import Conflict, StoreInDoubt, StoreUnavailable
from oncall.paging.ports.store import Transaction
from oncall.store import schema
from oncall.store.address import PostgresAddress
from oncall.store.group_commit import MOST_PER_COMMIT, GroupCommit, Job
from oncall.store.grouped_work import Apart, do_together
from oncall.store.postgres_errors import translated
from oncall.store.publications import PublishedCache, PublishedView
from oncall.store.revisions import SchemaState, wrong_schema
from oncall.store.sql_store import ENGINE_NAME, SqlStore, keep_rows_out_of_logs
from oncall.store.transaction import SqlTransaction

T = TypeVar("T")

_THREADS = 8
_MOST_TRIES = 6
_MOST_WAITING_ALONE = 2 * MOST_PER_COMMIT
_LISTEN_SLICE_SECONDS = 0.5
_GROUP_LOCK_SECONDS = 0.05
"""How long a group waits for a row lock. A job that needs a longer wait retries alone and does not block others."""
_SILENT_SECONDS = 10.0
"""Idle time (real seconds) after which the server ends a transaction. Without it, a process that hangs or lost its
network inside a transaction would keep its locks, and every other process would wait for them."""
_PLANNED_AT = "planned_at"
_PLANS_SERVE_SECONDS = 2.0
"""Age (real seconds) after which a connection drops its query plans, because the tables may have grown."""
_CONNECT_ARGS = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 15_000}

_UNIQUE_VIOLATION = "23505"
_DEADLOCK = "40P01"
_SERIALIZATION_FAILURE = "40001"
_LOCK_NOT_AVAILABLE = "55P03"


class PostgresStore(SqlStore):
    """The store in one PostgreSQL database. Writes are READ COMMITTED with row locks.

    Work that is submitted shares a transaction with other jobs if possible; otherwise each job gets its own.
    silent_seconds: idle time (real seconds) after which the server ends a transaction.
    """

    def __init__(self, address: PostgresAddress, *, silent_seconds: float = _SILENT_SECONDS) -> None:
        self._address = address
        self._published = PublishedCache()
        self._engine = _engine(address, kept=2, silent_seconds=silent_seconds)
        # Readers hold no locks, and a report may be idle for long between its queries: no idle limit here.
        self._snapshots = _engine(address).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._group_engine = _engine(
            address, connections=1, lock_seconds=_GROUP_LOCK_SECONDS, silent_seconds=silent_seconds
        )
        self._group = GroupCommit(self._commit, address.place, _GROUP_LOCK_SECONDS)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="oncall-store")
        self._waiting_alone = threading.BoundedSemaphore(_MOST_WAITING_ALONE)
        self._listener: psycopg.Connection | None = None
        self._closing = threading.Event()
        try:
            self._check_schema()
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run work on a consistent snapshot and return its result."""
        self._refuse_when_closed()
        return self._with_retries(lambda: self._read_once(work))

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run work in the calling thread, in a transaction of its own, and return its result."""
        self._refuse_when_closed()
        return self._with_retries(lambda: self._write_once(work))

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work for the writing thread."""
        return self._group.submit(work)

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Run work in another thread, in a transaction of its own."""
        self._refuse_when_closed()
        return self._threads.submit(self._with_retries, lambda: self._write_once(work))

    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Block until a commit sends NOTIFY, and return True; return False after `timeout_seconds` (real time).

        While the server is away it returns False after at most a second. The first call that can listen again returns
        True.
        """
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
        """Return the time of the server's clock (aware UTC)."""
        self._refuse_when_closed()
        with _translating(self._address), self._engine.connect() as connection:
            at: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return at.astimezone(UTC)

    def close(self) -> None:
        """Finish all submitted work and close every connection."""
        self._group.close()
        self._closing.set()
        self._threads.shutdown(wait=True)
        self._drop_listener()
        for engine in (self._group_engine, self._snapshots, self._engine):
            engine.dispose()

    def _with_retries(self, once: Callable[[], T]) -> T:
        """Run a transaction, and run it again after a deadlock, a serialization failure or a cut connection.

        It also runs once more after a unique violation. A refused run leaves nothing behind.
        """
        was_cut = False
        for tries in itertools.count(1):
            try:
                return once()
            except Conflict as error:
                # Another transaction stored the same row between our query and our insert; the next run sees it.
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

    def _write_once(self, work: Callable[[Transaction], T], *, lock_seconds: float | None = None) -> T:
        """Run work once in a transaction of its own. lock_seconds: longest wait for each lock; None: no limit."""
        with self._engine.connect() as connection, connection.begin() as whole:
            if lock_seconds is not None:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_milliseconds(lock_seconds)}")
            transaction = SqlTransaction(connection, PublishedView(self._published), writes=True)
            result = work(transaction)
            if transaction.spoiled is not None:
                raise transaction.spoiled
            self._finish(connection, whole, touched=transaction.touched_pages)
            return result

    def _finish(self, connection: Connection, whole: RootTransaction, *, touched: bool) -> None:
        """Commit; if `touched`, wake the pagers as well. Raises StoreInDoubt if the connection is cut meanwhile."""
        if touched:
            connection.execute(_NOTIFY)
        try:
            whole.commit()
        except DBAPIError as error:
            if not _is_cut(error):
                raise
            # The change may or may not be stored, so it must not run again.
            raise StoreInDoubt(
                f"{self._address.place}: the connection was cut while a change was being stored; "
                "look whether it is there before trying again"
            ) from error

    def _commit(self, jobs: Sequence[Job], _: float) -> Sequence[Job]:
        """Run all jobs in one transaction and return them. If that fails, return () and run each alone.

        A failed group stores nothing. The jobs that run alone use other threads, so that their waits do not delay the
        next group.
        """
        with _translating(self._address):
            connection = self._group_engine.connect()
        with connection:
            try:
                with connection.begin() as whole:
                    touched = do_together(jobs, connection, PublishedView(self._published))
                    self._finish(connection, whole, touched=touched)
                return jobs
            except (Apart, SQLAlchemyError, psycopg.Error):
                pass
        for job in jobs:
            job.forget()
            self._waiting_alone.acquire()
            self._queue_alone(job)
        return ()

    def _alone(self, job: Job) -> None:
        """Run one job in a transaction of its own. If it cannot get a lock, queue it again behind the others."""
        lock_seconds = _GROUP_LOCK_SECONDS if not self._closing.is_set() else None
        try:
            job.result = self._with_retries(lambda: self._write_once(job.work, lock_seconds=lock_seconds))
        except BaseException as error:  # The caller gets the error, whatever it is.
            if _state(error.__cause__) == _LOCK_NOT_AVAILABLE:
                self._queue_alone(job)
                return
            job.error = error
        self._waiting_alone.release()
        job.resolve()

    def _queue_alone(self, job: Job) -> None:
        try:
            self._threads.submit(self._alone, job)
        except RuntimeError:
            # The store is closing and takes no new jobs, so this thread may wait.
            self._alone(job)

    def _check_schema(self) -> None:
        with _translating(self._address):
            with self._engine.connect() as connection:
                state = schema.state_of(connection)
            if state is SchemaState.EMPTY:
                _upgrade(self._engine, self._address)
            elif state is not SchemaState.CURRENT:
                raise wrong_schema(state, self._address.place)

    def _listen(self) -> psycopg.Connection:
        """Return a new connection outside the pool that listens for NOTIFY until it is closed."""
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
    """Create or update the tables. Raises WrongSchema and StoreUnavailable."""
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


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _engine(
    address: PostgresAddress,
    *,
    connections: int = 2 * _THREADS,
    kept: int = _THREADS,
    lock_seconds: float = 0,
    silent_seconds: float = 0,
) -> Engine:
    """Return an engine with a pool of connections.

    connections: the most at once, of which `kept` stay open. lock_seconds: the longest wait of a statement for a lock.
    silent_seconds: idle time after which the server ends a transaction. 0 means no limit.
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

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection, record: ConnectionPoolEntry) -> None:
        connection.execute(f"SET lock_timeout = {_milliseconds(lock_seconds)}")
        connection.execute(f"SET idle_in_transaction_session_timeout = {_milliseconds(silent_seconds)}")
        connection.commit()
        record.info[_PLANNED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def drop_old_plans(connection: psycopg.Connection, record: ConnectionPoolEntry, _: object) -> None:
        # A connection keeps the plan of a statement. A plan that scans a small table would stay in use while the table
        # grows, until the server next analyses it.
        if time.monotonic() - record.info[_PLANNED_AT] < _PLANS_SERVE_SECONDS:
            return
        try:
            connection.execute("DISCARD PLANS")
            connection.commit()
        except psycopg.Error as error:
            raise InvalidatePoolError("the connection is cut") from error
        record.info[_PLANNED_AT] = time.monotonic()

    return engine


def _state(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of a PostgreSQL error, also inside an error of SQLAlchemy; None for any other error."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


def _is_cut(error: BaseException) -> bool:
    """Return True if the connection was cut. The server then rolled the transaction back, so it may run again."""
    return isinstance(error, DBAPIError) and error.connection_invalidated
