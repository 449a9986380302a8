"""Writes many rows of one kind to SQLite with few statements, without SQLAlchemy.

Python's driver lets other threads run at each row of an `executemany`, and then waits until they let it run again.
Under load these waits take longer than the writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Table, Update, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import visitors

from oncall.store.deferred_writes import Values, Write

MOST_ROWS = 64
"""The most rows in one statement: a power of two, so that few different statements are prepared."""
_KEY = "wanted"
_DIALECT = sqlite.dialect()
_Converter = Callable[[Any], Any]  # SQLAlchemy gives the function that a column type has, without its types.


def write_rows(driver: sqlite3.Connection, kind: Write, rows: Sequence[Values]) -> bool:
    """Write rows, all with the same columns. Returns False if an update did not find one of its rows.

    kind: the insert or update to run. An update changes the row that the value `wanted` names; if several updates name
    the same row, the last one counts. Raises the errors of the driver and of the column types.
    """
    if isinstance(kind, Update):
        rows = list({row[_KEY]: row for row in rows}.values())
    writer = _writer(kind, tuple(rows[0]))
    changed, start = 0, 0
    while start < len(rows):
        size = min(MOST_ROWS, 1 << ((len(rows) - start).bit_length() - 1))
        cursor = driver.execute(writer.sql(size), writer.parameters(rows[start : start + size]))
        changed, start = changed + cursor.rowcount, start + size
    return changed == len(rows)


class _Writer:
    """Builds the statements that insert or update rows with these columns, and their parameters."""

    def __init__(self, kind: Write, names: tuple[str, ...]) -> None:
        assert isinstance(kind.table, Table)
        self._kind, self._names, self._table = kind, names, kind.table
        self._converters = [self._converter(name) for name in names]
        self._sql: dict[int, str] = {}

    def sql(self, size: int) -> str:
        """Return the SQL text that writes `size` rows."""
        if size not in self._sql:
            row = f"({', '.join('?' * len(self._names))})"
            values = f"VALUES {', '.join([row] * size)}"
            self._sql[size] = self._update(values) if isinstance(self._kind, Update) else self._insert(values)
        return self._sql[size]

    def parameters(self, rows: Sequence[Values]) -> list[object]:
        """Return the values of all rows as one list, converted to what the driver accepts."""
        plain: list[object] = []
        for row in rows:
            for name, convert in zip(self._names, self._converters, strict=True):
                plain.append(row[name] if convert is None else convert(row[name]))
        return plain

    def _converter(self, name: str) -> _Converter | None:
        if name == _KEY:
            return None
        column = self._table.c[name].type.dialect_impl(_DIALECT)
        converter: _Converter | None = column.bind_processor(_DIALECT)
        return converter

    def _insert(self, values: str) -> str:
        # What follows the values of one row: empty, or ON CONFLICT DO NOTHING.
        ending = str(self._kind.compile(dialect=_DIALECT)).rpartition(")")[2]
        return f"INSERT INTO {self._table.name} ({', '.join(map(_quoted, self._names))}) {values}{ending}"

    def _update(self, values: str) -> str:
        changes = [
            f"{_quoted(name)} = new.column{place}" for place, name in enumerate(self._names, start=1) if name != _KEY
        ]
        key: ColumnElement[object] = literal_column(f"new.column{self._names.index(_KEY) + 1}")

        def named(element: object, **_: object) -> ColumnElement[object] | None:
            return key if isinstance(element, BindParameter) and element.key == _KEY else None

        assert isinstance(self._kind, Update) and self._kind.whereclause is not None
        condition = visitors.replacement_traverse(self._kind.whereclause, {}, named)
        where = condition.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
        return f"UPDATE {self._table.name} SET {', '.join(changes)} FROM ({values}) AS new WHERE {where}"  # noqa: S608


@cache
def _writer(kind: Write, names: tuple[str, ...]) -> _Writer:
    return _Writer(kind, names)


def _quoted(name: str) -> str:
    return _DIALECT.identifier_preparer.quote(name)
