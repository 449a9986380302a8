"""Reads files that a roster names in its own folder: its policy, and the plans of other teams."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.file_nodes import Node, shown
from oncall.file_values import Slot, file_of, line_of_text
from oncall.suggestions import nearest
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy, read_policy


def policy_beside(path: Path, name: Slot[str | None], zone: Slot[ZoneInfo]) -> Policy:
    """Read the policy that the roster at `path` names, or the packaged policy, in `zone`, if it names none.

    Raises AtFault if there is no such file, and FileFaults with every fault of the policy.
    """
    if name.value is None:
        return packaged_policy(zone.value)
    beside = file_of(name.place, path.parent, name.value)
    if beside is not None:
        return read_policy(beside)
    near = nearest(name.value, [other.name for other in path.parent.glob("*.policy.yaml")])
    correction = f'; did you mean "{near}"?' if near else "; delete this line for the packaged policy"
    raise name.place.refuse(f"there is no file {shown(str(path.parent / name.value))}{correction}")


def plan_beside(path: Path, node: Node) -> str:
    """Read the file name of another team's plan in the folder of the roster at `path`.

    Raises AtFault if it is missing.
    """
    name = line_of_text(node)
    if not name.lower().endswith((".csv", ".json")):
        raise node.refuse(f"{shown(name)} is not a plan file; name one that ends in .csv or .json")
    if file_of(node, path.parent, name) is not None:
        return name
    near = nearest(name, [other.name for ending in ("*.csv", "*.json") for other in path.parent.glob(ending)])
    correction = f'; did you mean "{near}"?' if near else "; delete it, or put the other team's plan there"
    raise node.refuse(f"there is no file {shown(str(path.parent / name))}{correction}")
