"""Running statements on one open transaction, and what that leaves to be known at its end."""

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
    """One open transaction on one connection. writes: rows that are looked at by their key are locked. unwritten: where
    changes wait to be written with those of others; None: each is written at once."""

    def __init__(
        self, connection: Connection, published: PublishedView, *, writes: bool, unwritten: Unwritten | None = None
    ) -> None:
        self._connection = connection
        self._published = published
        self._writes = writes
        self._unwritten = unwritten
        self.touched_pages = False
        """Whether a ticket, an attempt or the schedule was written, which is what wakes the pagers."""
        self.has_written = False
        """Whether any row was written, or waits to be."""
        self.has_failed = False
        """Whether the database refused a statement, whatever the work made of that."""
        self.spoiled: Conflict | None = None
        """The error of the statement that the tables' rules forbade; nothing of the work may be kept then."""

    def _run(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run a statement that may be about any row."""
        if self._unwritten is not None:
            self._written(self._unwritten)
        return self._execute(statement, parameters)

    def _run_on(self, name: str, statement: Executable, parameters: Parameters) -> CursorResult[Any]:
        """Run a statement about nothing but what has this id or code: changes of others may go on waiting."""
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
        """The rows as the driver gives them, all at once: a report reads a million, and to wrap one costs as much as to
        read it."""
        result = self._run(query, parameters)
        found = result.cursor.fetchall() if result.cursor is not None else ()
        result.close()
        return found

    def _change(self, statement: Executable, parameters: Parameters, *, subject: str) -> CursorResult[Any]:
        """Run a statement that the tables' rules may forbid; `subject` is whose fault that is in the Conflict."""
        try:
            return self._run(statement, parameters)
        except IntegrityError as error:
            self.spoiled = conflict(error, subject)
            raise self.spoiled from error

    def _insert(self, kind: Change, rows: Sequence[Mapping[str, Any]], *, names: Iterable[str], subject: str) -> None:
        """Insert rows, as `_change`; now, or with those of others before the transaction ends. names: every id and code
        by which they may be asked for until then."""
        if self._unwritten is None:
            self._change(kind, rows, subject=subject)
        else:
            self._put_off(self._unwritten, kind, rows, names)

    def _put_off(
        self, unwritten: Unwritten, kind: Change, rows: Sequence[Mapping[str, Any]], names: Iterable[str]
    ) -> None:
        unwritten.add(kind, rows, names)
        self.has_written = True
