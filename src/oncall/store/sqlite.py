"""The store in a SQLite file: WAL, durable commits and one writing thread. Other processes may use the file, too."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError, StatementError
from sqlalchemy.pool import PoolProxiedConnection

from oncall.errors import StoreUnavailable
from oncall.paging.ports.store import Transaction
from oncall.store import schema
from oncall.store.address import SqliteAddress
from oncall.store.compiled_statements import share_statements
from oncall.store.group_commit import GroupCommit, Job
from oncall.store.grouped_work import GroupFailed, run_group
from oncall.store.publications import PublishedCache, PublishedView
from oncall.store.revisions import SchemaState, wrong_schema
from oncall.store.sql_store import ENGINE_NAME, SqlStore, keep_rows_out_of_logs
from oncall.store.sqlite_errors import unavailable
from oncall.store.sqlite_file import identity, make_private_file
from oncall.store.sqlite_rows import write_rows
from oncall.store.transaction import SqlTransaction
from oncall.store.write_probe import LOCK_SECONDS, probe_sqlite

T = TypeVar("T")

_CHECK_EVERY_SECONDS = 0.1
_RETRY_WAL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class _LastView:
    """What the last group of jobs has read. It is valid while `data_version` of this connection stays the same."""

    driver: sqlite3.Connection
    data_version: int
    view: PublishedView


class SqliteStore(SqlStore):
    """A SQLite file. busy_seconds: how long (real time) a write waits for other writes before it fails."""

    def __init__(self, address: SqliteAddress, *, busy_seconds: float = 5.0) -> None:
        self._address = address
        self._published = PublishedCache()
        make_private_file(address)
        self._writer = _engine(address, begin="BEGIN IMMEDIATE", busy_seconds=busy_seconds, connections=1)
        self._readers = _engine(address, begin="BEGIN", busy_seconds=busy_seconds, connections=8)
        self._writing = threading.Lock()
        self._group = GroupCommit(self._commit, address.place, busy_seconds)
        self._last_view: _LastView | None = None
        self._changed = threading.Condition()
        self._own_changes = 0
        self._foreign_changes = 0
        self._foreign_checked_at = -_CHECK_EVERY_SECONDS
        self._seen: tuple[int, int] | None = None
        self._is_closed = False
        self._waits_are_over = False
        try:
            self._check_schema()
            self._identity = identity(address)
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on a consistent snapshot and return its result."""
        if self._is_closed:
            raise StoreUnavailable(f"{self._address.place}: the store is closed")
        with _translating(self._address):
            self._check_file()
            with self._readers.connect() as connection, connection.begin():
                return work(SqlTransaction(connection, PublishedView(self._published), writes=False))

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue `work` for the writing thread. Its changes are durable when the future has a result."""
        return self._group.submit(work)

    def prove_writable(self) -> None:
        """Prove that the file can be written: store a row and remove it.

        It has a transaction of its own, so that no job can fail because of it.
        """
        if self._is_closed:
            raise StoreUnavailable(f"{self._address.place}: the store is closed")
        with _translating(self._address), self._writing:
            self._check_file()
            with self._writer.connect() as connection:
                _wait_at_most(connection, LOCK_SECONDS)
                with connection.begin():
                    probe_sqlite(connection)

    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Wait for a change, as `SqlStore` says. Sees changes by this process at once, those by others within 0.2 s."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            foreign = self._data_version()
            with self._changed:
                seen = (self._own_changes, foreign)
                if seen != self._seen:
                    self._seen = seen
                    return True
                left = deadline - time.monotonic()
                if left <= 0 or self._waits_are_over:
                    return False
                self._changed.wait(min(left, _CHECK_EVERY_SECONDS))

    def end_waits(self) -> None:
        """Make `wait_for_change` return False at once, now and from now on."""
        with self._changed:
            self._waits_are_over = True
            self._changed.notify_all()

    def close(self) -> None:
        """Commit the waiting jobs and close all connections."""
        self._group.close()
        self._is_closed = True
        self.end_waits()
        with self._writing:
            self._writer.dispose()
        self._readers.dispose()

    def _commit(self, jobs: Sequence[Job], lock_wait_seconds: float) -> Sequence[Job]:
        """Run a group in one transaction, and return its jobs.

        A job that fails is rolled back alone and gets its own error.
        """
        with _translating(self._address), self._writing:
            self._check_file()
            with self._writer.connect() as connection:
                _wait_at_most(connection, lock_wait_seconds)
                touched = self._run_group(jobs, connection)
        if touched:
            with self._changed:
                self._own_changes += 1
                self._changed.notify_all()
        return jobs

    def _run_group(self, jobs: Sequence[Job], connection: Connection) -> bool:
        """Run the jobs together or, if that fails, each under a savepoint. Returns True if the pagers must be woken."""
        last, self._last_view = self._last_view, None
        try:
            with connection.begin() as whole:
                current = self._current_view(last, connection)
                if len(jobs) == 1:
                    touched = self._run_job(jobs[0], connection, current.view)
                    if jobs[0].error is not None:
                        whole.rollback()
                else:
                    touched = run_group(jobs, connection, current.view, partial(write_rows, current.driver))
        except GroupFailed:
            with connection.begin():
                view = PublishedView(self._published)
                each_touched = [self._run_under_savepoint(job, connection, view) for job in jobs]
            return any(each_touched)
        was_rolled_back = len(jobs) == 1 and jobs[0].error is not None
        self._last_view = None if was_rolled_back or current.view.is_detached else current
        return touched

    def _current_view(self, last: _LastView | None, connection: Connection) -> _LastView:
        """Return the last group's view, or a new one if another process has written since then.

        Call it inside a transaction of the writing connection: only there can SQLite report such a write.
        """
        driver = _driver(connection)
        ((version,),) = driver.execute("PRAGMA data_version").fetchall()
        if last is not None and last.driver is driver and last.data_version == version:
            return last
        return _LastView(driver, version, PublishedView(self._published))

    def _run_job(self, job: Job, connection: Connection, view: PublishedView) -> bool:
        """Run one job and set its result or error. Returns True if the pagers must be woken."""
        transaction = SqlTransaction(connection, view, writes=True)
        try:
            job.result = job.work(transaction)
            if transaction.conflict is not None:
                raise transaction.conflict
        except BaseException as error:
            job.error = _translated(error, self._address) if isinstance(error, _DRIVER_ERRORS) else error
        return job.error is None and transaction.touched_pages

    def _run_under_savepoint(self, job: Job, connection: Connection, view: PublishedView) -> bool:
        """Run one job under a savepoint, so that only its own changes are rolled back if it fails."""
        job.reset()
        connection.exec_driver_sql("SAVEPOINT work")
        touched = self._run_job(job, connection, view)
        if job.error is not None:
            if not _driver(connection).in_transaction:
                # On a full disk SQLite rolls back the whole transaction, so no job is stored.
                raise job.error
            connection.exec_driver_sql("ROLLBACK TO work")
            view.forget()
        connection.exec_driver_sql("RELEASE work")
        return touched

    def _check_schema(self) -> None:
        with _translating(self._address), self._readers.connect() as connection, connection.begin():
            state = schema.state_of(connection)
        if state is SchemaState.EMPTY:
            _upgrade(self._writer, self._address)
        elif state is not SchemaState.CURRENT:
            raise wrong_schema(state, self._address.place)

    def _check_file(self) -> None:
        """Raise StoreUnavailable if the file was removed or replaced: SQLite would keep writing to the lost file."""
        if identity(self._address) != self._identity:
            raise StoreUnavailable(
                f"{self._address.place}: the database file was replaced by another one while it was in use; "
                "restart oncall to use the new one"
            )

    def _data_version(self) -> int:
        """Return a number that changes when another process commits. Our own commits do not change it.

        Reads the number from SQLite at most every _CHECK_EVERY_SECONDS, because frequent commits would read it all the
        time.
        """
        began = time.monotonic()
        if began - self._foreign_checked_at < _CHECK_EVERY_SECONDS:
            return self._foreign_changes
        self._foreign_checked_at = began
        if self._is_closed or not self._writing.acquire(timeout=_CHECK_EVERY_SECONDS):
            return self._foreign_changes
        try:
            connection = self._writer.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA data_version")
                ((self._foreign_changes,),) = cursor.fetchall()
                cursor.close()
            finally:
                connection.close()
        except _DRIVER_ERRORS:
            pass  # The next read or write reports the error; here nothing is known to have changed.
        finally:
            self._writing.release()
        return self._foreign_changes


def migrate(address: SqliteAddress) -> None:
    """Create the tables, or update those of an older version. Raises WrongSchema and StoreUnavailable."""
    make_private_file(address)
    engine = _engine(address, begin="BEGIN IMMEDIATE", busy_seconds=30.0, connections=1)
    try:
        _upgrade(engine, address)
    finally:
        engine.dispose()


_DRIVER_ERRORS = (SQLAlchemyError, sqlite3.Error)


@contextmanager
def _translating(address: SqliteAddress) -> Iterator[None]:
    try:
        yield
    except _DRIVER_ERRORS as error:
        raise _translated(error, address) from error


def _translated(error: BaseException, address: SqliteAddress) -> Exception:
    """Return the error to raise in place of an error of SQLAlchemy or the driver.

    A ValueError of a column type, for example because a time is not UTC, is returned unchanged.
    """
    origin = error.orig if isinstance(error, StatementError) else error
    if isinstance(origin, (ValueError, TypeError)):
        return origin
    if isinstance(origin, sqlite3.Error):
        return unavailable(origin, address.path)
    return StoreUnavailable(f"{address.place}: too many requests are waiting for the database; try again")


def _upgrade(writer: Engine, address: SqliteAddress) -> None:
    with _translating(address), writer.begin() as connection:
        schema.upgrade(connection, address.place)


def _engine(address: SqliteAddress, *, begin: str, busy_seconds: float, connections: int) -> Engine:
    """Create an engine whose transactions start with the statement `begin`.

    After a plain BEGIN, transactions only read. busy_seconds: how long a statement waits for a lock. connections: the
    most that are open.
    """
    keep_rows_out_of_logs()
    engine = create_engine(
        URL.create("sqlite", database=str(address.path)),
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        hide_parameters=True,
        logging_name=ENGINE_NAME,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=busy_seconds + 5,
    )
    share_statements(engine)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        # Disable the driver's own transactions, which begin too late; `start` begins ours.
        connection.isolation_level = None
        _use_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if begin == "BEGIN":
            connection.execute("PRAGMA query_only=ON")

    def start(dbapi_connection: PoolProxiedConnection) -> None:
        dbapi_connection.cursor().execute(begin)

    # A listener for "begin" would make SQLAlchemy look for listeners at every statement, for a tenth of its time.
    engine.dialect.do_begin = start  # type: ignore[method-assign]  # see above
    return engine


def _wait_at_most(connection: Connection, seconds: float) -> None:
    """Set how long the connection waits for other programs' locks."""
    # Bypass SQLAlchemy, which would begin a transaction, and wait for its lock, before this statement.
    _driver(connection).execute(f"PRAGMA busy_timeout={round(seconds * 1000)}").close()


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch a new file to WAL. Retries while another process does the same, because SQLite does not wait here."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_WAL_SECONDS)
        else:
            return
