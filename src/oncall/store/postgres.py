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
from sqlalchemy import Connection, Engine, RootTransaction, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from oncall.errors import Conflict, StoreInDoubt, StoreUnavailable
from oncall.paging.ports.store import Transaction
from oncall.store import schema
from oncall.store.address import PostgresAddress
from oncall.store.deferred_writes import Values, Write, WriteRows
from oncall.store.group_commit import MOST_PER_COMMIT, GroupCommit, Job
from oncall.store.grouped_work import GroupFailed, run_group
from oncall.store.postgres_errors import translated
from oncall.store.postgres_pool import THREADS, connection_pool
from oncall.store.publications import PublishedCache, PublishedView
from oncall.store.revisions import SchemaState, wrong_schema
from oncall.store.sql_store import SqlStore
from oncall.store.transaction import SqlTransaction
from oncall.store.write_probe import probe_postgres

T = TypeVar("T")

_MOST_RUNS = 6
_MOST_SINGLE_JOBS = 2 * MOST_PER_COMMIT
_LISTEN_SLICE_SECONDS = 0.5
_GROUP_LOCK_SECONDS = 0.05
"""A group waits this long (real time) for another transaction's lock, so that one job does not block the others."""
_IDLE_SECONDS = 10.0
"""PostgreSQL rolls back a transaction that is idle for this long. Otherwise a machine that freezes, or loses its power
or network, in the middle of a transaction would keep its locks, and all other pagers would wait."""

_UNIQUE_VIOLATION = "23505"
_DEADLOCK = "40P01"
_SERIALIZATION_FAILURE = "40001"
_LOCK_NOT_AVAILABLE = "55P03"


class PostgresStore(SqlStore):
    """A PostgreSQL database. Transactions use READ COMMITTED and row locks.

    Submitted jobs share a transaction if possible; otherwise each has its own. idle_seconds: real time after which the
    server rolls back an idle transaction.
    """

    def __init__(self, address: PostgresAddress, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._address = address
        self._published = PublishedCache()
        self._engine = connection_pool(address, kept=2, idle_seconds=idle_seconds)
        # No limit for idle reads: they block no one, and a report computes for long between its queries.
        self._snapshots = connection_pool(address).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._group_engine = connection_pool(
            address, connections=1, lock_seconds=_GROUP_LOCK_SECONDS, idle_seconds=idle_seconds
        )
        self._group = GroupCommit(self._commit, address.place, _GROUP_LOCK_SECONDS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="oncall-store")
        self._single_jobs = threading.BoundedSemaphore(_MOST_SINGLE_JOBS)
        self._listener: psycopg.Connection | None = None
        self._closing, self._waits_over = threading.Event(), threading.Event()
        try:
            self._check_schema()
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on a consistent snapshot and return its result."""
        self._refuse_when_closed()
        return self._with_retries(lambda: self._read_once(work))

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in this thread, in a transaction of its own, and return its result."""
        self._refuse_when_closed()
        return self._with_retries(lambda: self._write_once(work))

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue `work` for the group commit. Its changes are durable when the future has a result."""
        return self._group.submit(work)

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Run `work` in another thread, in a transaction of its own.

        Its changes are durable when the future has a result.
        """
        self._refuse_when_closed()
        return self._threads.submit(self._with_retries, lambda: self._write_once(work))

    def prove_writable(self) -> None:
        """Prove that the database can be written: store a row and remove it, in a transaction of its own."""
        self._refuse_when_closed()
        self._with_retries(self._probe)

    def _probe(self) -> None:
        with self._engine.begin() as connection:
            probe_postgres(connection)

    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Wait for a NOTIFY, which PostgreSQL sends at the commit of each change that concerns the pagers.

        While the server is away this returns False, after at most a second. The first call after that returns True.
        """
        deadline = time.monotonic() + timeout_seconds
        try:
            if self._listener is None:
                self._listener = self._listen()
                return True
            while (left := deadline - time.monotonic()) > 0 and not self._waits_over.is_set():
                for _ in self._listener.notifies(timeout=min(left, _LISTEN_SLICE_SECONDS), stop_after=1):
                    return True
        except (SQLAlchemyError, psycopg.Error):
            self._drop_listener()
            self._waits_over.wait(min(timeout_seconds, 1.0))
        return False

    def end_waits(self) -> None:
        """Make `wait_for_change` return False within half a second, now and from now on."""
        self._waits_over.set()

    def database_now(self) -> datetime | None:
        """Return the time by the server's clock (aware UTC)."""
        self._refuse_when_closed()
        with _translating(self._address), self._engine.connect() as connection:
            at: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return at.astimezone(UTC)

    def close(self) -> None:
        """Finish the submitted jobs and close all connections."""
        self._group.close()
        self._closing.set()
        self.end_waits()
        self._threads.shutdown(wait=True)
        self._drop_listener()
        for engine in (self._group_engine, self._snapshots, self._engine):
            engine.dispose()

    def _with_retries(self, once: Callable[[], T]) -> T:
        """Run the function `once`, which runs one transaction, and return its result.

        Runs it again after a deadlock or a lost connection, because these leave nothing stored.
        """
        was_cut = False
        for runs in itertools.count(1):
            try:
                return once()
            except Conflict as error:
                # Another transaction stored the same row after we looked for it. A second run will find it.
                if runs > 1 or _state(error.__cause__) != _UNIQUE_VIOLATION:
                    raise
            except (SQLAlchemyError, psycopg.Error) as error:
                again = _state(error) in {_DEADLOCK, _SERIALIZATION_FAILURE} or (_is_cut(error) and not was_cut)
                if runs == _MOST_RUNS or not again:
                    raise translated(error, self._address) from error
                was_cut = was_cut or _is_cut(error)
        raise AssertionError("unreachable")

    def _read_once(self, work: Callable[[Transaction], T]) -> T:
        with self._snapshots.connect() as connection, connection.begin():
            return work(SqlTransaction(connection, PublishedView(self._published), writes=False))

    def _write_once(self, work: Callable[[Transaction], T], *, lock_seconds: float | None = None) -> T:
        """Run `work` in one transaction.

        lock_seconds: it fails if a lock takes longer; None: it waits without limit.
        """
        with self._engine.connect() as connection, connection.begin() as whole:
            if lock_seconds is not None:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(lock_seconds * 1000)}")
            transaction = SqlTransaction(connection, PublishedView(self._published), writes=True)
            result = work(transaction)
            if transaction.conflict is not None:
                raise transaction.conflict
            self._finish(connection, whole, touched=transaction.touched_pages)
            return result

    def _finish(self, connection: Connection, whole: RootTransaction, *, touched: bool) -> None:
        """Commit the transaction. touched: wake the pagers, because the change concerns them."""
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
                "check whether it is stored before you try again"
            ) from error

    def _commit(self, jobs: Sequence[Job], _: float) -> Sequence[Job]:
        """Run a group in one transaction, and return the finished jobs.

        If that fails, each job runs alone in another thread, where a job that waits for a lock does not delay the next
        group.
        """
        with _translating(self._address):
            connection = self._group_engine.connect()
        with connection:
            try:
                with connection.begin() as whole:
                    touched = run_group(jobs, connection, PublishedView(self._published), _writing_on(connection))
                    self._finish(connection, whole, touched=touched)
                return jobs
            except (GroupFailed, SQLAlchemyError, psycopg.Error):
                pass
        for job in jobs:
            job.reset()
            self._single_jobs.acquire()
            self._queue_single(job)
        return ()

    def _run_single(self, job: Job) -> None:
        """Run a job in a transaction of its own. If it has to wait for a lock, queue it again behind the other jobs."""
        lock_seconds = _GROUP_LOCK_SECONDS if not self._closing.is_set() else None
        try:
            job.result = self._with_retries(lambda: self._write_once(job.work, lock_seconds=lock_seconds))
        except BaseException as error:  # Every caller must get an answer.
            if _state(error.__cause__) == _LOCK_NOT_AVAILABLE:
                self._queue_single(job)
                return
            job.error = error
        self._single_jobs.release()
        job.resolve()

    def _queue_single(self, job: Job) -> None:
        try:
            self._threads.submit(self._run_single, job)
        except RuntimeError:
            # The pool is shut down because the store is closing, so this thread may wait for the lock.
            self._run_single(job)

    def _check_schema(self) -> None:
        with _translating(self._address):
            with self._engine.connect() as connection:
                state = schema.state_of(connection)
            if state is SchemaState.EMPTY:
                _upgrade(self._engine, self._address)
            elif state is not SchemaState.CURRENT:
                raise wrong_schema(state, self._address.place)

    def _listen(self) -> psycopg.Connection:
        """Open a connection outside the pool that listens for NOTIFY. The caller closes it."""
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
    """Create the tables, or update those of an older version. Raises WrongSchema and StoreUnavailable."""
    engine = connection_pool(address)
    try:
        with _translating(address):
            _upgrade(engine, address)
    finally:
        engine.dispose()


def _writing_on(connection: Connection) -> WriteRows:
    def write(kind: Write, rows: Sequence[Values]) -> bool:
        result = connection.execute(kind, rows)
        return not kind.is_update or result.rowcount == len(rows)

    return write


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


def _state(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of a PostgreSQL error, even if SQLAlchemy has wrapped it; None for any other error."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


def _is_cut(error: BaseException) -> bool:
    """Return True if the connection was lost. The server has then rolled back, so the work may run again."""
    return isinstance(error, DBAPIError) and error.connection_invalidated
