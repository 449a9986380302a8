"""Copies a frozen dataclass with some fields changed, like `dataclasses.replace` but about four times as fast.

For each copy, `replace` looks up the fields of the class and runs `__init__`. That takes 26 µs for a ticket's state
with 25 fields; this module takes 6 µs. The pager copies states, rows and events at each step, and a rehearsal of a year
makes 300,000 copies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

Row = TypeVar("Row")
_Put = Callable[[object, object], None]


def changed(row: Row, **changes: object) -> Row:
    """Return a copy of a frozen dataclass with slots, with these fields changed.

    Raises TypeError for a field that the class lacks, and for a class that checks or computes fields when it is
    created.
    """
    kind: type = type(row)
    copy, put = _copier(kind)
    made: Row = copy(row)
    for name, value in changes.items():
        if name not in put:
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        put[name](made, value)
    return made


@cache
def _copier(kind: type) -> tuple[Callable[[Any], Any], dict[str, _Put]]:
    """Return a function that copies a row of this class, and, by field name, the functions that set its fields.

    Like `dataclasses`, it compiles a function with a line for each field, because a loop takes twice as long. It calls
    the setters of the slots, which work on a frozen class and need no look-up by name.
    """
    if hasattr(kind, "__post_init__") or "__slots__" not in vars(kind):
        raise TypeError(f"{kind.__name__} is not a plain dataclass with slots")
    put: dict[str, _Put] = {each.name: getattr(kind, each.name).__set__ for each in fields(kind)}
    lines = [f"    put_{name}(made, row.{name})" for name in put]
    source = "\n".join(["def copy(row):", "    made = new(kind)", *lines, "    return made"])
    names: dict[str, Any] = {"new": object.__new__, "kind": kind, **{f"put_{name}": one for name, one in put.items()}}
    exec(source, names)  # noqa: S102 - the names are fields of our own classes
    return names["copy"], put
