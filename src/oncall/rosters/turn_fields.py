"""Reads `rotation.turn` and `rotation.handover`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncall.file_nodes import Node, descend, shown
from oncall.file_values import Slot, scalar
from oncall.rosters.roster import Engineer, Handover, RotationRules
from oncall.suggestions import nearest
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.likely_times import handover_meant, turn_meant

_MOST_WEEKS = 8
_TOO_LONG = [f"{weeks} weeks" for weeks in range(_MOST_WEEKS + 1, 100)]
_DAYS = [day.lower() for day in DAYS_OF_WEEK]


def turn_weeks(node: Node) -> int:
    """Read the length of a turn, in weeks: `shift` gives 0, `week` 1, and `2 weeks` 2."""
    text = scalar(node).text.strip().lower()
    if text == "shift":
        return 0
    if text == "week":
        return 1
    match = re.fullmatch(r"([0-9]{1,2})\s+weeks?", text)
    if match and 1 <= int(match[1]) <= _MOST_WEEKS:
        return int(match[1])
    bounds = f"; a turn has 1 to {_MOST_WEEKS} weeks" if match else ""
    likely = None if match else turn_meant(text)
    advice = "shift, week or 2 weeks" if likely is None or likely in _TOO_LONG else likely
    raise node.refuse(f"{shown(scalar(node).text)} is not a turn{bounds}; write {advice}")


def handover(node: Node) -> Handover:
    """Read when turns change: a day of the week like `fri`, or a day and a local time like `mon 08:00`."""
    text = scalar(node).text.strip().lower()
    match = re.fullmatch(r"([a-z]+)(?:\s+([0-9]{1,2}):([0-9]{2}))?", text)
    if match is None:
        raise node.refuse(f"{shown(scalar(node).text)} is not a handover; {_handover_advice(text)}")
    day = next((number for number, name in enumerate(_DAYS) if len(match[1]) >= 3 and name.startswith(match[1])), None)
    if day is None:
        if (likely := handover_meant(text)) is not None:
            raise node.refuse(f"{shown(scalar(node).text)} is not a handover; write {likely}")
        if handover_meant(f"mon {text}") is not None:
            raise node.refuse(f"{shown(scalar(node).text)} is not a handover; {_handover_advice(text)}")
        near = nearest(match[1], _DAYS)
        correction = f'did you mean "{near[:3]}"?' if near else "write mon, tue, wed, thu, fri, sat or sun"
        raise node.refuse(f"{shown(match[1])} is not a day of the week; {correction}")
    if match[2] is None:
        return Handover(day)
    hour, minute = int(match[2]), int(match[3])
    if hour > 23 or minute > 59:
        if (likely := handover_meant(text)) is not None:
            raise node.refuse(f"{shown(scalar(node).text)} is not a handover; write {likely}")
        raise node.refuse(f"{shown(match[2] + ':' + match[3])} is not a time of day; write one from 00:00 to 23:59")
    return Handover(day, hour * 60 + minute)


def _handover_advice(text: str) -> str:
    if (likely := handover_meant(text)) is not None:
        return f"write {likely}"
    if (likely := handover_meant(f"mon {text}")) is not None:
        return f"the day is missing; write one like {likely}"
    return "write one like fri or mon 08:00"


def checked_turn_groups(
    root: Node, rules: Slot[RotationRules], engineers: Slot[tuple[Engineer, ...]], kinds: Sequence[str]
) -> tuple[frozenset[str], ...]:
    """Return the groups of kinds of shift that have separate turns; empty if one group has all kinds, or without turns.

    Records a fault for a group whose turns too few engineers can take.
    """
    if not (rules.is_good and rules.value.turn_weeks and engineers.is_good):
        return ()
    groups = turn_groups(engineers.value, kinds)
    _check_groups(descend(root, "rotation", "turn"), groups, engineers.value, rules.value.roles)
    return groups if len(groups) > 1 else ()


def turn_groups(engineers: Sequence[Engineer], kinds: Sequence[str]) -> tuple[frozenset[str], ...]:
    """Divide the kinds of shift into groups, so that no engineer takes kinds of two groups.

    Each group has its own turns.
    An engineer without `kinds` takes every kind, so that there is only one group.
    """
    groups = [frozenset([kind]) for kind in kinds]
    for engineer in engineers:
        own = set(kinds if engineer.kinds is None else engineer.kinds)
        joined = [group for group in groups if group & own]
        groups = [group for group in groups if not group & own] + ([frozenset().union(*joined)] if joined else [])
    return tuple(sorted(groups, key=lambda group: min(kinds.index(kind) for kind in group)))


def _check_groups(
    turn: Node, groups: Sequence[frozenset[str]], engineers: Sequence[Engineer], roles: Sequence[str]
) -> None:
    """Record a fault for each group of kinds whose turns too few engineers can take as a whole."""
    for group in groups:
        whole = [each.id for each in engineers if each.kinds is None or group <= set(each.kinds)]
        if len(whole) < len(roles):
            kinds, takers = " and ".join(sorted(group)), " and ".join(whole) or "nobody"
            turn.note(
                f"a turn has all shifts of {kinds}, because engineers take several of these kinds, and {takers} "
                f"can take it whole; {len(roles)} are needed. Give more engineers all of these kinds, or each only one"
            )


def check_handover(weeks: Slot[int], handover: Slot[Handover | None]) -> None:
    """Record a fault if the roster has a `handover` but no turns of weeks."""
    if handover.is_given and weeks.is_good and not weeks.value:
        handover.place.note("needs turns of weeks; write turn: week beside it, or delete this line")
