"""Runs statements on one open transaction, and records what the store must know when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import IntegrityError

from oncall.errors import Conflict
from oncall.store.conflicts import conflict
from oncall.store.deferred_writes import Change, Unwritten
from oncall.store.publications import PublishedView

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Queries:
    """One open transaction on one connection.

    writes: queries by key lock their row. unwritten: collects deferred writes, which share statements with other jobs;
    None: every write runs at once.
    """

    def __init__(
        self, connection: Connection, published: PublishedView, *, writes: bool, unwritten: Unwritten | None = None
    ) -> None:
        self._connection = connection
        self._published = published
        self._writes = writes
        self._unwritten = unwritten
        self.touched_pages = False
        """True if a ticket, an attempt or the schedule was written, so that the pagers must be woken."""
        self.has_written = False
        """True if any row was written or deferred."""
        self.has_failed = False
        """True if a statement failed, even if the job caught the error."""
        self.spoiled: Conflict | None = None
        """The error of a statement that broke a table constraint; the store must then roll the job back."""

    def _run(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run a statement that may need any row, after all deferred writes."""
        if self._unwritten is not None:
            self._written(self._unwritten)
        return self._execute(statement, parameters)

    def _run_on(self, name: str, statement: Executable, parameters: Parameters) -> CursorResult[Any]:
        """Run a statement that needs only rows with this id or code. Other rows may stay deferred."""
        if self._unwritten is not None and name in self._unwritten.names:
            self._written(self._unwritten)
        return self._execute(statement, parameters)

    def _written(self, unwritten: Unwritten) -> None:
        try:
            unwritten.write()
        except BaseException:
            self.has_failed = True
            raise

    def _execute(self, statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
        self.has_written = self.has_written or statement.is_dml
        try:
            return self._connection.execute(statement, parameters)
        except BaseException:
            self.has_failed = True
            raise

    def _plainly(self, query: Executable, parameters: Parameters | None = None) -> Sequence[Any]:
        """Return all rows as the driver gives them. A report reads a million, and wrapping a row doubles the time."""
        result = self._run(query, parameters)
        found = result.cursor.fetchall() if result.cursor is not None else ()
        result.close()
        return found

    def _change(self, statement: Executable, parameters: Parameters, *, subject: str) -> CursorResult[Any]:
        """Run a statement. Raises Conflict if it breaks a table constraint; subject: the row, for the message."""
        try:
            return self._run(statement, parameters)
        except IntegrityError as error:
            self.spoiled = conflict(error, subject)
            raise self.spoiled from error

    def _insert(self, kind: Change, rows: Sequence[Mapping[str, Any]], *, names: Iterable[str], subject: str) -> None:
        """Insert rows now, or defer them if this transaction defers writes.

        names: every id and code by which a query may ask for the rows. subject: as in `_change`.
        """
        if self._unwritten is None:
            self._change(kind, rows, subject=subject)
        else:
            self._put_off(self._unwritten, kind, rows, names)

    def _put_off(
        self, unwritten: Unwritten, kind: Change, rows: Sequence[Mapping[str, Any]], names: Iterable[str]
    ) -> None:
        unwritten.add(kind, rows, names)
        self.has_written = True
