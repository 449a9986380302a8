"""Tries other values for some keys of a roster. The changed text is read again, so that every value is checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from oncall.errors import Fault, FileFaults, Refused
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_from_text
from oncall.suggestions import suggestion

_EXAMPLE = "rotation.rest_nights=1"
_NOT_TRIED = {"timezone", "policy", "team"}


def roster_with(roster: Roster, settings: Sequence[str]) -> Roster:
    """Return the roster with changed values, from settings like `rotation.rest_nights=1` or `engineers.ana.fte=0.5`.

    Raises Refused, with what to write instead, for settings that are not possible.
    """
    if not settings:
        return roster
    _refuse_twice(settings)
    root = yaml.compose(roster.text, Loader=yaml.SafeLoader)
    assert root is not None, "a file that holds a roster is not empty"
    places = dict(_set(root, roster, setting) for setting in settings)
    try:
        return roster_from_text(yaml.serialize(root), roster.source, roster.policy)
    except FileFaults as refusal:
        raise Refused("\n".join(_setting_fault(fault, places) for fault in refusal.faults)) from None


def _refuse_twice(settings: Sequence[str]) -> None:
    """Raise Refused if two settings set the same value, or if one sets a part of the value that the other one sets."""
    seen: dict[str, str] = {}
    for setting in settings:
        key = setting.partition("=")[0].strip()
        for other, first in seen.items():
            if f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}."):
                raise Refused(f"--set {first[:80]} and --set {setting[:80]} set the same key; leave one of them out")
        seen[key] = setting


def _set(root: yaml.Node, roster: Roster, setting: str) -> tuple[str, str]:
    """Set one value in the YAML tree. Returns the value's path in the document, and the setting as written."""
    key, equals, text = setting.partition("=")
    words = key.strip().split(".")
    if not equals or not all(words):
        raise Refused(f'--set "{setting[:80]}": write a key, = and its value, like {_EXAMPLE}')
    if words[0] in _NOT_TRIED:
        raise Refused(f"--set {setting}: {words[0]} cannot be tried; set a key of rotation, holidays or engineers")
    if words[0] == "engineers" and len(words) == 3 and words[2] == "id":
        raise Refused(
            f"--set {setting}: plans and balances know an engineer by the id; try another person with "
            f"--without {words[1]} --with-new 1"
        )
    try:
        value = yaml.compose(text, Loader=yaml.SafeLoader) or yaml.ScalarNode("tag:yaml.org,2002:null", "")
    except yaml.YAMLError:
        raise Refused(f"--set {setting}: the value is not YAML; write one like {_EXAMPLE}") from None
    node, path = root, ""
    for word in words[:-1]:
        node, path = _inner(node, path, word, roster, setting)
    if not isinstance(node, yaml.MappingNode):
        raise Refused(f"--set {setting}: {path} holds no keys; set it as a whole")
    _put(node, words[-1], value)
    return f"{path}.{words[-1]}" if path else words[-1], setting


def _inner(node: yaml.Node, path: str, word: str, roster: Roster, setting: str) -> tuple[yaml.Node, str]:
    """Return the value below `node` that one word of a key names, and its path. Creates an empty mapping if missing.

    Below `engineers`, `word` is an engineer's id. Raises Refused if there is no such engineer.
    """
    if path == "engineers":
        ids = [engineer.id for engineer in roster.engineers]
        if word not in ids or not isinstance(node, yaml.SequenceNode):
            raise Refused(f'--set {setting}: "{word}" is not an engineer of this roster; {suggestion(word, ids)}')
        return node.value[ids.index(word)], f"engineers[{ids.index(word)}]"
    inner = f"{path}.{word}" if path else word
    if not isinstance(node, yaml.MappingNode):
        raise Refused(f"--set {setting}: {path} holds no keys; set it as a whole")
    for key, value in node.value:
        if key.value == word:
            return value, inner
    made = yaml.MappingNode("tag:yaml.org,2002:map", [])
    _put(node, word, made)
    return made, inner


def _put(node: yaml.MappingNode, word: str, value: yaml.Node) -> None:
    kept = [(key, old) for key, old in node.value if key.value != word]
    node.value = [*kept, (yaml.ScalarNode("tag:yaml.org,2002:str", word), value)]


def _setting_fault(fault: Fault, places: dict[str, str]) -> str:
    """Return the text of a fault.

    It names the setting that caused the fault, because the changed text is in no file.
    """
    for path, setting in places.items():
        if re.match(re.escape(path) + r"($|[.\[])", fault.path):
            return f"--set {setting}: {fault.message}"
    for path, setting in places.items():
        if path.startswith(f"{fault.path}."):
            return f"--set {setting}: {fault.path.rpartition('.')[2]} {fault.message}"
    return f"with these settings, {fault.path}: {fault.message}"
