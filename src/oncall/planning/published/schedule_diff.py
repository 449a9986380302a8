"""Computes the difference of two schedules: two versions, or a version and the schedule that a plan would make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from oncall.errors import NotFound, Refused
from oncall.planning.published.people_changes import PeopleChanges, people_changes
from oncall.planning.published.policy_dates import policy_begins
from oncall.planning.published.schedule_version import AppendedVersion
from oncall.planning.sources.context_sources import NamedPlan
from oncall.rosters.roster import Roster
from oncall.schedule.changes import AssignmentChange, changes_between
from oncall.schedule.plan import Plan
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import PUBLISH, VersionRow, publication_document, schedule_from_rows
from oncall.schedule.versions import Publication
from oncall.support.calendar import calendar_of
from oncall.support.policy import Policy
from oncall.support.policy_changes import changes
from oncall.support.windows import Window

PUBLISHED = "published"
"""The name by which users refer to the newest version."""


class VersionsTransaction(Protocol):
    """The database queries for comparing versions."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every change."""

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule in the state in which this version was the newest."""

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of a publication; None: of the latest; 0: the packaged policy."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. name: shown in messages. version: the newest version in it; None for a plan file."""

    name: str
    version: int | None
    schedule: Schedule
    policy: Policy


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between two sides. policy_from: when the policy of `after` comes into force (aware UTC).

    policy_from is None if both sides have the same policy, or if `before` has no publication.
    """

    before: Side
    after: Side
    shifts: tuple[AssignmentChange, ...]
    people: PeopleChanges
    policy_changes: tuple[str, ...]
    policy_from: datetime | None


def version_named(tx: VersionsTransaction, name: str) -> Side:
    """Return the side for a version's number or for `published`. Raises NotFound if there is no such version."""
    newest = tx.schedule().newest
    number = newest if name == PUBLISHED else int(name) if name.isascii() and name.isdigit() and len(name) < 10 else 0
    if not newest:
        raise NotFound("no schedule is published yet; make one with `oncall generate` and `oncall publish`")
    if not 1 <= number <= newest:
        raise NotFound(f'there is no version "{name[:20]}"; `oncall history` lists versions 1 to {newest}')
    schedule = tx.schedule_as_of(number)
    policy = tx.policy(schedule.latest.version if schedule.latest is not None else 0)
    return Side(f"version {number}", number, schedule, policy)


def before_publication(tx: VersionsTransaction) -> Side:
    """Return the side for the state before the first publication, in which nothing is published."""
    return Side("nothing published", 0, tx.schedule(), tx.policy(0))


def with_plan(
    published: Side | None, named: NamedPlan, roster: Roster, at: datetime, policy_from: date | None = None
) -> Side:
    """Return the side after a plan is published at `at` (aware UTC). published: the side now; None if there is none.

    policy_from: see `PublicationTerms`.
    """
    plan = named.plan
    newest = published.schedule.newest if published is not None else 0
    document = publication_document(plan, roster)
    begins = policy_begins(published.schedule, plan, roster, policy_from, at) if published is not None else None
    if begins is not None:
        document["policy_from"] = begins.timestamp()
    row = VersionRow(newest + 1, at, PUBLISH, "", "", dict(document))
    alone = schedule_from_rows([row], calendar_of(roster.policy, roster.holidays))
    if published is None:
        return Side(named.name, None, alone, roster.policy)
    before = published.schedule
    schedule = replace(before, publications=(*before.publications, *alone.publications))
    return Side(named.name, None, schedule, roster.policy)


def with_seats(published: Side, named: NamedPlan, at: datetime) -> Side:
    """Return the side with the seats of a plan, and the people and hours of the latest publication.

    at: when the plan counts as published (aware UTC). Raises Refused if nothing is published, if the plan has no
    shifts, or if it names people or roles that the published roster does not have.
    """
    latest, plan = published.schedule.latest, named.plan
    if latest is None:
        raise Refused(f"{named.name}: name its roster with --roster, because nothing is published")
    _refuse_strangers(named, latest)
    seats = tuple(seat for seat in plan.seats if seat.role in latest.roles)
    number = published.schedule.newest + 1
    publication = replace(latest, version=number, at=at, span=plan.window, seats=seats)
    schedule = replace(published.schedule, publications=(*published.schedule.publications, publication))
    return Side(named.name, None, schedule, published.policy)


def would_change(
    tx: VersionsTransaction, named: NamedPlan, roster: Roster, at: datetime, policy_from: date | None
) -> Difference:
    """Return the difference that publishing a plan would make. at: aware UTC. policy_from: see `PublicationTerms`."""
    if not tx.schedule().newest:
        return difference(before_publication(tx), with_plan(None, named, roster, at))
    published = version_named(tx, PUBLISHED)
    return difference(published, with_plan(published, named, roster, at, policy_from))


def difference(before: Side, after: Side) -> Difference:
    """Return the difference between two sides, over all the time that either of them covers."""
    sides = (before.schedule, after.schedule)
    spans = [span for schedule in sides for span in _spans_of(schedule)]
    shifts = changes_between(*sides, min(s.start for s in spans), max(s.end for s in spans)) if spans else []
    is_first = not before.schedule.publications
    told = () if is_first or before.policy == after.policy else tuple(changes(before.policy, after.policy))
    return Difference(
        before,
        after,
        tuple(shifts),
        people_changes(before.schedule, after.schedule),
        told,
        _policy_from(after.schedule) if told else None,
    )


def _spans_of(schedule: Schedule) -> list[Window]:
    publications, pieces = schedule.publications, schedule.overrides
    return [*(each.span for each in publications), *(each.window for each in pieces)]


def _policy_from(schedule: Schedule) -> datetime | None:
    """Return when the policy of the latest publication comes into force (aware UTC); None without a publication."""
    latest = schedule.latest
    return latest.holds_from if latest is not None else None


def _refuse_strangers(named: NamedPlan, latest: Publication) -> None:
    strangers = sorted({seat.engineer for seat in named.plan.seats} - latest.people.keys())
    if strangers:
        raise Refused(
            f"{named.name}: {', '.join(strangers[:6])} not on the published roster; name the plan's with --roster"
        )
    if not named.plan.seats:
        raise Refused(f"{named.name}: the plan has no shift")


def of_version(made: AppendedVersion) -> Difference:
    """Return the difference between the schedules before and after a new version."""
    newest = made.before.newest
    return difference(
        Side(f"version {newest}", newest, made.before, made.policy_before),
        Side(f"version {made.number}", made.number, made.after, made.policy_after),
    )


def starts_at(plan: Plan, now: datetime) -> datetime:
    """Return when a plan counts as published (aware UTC) if only plan files are compared: at its start, or `now`."""
    return min(plan.window.start, now) if plan.seats else now
