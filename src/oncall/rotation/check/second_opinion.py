"""A second opinion on a plan's cost, by another solver: HiGHS, a mixed-integer solver, through OR-Tools' MathOpt.

It is written from the rules' words alone and shares nothing with the planner's model: other variables, other rows for
rest and weekends, its own shares and costs. Rules that it does not know it leaves out. That is honest, for a bound on
a problem with fewer rules is one on the whole problem, too; `left_out` names them. Shifts around the plan and on other
teams are data, like those that a mended plan keeps.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations
from math import ceil
from threading import Thread

from ortools.math_opt.python import mathopt

from oncall.errors import Refused
from oncall.rosters.relaxation import Relaxation
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Engineer, Roster
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.holidays import Feast, feasts_on
from oncall.support.windows import WindowKind

_HAIR = 1e-6
_GRACE = timedelta(seconds=5)
"""A solver looks at the clock only now and then."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What the other solver proves. bound: no plan costs less; best: the cost of the best plan that it knows of.

    left_out: rules of the roster that its model does not hold.
    """

    cost: int
    bound: int
    best: int | None
    seconds: float
    left_out: tuple[str, ...]

    @property
    def is_optimal(self) -> bool:
        """Whether the plan's cost is proven the lowest."""
        return self.cost <= self.bound


def second_opinion(
    plan: Plan,
    roster: Roster,
    cost: int,
    *,
    time_limit: timedelta,
    outside: Sequence[Seat] | None = None,
    on_wait: Callable[[timedelta], None] | None = None,
) -> SecondOpinion:
    """Bound the cost of any plan for the same dates. cost: the plan's own, as the checker works it out.

    Shifts that the plan keeps from an earlier one are data: the bound is on plans that have the same.
    outside: seats of its people around the plan and on other teams; None leaves them out. on_wait: told now and then
    how long it has taken. Raises Refused when the solver contradicts the plan, or does not heed its time limit.
    """
    began = time.monotonic()
    asked = _Model(plan, relaxed(roster, plan.relaxed), cost, outside)
    parameters = mathopt.SolveParameters(
        time_limit=time_limit, relative_gap_tolerance=0.0, absolute_gap_tolerance=1.0 - 2 * _HAIR
    )
    answers: list[mathopt.SolveResult] = []
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            answers.append(mathopt.solve(asked.model, mathopt.SolverType.HIGHS, params=parameters))
        except BaseException as failure:
            failures.append(failure)

    # In a thread of its own, so that Ctrl-C is heard meanwhile.
    thread = Thread(target=ask, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        taken = timedelta(seconds=time.monotonic() - began)
        if on_wait is not None:
            on_wait(taken)
        if taken > 2 * time_limit + _GRACE:
            raise Refused(
                f"the other solver gave no answer in {taken.total_seconds():.0f} s; there is no bound to tell"
            )
    if failures:
        raise failures[0]
    return _opinion(answers[0], cost, asked.left_out)


def _opinion(answer: mathopt.SolveResult, cost: int, left_out: tuple[str, ...]) -> SecondOpinion:
    seconds = answer.solve_stats.solve_time.total_seconds()
    reason = answer.termination.reason
    if reason == mathopt.TerminationReason.INFEASIBLE:
        # The plan itself is one that the model should hold.
        raise Refused("the other solver finds that no plan keeps these rules, so one of the two is wrong")
    bound = max(0, ceil(answer.dual_bound() - _HAIR)) if answer.dual_bound() > 0 else 0
    best = round(answer.objective_value()) if answer.has_primal_feasible_solution() else None
    return SecondOpinion(cost, min(bound, cost), best, seconds, left_out)


class _Model:
    """Who has which role of which shift, and what that costs, in a mixed-integer model.

    Only plans that are at least as cheap as `cost` matter: then nobody has a count whose own term is above it.
    """

    def __init__(self, plan: Plan, roster: Roster, cost: int, outside: Sequence[Seat] | None) -> None:
        self.model = mathopt.Model(name="second opinion")
        self._roster = roster
        self._shifts = _shifts(plan, roster)
        self._cost = cost
        self._past = _Past(plan, roster, outside or ())
        everybody_takes_all = all(set(roster.rules.roles) <= set(person.roles) for person in roster.engineers)
        self._is_free = everybody_takes_all and not roster.rules.fixed and not self._past.seats
        self._balances = {(each.engineer, each.kind): Fraction(each.thousandths, 1000) for each in plan.balances}
        self._open = [n for n, shift in enumerate(self._shifts) if shift.day >= self._past.until]
        # on[person, shift]: 1 if the person is on duty in some role; only where their days and the past allow it.
        self._on = {
            (person.id, number): self.model.add_binary_variable()
            for person in roster.engineers
            if set(person.roles) & set(roster.rules.roles)
            for number, shift in enumerate(self._shifts)
            if shift.day >= self._past.until and _may(person, shift) and self._leaves_room(person, shift)
        }
        self._seat = {} if self._is_free else self._seats()
        self._staff()
        for person in roster.engineers:
            self._keep_apart(person)
            self._keep_under(person)
        self._keep_pairs_apart()
        self._keep_holidays_apart()
        self._fix()
        self.model.minimize(mathopt.fast_sum(list(self._cost_terms())))
        self.left_out = ("the other teams' plans under busy",) if roster.busy and outside is None else ()

    def _seats(self) -> dict[tuple[str, int, str], mathopt.Variable]:
        roles = {
            person.id: [r for r in self._roster.rules.roles if r in person.roles] for person in self._roster.engineers
        }
        seats = {(who, n, role): self.model.add_binary_variable() for who, n in self._on for role in roles[who]}
        for (who, number), on in self._on.items():
            mine = [seats[who, number, role] for role in roles[who]]
            self.model.add_linear_constraint(mathopt.fast_sum(mine) == on)
        return seats

    def _staff(self) -> None:
        people_of = defaultdict(list)
        for who, number in self._on:
            people_of[number].append(who)
        roles = self._roster.rules.roles
        for number in self._open:
            present = [self._on[who, number] for who in people_of[number]]
            self.model.add_linear_constraint(mathopt.fast_sum(present) == len(roles))
            for role in roles if self._seat else ():
                takers = [
                    self._seat[who, number, role] for who in people_of[number] if (who, number, role) in self._seat
                ]
                self.model.add_linear_constraint(mathopt.fast_sum(takers) == 1)

    def _keep_apart(self, person: Engineer) -> None:
        """Rest and weekends: from each shift on, those that begin too soon after it, pair by pair or as one row."""
        mine = [number for who, number in self._on if who == person.id]
        shifts = self._shifts
        touched = {number for number in mine if self._agreed(person, shifts[number])}
        for place, first in enumerate(mine):
            near = [later for later in mine[place + 1 :] if self._too_near(person, shifts[first], shifts[later])]
            # Those near to `first` that are near to each other as well exclude each other all at once.
            row = [first]
            for later in near if first not in touched else ():
                if later not in touched and all(self._too_near(person, shifts[other], shifts[later]) for other in row):
                    row.append(later)
            if len(row) > 1:
                self._at_most(person, row, 1)
            for later in near:
                if later not in row:
                    self._at_most(person, [first, later], 1)

    def _leaves_room(self, person: Engineer, shift: Shift) -> bool:
        """Whether what the person serves beside the open part, earlier or later, lets them take this shift."""
        turns = self._past.turns.get(person.id, [])
        pairs = (sorted((turn, shift), key=lambda each: each.window.start) for turn in turns)
        if any(self._too_near(person, before, after) for before, after in pairs):
            return False
        years = self._roster.rules.holidays_apart
        return not any(
            one.name == other.name and 0 < abs(one.year - other.year) < years
            for turn in (turns if years > 1 else ())
            for one in self._feasts(turn)
            for other in self._feasts(shift)
        )

    def _feasts(self, shift: Shift) -> set[Feast]:
        code = self._roster.holidays
        return {feast for day in _days(shift) for feast in feasts_on(code, day)} if code else set()

    def _too_near(self, person: Engineer, before: Shift, after: Shift) -> bool:
        rules = self._roster.rules
        values = {"rest_nights": rules.rest_nights, "weekends_apart": rules.weekends_apart}
        for each in [*self._agreed(person, before), *self._agreed(person, after)]:
            if each.rule in values and each.value is not None:
                values[each.rule] = min(values[each.rule], each.value)
        if after.window.start < before.window.end or after.first_night < before.end_night + values["rest_nights"]:
            return True
        if not (before.kind is after.kind is WindowKind.WEEKEND):
            return False
        weeks = (_monday(after.day) - _monday(before.day)).days // 7
        return 0 < weeks < values["weekends_apart"]

    def _agreed(self, person: Engineer, shift: Shift) -> list[Relaxation]:
        agreed = self._roster.rules.relaxed
        return [e for e in agreed if e.first_day <= shift.day <= e.last_day and e.person in (None, person.id)]

    def _keep_under(self, person: Engineer) -> None:
        """Maxima of weeks and months; one that was raised for some of the shifts is raised for all: a looser row."""
        rules = self._roster.rules
        for rule, most in (
            ("max_shifts_per_week", rules.max_shifts_per_week),
            ("max_shifts_per_month", rules.max_shifts_per_month),
        ):
            spans: dict[object, list[int]] = defaultdict(list)
            for who, number in self._on:
                if who == person.id and most is not None:
                    spans[_span_of(rule, self._shifts[number])].append(number)
            before = Counter(_span_of(rule, turn) for turn in self._past.turns.get(person.id, []))
            for span, numbers in spans.items():
                around = [self._shifts[n] for n in numbers]
                agreed = [each.value for shift in around for each in self._agreed(person, shift) if each.rule == rule]
                limit = max([most or 0, *(value for value in agreed if value is not None)])
                left = max(0, limit - before[span])
                if len(numbers) > left:
                    self._at_most(person, numbers, left)

    def _at_most(self, person: Engineer, numbers: Sequence[int], most: int) -> None:
        self.model.add_linear_constraint(mathopt.fast_sum([self._on[person.id, n] for n in numbers]) <= most)

    def _keep_pairs_apart(self) -> None:
        for one, other in self._roster.rules.never_together:
            for number in range(len(self._shifts)):
                if (one, number) in self._on and (other, number) in self._on:
                    self.model.add_linear_constraint(self._on[one, number] + self._on[other, number] <= 1)

    def _keep_holidays_apart(self) -> None:
        """The same holiday of two years that are too near each other: one of the two shifts, pair by pair."""
        years = self._roster.rules.holidays_apart
        by_name: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, shift in enumerate(self._shifts if years > 1 and self._roster.holidays else ()):
            for feast in self._feasts(shift):
                by_name[feast.name].append((feast.year, number))
        for served in by_name.values():
            for (one, first), (other, second) in combinations(served, 2):
                if 0 < abs(other - one) < years:
                    for person in self._roster.engineers:
                        if (person.id, first) in self._on and (person.id, second) in self._on:
                            self._at_most(person, [first, second], 1)

    def _fix(self) -> None:
        for fixed in self._roster.rules.fixed:
            for number, shift in enumerate(self._shifts):
                seat = self._seat.get((fixed.engineer, number, fixed.role))
                if shift.day == fixed.day and fixed.kind in (None, str(shift.kind)) and seat is not None:
                    self.model.add_linear_constraint(seat == 1)

    def _cost_terms(self) -> Iterator[mathopt.LinearBase | float]:
        roles = self._roster.rules.roles
        left = Counter(self._shifts[number].kind for number in self._open)
        owed = _Owed(self._roster, self._shifts, self._balances)
        had = self._past.seats
        for kind in dict.fromkeys(shift.kind for shift in self._shifts):
            by_role: dict[str, list[mathopt.Variable]] = defaultdict(list)
            for person in self._roster.engineers:
                own = [role for role in roles if role in person.roles]
                on = [v for (who, n), v in self._on.items() if who == person.id and self._shifts[n].kind is kind]
                counts = []
                for role in own:
                    count = self.model.add_integer_variable(lb=0, ub=len(on))
                    counts.append(count)
                    by_role[role].append(count)
                    if self._seat:
                        held = [
                            v
                            for (who, n, r), v in self._seat.items()
                            if (who, r) == (person.id, role) and self._shifts[n].kind is kind
                        ]
                        self.model.add_linear_constraint(mathopt.fast_sum(held) == count)
                    yield from self._price(count, len(on), owed.share(person, kind, role) - had[person.id, kind, role])
                self.model.add_linear_constraint(mathopt.fast_sum(on) == mathopt.fast_sum(counts))
                before = sum(had[person.id, kind, role] for role in roles)
                yield from self._price(mathopt.fast_sum(on), len(on), owed.together(person, kind) - before)
                # A role that the person gave up has no share any more; what they had of it still counts.
                yield float(sum(100 * had[person.id, kind, role] ** 2 for role in roles if role not in own))
            for role in roles:
                self.model.add_linear_constraint(mathopt.fast_sum(by_role[role]) == left[kind])

    def _price(self, count: mathopt.LinearBase, most: int, share: Fraction) -> Iterator[mathopt.LinearBase | float]:
        """What a count costs: each further shift adds more than the one before, so the cheap steps fill up first.

        share: what is left of it when what was served before the open part is taken off; below 0 where that was more.
        """
        costs = [round(100 * (n - share) ** 2) for n in range(most + 1)]
        worthwhile = [n for n, cost in enumerate(costs) if cost <= self._cost] or [0]
        low, high = worthwhile[0], worthwhile[-1]
        steps = [self.model.add_variable(lb=0, ub=1) for _ in range(low, high)]
        self.model.add_linear_constraint(count - mathopt.fast_sum(steps) == low)
        yield float(costs[low])
        for n, step in enumerate(steps, start=low):
            yield (costs[n + 1] - costs[n]) * step


class _Owed:
    """Shares, from the words of the documentation: by weight, of those who take the role, less what is carried over."""

    def __init__(
        self, roster: Roster, shifts: Sequence[Shift], balances: dict[tuple[str, WindowKind], Fraction]
    ) -> None:
        self._roster = roster
        self._totals = Counter(shift.kind for shift in shifts)
        self._balances = balances
        self._weights = {
            person.id: Fraction(str(person.fte))
            * sum(all(person.is_member_on(day) for day in _days(shift)) for shift in shifts)
            for person in roster.engineers
        }

    def share(self, person: Engineer, kind: WindowKind, role: str) -> Fraction:
        """What one person owes of a kind in one role that they take."""
        everybody = sum((self._weights[each.id] for each in self._roster.engineers if role in each.roles), Fraction(0))
        if not everybody or not self._weights[person.id]:
            return Fraction(0)
        roles = sum(each in person.roles for each in self._roster.rules.roles)
        carried = self._balances.get((person.id, kind), Fraction(0)) / roles
        return self._totals[kind] * self._weights[person.id] / everybody - carried

    def together(self, person: Engineer, kind: WindowKind) -> Fraction:
        """What one person owes of a kind in all roles."""
        mine = [role for role in self._roster.rules.roles if role in person.roles]
        return sum((self.share(person, kind, role) for role in mine), Fraction(0))


def _shifts(plan: Plan, roster: Roster) -> tuple[Shift, ...]:
    zone = roster.policy.zone
    starts = [seat.window.start.astimezone(zone).date() for seat in plan.seats]
    calendar = calendar_of(roster.policy, roster.holidays)
    first, last = plan.first_day or min(starts), plan.last_day or max(starts)
    held = {seat.window for seat in plan.seats}
    shifts = shifts_between(calendar, first_day=first, last_day=last, weekend=roster.rules.weekend)
    kept = plan.kept_until or date.min
    return tuple(shift for shift in shifts if shift.window in held or shift.day < kept)


class _Past:
    """What a plan keeps from an earlier one: turns by person, and how many seats of each kind and role they had.

    turns: also those outside the plan, which no load counts.
    """

    def __init__(self, plan: Plan, roster: Roster, outside: Sequence[Seat]) -> None:
        self.until = plan.kept_until or date.min
        self.turns: dict[str, list[Shift]] = defaultdict(list)
        self.seats: Counter[tuple[str, WindowKind, str]] = Counter()
        for seat in plan.seats:
            turn = _turn(seat, roster)
            if turn.day < self.until:
                self.turns[seat.engineer].append(turn)
                self.seats[seat.engineer, seat.kind, seat.role] += 1
        span = plan.window
        for seat in outside:
            if seat.team or seat.window.end <= span.start or span.end <= seat.window.start:
                self.turns[seat.engineer].append(_turn(seat, roster))


def _turn(seat: Seat, roster: Roster) -> Shift:
    first, end = (at.astimezone(roster.policy.zone).date() for at in (seat.window.start, seat.window.end))
    return Shift(seat.window, seat.kind, first, first.toordinal(), end.toordinal())


def _span_of(rule: str, shift: Shift) -> object:
    return _monday(shift.day) if rule == "max_shifts_per_week" else (shift.day.year, shift.day.month)


def _days(shift: Shift) -> list[date]:
    nights = max(1, shift.end_night - shift.first_night)
    return [shift.day + timedelta(days=number) for number in range(nights)]


def _may(person: Engineer, shift: Shift) -> bool:
    days = _days(shift)
    return all(person.is_member_on(day) and person.absence_on(day) is None for day in days)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
