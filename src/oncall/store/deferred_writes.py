"""Collects the writes of many jobs until their transaction ends, so that each kind needs only one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Insert, Update

Write = Insert | Update
Values = Mapping[str, object]
WriteRows = Callable[[Write, Sequence[Values]], bool]
"""Writes rows of one kind. Returns False if an update did not find one of its rows."""


class UnexpectedRow(Exception):
    """A deferred update did not find the row that it changes."""


class DeferredWrites:
    """The deferred writes of one transaction, grouped by kind.

    write: writes the rows of one kind. kinds: the statements that may be deferred; a kind comes before the kinds whose
    rows refer to its rows. An update changes one row, which is assumed to exist. keys: the ids and codes of all
    deferred rows; call `flush` before a statement that may read one of these rows.
    """

    def __init__(self, write: WriteRows, kinds: Sequence[Write]) -> None:
        self._write = write
        self._rows: dict[Write, list[Values]] = {kind: [] for kind in kinds}
        self.keys: set[str] = set()

    def add(self, kind: Write, rows: Iterable[Values], keys: Iterable[str]) -> None:
        """Defer the rows of a statement of this kind.

        keys: every id and code by which a statement may read the rows.
        """
        self._rows[kind].extend(rows)
        self.keys.update(keys)

    def flush(self) -> None:
        """Write all deferred rows.

        A failure cannot be blamed on one job, so the caller then runs each job alone. Raises UnexpectedRow if an update
        finds no row, and the errors of the database.
        """
        if not self.keys:
            return
        self.keys.clear()
        for kind, rows in self._rows.items():
            if rows:
                self._rows[kind] = []
                if not self._write(kind, rows):
                    raise UnexpectedRow
