"""The later stages of the planner in the second opinion's model: requests, even totals or points, and clumps.

Each stage compares the plan only with plans that cost no more and are as good in every earlier stage. Nothing is shared
with the planner's stages: requests, totals, points and clumps are computed anew from the text of the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from ortools.math_opt.python import mathopt

from oncall.rosters.roster import Engineer, Request, RequestDirection
from oncall.rotation.check.checked_shares import able_shifts
from oncall.rotation.check.clump_check import shares_of_four_weeks
from oncall.rotation.check.points_check import points_of_a_shift
from oncall.rotation.check.second_clumps import Span
from oncall.rotation.check.second_model import SecondModel
from oncall.rotation.check.second_points import SquaredDistance
from oncall.schedule.plan import Plan, Shift


class StageName(StrEnum):
    """A stage of the planner after the fairness cost, in the planner's order."""

    REQUESTS = "requests"
    TOTALS = "totals"
    POINTS = "points"
    CLUMPS = "clumps"


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of a stage in the model. expression: to be minimised. value: the plan's own.

    tolerance: differences up to this are ignored. squares: the parts of the expression that can be too low at first.
    """

    name: StageName
    expression: mathopt.LinearBase
    value: Fraction
    tolerance: Fraction = Fraction(0)
    squares: tuple[SquaredDistance, ...] = ()


class SecondStages:
    """The later stages for one plan. They add variables and constraints to the model of the second opinion."""

    def __init__(self, asked: SecondModel, plan: Plan) -> None:
        self._asked = asked
        self._roster = asked.roster
        numbers = {shift.window: number for number, shift in enumerate(asked.shifts)}
        held = [
            (each.engineer, numbers[each.window])
            for each in plan.seats
            if each.role in self._roster.rules.roles and each.window in numbers
        ]
        self._held = frozenset(held)
        self._open = frozenset(asked.open_numbers)
        settled = [(who, number) for who, number in held if number not in self._open]
        self._settled: Counter[str] = Counter(who for who, _ in settled)
        self._settled_kinds = Counter((who, asked.shifts[number].kind) for who, number in settled)

    def before_clumps(self) -> Iterator[Measured]:
        """Yield the value of each stage that the roster needs, in the planner's order, without clumps."""
        requests = self._requests()
        if requests is not None:
            yield requests
        yield self._totals() if self._roster.rules.points is None else self._points()

    def totals(self) -> Measured:
        """Return the value of even totals over all kinds. A plan with points must keep it when clumps are compared."""
        return self._totals()

    # ---- requests

    def _requests(self) -> Measured | None:
        """Return the cost of the open duties in terms of the requests; None if there are no requests."""
        on, model = self._asked.on, self._asked.model
        costs = {duty: cost for duty in on if (cost := self._request_cost(*duty))}
        pairs = [
            ((one, number), (other, number))
            for one, other in self._roster.rules.prefer_together
            for number in self._asked.open_numbers
            if (one, number) in on and (other, number) in on
        ]
        if not costs and not pairs:
            return None
        terms: list[mathopt.LinearBase] = [cost * on[duty] for duty, cost in costs.items()]
        value = sum(cost for duty, cost in costs.items() if duty in self._held)
        for one, other in pairs:
            both = model.add_variable(lb=0, ub=1)
            model.add_linear_constraint(both <= on[one])
            model.add_linear_constraint(both <= on[other])
            terms.append(-1 * both)
            value -= one in self._held and other in self._held
        return Measured(StageName.REQUESTS, mathopt.fast_sum(terms), Fraction(value))

    def _request_cost(self, who: str, number: int) -> int:
        person, shift = self._asked.people[who], self._asked.shifts[number]
        cost = sum(
            1 if each.direction is RequestDirection.AVOID else -1 for each in person.requests if _is_about(each, shift)
        )
        if person.holidays is not None and any(day in person.holidays for day in _dates_of(shift)):
            cost += 1
        return self._roster.rules.requests_weight * cost

    # ---- even totals

    def _totals(self) -> Measured:
        """Return the sum of the squared distances of all totals over all kinds from their shares, times 100."""
        value = sum(self._total_cost(person, self._count(person)) for person in self._people)
        terms: list[mathopt.LinearBase | float] = []
        for person in self._people:
            own = self._own(person)
            costs = [self._total_cost(person, self._settled[person.id] + n) for n in range(len(own) + 1)]
            terms += self._asked.price(mathopt.fast_sum([on for _, on in own]), costs, value)
        return Measured(StageName.TOTALS, mathopt.fast_sum(terms), Fraction(value))

    def _total_cost(self, person: Engineer, count: int) -> int:
        return round(100 * (count - self._share(person)) ** 2)

    @cached_property
    def _people(self) -> list[Engineer]:
        return [person for person in self._roster.engineers if self._own(person)]

    def _own(self, person: Engineer) -> list[tuple[int, mathopt.Variable]]:
        """Return the numbers of the open shifts that the engineer can have, each with its variable."""
        return self._own_of.get(person.id, [])

    @cached_property
    def _own_of(self) -> Mapping[str, list[tuple[int, mathopt.Variable]]]:
        found: dict[str, list[tuple[int, mathopt.Variable]]] = {}
        for (who, number), on in self._asked.on.items():
            found.setdefault(who, []).append((number, on))
        return found

    def _count(self, person: Engineer) -> int:
        return sum(1 for who, _ in self._held if who == person.id)

    def _share(self, person: Engineer) -> Fraction:
        """Return the engineer's share over all kinds and roles, in shifts."""
        kinds, roles = dict.fromkeys(shift.kind for shift in self._asked.shifts), self._roster.rules.roles
        return sum((self._asked.shares.of_all_roles(kind, person.id, roles) for kind in kinds), Fraction(0))

    # ---- points

    def _points(self) -> Measured:
        """Return the sum of the squared distances of all engineers' points from their shares."""
        rule = self._roster.rules.points
        assert rule is not None, "the roster has points"
        shifts, roles = self._asked.shifts, self._roster.rules.roles
        worth = {kind: points_of_a_shift(rule, kind, shifts) for kind in dict.fromkeys(shift.kind for shift in shifts)}
        shares = {
            person.id: sum(
                (worth[kind] * self._asked.shares.of_all_roles(kind, person.id, roles) for kind in worth), Fraction(0)
            )
            for person in self._people
        }
        carried = dict.fromkeys(shares, Fraction(0))
        for who, number in self._held:
            if who in carried:
                carried[who] += worth[shifts[number].kind]
        value = sum(((carried[who] - share) ** 2 for who, share in shares.items()), Fraction(0))
        squares = []
        for person in self._people:
            had = sum((worth[kind] * self._settled_kinds[person.id, kind] for kind in worth), Fraction(0))
            points = [(worth[shifts[number].kind], on) for number, on in self._own(person)]
            squares.append(SquaredDistance(self._asked.model, points, shares[person.id] - had, value))
        # The planner rounds the linear part of each square to a thousandth of a unit, which is at most a point.
        tolerance = sum((abs(carried[who] - share) for who, share in shares.items()), Fraction(0)) / 1000
        expression = mathopt.fast_sum([each.variable for each in squares])
        return Measured(StageName.POINTS, expression, value, tolerance, tuple(squares))

    # ---- clumps

    def spans(self) -> list[Span]:
        """Add a constraint, at first without limits, for every four weeks in a row of each engineer. Return them."""
        shifts = self._asked.shifts
        found = []
        for person in self._people:
            who, able = person.id, able_shifts(person, shifts, self._roster)
            for weeks, share in shares_of_four_weeks(self._share(person), able, shifts):
                own = {number: on for number, on in self._own(person) if _monday(shifts[number]) in weeks}
                held = [n for engineer, n in self._held if engineer == who and _monday(shifts[n]) in weeks]
                had = sum(1 for number in held if number not in self._open)
                row = self._asked.model.add_linear_constraint(expr=mathopt.fast_sum(list(own.values())))
                found.append(Span(who, frozenset(own), had, len(held), share, row))
        return found

    def ask_for_any_plan(self) -> None:
        """Make the objective constant, so that the solver stops at the first plan it finds."""
        self._asked.model.minimize(0.0)

    def duties_in(self, answer: mathopt.SolveResult) -> set[tuple[str, int]]:
        """Return the open duties of the plan that the solver found, as (engineer's id, number of the shift)."""
        values = answer.variable_values()
        return {duty for duty, on in self._asked.on.items() if values[on] > 0.5}


def _is_about(request: Request, shift: Shift) -> bool:
    if request.kind is not None:
        return request.kind == shift.kind
    if request.day is not None:
        return request.day in _dates_of(shift)
    return any(day.weekday() == request.weekday for day in _dates_of(shift))


def _dates_of(shift: Shift) -> set[date]:
    """Return the date on which the shift starts, and the dates of its nights."""
    return {shift.day, *(date.fromordinal(night) for night in range(shift.first_night, shift.end_night))}


def _monday(shift: Shift) -> date:
    return date.fromordinal(shift.day.toordinal() - shift.day.weekday())
