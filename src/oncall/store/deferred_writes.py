"""Changes that still have to be written: those of several pieces of work go to the database in one statement a kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Update

Change = Insert | Update


class NotAsThought(Exception):
    """A row that was to be changed is not as the work took it to be."""


class Unwritten:
    """The changes of one transaction that wait, of each kind in the order given. `kinds`: the statements that may wait,
    each before those whose rows hang on its own; an update is of one row, and the work takes it that it is there.

    Whoever asks for anything that may be about such a row calls `write` first. `names`: every id and code by which one
    of them may be asked for.
    """

    def __init__(self, connection: Connection, kinds: Sequence[Change]) -> None:
        self._connection = connection
        self._rows: dict[Change, list[Mapping[str, Any]]] = {kind: [] for kind in kinds}
        self.names: set[str] = set()

    def add(self, kind: Change, rows: Iterable[Mapping[str, Any]], names: Iterable[str]) -> None:
        """Let them wait."""
        self._rows[kind].extend(rows)
        self.names.update(names)

    def write(self) -> None:
        """Write them all. What the database refuses is nobody's in particular: then each is to be done alone. So it is
        after NotAsThought."""
        if not self.names:
            return
        self.names.clear()
        for kind, rows in self._rows.items():
            if rows:
                self._rows[kind] = []
                result = self._connection.execute(kind, rows)
                if kind.is_update and result.rowcount != len(rows):
                    raise NotAsThought
