"""From YAML nodes to values: keys of a mapping, lists, words and numbers; each refusal says what to write instead.

A reader that a file's format needs is a function from a Node to a value; the ones that every format needs are here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from oncall.file_nodes import AtFault, ListNode, MapNode, Node, Reader, ScalarNode, shown
from oncall.suggestions import suggestion
from oncall.yamlsyntax import lookalike_in

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Slot(Generic[T]):
    """What one key held. `place` is its value, or its mapping when the key is absent; `is_given`: it was written."""

    place: Node
    is_given: bool
    _values: tuple[T, ...]

    @property
    def is_good(self) -> bool:
        """Whether there is a value to use: as written, or the default."""
        return bool(self._values)

    @property
    def value(self) -> T:
        """The value. Raises AtFault when there is none; the reader around it then gives none either."""
        if not self._values:
            raise AtFault
        return self._values[0]


class Fields:
    """The keys of one mapping, asked for one by one; what nobody asked for is unknown. Raises AtFault on no mapping."""

    def __init__(self, node: Node) -> None:
        if not isinstance(node, MapNode):
            raise _unlike(node, "keys with values (key: value) are expected here")
        self._node = node
        self._known: list[str] = []

    def required(self, key: str, read: Reader[T], *, example: str) -> Slot[T]:
        """The value of a key that must be there; `example` is what a missing one is told to write."""
        slot = self._slot(key, read)
        if slot is None:
            self._miss(key, example)
            return Slot(self._node, False, ())
        return slot

    def optional(self, key: str, read: Reader[T], default: D) -> Slot[T | D]:
        """The value of a key that may be absent, or empty."""
        slot = self._slot(key, read)
        if slot is None:
            return Slot(self._node, False, (default,))
        return Slot(slot.place, slot.is_given, slot._values)

    def _miss(self, key: str, example: str) -> None:
        node = self._node
        if key in node.entries:
            node.entries[key][0].note(f"is empty; write {key}: {example}")
            return
        path = f"{node.path}.{key}" if node.path else key
        node.faults.note(node.line, node.column, path, f"is missing; write {key}: {example}")

    def close(self) -> None:
        """Note every key that was not asked for, with the nearest one that was."""
        for name, (key, _) in self._node.entries.items():
            if name not in self._known:
                key.note("is not a known key; " + suggestion(name, self._known))

    def _slot(self, key: str, read: Reader[T]) -> Slot[T] | None:
        self._known.append(key)
        if key not in self._node.entries:
            return None
        _, node = self._node.entries[key]
        if isinstance(node, ScalarNode) and node.is_empty:
            return None
        try:
            return Slot(node, True, (read(node),))
        except AtFault:
            return Slot(node, True, ())


def list_of(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A reader of lists whose items `read` takes. Every item is read, also behind one that is at fault."""

    def read_list(node: Node) -> tuple[T, ...]:
        if not isinstance(node, ListNode):
            raise _unlike(node, 'a list is expected here: [a, b], or a line beginning with "- " for each item')
        slots = [_item(item, read) for item in node.items]
        return tuple(slot.value for slot in slots)

    return read_list


def distinct_list_of(read: Reader[str], *, least: int, most: int) -> Reader[tuple[str, ...]]:
    """A reader of lists of `least` to `most` words, each of them once."""

    def read_list(node: Node) -> tuple[str, ...]:
        words = list_of(read)(node)
        if twice := next((word for word in words if words.count(word) > 1), None):
            raise node.refuse(f"{shown(twice)} is named twice")
        if not least <= len(words) <= most:
            raise node.refuse(f"has {len(words)} items; write {least} to {most}")
        return words

    return read_list


def one_or_many(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A reader of one item, or of a list of them."""

    def read_either(node: Node) -> tuple[T, ...]:
        return list_of(read)(node) if isinstance(node, ListNode) else (read(node),)

    return read_either


def words_in(node: Node) -> tuple[str, ...] | None:
    """The words of a list, each once, whatever else is at fault with it; None when it holds none."""
    items = node.items if isinstance(node, ListNode) else ()
    return tuple(dict.fromkeys(item.text for item in items if isinstance(item, ScalarNode) and item.text)) or None


def mapping_of(read: Callable[[ScalarNode, Node], T]) -> Reader[dict[str, T]]:
    """A reader of mappings whose keys are names that the file's author chose; `read` gets each key and its value."""

    def read_mapping(node: Node) -> dict[str, T]:
        if not isinstance(node, MapNode):
            raise _unlike(node, "keys with values (key: value) are expected here")
        slots = {name: _item(value, partial(read, key)) for name, (key, value) in node.entries.items()}
        return {name: slot.value for name, slot in slots.items()}

    return read_mapping


def _item(node: Node, read: Reader[T]) -> Slot[T]:
    try:
        return Slot(node, True, (read(node),))
    except AtFault:
        return Slot(node, True, ())


def scalar(node: Node) -> ScalarNode:
    """The node as a single value that is not empty."""
    if not isinstance(node, ScalarNode):
        raise _unlike(node, "a single value is expected here")
    if node.is_empty:
        raise node.refuse("is empty")
    return node


def line_of_text(node: Node, *, most: int = 100) -> str:
    """Text of one line, without blanks around it; what YAML would guess to be a number or a yes stays text."""
    text = scalar(node).text.strip()
    if not text:
        raise node.refuse("is empty")
    if lookalike := lookalike_in(text):
        raise node.refuse(f"{shown(text)} holds {lookalike}")
    if not text.isprintable():
        raise node.refuse(f"{shown(text)} holds a line break or a control character; write it on one line")
    if len(text) > most:
        raise node.refuse(f"{shown(text)} has {len(text)} characters; at most {most} are kept")
    return text


def paragraph(node: Node) -> str:
    """Text of any number of lines, brought to one."""
    text = " ".join(scalar(node).text.split())
    if not text:
        raise node.refuse("is empty")
    return text


_MOST_DIGITS = 18
"""With its sign and leading zeros; whatever is longer is far beyond every range."""


def whole_number(least: int, most: int) -> Reader[int]:
    """A reader of whole numbers from `least` to `most`."""

    def read(node: Node) -> int:
        value = scalar(node)
        bounds = f"write a whole number from {least} to {most}"
        if not re.fullmatch(r"[+-]?[0-9]+", value.text):
            raise node.refuse(f"{shown(value.text)} is not a whole number; {bounds}")
        if len(value.text) > _MOST_DIGITS:
            raise node.refuse(f"{shown(value.text)} is out of range; {bounds}")
        if value.is_quoted:
            raise node.refuse(f"{shown(value.text)} is text; write {int(value.text)} without quotes")
        if not least <= int(value.text) <= most:
            raise node.refuse(f"{int(value.text)} is out of range; {bounds}")
        return int(value.text)

    return read


_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})


def true_or_false(node: Node) -> bool:
    """`true` or `false`; `yes`, `no`, `on` and `off` are taken as YAML takes them."""
    value = scalar(node)
    word = value.text.lower()
    if word not in _TRUE | _FALSE:
        raise node.refuse(f"{shown(value.text)} is neither true nor false; write true or false")
    if value.is_quoted:
        raise node.refuse(f"{shown(value.text)} is text; write {str(word in _TRUE).lower()} without quotes")
    return word in _TRUE


def one_of(known: Iterable[str], what: str) -> Reader[str]:
    """A reader of one of the words in `known`; `what` says what they are, like "a role of this roster"."""
    words = list(known)

    def read(node: Node) -> str:
        text = scalar(node).text
        if text not in words:
            raise node.refuse(f"{shown(text)} is not {what}; {suggestion(text, words)}")
        return text

    return read


def _unlike(node: Node, expected: str) -> AtFault:
    if isinstance(node, ListNode):
        return node.refuse(f"is a list; {expected}")
    if isinstance(node, MapNode):
        return node.refuse(f"holds keys; {expected}")
    if isinstance(node, ScalarNode):
        return node.refuse(
            f"is empty; {expected}" if node.is_empty else f"{shown(node.text)} is a single value; {expected}"
        )
    return AtFault()
