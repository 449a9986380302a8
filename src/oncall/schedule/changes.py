"""Finds the assignments that go to another engineer between two versions of the schedule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.schedule.schedule import Schedule
from oncall.schedule.span_set import parts_left
from oncall.schedule.timeline import Assignment
from oncall.support.windows import Window

SHORTEST = timedelta(minutes=1)
"""A difference shorter than this is ignored: versions take effect to the second, but people read minutes."""


@dataclass(frozen=True, slots=True)
class AssignmentChange:
    """The assignments that one engineer gains and loses, in time order. Each is cut to the part that changes hands."""

    engineer: str
    gained: tuple[Assignment, ...]
    lost: tuple[Assignment, ...]


def changes_between(before: Schedule, after: Schedule, start: datetime, end: datetime) -> list[AssignmentChange]:
    """Return each engineer's changes in [start, end) (aware UTC), by engineer id.

    Engineers without a change are left out.
    """
    gained: list[Assignment] = []
    lost: list[Assignment] = []
    for role in dict.fromkeys([*after.roles, *before.roles]):
        old, new = ([a for a in schedule.assignments(start, end) if a.role == role] for schedule in (before, after))
        lost += _without_same_engineer(old, new, start, end)
        gained += _without_same_engineer(new, old, start, end)
    return [
        AssignmentChange(engineer, _of(engineer, gained), _of(engineer, lost))
        for engineer in sorted({each.engineer for each in gained + lost})
    ]


def _without_same_engineer(
    assignments: Sequence[Assignment], others: Sequence[Assignment], start: datetime, end: datetime
) -> Iterator[Assignment]:
    """Yield the parts of `assignments` in [start, end) in which `others` does not assign the same engineer."""
    by_engineer: dict[str, list[Window]] = {}
    for other in others:
        by_engineer.setdefault(other.engineer, []).append(other.window)
    for each in assignments:
        inside = Window(max(each.window.start, start), min(each.window.end, end))
        for piece in parts_left(inside, by_engineer.get(each.engineer, [])):
            if piece.end - piece.start >= SHORTEST:
                yield replace(each, window=piece)


def _of(engineer: str, assignments: Sequence[Assignment]) -> tuple[Assignment, ...]:
    return tuple(sorted((a for a in assignments if a.engineer == engineer), key=lambda each: each.window.start))
