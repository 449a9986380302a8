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
    """Switch off SQLAlchemy's debug log, because it shows rows, and rows contain phone numbers."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{ENGINE_NAME}").setLevel(logging.WARNING)


class SqlStore(ABC):
    """The `paging.ports.Store` on a database. `open_store` returns it.

    Safe to share between threads. Close it at the end.
    """

    @abstractmethod
    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work`, which only reads, on a consistent snapshot and return its result. Raises StoreUnavailable."""

    @abstractmethod
    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue `work`. Its changes are durable when the future has a result. Several functions may share one commit.

        The future raises the errors of the work. Raises StoreUnavailable at once if the store is closed or its queue is
        too long.
        """

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue `work` that may take long. It does not delay other work, unless the store has only one writer."""
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction and return its result. Its changes are durable when this returns.

        Raises StoreUnavailable.
        """
        return self.submit(work).result()

    @abstractmethod
    def prove_writable(self) -> None:
        """Prove that the database can be written: store a row and remove it. Raises StoreUnavailable if that fails."""

    @abstractmethod
    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Wait until this or another process changes a ticket, an attempt or the schedule, and return True.

        Returns False if nothing changes within `timeout_seconds` (real time). A change since the last call counts, too;
        the first call returns True. It may report a change that did not happen, but misses none. Only one thread may
        call it.
        """

    @abstractmethod
    def end_waits(self) -> None:
        """Make `wait_for_change` return False soon, now and from now on. The store can still read and write."""

    def database_now(self) -> datetime | None:
        """Return the time by the database's own clock (aware UTC); None if it uses this machine's clock."""
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
