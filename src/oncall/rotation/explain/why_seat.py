"""Explains why an engineer has a seat: for each other engineer, the rule that forbids it or the cost of the change.

The costs are solved: the whole plan is planned again with the seat given to the other engineer. If that search is cut
short, the answer says what is proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import SHADOW, FixedSeat, RequestDirection, Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.explain.cheapest_plan import lowest_cost
from oncall.rotation.explain.minimal_conflict import minimal_conflict
from oncall.rotation.problem.context import PlanningContext, seats_on_other_teams
from oncall.rotation.problem.cost import counted_seats, fairness_of
from oncall.rotation.problem.eligibility import duty_days
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.rotation.problem.fixed_seats import seat_text
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.requests import request_matches
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Plan, Seat


@dataclass(frozen=True, slots=True)
class SolvedAlternative:
    """The fairest plan in which another engineer has the seat, compared with the plan in question.

    cost_change: the cost of the fairest plan found minus the cost of the plan; None if none was found.
    least_change: a lower bound on that change for any such plan; None if it is proven that no such plan exists.
    is_proven: True if nothing better can be found.
    """

    cost_change: int | None
    least_change: int | None
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """What would happen if another engineer had a seat.

    obstacle: why the engineer cannot have it in any plan, as a sentence; None if they can. obstacle_rule: the roster
    key of that reason. broken_rules: the rules, each with its key, that the plan breaks if only this seat changes.
    swap_change: by how much the cost changes then; None if a rule is broken. solved: None if there is an obstacle.
    excluded_by: if no plan has the engineer in this seat, the rules, weeks and days off that prevent it.
    asked_to_avoid: True if the engineer has asked to avoid this shift.
    """

    engineer: str
    obstacle: str | None
    broken_rules: tuple[str, ...] = ()
    swap_change: int | None = None
    solved: SolvedAlternative | None = None
    asked_to_avoid: bool = False
    obstacle_rule: str | None = None
    excluded_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeatExplanation:
    """The explanation of one seat. others: in roster order. cost: the fairness cost of the plan."""

    seat: Seat
    cost: int
    others: tuple[Alternative, ...]


def why_seat(
    plan: Plan,
    roster: Roster,
    seat: Seat,
    *,
    time_limit: timedelta,
    around: Sequence[Seat] = (),
    should_stop: Callable[[], bool] | None = None,
    on_person: Callable[[str], None] | None = None,
) -> SeatExplanation:
    """Return the explanation of one seat of a plan, which may be a shadow's seat.

    time_limit: the most wall time for each other engineer. around: seats of this team before and after the plan.
    should_stop: True ends the search early. on_person: called with the id of each engineer before the search for them.
    """
    return _Explanation(plan, roster, time_limit, around, should_stop, on_person).of(seat)


class _Explanation:
    """Explains seats of one plan."""

    def __init__(
        self,
        plan: Plan,
        roster: Roster,
        time_limit: timedelta,
        around: Sequence[Seat],
        should_stop: Callable[[], bool] | None,
        on_person: Callable[[str], None] | None,
    ) -> None:
        self._plan = replace(plan, fairness=None, status=None)
        self._roster = roster
        self._other_teams = seats_on_other_teams(roster)
        self._around = tuple(around)
        self._time_limit = time_limit
        self._should_stop = should_stop
        self._on_person = on_person or (lambda person: None)
        shifts = shifts_of_plan(plan, roster)
        context = PlanningContext(self._around, self._other_teams, plan.balances)
        self._problem = replace(Problem.of(relaxed(roster, plan.relaxed), shifts, context), cut=plan.kept_until)
        self._cost = self._cost_of(plan.seats)
        # A bound in the plan holds only if the roster still gives the plan the same cost.
        is_valid = plan.fairness is not None and plan.fairness.cost == self._cost
        self._bound = plan.fairness.bound if plan.fairness is not None and is_valid else 0
        self._baseline_seats = tuple(self._seats_of_baseline(plan))
        self._broken_anyway = set(self._violations(plan.seats))

    def of(self, seat: Seat) -> SeatExplanation:
        """Return the explanation of one seat: what would change if each other engineer had it."""
        number = next(n for n, shift in enumerate(self._problem.shifts) if shift.window == seat.window)
        alternative = self._other_shadow if seat.role == SHADOW else self._alternative
        others = []
        for index, person in enumerate(self._problem.engineers):
            if person.id != seat.engineer:
                self._on_person(person.id)
                others.append(alternative(index, number, seat))
        return SeatExplanation(seat, self._cost, tuple(others))

    def _alternative(self, engineer: int, number: int, seat: Seat) -> Alternative:
        person = self._problem.engineers[engineer]
        obstacle = self._problem.first_obstacle(engineer, number, seat.role)
        if obstacle is not None:
            return Alternative(person.id, obstacle.sentence, obstacle_rule=obstacle.kind.value)
        seats = self._seats_with(person.id, seat)
        broken_rules = self._newly_broken(seats)
        swap_change = None if broken_rules else self._cost_of(seats) - self._cost
        asked_to_avoid = any(
            each.direction is RequestDirection.AVOID and request_matches(each, self._problem.shifts[number])
            for each in person.requests
        )
        solved, excluded_by = self._solved(person.id, number, seat.role, swap_change)
        return Alternative(person.id, None, broken_rules, swap_change, solved, asked_to_avoid, excluded_by=excluded_by)

    def _other_shadow(self, engineer: int, number: int, seat: Seat) -> Alternative:
        """Return what would happen if another newcomer had a shadow's seat. Shadows add no load and no cost."""
        person, shift = self._problem.engineers[engineer], self._problem.shifts[number]
        held = [each.role for each in self._plan.seats if (each.window, each.engineer) == (seat.window, person.id)]
        if held:
            return Alternative(person.id, f"{person.id} is {held[0]} of this shift", obstacle_rule="one_role")
        if not all(person.shadowing_on(day) for day in duty_days(shift)):
            return Alternative(person.id, f"{person.id} does not shadow then", obstacle_rule="shadows")
        broken_rules = self._newly_broken(self._seats_with(person.id, seat))
        return Alternative(person.id, None, broken_rules, None if broken_rules else 0)

    def _seats_with(self, who: str, seat: Seat) -> tuple[Seat, ...]:
        """Return the plan's seats after `who` gets one of them; in a turn, all seats that must change with it."""
        number = next(n for n, shift in enumerate(self._problem.shifts) if shift.window == seat.window)
        unit = self._problem.unit_of[number] if seat.role != SHADOW else (number,)
        windows = {self._problem.shifts[each].window for each in unit}
        return tuple(
            replace(each, engineer=who) if each.window in windows and each.role == seat.role else each
            for each in self._plan.seats
        )

    def _newly_broken(self, seats: tuple[Seat, ...]) -> tuple[str, ...]:
        return tuple(each for each in self._violations(seats) if each not in self._broken_anyway)

    def _violations(self, seats: tuple[Seat, ...]) -> list[str]:
        plan = replace(self._plan, seats=seats)
        found = check_plan(plan, self._roster, history=self._around, elsewhere=self._other_teams)
        return [str(each) for each in found]

    def _seats_of_baseline(self, plan: Plan) -> Iterator[FixedSeat]:
        """Yield the seats that a repair left unchanged, as fixed seats, as far as the roster still allows them.

        Every alternative plan keeps them too.
        """
        if plan.kept_until is None:
            return
        numbers = {person.id: index for index, person in enumerate(self._problem.engineers)}
        eligible_shifts = [frozenset(each) for each in self._problem.eligible_shifts]
        for number, shift in enumerate(self._problem.shifts):
            for seat in plan.seats if shift.day < plan.kept_until else ():
                index = numbers.get(seat.engineer)
                if seat.window == shift.window and index is not None and number in eligible_shifts[index]:
                    yield FixedSeat(shift.day, seat.role, seat.engineer, shift.kind)

    def _solved(
        self, who: str, number: int, role: str, swap_change: int | None
    ) -> tuple[SolvedAlternative, tuple[str, ...]]:
        """Return the fairest plan in which `who` has the seat; if there is none, the causes that prevent it."""
        if swap_change is not None and self._cost + swap_change <= self._bound:
            return SolvedAlternative(swap_change, swap_change, True), ()
        shift, rules = self._problem.shifts[number], self._problem.roster.rules
        # Fixed seats of this shift are no problem here: `first_obstacle` has excluded engineers who conflict with them.
        asked = FixedSeat(shift.day, role, who, shift.kind)
        fixed = (*rules.fixed, *self._baseline_seats, asked)
        problem = replace(self._problem, roster=replace(self._problem.roster, rules=replace(rules, fixed=fixed)))
        search = Search(time_limit=self._time_limit, should_stop=self._should_stop)
        found = lowest_cost(problem, search, self._bound)
        swap_cost = None if swap_change is None else self._cost + swap_change
        cost = min((each for each in (swap_cost, found.cost) if each is not None), default=None)
        if found.is_infeasible and cost is None:
            causes = minimal_conflict(problem, search).causes
            excluded_by = tuple(cause for cause in causes if cause != seat_text(asked))
            return SolvedAlternative(None, None, True), excluded_by
        bound = max(found.bound, self._bound)
        cost_change = None if cost is None else cost - self._cost
        return SolvedAlternative(cost_change, bound - self._cost, cost == bound), ()

    def _cost_of(self, seats: Sequence[Seat]) -> int:
        return fairness_of(counted_seats(seats), self._problem.shares, bound=0).cost
