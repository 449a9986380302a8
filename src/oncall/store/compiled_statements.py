"""One cache of compiled SQL for all engines of a process, so that each statement is compiled once per kind of database.

A store has several engines. SQLAlchemy would compile each statement again for every one of them, which takes far longer
than to run it.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Compiled, Engine
from sqlalchemy.util import LRUCache


class _SharedStatements(MutableMapping[Any, Compiled]):
    """The shared cache of compiled statements.

    A key contains the database's kind, driver and server version in place of the dialect object of one engine.
    """

    def __init__(self) -> None:
        self._statements: LRUCache[Any, Compiled] = LRUCache(1000)

    def __getitem__(self, key: Any) -> Compiled:
        return self._statements[_of_any_engine(key)]

    def __setitem__(self, key: Any, compiled: Compiled) -> None:
        self._statements[_of_any_engine(key)] = compiled

    def __delitem__(self, key: Any) -> None:
        del self._statements[_of_any_engine(key)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)

    def get(self, key: Any, default: Any = None) -> Any:
        return self._statements.get(_of_any_engine(key), default)


_SHARED = _SharedStatements()


def share_statements(engine: Engine) -> None:
    """Make an engine use the shared cache, with the statements that other engines of this process have compiled."""
    engine.update_execution_options(compiled_cache=_SHARED)


def _of_any_engine(key: tuple[Any, ...]) -> tuple[object, ...]:
    dialect, *statement = key
    return (dialect.name, dialect.driver, dialect.server_version_info, *statement)
