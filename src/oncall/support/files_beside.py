"""Reads the names of files that a policy names and that are in its folder."""

from __future__ import annotations

from pathlib import Path

from oncall.file_nodes import AtFault, Node, ScalarNode, descend, shown
from oncall.file_values import file_of, line_of_text
from oncall.suggestions import nearest


def file_beside(node: Node) -> str:
    """Read the name of a file that is in the folder of the policy file."""
    text = line_of_text(node)
    if "/" in text or "\\" in text or text in (".", ".."):
        raise node.refuse(f"{shown(text)} is not the name of a file beside this one; write one like {node.path}.yaml")
    return text


def named_file(path: Path, root: Node, key: str) -> Path | None:
    """Return the path of the file that the policy at `path` names under a key; None if it names none that can be read.

    root: the document of the policy. It is a fault if the file does not exist or is not in the policy's folder.
    """
    place = descend(root, key)
    if not isinstance(place, ScalarNode) or place.is_empty:
        return None
    try:
        name = file_beside(place)
    except AtFault:
        # The policy's reader has noted this fault.
        return None
    try:
        beside = file_of(place, path.parent, name)
    except AtFault:
        return None
    if beside is None:
        near = nearest(name, [other.name for other in path.parent.glob("*.yaml") if other != path])
        mend = f'did you mean "{near}"?' if near else "write the name of a file that is there, or delete this line"
        place.note(f"there is no file {shown(name)} beside this one; {mend}")
    return beside
