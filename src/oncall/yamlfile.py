"""Parses a YAML text into a tree of nodes, each with its place.

YAML never makes Python objects here: tags, anchors and aliases are refused, and size and depth are limited.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from oncall.file_nodes import MOST_LEVELS, AtFault, Faults, ListNode, MapNode, Node, ScalarNode, shown
from oncall.text_files import MIB, read_text
from oncall.yamlsyntax import (
    LINE_BREAK,
    TextFault,
    forbidden_character,
    has_lookalikes,
    mark_place,
    misleading_between,
    syntax_faults,
)

_MOST_MIB = 1

_CORE_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
)
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})


def read_yaml_text(path: Path) -> str:
    """Return the text of a YAML file. Raises FileFaults if the file is missing, larger than 1 MiB, or not UTF-8."""
    return read_text(path, most_mib=_MOST_MIB)


def parse_yaml(text: str, faults: Faults) -> Node:
    """Return the tree of a YAML text. Raises FileFaults if the text is empty, not YAML, too large or nested too deep.

    A fault that leaves the rest readable is noted in `faults`. The tree then has a Node of no subclass in place of an
    alias, and the first value of a duplicate key.
    """
    if len(text.encode("utf-8", "surrogatepass")) > _MOST_MIB * MIB:
        faults.note(0, 0, "", f"is larger than {_MOST_MIB} MiB, the most that is read")
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
    """Builds the tree from the events of the YAML parser, without recursion.

    Stops at a value that is nested too deep.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.root: Node | None = None
        self.line = 1
        """The line, from 1, on which the last event began."""
        self._open: list[ListNode | MapNode] = []
        # For each open mapping the key whose value comes next; None where a key is expected.
        self._keys: list[Node | None] = []

    def take(self, event: yaml.Event) -> None:
        """Add one event of the parser. Raises AtFault if the rest of the file cannot be read."""
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
        """Return the place in the document of the value that is read next, like `engineers[2].phone`.

        Where the next node is a key, this is the path of its mapping.
        """
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
        """Add the node to the tree: as the root, as an item of the open list, or as a key or value of a mapping."""
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, ListNode):
            assert isinstance(parent.items, list), "only JSON has lists whose items are built later"
            parent.items.append(node)
        elif key is None:
            self._keys[-1] = self._key(parent, node)
        else:
            self._keys[-1] = None
            if isinstance(key, ScalarNode):
                parent.entries[key.text] = (key, node)

    def _key(self, parent: MapNode, node: Node) -> Node:
        """Return the node of a key, with the path of its value; a node of another class if the value is left out."""
        if not isinstance(node, ScalarNode):
            if isinstance(node, ListNode | MapNode):
                node.note("stands where a key is expected; put text that begins with { or [ in quotes")
            return node
        path = parent.path_of(node.text)
        key = ScalarNode(node.faults, path, node.line, node.column, node.text, node.is_quoted)
        if node.text in parent.entries:
            parent.note_second(key)
            return Node(node.faults, path, node.line, node.column)
        return key
