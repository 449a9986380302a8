"""Tells by its keys whether a YAML file is a roster or a policy, because people name their files as they like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from oncall.errors import FileFaults
from oncall.file_nodes import Faults, MapNode
from oncall.suggestions import nearest
from oncall.yamlfile import parse_yaml, read_yaml_text

POLICY_SUFFIX = ".policy.yaml"

_ROSTER_KEYS = ("team", "engineers", "rotation", "manager", "holidays", "busy", "policy")
_POLICY_KEYS = (
    "on_call",
    "business_hours",
    "impacts",
    "plans",
    "escalation",
    "channels",
    "webhooks",
    "extras",
    "customers",
)
_PLAN_KEYS = {"shifts", "fairness"}


class FileKind(StrEnum):
    """The two kinds of file that people write."""

    ROSTER = "roster"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class TypedFile:
    """A file and its kind. text: the file's content; None if the name alone shows the kind, so that it was not read."""

    kind: FileKind
    text: str | None = None


def typed_file(path: Path) -> TypedFile:
    """Find out whether a file is a roster or a policy. Raises FileFaults if it is neither, or cannot be read."""
    if path.name.endswith(POLICY_SUFFIX):
        return TypedFile(FileKind.POLICY)
    if path.suffix.lower() == ".csv":
        raise _plan(Faults(str(path)))
    text = read_yaml_text(path)
    return TypedFile(_kind_of(path, text), text)


def _kind_of(path: Path, text: str) -> FileKind:
    faults = Faults(str(path))
    root = parse_yaml(text, faults)
    if not isinstance(root, MapNode):
        return FileKind.ROSTER
    found = _kind_by(root.entries, lambda key, known: key in known)
    found = found or _kind_by(root.entries, lambda key, known: nearest(key, known) is not None)
    if found is None and path.suffix.lower() == ".json" and not _PLAN_KEYS.isdisjoint(root.entries):
        raise _plan(faults)
    if found is None:
        faults.note(
            root.line,
            root.column,
            "",
            "is neither a roster (team, timezone, engineers) nor a policy (name, timezone, on_call, impacts, plans, "
            "escalation)",
        )
        raise faults.refusal()
    return found


def _kind_by(keys: Iterable[str], is_one_of: Callable[[str, Iterable[str]], bool]) -> FileKind | None:
    """Return the kind that has more of the keys (a roster if equal); None if no key belongs to either kind.

    is_one_of: tells whether a key is one of the known ones.
    """
    given = list(keys)
    roster, policy = (sum(is_one_of(key, known) for key in given) for known in (_ROSTER_KEYS, _POLICY_KEYS))
    if not roster and not policy:
        return None
    return FileKind.POLICY if policy > roster else FileKind.ROSTER


def _plan(faults: Faults) -> FileFaults:
    faults.note(0, 0, "", f"is a plan, not a roster or a policy; write: oncall verify {faults.file} --roster ROSTER")
    return faults.refusal()
