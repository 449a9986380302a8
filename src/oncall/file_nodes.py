"""The values of a file as a tree of nodes, each with its place, and all the faults of the file.

`yamlfile` and `jsonfile` build the tree. A *reader* is a function that makes a value from one node, or refuses the
node. A refusal is noted in the file's `Faults` and ends only this reader, so that the other readers still report their
faults; `Faults.raise_any` then raises all faults together. A single value stays the text that was written until a
reader decides its type: an unquoted `+13055550101`, `no` or `08:00` is text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from oncall.errors import Fault, FileFaults

T = TypeVar("T")

MOST_LEVELS = 20
MOST_READ_FAULTS = 1000
"""The reading of a file stops after this many faults."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class AtFault(Exception):
    """Raised by a reader that cannot use a value, after it noted the reason in the file's faults.

    Callers never see it.
    """


class Faults:
    """The faults of one file, noted in any order. file: its name as the user gave it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._faults: list[Fault] = []
        self._warnings: list[Fault] = []
        self._more = 0
        self._is_whole = True

    def __len__(self) -> int:
        return len(self._faults)

    def note(self, line: int, column: int, path: str, message: str) -> None:
        """Add one fault. Line and column count from 1; both are 0 if the file could not be read.

        Raises FileFaults after too many faults, because the file is probably another kind of file.
        """
        self._faults.append(Fault(self.file, line, column, path, message))
        if len(self._faults) >= MOST_READ_FAULTS:
            self._is_whole = False
            raise self.refusal()

    def warn(self, line: int, column: int, path: str, message: str) -> None:
        """Add one warning: the file can be used, but its author should look at this value."""
        self._warnings.append(Fault(self.file, line, column, path, message))

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """Return every warning so far, in file order."""
        return tuple(sorted(dict.fromkeys(self._warnings)))

    def take_over(self, others: FileFaults) -> None:
        """Add the faults and warnings of another file, which this file names."""
        self._faults.extend(others.faults)
        self._warnings.extend(others.warnings)
        self._more += others.more
        self._is_whole = self._is_whole and others.is_whole

    def take_warnings(self, others: Faults) -> None:
        """Add the warnings of another file, which this file names."""
        self._warnings.extend(others.warnings)

    def refusal(self) -> FileFaults:
        """Return every fault noted so far as one error; at least one must be noted."""
        faults = tuple(dict.fromkeys(self._faults))
        return FileFaults(faults, self.warnings, more=self._more, is_whole=self._is_whole)

    def raise_any(self) -> None:
        """Raise FileFaults with every fault noted so far. Returns if no fault was noted."""
        if self._faults:
            raise self.refusal()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One value of the file and its place: `path` is like `engineers[2].phone`; line and column count from 1.

    A Node of no subclass stands for a value that cannot be used; its fault is already noted.
    """

    faults: Faults = field(repr=False)
    path: str
    line: int
    column: int

    def note(self, message: str) -> None:
        """Note a fault of this value and return, so that the reading continues."""
        self.faults.note(self.line, self.column, self.path, message)

    def warn(self, message: str) -> None:
        """Note a warning about this value; the value is still used."""
        self.faults.warn(self.line, self.column, self.path, message)

    def refuse(self, message: str) -> AtFault:
        """Note a fault of this value. The caller raises the result to leave the reader."""
        self.note(message)
        return AtFault()


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode(Node):
    """A single value, as the text in the file. is_quoted: it is in quotes or in a block, so it is certainly text."""

    text: str
    is_quoted: bool

    @property
    def is_empty(self) -> bool:
        """Return True if nothing is written, or a word that means nothing, like `null`."""
        return not self.is_quoted and self.text in _NULLS

    @property
    def written(self) -> str:
        """Return the value as a message quotes it: cut to a readable length, and in quotes if the file has quotes."""
        return shown(self.text) if self.is_quoted or len(self.text) > 60 else self.text


@dataclass(frozen=True, slots=True, eq=False)
class ListNode(Node):
    """A list of values."""

    items: Sequence[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class MapNode(Node):
    """A mapping of keys to values, in file order.

    entries: for each key, the node of the key and the node of its value.
    """

    entries: dict[str, tuple[ScalarNode, Node]] = field(default_factory=dict)

    def path_of(self, key: str) -> str:
        """Return the path of the value under `key`."""
        plain = key if len(key) <= 40 and key.isprintable() else shown(key)
        return f"{self.path}.{plain}" if self.path else plain

    def note_second(self, key: ScalarNode) -> None:
        """Note the fault that the mapping has this key already. key: the second one."""
        key.note(f"is written twice; the first is on line {self.entries[key.text][0].line}")


Reader = Callable[[Node], T]


def lines_of(root: Node) -> dict[str, int]:
    """Return the line number of every path below `root`: the line of the key in a mapping, of the item in a list."""
    found: dict[str, int] = {}
    if isinstance(root, MapNode):
        for key, value in root.entries.values():
            found |= lines_of(value)
            found[key.path] = key.line
    elif isinstance(root, ListNode):
        for item in root.items:
            found |= lines_of(item)
            found[item.path] = item.line
    return found


def descend(root: Node, *keys: str | int) -> Node:
    """Follow the keys from `root` and return the last node that exists: at best, the value of the last key.

    A number is the place of an item in a list.
    """
    for key in keys:
        if isinstance(key, int) and isinstance(root, ListNode) and key < len(root.items):
            root = root.items[key]
        elif isinstance(key, str) and isinstance(root, MapNode) and key in root.entries:
            root = root.entries[key][1]
        else:
            break
    return root


def shown(text: str) -> str:
    """Return the text in quotes, cut to a readable length, with unprintable characters escaped."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return json.dumps(short, ensure_ascii=not short.isprintable())
