"""Adds the absences that were entered after publication to a roster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from oncall.rosters.roster import Absence, Engineer, Roster
from oncall.schedule.absences import StoredAbsence
from oncall.schedule.schedule import Schedule


def _ignore(sentence: str) -> None:
    """Do nothing: the default for callers who want no messages."""


def with_absences(roster: Roster, schedule: Schedule | None, say: Callable[[str], None] = _ignore) -> Roster:
    """Return the roster with the absences of the published schedule, if that is the same team's.

    schedule: None if nothing is published. say: called with a message for each absence that the roster file does not
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
    """Return the roster with one more absence of an engineer. engineer: the id."""
    people = (
        replace(each, absences=(*each.absences, absence)) if each.id == engineer else each for each in roster.engineers
    )
    return replace(roster, engineers=tuple(people))


def absence_of(stored: StoredAbsence) -> Absence:
    """Convert a stored absence to the form of the roster. It does not lower the engineer's share."""
    return Absence(stored.first_day, stored.last_day, stored.reason)


def _new_absences(engineer: Engineer, stored: Iterable[StoredAbsence]) -> list[Absence]:
    """Return the stored absences of an engineer that the roster does not have, without repeats."""
    known = {(each.first_day, each.last_day) for each in engineer.absences}
    own = (each for each in stored if each.engineer == engineer.id)
    new = {(each.first_day, each.last_day): absence_of(each) for each in own}
    return [absence for dates, absence in new.items() if dates not in known]
