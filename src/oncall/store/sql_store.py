"""The base of both stores: read, write, submit, wait for a change, close."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from oncall.paging.ports.store import Transaction

T = TypeVar("T")

ENGINE_NAME = "oncall"
"""The name of our engines in SQLAlchemy's logs."""


def keep_rows_out_of_logs() -> None:
    """Switch off SQLAlchemy's debug log, which shows rows, because rows hold phone numbers."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{ENGINE_NAME}").setLevel(logging.WARNING)


class SqlStore(ABC):
    """The `paging.ports.Store` on a database, from `open_store`. Safe to share between threads; close it at the end."""

    @abstractmethod
    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run work that only reads, on a consistent snapshot. Raises StoreUnavailable."""

    @abstractmethod
    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work to run in a transaction that several jobs may share. It is durable when the future resolves.

        The future raises the errors of the work. Raises StoreUnavailable at once if the store is closed or its queue is
        too long.
        """

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work that may take long: it does not delay other jobs, unless the store has only one writer."""
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run work in a transaction, durable when this returns. Raises StoreUnavailable."""
        return self.submit(work).result()

    @abstractmethod
    def prove_writable(self) -> None:
        """Prove that the database can be written: store a row and remove it. Raises StoreUnavailable if it fails."""

    @abstractmethod
    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Wait until this or another process changes a ticket, an attempt or the schedule, and return True.

        Returns False after `timeout_seconds` (real time) without a change. Counts changes since the last call; the
        first call returns True. It may report a change that did not happen, but misses none. Only one thread may
        call it.
        """

    @abstractmethod
    def end_waits(self) -> None:
        """Make `wait_for_change` return False soon, now and from now on. The store can still read and write."""

    def database_now(self) -> datetime | None:
        """Return the time by the database's own clock (aware UTC), or None if it uses this machine's clock."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Finish the submitted jobs, then close the database. Later calls raise StoreUnavailable."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
