"""The store in one SQLite file: WAL, durable commits, one writing thread; other processes may use the file as well."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError, StatementError

from oncall.errors import StoreUnavailable
from oncall.paging.ports.store import Transaction
from oncall.store import schema
from oncall.store.address import SqliteAddress
from oncall.store.group_commit import GroupCommit, Job
from oncall.store.grouped_work import Apart, do_together
from oncall.store.publications import PublishedCache, PublishedView
from oncall.store.revisions import SchemaState, wrong_schema
from oncall.store.sql_store import ENGINE_NAME, SqlStore, keep_rows_out_of_logs
from oncall.store.sqlite_errors import unavailable
from oncall.store.sqlite_file import identity, make_private_file
from oncall.store.transaction import SqlTransaction

T = TypeVar("T")

_LOOK_EVERY_SECONDS = 0.1
_SWITCH_EVERY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class _GroupCache:
    """What a group has read, for the next group. It is valid while `data_version` on this connection is the same."""

    driver: sqlite3.Connection
    data_version: int
    view: PublishedView


class SqliteStore(SqlStore):
    """The store in one SQLite file.

    busy_seconds: the longest time (real seconds) that a write waits for another process, including its time in the
    queue.
    """

    def __init__(self, address: SqliteAddress, *, busy_seconds: float = 5.0) -> None:
        self._address = address
        self._published = PublishedCache()
        make_private_file(address)
        self._writer = _engine(address, begin="BEGIN IMMEDIATE", busy_seconds=busy_seconds, connections=1)
        self._readers = _engine(address, begin="BEGIN", busy_seconds=busy_seconds, connections=8)
        self._writing = threading.Lock()
        self._group = GroupCommit(self._commit, address.place, busy_seconds)
        self._kept: _GroupCache | None = None
        self._changed = threading.Condition()
        self._own_changes = 0
        self._foreign_changes = 0
        self._seen: tuple[int, int] | None = None
        self._is_closed = False
        try:
            self._check_schema()
            self._identity = identity(address)
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run work on a consistent snapshot and return its result."""
        if self._is_closed:
            raise StoreUnavailable(f"{self._address.place}: the store is closed")
        with _translating(self._address):
            self._check_file()
            with self._readers.connect() as connection, connection.begin():
                return work(SqlTransaction(connection, PublishedView(self._published), writes=False))

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work for the writing thread."""
        return self._group.submit(work)

    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Block until a write, at most `timeout_seconds` (real time), and return True if there was one.

        A write of this process wakes it at once, one of another process within 0.2 s.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            foreign = self._look_at_file()
            with self._changed:
                seen = (self._own_changes, foreign)
                if seen != self._seen:
                    self._seen = seen
                    return True
                left = deadline - time.monotonic()
                if left <= 0 or self._is_closed:
                    return False
                self._changed.wait(min(left, _LOOK_EVERY_SECONDS))

    def close(self) -> None:
        """Commit all queued work and close every connection."""
        self._group.close()
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        with self._writing:
            self._writer.dispose()
        self._readers.dispose()

    def _commit(self, jobs: Sequence[Job], patience_seconds: float) -> Sequence[Job]:
        """Run all jobs in one transaction and return them. A job that fails is rolled back alone."""
        with _translating(self._address), self._writing:
            self._check_file()
            with self._writer.connect() as connection:
                _wait_at_most(connection, patience_seconds)
                touched = self._together(jobs, connection)
        if touched:
            with self._changed:
                self._own_changes += 1
                self._changed.notify_all()
        return jobs

    def _together(self, jobs: Sequence[Job], connection: Connection) -> bool:
        """Run all jobs with shared statements; if that fails, run each under a savepoint.

        Returns True if the pagers must be woken.
        """
        kept, self._kept = self._kept, None
        try:
            with connection.begin() as whole:
                kept = self._still_valid(kept, connection)
                if len(jobs) == 1:
                    touched = [self._attempt(jobs[0], connection, kept.view)]
                    if jobs[0].error is not None:
                        whole.rollback()
                else:
                    touched = [do_together(jobs, connection, kept.view)]
        except Apart:
            with connection.begin():
                view = PublishedView(self._published)
                touched = [self._apart(job, connection, view) for job in jobs]
        else:
            was_undone = len(jobs) == 1 and jobs[0].error is not None
            self._kept = None if was_undone or kept.view.is_detached else kept
        return any(touched)

    def _still_valid(self, kept: _GroupCache | None, connection: Connection) -> _GroupCache:
        """Return the last group's cache, or an empty one if another process has written since.

        Only the writing connection can tell, inside its transaction.
        """
        driver = _driver(connection)
        ((version,),) = driver.execute("PRAGMA data_version").fetchall()
        if kept is not None and kept.driver is driver and kept.data_version == version:
            return kept
        return _GroupCache(driver, version, PublishedView(self._published))

    def _attempt(self, job: Job, connection: Connection, view: PublishedView) -> bool:
        """Run one job and set its result or error. Return True if the pagers must be woken."""
        transaction = SqlTransaction(connection, view, writes=True)
        try:
            job.result = job.work(transaction)
            if transaction.spoiled is not None:
                raise transaction.spoiled
        except BaseException as error:
            job.error = _translated(error, self._address) if isinstance(error, _DRIVER_ERRORS) else error
        return job.error is None and transaction.touched_pages

    def _apart(self, job: Job, connection: Connection, view: PublishedView) -> bool:
        """Run one job as `_attempt` does, under a savepoint. A job that fails is rolled back alone."""
        job.forget()
        connection.exec_driver_sql("SAVEPOINT work")
        touched = self._attempt(job, connection, view)
        if job.error is not None:
            if not _driver(connection).in_transaction:
                # On a full disk SQLite rolls back the whole transaction: no job is stored.
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
        """Raise StoreUnavailable if the file was replaced: SQLite would go on writing to the old file."""
        if identity(self._address) != self._identity:
            raise StoreUnavailable(
                f"{self._address.place}: the database file was replaced by another one while it was in use; "
                "restart oncall to use the new one"
            )

    def _look_at_file(self) -> int:
        """Return a number that changes when another process commits. It must be read on the writing connection."""
        if self._is_closed or not self._writing.acquire(timeout=_LOOK_EVERY_SECONDS):
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
            pass  # The next read or write raises the error; here the answer is that no change is known.
        finally:
            self._writing.release()
        return self._foreign_changes


def migrate(address: SqliteAddress) -> None:
    """Create or update the tables. Raises WrongSchema and StoreUnavailable."""
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

    The ValueError of a column type, for instance for a time that is not UTC, is returned as it is.
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
    """Return an engine whose transactions start with the statement `begin`. With "BEGIN" they can only read."""
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

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        # Switch off the driver's own deferred transactions; `start` below begins ours.
        connection.isolation_level = None
        _use_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if begin == "BEGIN":
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _wait_at_most(connection: Connection, seconds: float) -> None:
    """Set the longest time (seconds) that this connection waits for other programs' locks."""
    # Use the driver directly: SQLAlchemy would begin a transaction first, and wait for its lock.
    _driver(connection).execute(f"PRAGMA busy_timeout={round(seconds * 1000)}").close()


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch a new file to WAL. SQLite does not wait for a lock here, so this retries for `busy_seconds`."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_SWITCH_EVERY_SECONDS)
        else:
            return
