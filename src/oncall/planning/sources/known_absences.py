"""The roster with the absences that were entered after it was published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from oncall.rosters.roster import Absence, Engineer, Roster
from oncall.schedule.absences import StoredAbsence
from oncall.schedule.schedule import Schedule


def _ignore(sentence: str) -> None:
    """Drop a sentence that the caller does not want."""


def with_absences(roster: Roster, schedule: Schedule | None, say: Callable[[str], None] = _ignore) -> Roster:
    """Return the roster with the absences of the published schedule of the same team.

    schedule: None when nothing is published. say: takes a sentence for each absence that the roster file does not
    have. Absences of engineers who are not on the roster are left out.
    """
    if schedule is None or schedule.latest is None or schedule.latest.team != roster.team or not schedule.absences:
        return roster
    people = []
    for engineer in roster.engineers:
        new = _new_absences(engineer, schedule.absences)
        people.append(replace(engineer, absences=(*engineer.absences, *new)) if new else engineer)
        for absence in new:
            say(f"taken into account: {engineer.id} is away {absence.span_text}: {absence.reason}")
    return replace(roster, engineers=tuple(people))


def with_absence(roster: Roster, engineer: str, absence: Absence) -> Roster:
    """Return the roster with one more absence."""
    people = (
        replace(each, absences=(*each.absences, absence)) if each.id == engineer else each for each in roster.engineers
    )
    return replace(roster, engineers=tuple(people))


def absence_of(stored: StoredAbsence) -> Absence:
    """Return a stored absence as the roster file would have it. It does not lower the engineer's share."""
    return Absence(stored.first_day, stored.last_day, stored.reason)


def _new_absences(engineer: Engineer, stored: Iterable[StoredAbsence]) -> list[Absence]:
    """Return the stored absences of an engineer that the roster does not have, each once."""
    known = {(each.first_day, each.last_day) for each in engineer.absences}
    own = (each for each in stored if each.engineer == engineer.id)
    new = {(each.first_day, each.last_day): absence_of(each) for each in own}
    return [absence for dates, absence in new.items() if dates not in known]
