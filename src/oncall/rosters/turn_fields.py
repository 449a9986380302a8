"""Readers of `rotation.turn` and `rotation.handover`."""

from __future__ import annotations

import re

from oncall.file_nodes import Node, shown
from oncall.file_values import Slot, scalar
from oncall.rosters.roster import Handover
from oncall.suggestions import nearest
from oncall.support.coverage_days import DAYS_OF_WEEK

_MOST_WEEKS = 8
_DAYS = [day.lower() for day in DAYS_OF_WEEK]


def turn_weeks(node: Node) -> int:
    """Read how long a turn is: `shift` (0), `week`, or a number of weeks like `2 weeks`."""
    text = scalar(node).text.strip().lower()
    if text == "shift":
        return 0
    if text == "week":
        return 1
    match = re.fullmatch(r"([0-9]{1,2})\s+weeks?", text)
    if match and 1 <= int(match[1]) <= _MOST_WEEKS:
        return int(match[1])
    bounds = f"; a turn has 1 to {_MOST_WEEKS} weeks" if match else ""
    raise node.refuse(f"{shown(scalar(node).text)} is not a turn{bounds}; write shift, week or 2 weeks")


def handover(node: Node) -> Handover:
    """Read when turns change: `fri`, or with a time of day `mon 08:00`."""
    text = scalar(node).text.strip().lower()
    match = re.fullmatch(r"([a-z]+)(?:\s+([0-9]{1,2}):([0-9]{2}))?", text)
    if match is None:
        raise node.refuse(f"{shown(scalar(node).text)} is not a handover; write one like fri or mon 08:00")
    day = next((number for number, name in enumerate(_DAYS) if len(match[1]) >= 3 and name.startswith(match[1])), None)
    if day is None:
        near = nearest(match[1], _DAYS)
        correction = f'did you mean "{near[:3]}"?' if near else "write mon, tue, wed, thu, fri, sat or sun"
        raise node.refuse(f"{shown(match[1])} is not a day of the week; {correction}")
    if match[2] is None:
        return Handover(day)
    hour, minute = int(match[2]), int(match[3])
    if hour > 23 or minute > 59:
        raise node.refuse(f"{shown(match[2] + ':' + match[3])} is not a time of day; write one from 00:00 to 23:59")
    return Handover(day, hour * 60 + minute)


def check_handover(weeks: Slot[int], handover: Slot[Handover | None]) -> None:
    """Note a fault if a rotation without turns has a `handover`."""
    if handover.is_given and weeks.is_good and not weeks.value:
        handover.place.note("needs turns of weeks; write turn: week beside it, or delete this line")
