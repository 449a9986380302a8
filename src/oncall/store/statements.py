"""Runs statements in one open transaction, and records what was written, which decides how the transaction ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Select
from sqlalchemy.exc import IntegrityError

from oncall.errors import Conflict, NotFound
from oncall.store.conflicts import conflict
from oncall.store.deferred_writes import DeferredWrites, Values, Write
from oncall.store.publications import PublishedView
from oncall.store.rows import Row
from oncall.store.sqlite_rows import write_rows

# The columns of a row have the types of its table, which SQLAlchemy does not tell.
Result = CursorResult[Any]
Query = Select[Any]
Parameters = Values | Sequence[Values]


class Statements:
    """Base of the classes with the queries on one open transaction.

    writes: rows that are read by their key are locked. deferred: collects new rows, to be written together with those
    of other jobs; None: rows are written at once.
    """

    def __init__(
        self, connection: Connection, published: PublishedView, *, writes: bool, deferred: DeferredWrites | None = None
    ) -> None:
        self._connection = connection
        self._published = published
        self._writes = writes
        self._deferred = deferred
        self.touched_pages = False
        """True if a ticket, an attempt or the schedule was written, so that the pagers must be woken."""
        self.has_written = False
        """True if any row was written or deferred."""
        self.has_failed = False
        """True if the database refused a statement, even if the work caught the error."""
        self.conflict: Conflict | None = None
        """The error of a statement that broke a constraint. Nothing of the work may be stored then."""

    def _run(self, statement: Executable, parameters: Parameters | None = None) -> Result:
        """Run a statement that may read any row. Writes the deferred rows first."""
        if self._deferred is not None:
            self._flush(self._deferred)
        return self._execute(statement, parameters)

    def _run_on(self, key: str, statement: Executable, parameters: Parameters) -> Result:
        """Run a statement that reads only rows with this id or code.

        Writes the deferred rows first if one has this key.
        """
        return self._run_on_any((key,), statement, parameters)

    def _run_on_any(self, keys: Iterable[str], statement: Executable, parameters: Parameters) -> Result:
        """Run a statement that reads only rows with one of these ids or codes, like `_run_on`."""
        if self._deferred is not None and not self._deferred.keys.isdisjoint(keys):
            self._flush(self._deferred)
        return self._execute(statement, parameters)

    def _flush(self, deferred: DeferredWrites) -> None:
        try:
            deferred.flush()
        except BaseException:
            self.has_failed = True
            raise

    def _execute(self, statement: Executable, parameters: Parameters | None) -> Result:
        self.has_written = self.has_written or statement.is_dml
        try:
            return self._connection.execute(statement, parameters)
        except BaseException:
            self.has_failed = True
            raise

    def _write_many(self, kind: Write, rows: Sequence[Values]) -> None:
        """Write rows of one kind now, with few statements. An update may find no row."""
        driver = self._connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            self._run(kind, rows)
            return
        if self._deferred is not None:
            self._flush(self._deferred)
        self.has_written = True
        try:
            write_rows(driver, kind, rows)
        except BaseException:
            self.has_failed = True
            raise

    def _unconverted(self, query: Executable, parameters: Parameters | None = None) -> Sequence[Row]:
        """Return all rows as the driver delivers them. SQLAlchemy's conversion doubles the time for many rows."""
        result = self._run(query, parameters)
        found = result.cursor.fetchall() if result.cursor is not None else ()
        result.close()
        return found

    def _change(self, statement: Executable, parameters: Parameters, *, subject: str) -> Result:
        """Run a statement that may break a constraint. subject: the row that the raised Conflict names."""
        try:
            return self._run(statement, parameters)
        except IntegrityError as error:
            self.conflict = conflict(error, subject)
            raise self.conflict from error

    def _insert(self, kind: Write, rows: Sequence[Values], *, keys: Iterable[str], subject: str) -> None:
        """Insert rows now, or defer them. keys: every id and code by which they may be read before they are written.

        subject: the row that a raised Conflict names.
        """
        if self._deferred is None:
            self._change(kind, rows, subject=subject)
        else:
            self._defer(self._deferred, kind, rows, keys)

    def _update(self, kind: Write, values: Values, *, keys: Iterable[str], subject: str) -> None:
        """Update one row now, or defer the update. keys, subject: as for `_insert`.

        Raises NotFound if there is no such row. If a deferred update does not find its row, each job of the group runs
        again alone, and the job that made this update raises NotFound.
        """
        if self._deferred is not None:
            self._defer(self._deferred, kind, [values], keys)
        elif self._change(kind, values, subject=subject).rowcount == 0:
            raise NotFound(f"{subject}: there is no such {subject.partition(' ')[0]}")

    def _defer(self, deferred: DeferredWrites, kind: Write, rows: Sequence[Values], keys: Iterable[str]) -> None:
        deferred.add(kind, rows, keys)
        self.has_written = True
