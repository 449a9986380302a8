"""The service record: who served which shifts around a plan, from the published schedule and other plans."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from oncall.errors import Refused
from oncall.planning.sources.context_sources import (
    ContextSources,
    NamedPlan,
    are_not,
    refuse_other_team,
    unknown_engineers,
)
from oncall.rosters.roster import Roster
from oncall.rotation.problem.served_seats import (
    PlanMembers,
    ServedPart,
    seats_as_served,
    served_as_planned,
    served_with_overrides,
)
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import shift_of

_LONGEST = timedelta(days=5)
"""No shift is longer than this."""


@dataclass(slots=True)
class ServiceRecord:
    """The shifts that people served, in time order, and the dates and engineers of each plan.

    plans: if several cover a shift, the first one tells who served it.
    """

    served: list[ServedPart] = field(default_factory=list)
    plans: list[PlanMembers] = field(default_factory=list)


def service_record(roster: Roster, sources: ContextSources, say: Callable[[str], None]) -> ServiceRecord:
    """Return who served which seats. The published schedule comes first, then the plans of `history` in their order.

    say: called with a message for each plan that names people who are not on the roster.
    Raises Refused for a plan of another team or without a shift.
    """
    record = _published_record(roster, sources.published)
    for named in sources.history:
        refuse_unusable(named, roster, say)
        new = [each for each in served_as_planned(named.plan.seats) if not _is_known(each, record.served)]
        record.served = sorted([*record.served, *new], key=lambda each: each.seat.window.start)
        record.plans.append(_membership(named.plan, roster))
    return record


def seats_around(roster: Roster, plan: Plan, sources: ContextSources, say: Callable[[str], None]) -> tuple[Seat, ...]:
    """Return this team's seats on dates outside the plan.

    say: called with a message about the seats before and after.
    """
    zone = roster.policy.zone
    days = [shift_of(seat, zone).day for seat in plan.seats]
    first, last = plan.first_day or min(days), plan.last_day or max(days)
    return seats_outside(roster, service_record(roster, sources, say), first, last, say)


def seats_outside(
    roster: Roster, record: ServiceRecord, first_day: date, last_day: date, say: Callable[[str], None]
) -> tuple[Seat, ...]:
    """Return the served seats on dates before `first_day` or after `last_day`.

    say: called with a message about the seats before, and one about those after.
    """
    zone = roster.policy.zone
    dated = [(shift_of(seat, zone).day, seat) for seat in seats_as_served(record.served)]
    before = [day for day, _ in dated if day < first_day]
    after = [day for day, _ in dated if day > last_day]
    for days, where in ((before, "before"), (after, "after")):
        if days:
            say(f"taken into account: shifts {where} the plan, {min(days)} to {max(days)}")
    return tuple(seat for day, seat in dated if not first_day <= day <= last_day)


def published_seats_of(roster: Roster, schedule: Schedule | None) -> tuple[Seat, ...]:
    """Return this team's published seats, each with the person who serves most of it; empty if nothing is published."""
    return seats_as_served(_published_record(roster, schedule).served)


def refuse_unusable(named: NamedPlan, roster: Roster, say: Callable[[str], None]) -> None:
    """Raise Refused for a plan that is of another team, has no shift, or names no person on the roster.

    say: called with a message if some of the plan's people are not on the roster.
    """
    refuse_other_team(named, roster)
    if not named.plan.seats:
        raise Refused(f"{named.name}: the plan has no shift; leave it out")
    strangers = unknown_engineers(named, roster)
    if strangers:
        say(f"{named.name}: {are_not(strangers)} on the roster of team {roster.team}; their shifts are ignored")


def _published_record(roster: Roster, schedule: Schedule | None) -> ServiceRecord:
    if schedule is None or schedule.latest is None or schedule.latest.team != roster.team:
        return ServiceRecord()
    zone = roster.policy.zone
    plans = [
        PlanMembers(
            each.span.start.astimezone(zone).date(),
            max(seat.window.start for seat in each.seats).astimezone(zone).date(),
            frozenset(each.people) or None,
            {name: person.workload for name, person in each.people.items() if person.workload is not None},
        )
        for each in reversed(schedule.publications)
        if each.seats
    ]
    return ServiceRecord(served_with_overrides(schedule), plans)


def _membership(plan: Plan, roster: Roster) -> PlanMembers:
    zone = roster.policy.zone
    days = [seat.window.start.astimezone(zone).date() for seat in plan.seats]
    people = frozenset(each.engineer for each in plan.fairness.engineers) if plan.fairness else None
    return PlanMembers(min(days), max(days), people)


def _is_known(one: ServedPart, served: Sequence[ServedPart]) -> bool:
    """Return True if `served` (in time order) already has a part in the same role that overlaps this one."""
    window = one.seat.window
    near = bisect_left(served, window.start - _LONGEST, key=lambda each: each.seat.window.start)
    for other in served[near:]:
        if other.seat.window.start >= window.end:
            return False
        if other.seat.role == one.seat.role and window.start < other.seat.window.end:
            return True
    return False
