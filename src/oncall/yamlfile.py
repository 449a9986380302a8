"""YAML with the place of every value, and every fault of a file at once.

A file is read as text and never becomes objects by itself: no tags, no anchors, no aliases, bounded size and depth.
`parse` gives a tree of nodes; a *reader* is a function that makes a value from one node or refuses it. A refusal is
noted in the file's `Faults` and ends that reader alone, so the others still have their say; `Faults.raise_any`
then raises them together. Readers see what was written, not YAML's guess: an unquoted `+13055550101`, `no` or
`08:00` stays the text that it is until a reader says what it should be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml

from oncall.errors import Fault, FileFaults
from oncall.yamlsyntax import (
    LINE_BREAK,
    TextFault,
    forbidden_character,
    has_lookalikes,
    mark_place,
    misleading_between,
    place_of,
    syntax_faults,
)

T = TypeVar("T")

MOST_BYTES = 1024 * 1024
MOST_LEVELS = 20
MOST_FAULTS = 1000

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
)
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})


class AtFault(Exception):
    """A value cannot be used; why has been noted in the file's faults already. Never leaves the reading of a file."""


class Faults:
    """The faults of one file, noted in any order. `file` is the name that the user gave."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._faults: list[Fault] = []
        self._warnings: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def note(self, line: int, column: int, path: str, message: str) -> None:
        """Add one fault; line and column count from 1, and are 0 where the file could not be read at all.

        Raises FileFaults when there are so many that the file can hardly be of the kind it is read as.
        """
        self._faults.append(Fault(self.file, line, column, path, message))
        if len(self._faults) >= MOST_FAULTS:
            self._faults.append(Fault(self.file, 0, 0, "", f"has {MOST_FAULTS} faults or more; here are some of them"))
            raise self.refusal()

    def warn(self, line: int, column: int, path: str, message: str) -> None:
        """Add one warning: the file can be used, but its author should look at this value."""
        self._warnings.append(Fault(self.file, line, column, path, message))

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """Every warning so far, in file order."""
        return tuple(sorted(dict.fromkeys(self._warnings)))

    def take_over(self, others: FileFaults) -> None:
        """Add the faults and warnings of another file that this one names."""
        self._faults.extend(others.faults)
        self._warnings.extend(others.warnings)

    def refusal(self) -> FileFaults:
        """Every fault noted so far as one error; there is at least one."""
        return FileFaults(tuple(dict.fromkeys(self._faults)), self.warnings)

    def raise_any(self) -> None:
        """Raise FileFaults with every fault noted so far, if there is one."""
        if self._faults:
            raise self.refusal()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One value of the file and its place: `path` like `engineers[2].phone`; line and column count from 1.

    A plain Node stands where nothing usable was written; its fault has been noted.
    """

    faults: Faults = field(repr=False)
    path: str
    line: int
    column: int

    def note(self, message: str) -> None:
        """Note a fault of this value and go on."""
        self.faults.note(self.line, self.column, self.path, message)

    def warn(self, message: str) -> None:
        """Note a warning about this value; the value is still used."""
        self.faults.warn(self.line, self.column, self.path, message)

    def refuse(self, message: str) -> AtFault:
        """Note a fault of this value; raise what this returns to leave the reader."""
        self.note(message)
        return AtFault()


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode(Node):
    """A single value as it was written. `is_quoted`: it stood in quotes or in a block, so it is text for sure."""

    text: str
    is_quoted: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written, or YAML's word for nothing."""
        return not self.is_quoted and self.text in _NULLS


@dataclass(frozen=True, slots=True, eq=False)
class ListNode(Node):
    """A list of values."""

    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class MapNode(Node):
    """Keys and values in file order: `entries[key]` is the key's own place and its value."""

    entries: dict[str, tuple[ScalarNode, Node]] = field(default_factory=dict)


Reader = Callable[[Node], T]


def read_text(path: Path) -> str:
    """Return a file's text. Raises FileFaults when it is missing, a folder, larger than 1 MiB, or not UTF-8."""
    faults = Faults(str(path))
    content = b""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        faults.note(0, 0, "", "there is no such file")
    except IsADirectoryError:
        faults.note(0, 0, "", "is a folder; name a file in it")
    except (OSError, ValueError) as error:
        faults.note(0, 0, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(content) > MOST_BYTES:
        faults.note(0, 0, "", "is larger than 1 MiB, the most that is read")
    faults.raise_any()
    return _decoded(content, faults)


def _decoded(content: bytes, faults: Faults) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from behind a byte-order mark, where there is one; so does an editor.
        good = error.object[: error.start].decode("utf-8", "replace")
        faults.note(*place_of(good, len(good)), "", _not_utf8(error.object, error.start))
        raise faults.refusal() from None


def _not_utf8(content: bytes, index: int) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16, not UTF-8; save the file as UTF-8"
    return f"is not UTF-8 (byte 0x{content[index]:02x}); save the file as UTF-8"


def parse(text: str, faults: Faults) -> Node:
    """Return the tree of a YAML text. Raises FileFaults when it is empty, no YAML, too large or too deep.

    Faults that leave the rest readable (a duplicate key, an alias, a tag) are noted in `faults`, and the tree has a
    plain Node there or keeps the first value.
    """
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        faults.note(0, 0, "", "is larger than 1 MiB, the most that is read")
        raise faults.refusal()
    text = text.removeprefix("\ufeff")
    if bad := forbidden_character(text):
        _note(faults, [bad])
    faults.raise_any()
    root = _tree(text, faults)
    if root is None or (isinstance(root, ScalarNode) and root.is_empty):
        faults.note(1, 1, "", "is empty")
        raise faults.refusal()
    return root


def _tree(text: str, faults: Faults) -> Node | None:
    builder = _Builder(faults)
    # A misleading character makes a key or a value into something else, so nothing more can be said of such a file.
    misleading: list[TextFault] = []
    suspect_lines = LINE_BREAK.split(text) if has_lookalikes(text) else []
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
            if suspect_lines and isinstance(event, yaml.ScalarEvent) and not event.style:
                misleading += misleading_between(suspect_lines, event.start_mark, event.end_mark)
    except yaml.MarkedYAMLError as error:
        misleading += syntax_faults(error, text, builder.line)
    except AtFault:
        raise faults.refusal() from None
    if misleading:
        _note(faults, misleading)
        raise faults.refusal()
    return builder.root


def _note(faults: Faults, found: Iterable[TextFault]) -> None:
    for fault in found:
        faults.note(fault.line, fault.column, "", fault.message)


class _Builder:
    """Makes the tree from YAML's events, without recursion: a file that is nested too deep is left at once."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.root: Node | None = None
        self.line = 1
        """The line, from 1, on which the last event began."""
        self._open: list[ListNode | MapNode] = []
        # For each open mapping the key whose value comes next; None where a key is expected.
        self._keys: list[Node | None] = []

    def take(self, event: yaml.Event) -> None:
        """Read one event. Raises AtFault when going on is of no use."""
        self.line = mark_place(event.start_mark)[0]
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self._node(event).refuse('a second document ("---") begins here; write it in a file of its own')
        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._begin(event)

    def _begin(self, event: yaml.NodeEvent) -> None:
        node = self._node(event)
        if isinstance(event, yaml.AliasEvent):
            node.note(f'"*{event.anchor}" is an alias; write the value out here')
        else:
            self._check_extras(event, node)
        if len(self._open) == MOST_LEVELS and isinstance(event, yaml.CollectionStartEvent):
            raise node.refuse(f"is nested more than {MOST_LEVELS} levels deep")
        self._place(node)
        if isinstance(node, ListNode | MapNode):
            self._open.append(node)
            self._keys.append(None)

    def _node(self, event: yaml.Event) -> Node:
        place = (self.faults, self._path(), *mark_place(event.start_mark))
        if isinstance(event, yaml.ScalarEvent):
            # The style of a plain value is None in Python's parser and "" in C's.
            return ScalarNode(*place, event.value, bool(event.style) or event.tag in _TEXT_TAGS)
        if isinstance(event, yaml.SequenceStartEvent):
            return ListNode(*place)
        if isinstance(event, yaml.MappingStartEvent):
            return MapNode(*place)
        return Node(*place)

    def _path(self) -> str:
        """The path of the value that comes next; a key has the path of its mapping."""
        if not self._open:
            return ""
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, ListNode):
            return f"{parent.path}[{len(parent.items)}]"
        return parent.path if key is None else key.path

    @staticmethod
    def _check_extras(event: yaml.NodeEvent, node: Node) -> None:
        if event.anchor is not None:
            node.note(f'"&{event.anchor}" is an anchor; delete it and write the value out wherever it is meant')
        tag = event.tag if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) else None
        if tag is not None and tag not in _CORE_TAGS | _TEXT_TAGS:
            node.note(f"the tag {shown(tag)} is not read; delete it")

    def _place(self, node: Node) -> None:
        """Hang the node where it belongs: at the top, in the open list, or as key or value of the open mapping."""
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, ListNode):
            parent.items.append(node)
        elif key is None:
            self._keys[-1] = self._key(parent, node)
        else:
            self._keys[-1] = None
            if isinstance(key, ScalarNode):
                parent.entries[key.text] = (key, node)

    def _key(self, parent: MapNode, node: Node) -> Node:
        """The key with the path of its value; a plain Node when its value is not to be kept."""
        if not isinstance(node, ScalarNode):
            if isinstance(node, ListNode | MapNode):
                node.note("stands where a key is expected; put text that begins with { or [ in quotes")
            return node
        path = f"{parent.path}.{_plain(node.text)}" if parent.path else _plain(node.text)
        key = ScalarNode(node.faults, path, node.line, node.column, node.text, node.is_quoted)
        if node.text in parent.entries:
            first = parent.entries[node.text][0]
            key.note(f"is written twice; the first is on line {first.line}")
            return Node(node.faults, path, node.line, node.column)
        return key


def lines_of(root: Node) -> dict[str, int]:
    """The line of every document path below `root`: of the key in a mapping, of the item in a list."""
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


def descend(root: Node, *keys: str) -> Node:
    """The value under these keys; where one is not there, the last mapping that is."""
    for key in keys:
        if not isinstance(root, MapNode) or key not in root.entries:
            break
        root = root.entries[key][1]
    return root


def shown(text: str) -> str:
    """The text in quotes, cut to a readable length, with anything unprintable written as an escape."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return json.dumps(short, ensure_ascii=not short.isprintable())


def _plain(key: str) -> str:
    """A key as it stands in a path: short and printable."""
    return key if len(key) <= 40 and key.isprintable() else shown(key)
