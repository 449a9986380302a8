"""Running statements on one open transaction, and what that leaves to be known at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import IntegrityError

from oncall.errors import Conflict
from oncall.store.conflicts import conflict
from oncall.store.published import PublishedView

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Queries:
    """One open transaction on one connection. writes: rows that are looked at by their key are locked."""

    def __init__(self, connection: Connection, published: PublishedView, *, writes: bool) -> None:
        self._connection = connection
        self._published = published
        self._writes = writes
        self.touched_pages = False
        """Whether a ticket, an attempt or the schedule was written, which is what wakes the pagers."""
        self.spoiled: Conflict | None = None
        """The error of the statement that the tables' rules forbade; nothing of the work may be kept then."""

    def _run(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)

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
