"""Finds out who served which seat, and how much of it, from plans and the published schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from oncall.rosters.roster import SHADOW, Roster
from oncall.schedule.plan import Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.schedule.workload import Workload
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class ServedPart:
    """The part of one seat that one engineer served, as a fraction of the shift's length, above 0 and at most 1."""

    seat: Seat
    engineer: str
    part: Fraction


@dataclass(frozen=True, slots=True)
class PlanMembers:
    """The dates of a plan, and the engineers on its roster.

    people: their ids; None for a CSV, which has none. workloads: by engineer id; empty for a plan file, and for a plan
    that an early version of oncall published.
    """

    first_day: date
    last_day: date
    people: frozenset[str] | None
    workloads: Mapping[str, Workload] = field(default_factory=dict)


def inferred_join_dates(roster: Roster, plans: Sequence[PlanMembers]) -> dict[str, date]:
    """Return the probable joining dates of engineers without `joins` whom the earliest plans do not include, by id.

    The date is the first day of the first plan that includes the engineer, or the day after the last plan. A plan that
    does not list its engineers counts as a plan that includes everyone.
    """
    first = min((plan.first_day for plan in plans), default=date.min)
    found = {}
    for engineer in roster.engineers:
        including = [plan.first_day for plan in plans if plan.people is None or engineer.id in plan.people]
        since = min(including, default=max((plan.last_day for plan in plans), default=date.min) + timedelta(days=1))
        if plans and engineer.joins is None and since > first:
            found[engineer.id] = since
    return found


def served_as_planned(seats: Iterable[Seat]) -> list[ServedPart]:
    """Return the seats of a plan as served completely by their engineers. Shadow seats are left out."""
    return [ServedPart(seat, seat.engineer, Fraction(1)) for seat in seats if seat.role != SHADOW]


def published_seats(schedule: Schedule) -> list[Seat]:
    """Return the seats that are published now, in time order. A newer publication replaces older ones in its span."""
    seats: list[Seat] = []
    covered: list[Window] = []
    for publication in reversed(schedule.publications):
        for seat in publication.seats:
            if not any(newer.start < seat.window.end and seat.window.start < newer.end for newer in covered):
                seats.append(seat)
        covered.append(publication.span)
    return sorted(seats, key=lambda seat: seat.window.start)


def served_with_overrides(schedule: Schedule) -> list[ServedPart]:
    """Return the parts of each published seat, each with the engineer who served it, overrides and swaps applied."""
    return served_as_parts(held_parts(schedule))


def served_as_parts(held: Iterable[HeldPart]) -> list[ServedPart]:
    """Convert times to fractions of the seats' lengths."""
    return [
        ServedPart(each.seat, each.engineer, Fraction(_seconds(each.window), _seconds(each.seat.window)))
        for each in held
    ]


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A time without a break in which one engineer has one seat."""

    seat: Seat
    engineer: str
    window: Window


def held_parts(schedule: Schedule) -> list[HeldPart]:
    """Return who has each published seat, and when, with overrides and swaps applied."""
    seats = published_seats(schedule)
    if not seats:
        return []
    by_role: dict[str, list[Assignment]] = defaultdict(list)
    for assignment in schedule.assignments(seats[0].window.start, max(seat.window.end for seat in seats)):
        by_role[assignment.role].append(assignment)
    # Assignments and seats are in time order, so each search begins where the last one of its role ended.
    begin_at: dict[str, int] = defaultdict(int)
    held: list[HeldPart] = []
    for seat in seats:
        own = by_role[seat.role]
        while begin_at[seat.role] < len(own) and own[begin_at[seat.role]].window.end <= seat.window.start:
            begin_at[seat.role] += 1
        held += _parts_of(seat, own[begin_at[seat.role] :])
    return held


def _parts_of(seat: Seat, assignments: Sequence[Assignment]) -> Iterator[HeldPart]:
    """Yield the parts of a seat that these assignments cover. assignments: in time order; none ends before the seat."""
    for assignment in assignments:
        if assignment.window.start >= seat.window.end:
            return
        start, end = max(assignment.window.start, seat.window.start), min(assignment.window.end, seat.window.end)
        yield HeldPart(seat, assignment.engineer, Window(start, end))


def _seconds(window: Window) -> int:
    return round((window.end - window.start).total_seconds())


def seats_by_the_minute(held: Iterable[HeldPart]) -> tuple[Seat, ...]:
    """Return one seat for each stretch of an engineer. Its window is the stretch, not the whole shift."""
    return tuple(Seat(each.window, each.seat.kind, each.seat.role, each.engineer) for each in held)


def seats_from_first_to_last(held: Iterable[HeldPart]) -> tuple[Seat, ...]:
    """Return each engineer's seats; the window of a seat is from the first minute that they have it to the last.

    If another engineer covers an hour in the middle of a shift, that hour is therefore not rest between two shifts.
    """
    whole_seats: dict[tuple[Window, str, str], Seat] = {}
    for each in held:
        key = (each.seat.window, each.seat.role, each.engineer)
        known = whole_seats[key].window if key in whole_seats else each.window
        whole = Window(min(known.start, each.window.start), max(known.end, each.window.end))
        whole_seats[key] = Seat(whole, each.seat.kind, each.seat.role, each.engineer)
    return tuple(whole_seats.values())


def seats_as_served(served: Iterable[ServedPart]) -> tuple[Seat, ...]:
    """Return each seat with the engineer who served the largest part of it.

    The rules on rest and weekends use these seats: a short cover is not a shift.
    """
    largest: dict[tuple[Window, str], ServedPart] = {}
    for each in served:
        key = (each.seat.window, each.seat.role)
        if key not in largest or largest[key].part < each.part:
            largest[key] = each
    return tuple(Seat(e.seat.window, e.seat.kind, e.seat.role, e.engineer) for e in largest.values())
