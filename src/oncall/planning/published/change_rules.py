"""Checks a change of the schedule against every hard rule of the roster in force, with the checks of `verify`.

A change is any step from one schedule to another: an override, a swap, a cover, an absence, an undo. This module is in
`planning` because it uses the checker of plans, which `schedule` must not import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from oncall.errors import FileFaults, Refused
from oncall.planning.sources.known_absences import with_absences
from oncall.schedule.absent_on_call import absent_by_change
from oncall.schedule.availability import Availability, is_of_earlier_program
from oncall.schedule.change_checks import availability_objections
from oncall.schedule.changes import AssignmentChange, changes_between
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Piece
from oncall.support.windows import Window
from oncall.support.wording import in_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from oncall.rosters.roster import Engineer, Roster
    from oncall.rotation.check.checked_duty import CheckedDuty
    from oncall.schedule.plan import Plan
    from oncall.schedule.seat import Seat

_BY_THE_MINUTE = ("unavailable", "roles", "kinds", "shadows")
"""Rules that are checked to the minute; the other rules count whole shifts, like the check of a plan."""
_REST_HOURS, _WEEK_HOURS = "min_rest_hours", "max_hours_per_week"
"""Rules that count an engineer's real hours, including those of a small part of a shift."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """One hard rule that a change breaks. rule: its key in the roster file. people: ids of the engineers."""

    rule: str
    people: tuple[str, ...]
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"

    def in_names(self, schedule: Schedule) -> str:
        """Return the sentence for a web page: with the engineers' names instead of their ids, and without the key."""
        return in_names(self.sentence, self.people, schedule.name_of)


class PublishedTexts(Protocol):
    """The database queries for the published roster."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every change."""

    def publication_sources(self, version: int) -> Mapping[str, str]:
        """Return the texts of the files with which a version was published, by name."""


def roster_in_force(tx: PublishedTexts) -> Roster | None:
    """Return the roster of the latest publication, with the absences that were entered since then.

    None if nothing is published, or if this version of oncall can no longer read the roster's text.
    """
    from oncall.rosters.roster_file import roster_from_text
    from oncall.support.policy_file import policy_from_sources

    latest = tx.schedule().latest
    sources = tx.publication_sources(latest.version) if latest is not None else {}
    if "roster" not in sources:
        return None
    try:
        roster = roster_from_text(sources["roster"], "the published roster", policy_from_sources(sources))
    except FileFaults:
        return None
    return with_absences(roster, tx.schedule())


def broken_rules(before: Schedule, after: Schedule, span: Window, roster: Roster | None) -> list[BrokenRule]:
    """Return the rules that the step from `before` to `after` breaks. Rules that were already broken are left out.

    span: the time in which the two schedules differ. roster: the roster in force; if None, only days off, roles and
    kinds are checked, as the publication stored them for each person. For nights of rest, weekends, limits and pairs, a
    shift belongs to the engineer who has the largest part of it; hours count by the minute.
    """
    changes = changes_between(before, after, span.start, span.end)
    found = [rule for change in changes for rule in _by_the_minute(after, change, roster)]
    if roster is not None:
        found += _by_the_shift(before, after, changes, roster)
    return list(dict.fromkeys(found))


def absent_now(schedule: Schedule, roster: Roster | None, now: datetime) -> list[str]:
    """Return a sentence for each change that puts an engineer on call after `now` whom the roster marks as away.

    now: aware UTC. roster: None to use the availability in the publication.
    """
    return absent_by_change(schedule, now, lambda engineer: availability_of(schedule, engineer, roster))


def refuse_broken(rules: Sequence[BrokenRule], schedule: Schedule, *, is_forced: bool) -> None:
    """Raise Refused with every broken rule, unless the change is forced. schedule: for the engineers' names."""
    if rules and not is_forced:
        begins = "the change breaks rules of the published roster; nothing was changed"
        found = "\n".join(f"  {rule}" for rule in rules)
        on_page = "\n".join([begins, *(rule.in_names(schedule) for rule in rules), FORCE_ON_PAGE])
        raise Refused(f"{begins}\n{found}\n{FORCE_IT}", on_page=on_page)


FORCE_IT = "to make it anyway, add --force and say why with --reason"
FORCE_ON_PAGE = "to make it anyway, open the page again, tick the box under the form, and give a reason"


def _by_the_minute(after: Schedule, change: AssignmentChange, roster: Roster | None) -> list[BrokenRule]:
    availability = availability_of(after, change.engineer, roster)
    if availability is None:
        return []
    found = []
    for gained in change.gained:
        piece = Piece(gained.window, gained.role, change.engineer)
        for rule, sentence in availability_objections(after, piece, availability):
            found.append(BrokenRule(rule, (change.engineer,), sentence))
    return found


def availability_of(schedule: Schedule, engineer: str, roster: Roster | None) -> Availability | None:
    """Return when an engineer can be on call: from the roster, or else from the publication; None if unknown."""
    person = schedule.people.get(engineer)
    kept = person.availability if person is not None else None
    named: Engineer | None = roster.engineer(engineer) if roster is not None else None
    if roster is None or named is None or (kept is not None and is_of_earlier_program(kept)):
        return kept
    from oncall.rosters.time_off import days_off_rule
    from oncall.schedule.availability_checks import availability_document

    zone = roster.policy.zone
    years = {at.astimezone(zone).year for p in schedule.publications for at in (p.span.start, p.span.end)}
    return Availability(availability_document(named, roster.rules.roles, days_off_rule(roster), sorted(years)))


def _by_the_shift(
    before: Schedule, after: Schedule, changes: Sequence[AssignmentChange], roster: Roster
) -> list[BrokenRule]:
    gaining = {change.engineer: change for change in changes if change.gained}
    if not gaining:
        return []
    first = min(each.window.start for change in gaining.values() for each in change.gained)
    old, new = _Served.of(before, roster, first), _Served.of(after, roster, first)
    known = set(old.broken(gaining))
    return [rule for rule in new.broken(gaining) if rule not in known]


@dataclass(frozen=True, slots=True)
class _Served:
    """The shifts of a schedule in the form of the checker: a plan, and the duties around it.

    A shift belongs to the engineer who has most of it. by_hours: for each rule that counts hours, the duties of each
    engineer.
    """

    plan: Plan
    duties: Mapping[str, Sequence[CheckedDuty]]
    by_hours: Mapping[str, Mapping[str, Sequence[CheckedDuty]]]
    roster: Roster

    @classmethod
    def of(cls, schedule: Schedule, roster: Roster, at: datetime) -> _Served:
        """Return the shifts of a schedule for the checker. The plan is the publication in force at `at`."""
        from oncall.rotation.check.checked_duty import duties_by_engineer
        from oncall.rotation.problem.served_seats import (
            held_parts,
            seats_as_served,
            seats_by_the_minute,
            seats_from_first_to_last,
            served_as_parts,
        )
        from oncall.schedule.plan import Plan
        from oncall.schedule.shifts import ShiftFacts

        held, holds = held_parts(schedule), schedule.in_force(at)
        turns, zone = ShiftFacts.of(roster).turns, roster.policy.zone

        def of(seats: Sequence[Seat]) -> tuple[Plan, Mapping[str, Sequence[CheckedDuty]]]:
            inside = tuple(seat for seat in seats if holds is None or seat.window.start in holds.span)
            plan = Plan(roster.team, roster.zone, inside)
            return plan, duties_by_engineer(plan, turns, zone, seats, ())

        plan, duties = of(seats_as_served(served_as_parts(held)))
        by_hours = {}
        if roster.rules.min_rest_hours:
            by_hours[_REST_HOURS] = of(seats_from_first_to_last(held))[1]
        if roster.rules.max_hours_per_week:
            by_hours[_WEEK_HOURS] = of(seats_by_the_minute(held))[1]
        return cls(plan, duties, by_hours, roster)

    def broken(self, people: Iterable[str]) -> list[BrokenRule]:
        """Return the rules that the shifts of these people break."""
        from oncall.rotation.check.person_rules import PERSON_CHECKS
        from oncall.rotation.check.team_rules import TEAM_CHECKS

        wanted = list(people)
        found = [
            violation
            for engineer in wanted
            for rule, check in PERSON_CHECKS.items()
            if rule not in _BY_THE_MINUTE
            for violation in check(engineer, self.by_hours.get(rule, self.duties).get(engineer, ()), self.roster)
        ]
        for rule, check_team in TEAM_CHECKS.items():
            if rule != "turn":
                found += check_team(self.plan, self.roster)
        return [BrokenRule(each.rule, each.people, each.sentence) for each in found]
