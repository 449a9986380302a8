"""Readers that turn the nodes of a file into values: mappings, lists, words and numbers.

A reader is a function from a Node to a value; each refusal says what to write instead. A reader for only one file
format is in the module of that format.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from oncall.errors import FileFaults
from oncall.file_nodes import AtFault, Faults, ListNode, MapNode, Node, Reader, ScalarNode, shown
from oncall.likely_numbers import number_meant
from oncall.suggestions import suggestion
from oncall.text_files import file_within
from oncall.yamlsyntax import lookalike_in

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Slot(Generic[T]):
    """The value of one key of a mapping. place: the value's node, or the mapping's node if the key is absent.

    is_given: the file has the key, with a value that is not empty.
    """

    place: Node
    is_given: bool
    _values: tuple[T, ...]

    @property
    def is_good(self) -> bool:
        """Return True if there is a value to use: the written one or the default."""
        return bool(self._values)

    @property
    def value(self) -> T:
        """Return the value. Raises AtFault if there is none; the reader of the whole mapping then fails too."""
        if not self._values:
            raise AtFault
        return self._values[0]


class Fields:
    """Reads the keys of one mapping, one by one. Raises AtFault if the node is not a mapping."""

    def __init__(self, node: Node, also: Mapping[str, str] | None = None) -> None:
        """also: words that people write for known keys; the message about an unknown key names the known one."""
        if not isinstance(node, MapNode):
            raise _unlike(node, "keys with values (key: value) are expected here")
        self._node = node
        self._also = also or {}
        self._known: list[str] = []

    def required(self, key: str, read: Reader[T], *, example: str) -> Slot[T]:
        """Return the value of a required key. example: the value that the message about a missing key proposes."""
        slot = self._slot(key, read)
        if slot is None:
            self._miss(key, example)
            return Slot(self._node, False, ())
        return slot

    def optional(self, key: str, read: Reader[T], default: D) -> Slot[T | D]:
        """Return the value of a key, or `default` if the key is absent or empty."""
        slot = self._slot(key, read)
        if slot is None:
            return Slot(self._node, False, (default,))
        return Slot(slot.place, slot.is_given, slot._values)

    def _miss(self, key: str, example: str) -> None:
        node = self._node
        if any(self._also.get(name.lower()) == key for name in node.entries):
            # `close` says of the other word what to write.
            return
        if key in node.entries:
            node.entries[key][0].note(f"is empty; write {key}: {example}")
            return
        path = f"{node.path}.{key}" if node.path else key
        node.faults.note(node.line, node.column, path, f"is missing; write {key}: {example}")

    def close(self) -> None:
        """Note a fault for every key of the mapping that was not read, with the nearest known key."""
        for name, (key, _) in self._node.entries.items():
            if name not in self._known:
                other = self._also.get(name.lower())
                hint = (
                    f'did you mean "{other}"?'
                    if other in self._known and other not in self._node.entries
                    else suggestion(name, self._known)
                )
                key.note(f"is not a known key; {hint}")

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
    """Return a reader of lists that reads each item with `read`.

    A faulty item does not stop it: all faults are noted.
    """

    def read_list(node: Node) -> tuple[T, ...]:
        if not isinstance(node, ListNode):
            example = _list_meant(node, read) or '[a, b], or a line beginning with "- " for each item'
            raise _unlike(node, f"a list is expected here: {example}")
        slots = [_item(item, read) for item in node.items]
        return tuple(slot.value for slot in slots)

    return read_list


_LONGEST_FLOW = 100


def _list_meant(node: Node, read: Reader[T]) -> str | None:
    """Return the list that a single value or a mapping probably means, if `read` accepts its items; else None."""
    if isinstance(node, MapNode):
        flow = _flow(node)
        return f"[{flow}]" if flow is not None and _accepts(node, read) else None
    if not isinstance(node, ScalarNode) or node.is_empty or len(node.text) > _LONGEST_FLOW:
        return None
    items = [item.strip() for item in re.split(r"[,;]|\s(?:and|&)\s", node.text) if item.strip()]
    is_good = bool(items) and all(_accepts(replace(node, text=item), read) for item in items)
    return f"[{', '.join(items)}]" if is_good else None


def _accepts(node: Node, read: Reader[T]) -> bool:
    """Return True if `read` reads a node without a fault. Notes nothing in the faults of the file."""
    scratch = Faults(node.faults.file)
    try:
        read(_copied(node, scratch))
    except (AtFault, FileFaults):
        return False
    return not len(scratch)


def _copied(node: Node, faults: Faults) -> Node:
    if isinstance(node, ListNode):
        return replace(node, faults=faults, items=[_copied(item, faults) for item in node.items])
    if isinstance(node, MapNode):
        entries = {
            name: (replace(key, faults=faults), _copied(value, faults)) for name, (key, value) in node.entries.items()
        }
        return replace(node, faults=faults, entries=entries)
    return replace(node, faults=faults)


def _flow(node: Node) -> str | None:
    """Return the YAML of a short value on one line, like `{avoid: fridays}`; None if it is long or not whole."""
    if isinstance(node, ScalarNode):
        return shown(node.text) if node.is_quoted else node.text
    if isinstance(node, MapNode):
        values = {name: _flow(value) for name, (_, value) in node.entries.items()}
        words = f"{{{', '.join(f'{name}: {value}' for name, value in values.items())}}}"
        return words if None not in values.values() and len(words) <= _LONGEST_FLOW else None
    if isinstance(node, ListNode):
        items = [_flow(item) for item in node.items]
        return f"[{', '.join(item for item in items if item is not None)}]" if None not in items else None
    return None


def distinct_list_of(read: Reader[str], *, least: int, most: int) -> Reader[tuple[str, ...]]:
    """Return a reader of lists of `least` to `most` different words."""

    def read_list(node: Node) -> tuple[str, ...]:
        words = list_of(read)(node)
        if twice := next((word for word in words if words.count(word) > 1), None):
            raise node.refuse(f"{shown(twice)} is named twice")
        if not least <= len(words) <= most:
            raise node.refuse(f"has {len(words)} items; write {least} to {most}")
        return words

    return read_list


def one_or_many(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """Return a reader of either one item or a list of items; both give a tuple."""

    def read_either(node: Node) -> tuple[T, ...]:
        return list_of(read)(node) if isinstance(node, ListNode) else (read(node),)

    return read_either


def words_in(node: Node) -> tuple[str, ...] | None:
    """Return the words of a list without duplicates, even if the list has faults; None if it has no words."""
    items = node.items if isinstance(node, ListNode) else ()
    return tuple(dict.fromkeys(item.text for item in items if isinstance(item, ScalarNode) and item.text)) or None


def mapping_of(read: Callable[[ScalarNode, Node], T]) -> Reader[dict[str, T]]:
    """Return a reader of mappings with any keys.

    `read` gets the node of each key and of its value, and returns the value.
    """

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
    """Return the node if it is a single value that is not empty; else refuse it."""
    if not isinstance(node, ScalarNode):
        raise _unlike(node, "a single value is expected here")
    if node.is_empty:
        raise node.refuse("is empty")
    return node


def line_of_text(node: Node, *, most: int = 100) -> str:
    """Read text of one line, without the spaces around it. A number or `yes` stays text."""
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


def file_of(node: Node, folder: Path, name: str) -> Path | None:
    """Return the path of the file `name` that a file in `folder` names; None if it does not exist.

    Refuses a name that leads outside the folder, links resolved, and a path that is not a regular file. It never opens
    the file: a document that someone else wrote must not show the content of any file of this machine.
    """
    path = file_within(folder, name)
    if path is None:
        raise node.refuse(f"{shown(name)} is outside the folder of this file; put it there, and write its name")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError:
        # The file may exist. The error of reading it explains more.
        return path
    if not stat.S_ISREG(mode):
        raise node.refuse(f"{shown(name)} is not a regular file; write the name of a file")
    return path


def paragraph(node: Node) -> str:
    """Read text of any number of lines, joined into one line."""
    text = " ".join(scalar(node).text.split())
    if not text:
        raise node.refuse("is empty")
    return text


_MOST_DIGITS = 18
"""The most characters of a number, with its sign and leading zeros; a longer number is outside every allowed range."""


def whole_number(least: int, most: int) -> Reader[int]:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(node: Node) -> int:
        value = scalar(node)
        bounds = f"write a whole number from {least} to {most}"
        if not re.fullmatch(r"[+-]?[0-9]+", value.text):
            likely = number_meant(value.text)
            correction = f"write {likely}" if likely is not None and least <= likely <= most else bounds
            raise node.refuse(f"{shown(value.text)} is not a whole number; {correction}")
        if len(value.text) > _MOST_DIGITS:
            raise node.refuse(f"{shown(value.text)} is out of range; {bounds}")
        if value.is_quoted and least <= int(value.text) <= most:
            raise node.refuse(f"{shown(value.text)} is text; write {int(value.text)} without quotes")
        if not least <= int(value.text) <= most:
            raise node.refuse(f"{int(value.text)} is out of range; {bounds}")
        return int(value.text)

    return read


_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})


def true_or_false(node: Node) -> bool:
    """Read `true` or `false`, or the words of YAML for them: `yes`, `no`, `on` and `off`."""
    value = scalar(node)
    word = value.text.lower()
    if word not in _TRUE | _FALSE:
        raise node.refuse(f"{shown(value.text)} is neither true nor false; {_truth_advice(word)}")
    if value.is_quoted:
        raise node.refuse(f"{shown(value.text)} is text; write {str(word in _TRUE).lower()} without quotes")
    return word in _TRUE


def _truth_advice(word: str) -> str:
    meant = {"y": "true", "t": "true", "1": "true", "n": "false", "f": "false", "0": "false", "never": "false"}
    return f"write {meant[word]}" if word in meant else "write true or false"


def one_of(known: Iterable[str], what: str) -> Reader[str]:
    """Return a reader of one of the `known` words. what: names them in messages, like "a role of this roster"."""
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
