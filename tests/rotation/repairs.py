"""Repairs small enough to try every plan.

The oracle works from the rules' words, shift by shift and pair by pair, without the planner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, permutations
from math import log, perm
from random import Random
from typing import Any

from oncall.rosters.relaxation import Relaxation
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Absence, Engineer, FixedSeat, Handover, Request, RequestDirection, Roster
from oncall.rotation.problem.cost import load_cost
from oncall.rotation.problem.shares import Shares, shares_of
from oncall.schedule.plan import Plan, Shift
from oncall.schedule.shifts import shift_of
from oncall.support.holidays import public_holidays
from oncall.support.windows import WindowKind
from tests.rotation.teams import NAMES, blocked_dates, person, shifts_of, team

FIRST = date(2027, 1, 11)
"""A Monday; the Monday after it is a holiday in the US."""

FRIDAY = FIRST + timedelta(days=4)
MOST_PLANS = 9_000

_Turn = tuple[str, Shift, str]
"""Somebody on a shift in a role."""


@dataclass(frozen=True)
class RepairCase:
    """A plan's roster before and after a change, the first instant that may change, the relaxations and the frozen
    dates."""

    before: Roster
    after: Roster
    first_open: date
    days: int
    frozen_days: int = 0
    opened: frozenset[date] = frozenset()
    exceptions: tuple[Relaxation, ...] = ()

    @property
    def roster(self) -> Roster:
        """The present roster, with the relaxations applied."""
        return relaxed(self.after, self.exceptions)

    def shifts(self, roster: Roster) -> tuple[Shift, ...]:
        """The shifts of the plan's dates."""
        return shifts_of(roster, first_day=FIRST, days=self.days)


def drawn_case(draw: Random) -> RepairCase:
    """A team of three to five, and one or two things that have changed since it was planned."""
    roles = draw.choice([("primary", "secondary"), ("primary", "secondary"), ("primary",)])
    people = [person(name, roles=roles) for name in NAMES[: draw.choice([3, 4, 4, 5])]]
    if len(roles) > 1 and draw.random() < 0.3:
        people[-1] = replace(people[-1], roles=("secondary",))
    before = team(
        *people,
        roles=roles,
        rest_nights=draw.choice([0, 0, 1]),
        weekends_apart=draw.choice([1, 2]),
        max_shifts_per_week=draw.choice([None, None, 3]),
    )
    days = draw.choice([7, 8])
    # As many open shifts as can all be tried: each can go to so many pairs of people.
    ways = perm(len(people) + 1, len(roles))
    most = int(log(MOST_PLANS, ways))
    first_open = FIRST + timedelta(days=max(draw.choice([0, 1, 2, 3]), 6 - most))
    case = RepairCase(before, before, first_open, days)
    for change in draw.sample(_CHANGES, draw.choice([1, 1, 2])):
        case = change(draw, case)
    if draw.random() < 0.4:
        case = replace(case, frozen_days=draw.choice([1, 2, 3]))
        case = replace(case, opened=frozenset({first_open}) if draw.random() < 0.3 else frozenset())
    return case


def drawn_turns_case(draw: Random) -> RepairCase:
    """A team of three or four whose members hold a role from Friday to Friday, and something that has changed."""
    roles = draw.choice([("primary", "secondary"), ("primary",)])
    people = [person(name, roles=roles) for name in NAMES[: draw.choice([3, 4])]]
    days = draw.choice([18, 21, 25])
    before = team(*people, roles=roles, rest_nights=0, weekends_apart=1, turn_weeks=1, handover=Handover(4))
    case = RepairCase(before, before, FRIDAY, days)
    for change in draw.sample([_ill, _leaver, _gone, _joiner, _fixed_turn], draw.choice([1, 1, 2])):
        case = change(draw, case)
    return case


def with_requests(draw: Random, case: RepairCase) -> RepairCase:
    """Draw the same case, with requests for or against one or two weekdays by everyone on the present roster."""

    def asked(engineer: Engineer) -> Engineer:
        days = draw.sample(range(7), draw.choice([0, 1, 2]))
        return replace(
            engineer, requests=tuple(Request(draw.choice(list(RequestDirection)), weekday=day) for day in days)
        )

    people = tuple(asked(engineer) for engineer in case.after.engineers)
    return replace(case, after=replace(case.after, engineers=people))


def _ill(draw: Random, case: RepairCase) -> RepairCase:
    who = draw.randrange(len(case.after.engineers))
    day = case.first_open + timedelta(days=draw.choice([0, 1, 2]))
    ill = Absence(day, day + timedelta(days=draw.choice([0, 1])), "ill", draw.random() < 0.3)
    return _with_person(case, who, absences=(ill,))


def _leaver(draw: Random, case: RepairCase) -> RepairCase:
    who = draw.randrange(len(case.after.engineers))
    return _with_person(case, who, leaves=case.first_open + timedelta(days=draw.choice([-1, 0, 1])))


def _gone(draw: Random, case: RepairCase) -> RepairCase:
    left = list(case.after.engineers)
    del left[draw.randrange(len(left))]
    return replace(case, after=replace(case.after, engineers=tuple(left)))


def _joiner(draw: Random, case: RepairCase) -> RepairCase:
    joins = case.first_open + timedelta(days=draw.choice([-1, 0, 1]))
    new = person("new", roles=case.after.rules.roles, joins=joins)
    return replace(case, after=replace(case.after, engineers=(*case.after.engineers, new)))


def _holiday(draw: Random, case: RepairCase) -> RepairCase:
    return replace(case, after=replace(case.after, holidays=public_holidays("US")), days=8)


def _rules(draw: Random, case: RepairCase) -> RepairCase:
    more: dict[str, Any] = draw.choice(
        [{"rest_nights": 1}, {"rest_nights": 0}, {"max_shifts_per_week": 2}, {"weekends_apart": 2}]
    )
    return replace(case, after=replace(case.after, rules=replace(case.after.rules, **more)))


def _fixed(draw: Random, case: RepairCase) -> RepairCase:
    day = min(case.first_open + timedelta(days=draw.choice([0, 1])), FRIDAY)
    seat = FixedSeat(day, case.after.rules.roles[0], case.after.engineers[0].id)
    return replace(case, after=replace(case.after, rules=replace(case.after.rules, fixed=(seat,))))


def _fixed_turn(draw: Random, case: RepairCase) -> RepairCase:
    seat = FixedSeat(FRIDAY, case.after.rules.roles[0], draw.choice(case.after.engineers).id)
    return replace(case, after=replace(case.after, rules=replace(case.after.rules, fixed=(seat,))))


def _agreed(draw: Random, case: RepairCase) -> RepairCase:
    stricter = replace(case, after=replace(case.after, rules=replace(case.after.rules, rest_nights=1)))
    first = case.first_open + timedelta(days=draw.choice([0, 1]))
    exception = Relaxation("rest_nights", first, first, draw.choice([None, stricter.after.engineers[0].id]), 0)
    return replace(stricter, exceptions=(exception,))


def _role_given_up(draw: Random, case: RepairCase) -> RepairCase:
    roles = case.after.rules.roles
    return _with_person(case, 0, roles=(roles[-1],))


_CHANGES = [_ill, _ill, _leaver, _gone, _joiner, _holiday, _rules, _fixed, _agreed, _role_given_up]


def _with_person(case: RepairCase, who: int, **more: Any) -> RepairCase:
    people = list(case.after.engineers)
    people[who] = replace(people[who], **more)
    return replace(case, after=replace(case.after, engineers=tuple(people)))


class EveryPlan:
    """Every plan that keeps the seats before `first_open`, the frozen seats, and the rules."""

    def __init__(self, case: RepairCase, plan: Plan) -> None:
        self._roster = case.roster
        zone = self._roster.policy.zone
        shifts = case.shifts(self._roster)
        self._left = [shift for shift in shifts if shift.day >= case.first_open]
        turns = groupby(self._left, key=lambda shift: shift.window if shift.turn is None else shift.turn)
        self._units = [tuple(unit) for _, unit in turns]
        self._shares: Shares = shares_of(self._roster, shifts)
        self._had = {(seat.window, seat.role): seat.engineer for seat in plan.seats}
        past = [seat for seat in plan.seats if seat.window.start.astimezone(zone).date() < case.first_open]
        self._past = [(seat.engineer, shift_of(seat, zone), seat.role) for seat in past]
        self._frozen = self._frozen_seats(case)

    def cheapest(self) -> dict[int, int]:
        """Return, for each possible number of changed seats, the least cost."""
        found: dict[tuple[int, tuple[tuple[object, int], ...]], int] = {}
        for turns in self._fill([], 0):
            counts = Counter((shift.kind, role, who) for who, shift, role in [*self._past, *turns])
            key = (self._changed(turns), tuple(sorted((str(k), n) for k, n in counts.items())))
            if key not in found:
                found[key] = self._cost(counts)
        cheapest: dict[int, int] = {}
        for (changes, _), cost in found.items():
            cheapest[changes] = min(cost, cheapest.get(changes, cost))
        return cheapest

    def best_requests(self) -> int:
        """Return the least of requests broken minus requests met, among plans with the fewest changes and then the
        least cost."""
        found: dict[tuple[int, int], int] = {}
        for turns in self._fill([], 0):
            counts = Counter((shift.kind, role, who) for who, shift, role in [*self._past, *turns])
            key = self._changed(turns), self._cost(counts)
            requests = sum(self.request_cost(who, shift) for who, shift, _ in turns)
            found[key] = min(requests, found.get(key, requests))
        return found[min(found)]

    def most_even(self) -> tuple[int, int, int, Fraction]:
        """Return the changes, cost, requests and unevenness of the best plan, the first of them weighing most.

        The unevenness is the squared distance of every total over all kinds from its share, summed up.
        """
        found = []
        for turns in self._fill([], 0):
            counts = Counter((shift.kind, role, who) for who, shift, role in [*self._past, *turns])
            requests = sum(self.request_cost(who, shift) for who, shift, _ in turns)
            totals = Counter(who for who, _, role in [*self._past, *turns] if role in self._shares.roles)
            uneven = sum((totals[who] - self._shares.of_all_kinds(who)) ** 2 for who in self._shares.weights)
            found.append((self._changed(turns), self._cost(counts), requests, Fraction(uneven)))
        return min(found)

    def request_cost(self, who: str, shift: Shift) -> int:
        """Return how many of the engineer's requests are against the shift, minus those for it."""
        engineer = self._roster.engineer(who)
        assert engineer is not None
        nights = max(1, shift.end_night - shift.first_night)
        days = [(shift.day + timedelta(days=n)).weekday() for n in range(nights)]
        asked = [each.direction for each in engineer.requests if each.weekday in days]
        return asked.count(RequestDirection.AVOID) - asked.count(RequestDirection.PREFER)

    def _fill(self, turns: list[_Turn], number: int) -> Iterator[list[_Turn]]:
        if number == len(self._units):
            yield turns
            return
        unit, roles = self._units[number], self._roster.rules.roles
        for people in permutations(self._roster.engineers, len(roles)):
            seats = [(who, shift, role) for shift in unit for who, role in zip(people, roles, strict=True)]
            if all(self._may(who, shift, role, turns) for who, shift, role in seats):
                more = [(who.id, shift, role) for who, shift, role in seats]
                yield from self._fill([*turns, *more], number + 1)

    def _may(self, who: Engineer, shift: Shift, role: str, turns: Sequence[_Turn]) -> bool:
        fixed = self._frozen.get((shift.window, role))
        if fixed not in (None, who.id) or not self._is_free(who, shift, role):
            return False
        mine = [turn for name, turn, _ in [*self._past, *turns] if name == who.id]
        most = self._roster.rules.max_shifts_per_week
        week = [turn for turn in mine if turn.day.isocalendar()[:2] == shift.day.isocalendar()[:2]]
        return all(self._fit(turn, shift, who.id) for turn in mine) and (most is None or len(week) < most)

    def _is_free(self, who: Engineer, shift: Shift, role: str) -> bool:
        days = blocked_dates(self._roster, shift)
        there = all(who.joins is None or who.joins <= day for day in days)
        there = there and all(who.leaves is None or day <= who.leaves for day in days)
        return there and role in who.roles and not any(day in each for each in who.absences for day in days)

    def _fit(self, one: Shift, two: Shift, who: str) -> bool:
        earlier, later = sorted((one, two), key=lambda shift: shift.window.start)
        rules = self._roster.rules
        rest = min(
            [rules.rest_nights]
            + [each.value or 0 for each in rules.relaxed if any(each.touches(s.day, who) for s in (one, two))]
        )
        if later.window.start < earlier.window.end or later.first_night - earlier.end_night < rest:
            return False
        weekends = one.kind is two.kind is WindowKind.WEEKEND
        return not weekends or (later.day - earlier.day).days // 7 >= rules.weekends_apart

    def _frozen_seats(self, case: RepairCase) -> Mapping[tuple[object, str], str]:
        end = case.first_open + timedelta(days=case.frozen_days)
        kept: dict[tuple[object, str], str] = {}
        for shift in self._left:
            for role in self._roster.rules.roles:
                who = self._roster.engineer(self._had.get((shift.window, role), ""))
                is_near = shift.day < end and shift.day not in case.opened
                past = [turn for name, turn, _ in self._past if who is not None and name == who.id]
                if who is not None and is_near and self._may_stay(who, shift, role, past):
                    kept[shift.window, role] = who.id
        for seat in self._roster.rules.fixed:
            kept.update({(shift.window, seat.role): seat.engineer for shift in self._left if shift.day == seat.day})
        return kept

    def _may_stay(self, who: Engineer, shift: Shift, role: str, past: Sequence[Shift]) -> bool:
        """Return True if only other open seats could keep the person off this seat."""
        fixed = [seat for seat in self._roster.rules.fixed if seat.day == shift.day]
        if any((seat.role == role) != (seat.engineer == who.id) for seat in fixed):
            return False
        most = self._roster.rules.max_shifts_per_week
        week = [turn for turn in past if turn.day.isocalendar()[:2] == shift.day.isocalendar()[:2]]
        rested = all(self._fit(turn, shift, who.id) for turn in past)
        return self._is_free(who, shift, role) and rested and (most is None or len(week) < most)

    def _changed(self, turns: Sequence[_Turn]) -> int:
        return sum(self._had.get((shift.window, role), who) != who for who, shift, role in turns)

    def _cost(self, counts: Counter[tuple[WindowKind, str, str]]) -> int:
        cost = 0
        for kind in self._shares.totals:
            for engineer in self._roster.engineers:
                mine = {role: counts[kind, role, engineer.id] for role in self._shares.roles}
                cost += sum(load_cost(n, self._share(kind, role, engineer.id)) for role, n in mine.items())
                cost += load_cost(sum(mine.values()), self._share(kind, None, engineer.id))
        return cost

    def _share(self, kind: WindowKind, role: str | None, who: str) -> Fraction:
        return self._shares.of(kind, role, who)
