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
"""For how long a group waits for somebody's lock: whoever needs one that is held for longer must not hold up others."""
_SILENT_SECONDS = 10.0
"""For how long a process may say nothing in the middle of a change. One whose machine lost its power or its network
there, or stands still, would keep its locks, and all others waiting, for as long as the server believes in it."""
_PLANNED_AT = "planned_at"
_PLANS_SERVE_SECONDS = 2.0
"""Age (real time) at which a connection's plans are made again for the tables' present sizes."""
_CONNECT_ARGS = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 15_000}

_UNIQUE_VIOLATION = "23505"
_DEADLOCK = "40P01"
_SERIALIZATION_FAILURE = "40001"
_LOCK_NOT_AVAILABLE = "55P03"


class PostgresStore(SqlStore):
    """One database of a server. What is submitted shares a transaction where it can; else each piece of work is one of
    its own. READ COMMITTED with row locks. `silent_seconds`: after how long (real time) the server undoes a change in
    the middle of which its process says nothing any more."""

    def __init__(self, address: PostgresAddress, *, silent_seconds: float = _SILENT_SECONDS) -> None:
        self._address = address
        self._published = PublishedCache()
        self._engine = _engine(address, kept=2, silent_seconds=silent_seconds)
        # Those who only read hold nobody up, and a report thinks for long between its questions.
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
        """Run it on a consistent snapshot."""
        self._refuse_when_closed()
        return self._again_if_asked(lambda: self._read_once(work))

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run it here and now: there is no commit to share, so no other thread is needed."""
        self._refuse_when_closed()
        return self._again_if_asked(lambda: self._write_once(work))

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue it for the writing thread."""
        return self._group.submit(work)

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Run it in another thread, beside the groups."""
        self._refuse_when_closed()
        return self._threads.submit(self._again_if_asked, lambda: self._write_once(work))

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
        self._group.close()
        self._closing.set()
        self._threads.shutdown(wait=True)
        self._drop_listener()
        for engine in (self._group_engine, self._snapshots, self._engine):
            engine.dispose()

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

    def _write_once(self, work: Callable[[Transaction], T], *, lock_seconds: float | None = None) -> T:
        """lock_seconds: for how long it waits for a lock before it is refused; None: until it has it."""
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
        """Commit, and wake the pagers with it where it touches them."""
        if touched:
            connection.execute(_NOTIFY)
        try:
            whole.commit()
        except DBAPIError as error:
            if not _is_cut(error):
                raise
            # It may be stored or not, so it must not simply be run again.
            raise StoreInDoubt(
                f"{self._address.place}: the connection was cut while a change was being stored; "
                "look whether it is there before trying again"
            ) from error

    def _commit(self, jobs: Sequence[Job], _: float) -> Sequence[Job]:
        """One transaction for all of them. When one of them spoils it nothing of it is stored, and each is done alone,
        in another thread: whatever one of them waits for, it does not hold up the next group."""
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
            self._stand_in_line(job)
        return ()

    def _alone(self, job: Job) -> None:
        """Whoever needs a lock that is held for longer goes to the end of the line, again and again: those behind may
        need none."""
        lock_seconds = _GROUP_LOCK_SECONDS if not self._closing.is_set() else None
        try:
            job.result = self._again_if_asked(lambda: self._write_once(job.work, lock_seconds=lock_seconds))
        except BaseException as error:  # Whoever waits must hear of it, whatever it is.
            if _state(error.__cause__) == _LOCK_NOT_AVAILABLE:
                self._stand_in_line(job)
                return
            job.error = error
        self._waiting_alone.release()
        job.resolve()

    def _stand_in_line(self, job: Job) -> None:
        try:
            self._threads.submit(self._alone, job)
        except RuntimeError:
            # The store is closing, and nobody comes any more for whom a thread has to be free.
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
    """connections: so many at once, of which `kept` stay open. lock_seconds: for how long a statement waits for a lock
    before it is refused; 0: until it has it. silent_seconds: for how long nothing may be asked in an open transaction
    before the server undoes it; 0: for ever."""
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
    def plan_anew(connection: psycopg.Connection, record: ConnectionPoolEntry, _: object) -> None:
        # A connection plans a statement once. On a young database it would read whole tables while they are small, and
        # go on so while they grow, until the server next analyses them.
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
    """The SQLSTATE of PostgreSQL's own error under one of SQLAlchemy's."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


def _is_cut(error: BaseException) -> bool:
    """Whether the connection broke under a transaction: the server forgot it, so it may be run again."""
    return isinstance(error, DBAPIError) and error.connection_invalidated
