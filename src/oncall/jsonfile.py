"""Parses a JSON text into a tree of nodes, each with its place, so that the readers for YAML files can read it too.

The standard library checks the syntax and decodes the strings; this module adds the place of every value and notes
duplicate keys. The items of a long list are built only when a reader comes to them, because reading stops after some
faults.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NoReturn, overload

from oncall.file_nodes import MOST_LEVELS, AtFault, Faults, ListNode, MapNode, Node, ScalarNode

_BLANK = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r"[^\s,\]}]+")
_DECODER = json.JSONDecoder()
_SKIPPER = json.JSONDecoder(parse_int=str, parse_float=str)
"""Finds the end of a list. Numbers stay texts: the standard library refuses to convert very long ones."""
_LAZY_LEVELS = 2
"""Lists that are nested at least this deep are always built at once."""
_LONG = 100_000
"""If a list has more characters than this, its items are built when they are read."""


def parse_json(text: str, faults: Faults) -> Node:
    """Return the tree of a JSON text. Raises FileFaults if the text is empty, not JSON, or nested too deep.

    A duplicate key is noted in `faults`, and the tree keeps its first value. Inside an item of a long list, a duplicate
    key or a value that is nested too deep is noted when the item is read.
    """
    _check_syntax(text, faults)
    try:
        return _Scanner(text, faults, _Places(text)).tree()
    except AtFault:
        raise faults.refusal() from None


def _check_syntax(text: str, faults: Faults) -> None:
    """Raise FileFaults unless the text is JSON. Numbers of any size pass; their readers check the size."""

    def refuse(offset: int, message: str) -> NoReturn:
        faults.note(*_Places(text).of(offset), "", message)
        raise faults.refusal() from None

    def refuse_constant(name: str) -> NoReturn:
        refuse(max(text.find(name), 0), f"{name} is not a number")

    try:
        json.loads(text, parse_constant=refuse_constant, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        if not text.strip():
            refuse(0, "is empty")
        refuse(error.pos, f"is not JSON: {error.msg}")
    except RecursionError:
        refuse(0, f"is nested more than {MOST_LEVELS} levels deep")


class _Places:
    """Gives the line and the column, counted from 1, of each character of a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def of(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class _LazyItems(Sequence[Node]):
    """The items of a list. Each is built when it is first read; `len` builds all of them."""

    def __init__(self, items: Iterator[Node]) -> None:
        self._items = items
        self._built: list[Node] = []

    def __iter__(self) -> Iterator[Node]:
        yield from self._built
        for item in self._items:
            self._built.append(item)
            yield item

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, place: int) -> Node: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Node]: ...
    def __getitem__(self, place: int | slice) -> Node | Sequence[Node]:
        return list(self)[place]


class _Scanner:
    """Builds the tree of a text that is known to be JSON.

    `_at`: the index in the text of the next character to read.
    """

    def __init__(self, text: str, faults: Faults, places: _Places, at: int = 0) -> None:
        self._text = text
        self._faults = faults
        self._places = places
        self._at = at

    def tree(self) -> Node:
        self._skip_blanks()
        return self._value("", 0)

    def _value(self, path: str, level: int) -> Node:
        place = (self._faults, path, *self._places.of(self._at))
        opening = self._text[self._at]
        if opening in "{[" and level == MOST_LEVELS:
            raise Node(*place).refuse(f"is nested more than {MOST_LEVELS} levels deep")
        if opening == "{":
            return self._mapping(MapNode(*place), level)
        if opening == "[":
            return ListNode(*place, self._list(path, level))
        if opening == '"':
            return ScalarNode(*place, self._string(), True)
        found = _PLAIN.match(self._text, self._at)
        assert found is not None, "a value follows here in every JSON text"
        self._at = found.end()
        return ScalarNode(*place, found[0], False)

    def _list(self, path: str, level: int) -> Sequence[Node]:
        end = _SKIPPER.raw_decode(self._text, self._at)[1] if level < _LAZY_LEVELS else 0
        if end - self._at <= _LONG:
            return list(self._list_items(path, level))
        items = _Scanner(self._text, self._faults, self._places, self._at)._list_items(path, level)
        self._at = end
        return _LazyItems(items)

    def _list_items(self, path: str, level: int) -> Iterator[Node]:
        for number, _ in enumerate(self._items("]")):
            yield self._value(f"{path}[{number}]", level + 1)

    def _mapping(self, node: MapNode, level: int) -> MapNode:
        for _ in self._items("}"):
            place = self._places.of(self._at)
            name = self._string()
            key = ScalarNode(self._faults, node.path_of(name), *place, name, True)
            self._skip_blanks()
            self._step()
            value = self._value(key.path, level + 1)
            if name in node.entries:
                node.note_second(key)
            else:
                node.entries[name] = key, value
        return node

    def _items(self, closing: str) -> Iterator[None]:
        """Yield once at the beginning of each item of a list or mapping, then step over the closing bracket.

        The caller reads the item between two yields.
        """
        self._step()
        while self._text[self._at] != closing:
            yield
            self._skip_blanks()
            if self._text[self._at] == ",":
                self._step()
        self._at += 1

    def _step(self) -> None:
        """Step over the next character, which is a bracket, colon or comma, and over the blanks after it."""
        self._at += 1
        self._skip_blanks()

    def _string(self) -> str:
        value, self._at = _DECODER.raw_decode(self._text, self._at)
        return str(value)

    def _skip_blanks(self) -> None:
        if self._text[self._at : self._at + 1] > " ":
            return
        found = _BLANK.match(self._text, self._at)
        assert found is not None, "nothing at all is blank, too"
        self._at = found.end()
