"""Why this person has this seat: for everybody else the rule that forbids them, or what choosing them would have cost.

Costs are solved, not guessed: the whole plan is made anew with that seat given to that person, and where the search is
cut short, what is said is what is proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import SHADOW, FixedSeat, RequestDirection, Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.check.violation import Violation
from oncall.rotation.explain.minimal_conflict import minimal_conflict
from oncall.rotation.problem.context import PlanningContext, seats_on_other_teams
from oncall.rotation.problem.cost import counted_seats, fairness_of
from oncall.rotation.problem.eligibility import duty_days
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.rotation.problem.fixed_seats import seat_text
from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.problem.requests import request_matches
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.duty_model import DutyModel
from oncall.rotation.solve.load_counts import CountRange, LoadKey, widened_ranges
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.role_models import LoadModel, SeatModel
from oncall.rotation.solve.search import Search, SearchStatus
from oncall.schedule.plan import Plan, Seat


@dataclass(frozen=True, slots=True)
class Remade:
    """The fairest plan with one seat given to one person, against the plan as it is.

    more: what it costs more; None when none was found. at_least: what no such plan can cost less than, also as a
    difference; None when it is proven that none keeps the rules. is_proven: nothing better can be found.
    """

    more: int | None
    at_least: int | None
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """Somebody else for a seat.

    never: what keeps them off it whatever else is planned, as a sentence; rule: its key in the roster's YAML.
    rules: what they would break, the rest of the plan left as it is, each with its key. swap: what it costs more when
    only this seat is changed; None when that breaks a rule. remade: None when `never` says it all.
    because: where no plan at all has them there, the rules, weeks and days off that exclude it.
    asked_to_avoid: whether one of their requests speaks against this shift.
    """

    engineer: str
    never: str | None
    rules: tuple[str, ...] = ()
    swap: int | None = None
    remade: Remade | None = None
    asked_to_avoid: bool = False
    rule: str | None = None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeatExplanation:
    """One seat, and everybody else for it in the order of the roster. cost: of the plan as it is."""

    seat: Seat
    cost: int
    others: tuple[Alternative, ...]


def why(
    plan: Plan,
    roster: Roster,
    seat: Seat,
    *,
    time_limit: timedelta,
    around: Sequence[Seat] = (),
    should_stop: Callable[[], bool] | None = None,
    on_person: Callable[[str], None] | None = None,
) -> SeatExplanation:
    """Everybody else for that seat, a shadow's too.

    time_limit: wall time for each person. around: seats of this team before and after the plan, with which it keeps
    the rules. on_person: told whose turn it is.
    """
    return _Inquiry(plan, roster, time_limit, around, should_stop, on_person).answer(seat)


class _Inquiry:
    """One plan of which seats are asked about."""

    def __init__(
        self,
        plan: Plan,
        roster: Roster,
        limit: timedelta,
        around: Sequence[Seat],
        should_stop: Callable[[], bool] | None,
        on_person: Callable[[str], None] | None,
    ) -> None:
        self._plan = replace(plan, fairness=None, status=None)
        self._roster = roster
        self._elsewhere = seats_on_other_teams(roster)
        self._around = tuple(around)
        self._limit = limit
        self._should_stop = should_stop
        self._on_person = on_person or (lambda person: None)
        shifts = shifts_of_plan(plan, roster.policy.zone)
        given = PlanningContext(self._around, self._elsewhere, plan.balances)
        self._problem = Problem.of(relaxed(roster, plan.relaxed), shifts, given)
        self._cost = self._cost_of(plan.seats)
        bound = plan.fairness.bound if plan.fairness is not None else 0
        self._bound = bound if plan.fairness is not None and plan.fairness.cost == self._cost else 0
        self._kept = tuple(self._kept_seats(plan)) if plan.kept_until is not None else ()
        self._broken_anyway = set(self._broken(plan.seats))

    def answer(self, seat: Seat) -> SeatExplanation:
        """Everybody else for the seat."""
        number = next(n for n, shift in enumerate(self._problem.shifts) if shift.window == seat.window)
        others = []
        for index, person in enumerate(self._problem.engineers):
            if person.id != seat.engineer:
                self._on_person(person.id)
                other = self._newcomer if seat.role == SHADOW else self._alternative
                others.append(other(index, number, seat))
        return SeatExplanation(seat, self._cost, tuple(others))

    def _alternative(self, engineer: int, number: int, seat: Seat) -> Alternative:
        who = self._problem.engineers[engineer].id
        barred = self._problem.first_obstacle(engineer, number, seat.role)
        if barred is not None:
            return Alternative(who, barred.sentence, rule=barred.kind.value)
        seats = self._with(who, seat)
        rules = self._newly_broken(seats)
        swap = None if rules else self._cost_of(seats) - self._cost
        requests = self._problem.engineers[engineer].requests
        asked_to_avoid = any(
            each.direction is RequestDirection.AVOID and request_matches(each, self._problem.shifts[number])
            for each in requests
        )
        remade, because = self._remade(who, number, seat.role, swap)
        return Alternative(who, None, rules, swap, remade, asked_to_avoid, because=because)

    def _newcomer(self, engineer: int, number: int, seat: Seat) -> Alternative:
        """Somebody else who comes along; nobody's load changes by it, so there is nothing to make anew."""
        person, shift = self._problem.engineers[engineer], self._problem.shifts[number]
        held = [each.role for each in self._plan.seats if (each.window, each.engineer) == (seat.window, person.id)]
        if held:
            return Alternative(person.id, f"{person.id} is {held[0]} of this shift", rule="one_role")
        if not all(person.shadowing_on(day) for day in duty_days(shift)):
            return Alternative(person.id, f"{person.id} is no newcomer who shadows then", rule="shadows")
        rules = self._newly_broken(self._with(person.id, seat))
        return Alternative(person.id, None, rules, None if rules else 0)

    def _with(self, who: str, seat: Seat) -> tuple[Seat, ...]:
        """The plan's seats with that one given to `who`."""
        return tuple(replace(each, engineer=who) if each == seat else each for each in self._plan.seats)

    def _newly_broken(self, seats: tuple[Seat, ...]) -> tuple[str, ...]:
        return tuple(each for each in self._broken(seats) if each not in self._broken_anyway)

    def _broken(self, seats: tuple[Seat, ...]) -> list[str]:
        changed = replace(self._plan, seats=seats)
        return [str(each) for each in self._faults(changed)]

    def _faults(self, plan: Plan) -> list[Violation]:
        return check_plan(plan, self._roster, history=self._around, elsewhere=self._elsewhere)

    def _kept_seats(self, plan: Plan) -> Iterator[FixedSeat]:
        """What the plan keeps of an earlier one stays in every other, too, as far as the roster still allows it."""
        numbers = {person.id: index for index, person in enumerate(self._problem.engineers)}
        eligible_shifts = [frozenset(each) for each in self._problem.eligible_shifts]
        for number, shift in enumerate(self._problem.shifts):
            for seat in plan.seats if plan.kept_until is not None and shift.day < plan.kept_until else ():
                index = numbers.get(seat.engineer)
                if seat.window == shift.window and index is not None and number in eligible_shifts[index]:
                    yield FixedSeat(shift.day, seat.role, seat.engineer, shift.kind.value)

    def _remade(self, who: str, number: int, role: str, swap: int | None) -> tuple[Remade, tuple[str, ...]]:
        """The fairest plan with that seat given to `who`; where there is none, what excludes it."""
        if swap is not None and self._cost + swap <= self._bound:
            return Remade(swap, swap, True), ()
        shift = self._problem.shifts[number]
        rules = self._problem.roster.rules
        # Whoever holds a seat of this shift by a rule is already kept in mind by `first_obstacle`.
        asked = FixedSeat(shift.day, role, who, shift.kind.value)
        roster = replace(self._problem.roster, rules=replace(rules, fixed=(*rules.fixed, *self._kept, asked)))
        search = Search(time_limit=self._limit, should_stop=self._should_stop)
        problem = replace(self._problem, roster=roster)
        found = _Cheapest(problem, search, self._bound).find()
        cost = found.cost if swap is None else min(self._cost + swap, found.cost or self._cost + swap)
        if found.is_impossible and cost is None:
            causes = minimal_conflict(problem, search).causes
            return Remade(None, None, True), tuple(cause for cause in causes if cause != seat_text(asked))
        bound = max(found.bound, self._bound)
        return Remade(None if cost is None else cost - self._cost, bound - self._cost, cost == bound), ()

    def _cost_of(self, seats: Sequence[Seat]) -> int:
        return fairness_of(counted_seats(seats), self._problem.shares, bound=0).cost


@dataclass(frozen=True, slots=True)
class _Found:
    cost: int | None
    bound: int
    is_impossible: bool = False


class _Cheapest:
    """The cheapest plan of a problem, when no plan can cost less than `at_least`."""

    def __init__(self, problem: Problem, search: Search, at_least: int) -> None:
        self._problem = problem
        self._search = search
        self._at_least = at_least
        self._best: int | None = None
        self._bound = at_least

    def find(self) -> _Found:
        """What was found in the time there is."""
        board: type[PlanModel] = DutyModel if self._problem.roles_are_interchangeable else LoadModel
        floor = board.counting_bound(self._problem, self._search)
        if floor is None:
            return _Found(None, self._bound, True)
        self._bound = max(self._bound, floor.cost)
        ranges = floor.ranges()
        while True:
            outcome, held = self._run(board, floor, ranges)
            if outcome is SearchStatus.INFEASIBLE:
                return _Found(None, self._bound, True)
            if outcome is not SearchStatus.OPTIMAL or self._best == self._bound:
                return _Found(self._best, self._bound)
            wider = widened_ranges(self._problem, ranges, held)
            if wider == ranges:
                # The counts were inside, so it is the roles promised that this team cannot keep.
                if board is SeatModel:
                    return _Found(self._best, self._bound)
                board, floor = SeatModel, SeatModel.counting_bound(self._problem, self._search) or floor
                wider = widened_ranges(self._problem, {**floor.ranges(), **ranges}, held)
            ranges = wider

    def _run(
        self, board: type[PlanModel], floor: CountingBound, ranges: dict[LoadKey, CountRange]
    ) -> tuple[SearchStatus, Sequence[StaffedSeat]]:
        """One solve: first only whether a plan as cheap as can be exists, which is quick when it does."""
        built = board(self._problem, floor, ranges, self._search)
        cheap = built.model.clone()
        cheap.add(built.cost <= self._bound)
        outcome = self._search.run(cheap)
        if outcome.status in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
            held = built.seats(outcome)
            self._note(held)
            return SearchStatus.OPTIMAL, held
        if outcome.status is SearchStatus.UNKNOWN:
            return SearchStatus.UNKNOWN, ()
        built.model.minimize(built.cost)
        outcome = self._search.run(built.model)
        if outcome.status not in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
            return outcome.status, ()
        self._bound = max(self._bound, outcome.bound)
        held = built.seats(outcome)
        self._note(held)
        return outcome.status, held

    def _note(self, held: Sequence[StaffedSeat]) -> None:
        cost = self._problem.cost_of(held)
        self._best = cost if self._best is None else min(self._best, cost)
