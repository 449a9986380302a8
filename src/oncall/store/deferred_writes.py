"""Deferred writes: inserts and updates of several jobs that go to the database in one statement for each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Update

Change = Insert | Update


class UnexpectedRow(Exception):
    """An update did not find its row in the state that the job expected."""


class Unwritten:
    """The deferred writes of one transaction.

    kinds: the statements that may be deferred, in the order of writing: a row comes before the rows that refer to it.
    An update changes exactly one row, and the row is assumed to exist. `names`: every id and code of a
    deferred row. A query that may need one of those rows must call `write` first.
    """

    def __init__(self, connection: Connection, kinds: Sequence[Change]) -> None:
        self._connection = connection
        self._rows: dict[Change, list[Mapping[str, Any]]] = {kind: [] for kind in kinds}
        self.names: set[str] = set()

    def add(self, kind: Change, rows: Iterable[Mapping[str, Any]], names: Iterable[str]) -> None:
        """Defer rows of one kind. names: every id and code by which a query may ask for them."""
        self._rows[kind].extend(rows)
        self.names.update(names)

    def write(self) -> None:
        """Write all deferred rows, one statement for each kind.

        Raises UnexpectedRow, or the error of the database. A failed statement cannot be blamed on one job, so the
        caller must roll back and run each job alone.
        """
        if not self.names:
            return
        self.names.clear()
        for kind, rows in self._rows.items():
            if rows:
                self._rows[kind] = []
                result = self._connection.execute(kind, rows)
                if kind.is_update and result.rowcount != len(rows):
                    raise UnexpectedRow
