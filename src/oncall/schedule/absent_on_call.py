"""Engineers whom a change of the schedule puts on call while the roster says that they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from oncall.schedule.availability import Availability
from oncall.schedule.change_checks import availability_objections
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.schedule.versions import Override, Piece
from oncall.support.wording import full_time

_ALL_AHEAD = timedelta(days=1500)


def absent_by_change(
    schedule: Schedule, now: datetime, availability_of: Callable[[str], Availability | None]
) -> list[str]:
    """Return a sentence for each change that puts an absent engineer on call after now (aware UTC).

    A new plan does not touch changes, so an engineer who went on leave after an override stays on call by it.
    availability_of: of an engineer; None for one who is always there.
    """
    return [_sentence(schedule, *found) for found in _absent(schedule, now, availability_of)]


def published_availability(schedule: Schedule, engineer: str) -> Availability | None:
    """Return when an engineer can be on call, as the latest publication that names them keeps it."""
    person = schedule.people.get(engineer)
    return person.availability if person is not None else None


def _absent(
    schedule: Schedule, now: datetime, availability_of: Callable[[str], Availability | None]
) -> Iterator[tuple[Override, Assignment, str]]:
    """Yield each change and engineer once, with the first assignment that cannot be and why."""
    seen: set[tuple[int, str]] = set()
    for each in schedule.assignments(now, now + _ALL_AHEAD):
        change = each.override
        if change is None or (change.version, each.engineer) in seen:
            continue
        availability = availability_of(each.engineer)
        piece = Piece(each.window, each.role, each.engineer)
        found = availability_objections(schedule, piece, availability) if availability is not None else []
        if found:
            seen.add((change.version, each.engineer))
            yield change, each, found[0].sentence


def _sentence(schedule: Schedule, change: Override, held: Assignment, reason: str) -> str:
    zone = schedule.calendar.zone
    span = f"from {full_time(held.window.start, zone)} to {full_time(held.window.end, zone)}"
    return (
        f"{reason}, but is on call as {held.role} {span} by version {change.version} ({change.kind} by {change.by}: "
        f"{change.reason}); `oncall undo {change.version}` takes that back"
    )
