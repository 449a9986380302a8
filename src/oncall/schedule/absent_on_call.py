"""Finds engineers whom a change of the schedule puts on call although the roster marks them as away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from oncall.schedule.absences import StoredAbsence
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
    """Return a sentence for each change of the schedule that puts an absent engineer on call after `now` (aware UTC).

    A new plan does not replace overrides. An override therefore keeps engineers on call even if they have gone on leave
    since. availability_of: returns an engineer's availability; None for an engineer without restrictions.
    """
    return [_sentence(schedule, *found) for found in _absent(schedule, now, availability_of)]


def absent_by_entry(schedule: Schedule, now: datetime) -> list[str]:
    """Return a sentence for each absence, entered after publication, whose engineer is on call after `now` (aware UTC).

    The engineer stays on call until the engineers who were asked to cover accept.
    """
    return [_uncovered_sentence(schedule, *found) for found in _uncovered(schedule, now)]


def _uncovered(schedule: Schedule, now: datetime) -> Iterator[tuple[StoredAbsence, list[Assignment]]]:
    for absence in schedule.absences:
        availability = _availability_with(absence, schedule)
        held = []
        for each in schedule.assignments_of(absence.engineer, now, now + _ALL_AHEAD):
            piece = Piece(each.window, each.role, each.engineer)
            if any(found.rule == "unavailable" for found in availability_objections(schedule, piece, availability)):
                held.append(each)
        if held:
            yield absence, held


def _availability_with(absence: StoredAbsence, schedule: Schedule) -> Availability:
    """Return an availability with this absence alone, under the published roster's rule for days off."""
    latest = schedule.latest
    people = latest.people.values() if latest is not None else ()
    rules = [rule for person in people if (rule := person.availability.document.get("days_off")) is not None]
    zone = latest.zone if latest is not None else schedule.calendar.zone
    away = [absence.first_day.isoformat(), absence.last_day.isoformat(), absence.reason]
    return Availability({"away": [away], "days_off": rules[0] if rules else "whole", "zone": zone.key})


def _uncovered_sentence(schedule: Schedule, absence: StoredAbsence, held: Sequence[Assignment]) -> str:
    first, more = held[0], f" and {len(held) - 1} more" if len(held) > 1 else ""
    start = full_time(first.window.start, schedule.calendar.zone)
    return (
        f"{absence.engineer} is away from {absence.first_day} to {absence.last_day} (version {absence.version}), but "
        f"is on call as {first.role} from {start}{more}; `oncall swaps` shows who was asked to cover"
    )


def published_availability(schedule: Schedule, engineer: str) -> Availability | None:
    """Return when an engineer can be on call, from the latest publication that names them; None if none names them."""
    person = schedule.people.get(engineer)
    return person.availability if person is not None else None


def _absent(
    schedule: Schedule, now: datetime, availability_of: Callable[[str], Availability | None]
) -> Iterator[tuple[Override, Assignment, str]]:
    """Yield, for each change and engineer, the first assignment that the engineer cannot take, with the reason.

    Assignments without a change of the schedule are left out. Looks ahead from `now` (aware UTC).
    """
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
