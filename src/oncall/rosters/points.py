"""Reads `rotation.points`, the points of a shift of each kind. The planner evens out the engineers' total points."""

from __future__ import annotations

import re
from fractions import Fraction

from oncall.file_nodes import AtFault, MapNode, Node, ScalarNode, shown
from oncall.file_values import scalar
from oncall.likely_numbers import number_meant
from oncall.rosters.fields import KindWords
from oncall.rosters.roster import Points

HOURS = "hours"
_MOST = 1000
_NUMBER_ADVICE = f"write one from 0 to {_MOST}, like 4 or 1.5"
_EXAMPLE = "{weeknight: 1, weekend: 4}"


def points_of(kinds: KindWords, node: Node) -> Points:
    """Read `hours` (each hour is one point), or points by kind like `{weeknight: 1, weekend: 4}`."""
    if isinstance(node, ScalarNode):
        if node.text.strip().lower() in ("hour", "hours", "by hours", "by_hours") and node.text.strip() != HOURS:
            raise node.refuse(f"{shown(node.text)} is not a way to count points; write hours")
        if node.text.strip() != HOURS:
            raise node.refuse(f"{shown(node.text)} is not a way to count points; write hours, or {_EXAMPLE}")
        return Points()
    if not isinstance(node, MapNode) or not node.entries:
        raise node.refuse(f"is no table of points; write hours, or {_EXAMPLE}")
    found = [(_kind(kinds, key), _number(value)) for key, value in node.entries.values()]
    by_kind = {kind: points for kind, points in found if kind is not None and points is not None}
    if len(by_kind) < len(found):
        raise AtFault
    if not any(by_kind.values()):
        raise node.refuse(f"gives no kind a point; write one like {_EXAMPLE}")
    return Points(tuple(by_kind.items()))


def _kind(kinds: KindWords, key: ScalarNode) -> str | None:
    try:
        return kinds.read(key)
    except AtFault:
        return None


def _number(node: Node) -> Fraction | None:
    try:
        text = scalar(node).text
        if not re.fullmatch(r"[0-9]{1,4}([.][0-9]{1,3})?", text) or Fraction(text) > _MOST:
            likely = number_meant(text)
            advice = f"write {likely}" if likely is not None and 0 <= likely <= _MOST else _NUMBER_ADVICE
            raise node.refuse(f"{shown(text)} is not a number of points; {advice}")
        return Fraction(text)
    except AtFault:
        return None
