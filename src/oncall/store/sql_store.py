"""What both stores have in common: reading, writing, submitting, waiting for a change, closing."""

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
    """Rows hold phone numbers, and SQLAlchemy logs them when the whole program is asked for its debug messages."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{ENGINE_NAME}").setLevel(logging.WARNING)


class SqlStore(ABC):
    """`paging.ports.Store` on a database, made by `open_store`. Safe to share between threads; close it at the end."""

    @abstractmethod
    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run it on a consistent snapshot; it may write nothing. Raises StoreUnavailable."""

    @abstractmethod
    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """As `write`, without waiting: durable when the future resolves. Several may share one commit.

        What the work raises comes out of the future. A closed store and one with far too much waiting raise
        StoreUnavailable here and now.
        """

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """As `submit` for what may take long: it shares a commit only where everything does."""
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run it in a transaction of its own, durable when this returns. Raises StoreUnavailable."""
        return self.submit(work).result()

    @abstractmethod
    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Block until somebody, in this process or another, wrote a ticket, an attempt or the schedule since the
        last call; False when `timeout_seconds` (real time) passed before. The first call answers True at once, and
        it may be True for nothing, never False for something. One thread at a time."""

    def database_now(self) -> datetime | None:
        """What time it is by the database's own clock (aware UTC); None where that is this machine's."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Finish what was submitted, then let go of the database. Later calls raise StoreUnavailable."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
