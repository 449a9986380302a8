"""The base class of both stores: read, write, submit, wait for a change, close."""

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
"""SQLAlchemy's `logging_name` of our engines."""


def keep_rows_out_of_logs() -> None:
    """Stop SQLAlchemy from logging rows at debug level, because rows hold phone numbers."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{ENGINE_NAME}").setLevel(logging.WARNING)


class SqlStore(ABC):
    """`paging.ports.Store` on a database, made by `open_store`. Safe to share between threads; close it at the end."""

    @abstractmethod
    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run work on a consistent snapshot and return its result; it must not write. Raises StoreUnavailable."""

    @abstractmethod
    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work and return a future; its writes are durable when the future resolves. Several may share a commit.

        The future raises what the work raises. Raises StoreUnavailable at once if the store is closed or its queue is
        full.
        """

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work that may take long. Only SQLite runs it in a shared commit, because it has one writer."""
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run work and return its result; its writes are durable when this returns. Raises StoreUnavailable."""
        return self.submit(work).result()

    @abstractmethod
    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Block until any process writes a ticket, an attempt or the schedule, and return True.

        Writes since the last call count. Returns False after `timeout_seconds` (real time) without a write. The first
        call returns True at once. The result may be True without a write, but never False after one. Call it from one
        thread at a time.
        """

    def database_now(self) -> datetime | None:
        """Return the time of the database's clock (aware UTC); None if the database uses this machine's clock."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Finish all submitted work, then close the database. Later calls raise StoreUnavailable."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
