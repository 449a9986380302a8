"""The mixed-integer model for the second opinion, written from the text of the rules.

It shares nothing with the planner's models: variables, constraints for rest and weekends, shares and costs are its own.
It may leave rules out, because a lower bound for fewer rules is also a lower bound for all rules.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations

from ortools.math_opt.python import mathopt

from oncall.rosters.relaxation import Relaxation
from oncall.rosters.roster import Engineer, Roster
from oncall.rosters.time_off import days_off_rule
from oncall.rotation.check.checked_shares import CheckedShares
from oncall.rotation.check.second_facts import SettledPart, continued_seats, days_of, is_there, planned_shifts
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.support.holidays import Feast
from oncall.support.windows import Window, WindowKind

_WEEK = timedelta(days=7)


class SecondModel:
    """A model of which engineer has which seat.

    `model` minimises the cost, over plans that cost at most the given cost.
    outside: seats around the plan and on other teams; None if they are not known. left_out: what the model leaves out,
    in words for the user. open_numbers: the shifts that may change. cost: the fairness cost as an expression.
    """

    def __init__(self, plan: Plan, roster: Roster, cost: int, outside: Sequence[Seat] | None) -> None:
        self.model = mathopt.Model(name="second opinion")
        self.left_out = ("the other teams' plans under busy",) if roster.busy and outside is None else ()
        self.roster = roster
        self.people = {person.id: person for person in roster.engineers}
        self.shifts = planned_shifts(plan, roster)
        self._most = cost
        self._settled = SettledPart(plan, roster, outside or ())
        self.shares = CheckedShares(roster, self.shifts, plan.balances)
        self.open_numbers = [n for n, shift in enumerate(self.shifts) if shift.day >= self._settled.first_open]
        self._turn_days = {self.shifts[n].turn: self.shifts[n].day for n in reversed(self.open_numbers)}
        rule = days_off_rule(roster)
        # on[engineer, shift]: 1 if the engineer is on duty in some role; only where nothing settled forbids it.
        self.on = {
            (person.id, number): self.model.add_binary_variable()
            for person in roster.engineers
            if set(person.roles) & set(roster.rules.roles)
            for number in self.open_numbers
            if is_there(person, self.shifts[number], rule) and self._is_compatible(person, self.shifts[number])
        }
        # seat[engineer, shift, role]: 1 if the engineer has that seat; empty where any split of roles is possible.
        self._seat = {} if self._roles_are_free() else self._add_seats()
        self._staff_shifts()
        self._keep_turns_whole()
        for seat in continued_seats(plan, roster, self.shifts, outside or ()) & self._seat.keys():
            self.model.add_linear_constraint(self._seat[seat] == 1)
        for person in roster.engineers:
            self._keep_apart(person)
            self._keep_under_maxima(person)
            self._keep_under_hours(person)
        self._keep_pairs_apart()
        self._keep_holidays_apart()
        self._fix_seats()
        self.cost = mathopt.fast_sum(list(self._cost_terms()))
        self.model.minimize(self.cost)

    def _roles_are_free(self) -> bool:
        """Return True if any split of roles is possible: everyone takes every role, and no seat is fixed or settled."""
        rules = self.roster.rules
        if rules.turn_weeks:
            return False
        takes_all = all(set(rules.roles) <= set(person.roles) for person in self.roster.engineers)
        return takes_all and not rules.fixed and not self._settled.seats

    def _add_seats(self) -> dict[tuple[str, int, str], mathopt.Variable]:
        roles = {
            person.id: [r for r in self.roster.rules.roles if r in person.roles] for person in self.roster.engineers
        }
        seats = {(who, n, role): self.model.add_binary_variable() for who, n in self.on for role in roles[who]}
        for (who, number), on in self.on.items():
            own = [seats[who, number, role] for role in roles[who]]
            self.model.add_linear_constraint(mathopt.fast_sum(own) == on)
        return seats

    def _staff_shifts(self) -> None:
        """Require one engineer in each role on every open shift, and different engineers in different roles."""
        people_of = defaultdict(list)
        for who, number in self.on:
            people_of[number].append(who)
        roles = self.roster.rules.roles
        for number in self.open_numbers:
            present = [self.on[who, number] for who in people_of[number]]
            self.model.add_linear_constraint(mathopt.fast_sum(present) == len(roles))
            for role in roles if self._seat else ():
                takers = [
                    self._seat[who, number, role] for who in people_of[number] if (who, number, role) in self._seat
                ]
                self.model.add_linear_constraint(mathopt.fast_sum(takers) == 1)

    def _keep_turns_whole(self) -> None:
        """Require that an engineer who has a role on an open shift of a turn has it on all open shifts of the turn."""
        turns: dict[int, list[int]] = defaultdict(list)
        for number in self.open_numbers:
            turn = self.shifts[number].turn
            if turn is not None:
                turns[turn].append(number)
        for numbers in turns.values():
            for person in self.roster.engineers:
                for role in self.roster.rules.roles:
                    own = [self._seat.get((person.id, number, role)) for number in numbers]
                    there = [seat for seat in own if seat is not None]
                    for seat in there:
                        if len(there) < len(own):
                            self.model.add_linear_constraint(seat == 0)
                        elif seat is not there[0]:
                            self.model.add_linear_constraint(seat == there[0])

    def _keep_apart(self, person: Engineer) -> None:
        """Forbid pairs and groups of the engineer's shifts that are too near to each other."""
        own = [number for who, number in self.on if who == person.id]
        shifts = self.shifts
        relaxed = {number for number in own if self._relaxations(person, shifts[number])}
        for place, first in enumerate(own):
            near = [later for later in own[place + 1 :] if self._are_too_near(person, shifts[first], shifts[later])]
            # Shifts near to `first` that are also near to each other exclude each other in one row.
            row = [first]
            for later in near if first not in relaxed else ():
                if later not in relaxed and all(
                    self._are_too_near(person, shifts[other], shifts[later]) for other in row
                ):
                    row.append(later)
            if len(row) > 1:
                self._at_most(person, row, 1)
            for later in near:
                if later not in row:
                    self._at_most(person, [first, later], 1)

    def _is_compatible(self, person: Engineer, shift: Shift) -> bool:
        """Return True if the shift breaks no rest, weekend or holiday rule with the engineer's settled duties."""
        settled = self._settled.duties.get(person.id, [])
        pairs = (sorted((duty, shift), key=lambda each: each.window.start) for duty in settled)
        if any(self._are_too_near(person, before, after) for before, after in pairs):
            return False
        years = self.roster.rules.holidays_apart
        return not any(
            one.name == other.name and 0 < abs(one.year - other.year) < years
            for duty in (settled if years > 1 else ())
            for one in self._feasts(duty)
            for other in self._feasts(shift)
        )

    def _feasts(self, shift: Shift) -> set[Feast]:
        days = self.roster.holidays
        return {feast for day in days_of(shift) for feast in days.feasts_on(day)} if days else set()

    def _are_too_near(self, person: Engineer, before: Shift, after: Shift) -> bool:
        rules = self.roster.rules
        if before.turn is not None and before.turn == after.turn:
            return after.window.start < before.window.end
        values = {
            "rest_nights": rules.rest_nights,
            "weekends_apart": rules.weekends_apart,
            "min_rest_hours": rules.min_rest_hours,
        }
        for each in [*self._relaxations(person, before), *self._relaxations(person, after)]:
            if each.rule in values and each.value is not None:
                values[each.rule] = min(values[each.rule], each.value)
        if after.window.start < before.window.end or after.first_night < before.end_night + values["rest_nights"]:
            return True
        if after.window.start < before.window.end + timedelta(hours=values["min_rest_hours"]):
            return True
        if not (before.is_weekend and after.is_weekend):
            return False
        weeks = (_monday(after.day) - _monday(before.day)).days // 7
        return 0 < weeks < values["weekends_apart"]

    def _relaxations(self, person: Engineer, shift: Shift) -> list[Relaxation]:
        day = self._day_of(shift)
        # `weekends_apart` is about the weekend, on whatever date its turn begins.
        own = [(r, shift.day if r.rule == "weekends_apart" else day) for r in self.roster.rules.relaxed]
        return [r for r, at in own if r.first_day <= at <= r.last_day and r.person in (None, person.id)]

    def _day_of(self, shift: Shift) -> date:
        """Return the date that decides which relaxations apply: the shift's, or that of its turn's first open shift."""
        return self._turn_days.get(shift.turn, shift.day) if shift.turn is not None else shift.day

    def _keep_under_maxima(self, person: Engineer) -> None:
        """Limit the number of shifts that the engineer has in each week and month.

        A maximum that is relaxed for some shifts of a week or month is relaxed for all its shifts here.
        """
        rules = self.roster.rules
        for rule, most in (
            ("max_shifts_per_week", rules.max_shifts_per_week),
            ("max_shifts_per_month", rules.max_shifts_per_month),
        ):
            spans: dict[date, list[int]] = defaultdict(list)
            for who, number in self.on:
                if who == person.id and most is not None:
                    spans[_first_day_of_span(rule, self.shifts[number])].append(number)
            settled = Counter(_first_day_of_span(rule, duty) for duty in self._settled.duties.get(person.id, []))
            for first_day, numbers in spans.items():
                relaxations = [each for n in numbers for each in self._relaxations(person, self.shifts[n])]
                raised = [each.value for each in relaxations if each.rule == rule and each.value is not None]
                left = max(0, max([most or 0, *raised]) - settled[first_day])
                if len(numbers) > left:
                    self._at_most(person, numbers, left)

    def _keep_under_hours(self, person: Engineer) -> None:
        """Limit the engineer's hours in any seven days in a row, and the number of their shifts in the plan.

        If any relaxation raises the hours, they are not limited: that makes the bound weaker, but never wrong.
        """
        rules, own = self.roster.rules, [number for who, number in self.on if who == person.id]
        settled = self._settled.duties.get(person.id, [])
        most = rules.max_hours_per_week
        if most is not None and all(each.rule != "max_hours_per_week" for each in rules.relaxed):
            windows = [self.shifts[number].window for number in own] + [duty.window for duty in settled]
            for begin in {at for each in windows for at in (each.start, each.end - _WEEK)}:
                had = sum(_seconds_in(duty.window, begin) for duty in settled)
                parts = [(number, _seconds_in(self.shifts[number].window, begin)) for number in own]
                total = mathopt.fast_sum([seconds * self.on[person.id, number] for number, seconds in parts if seconds])
                if sum(seconds for _, seconds in parts) + had > most * 3600:
                    self.model.add_linear_constraint(total <= max(0, most * 3600 - had))
        for who, shifts in rules.max_shifts:
            if who == person.id:
                self._at_most(
                    person, own, max(0, shifts - sum(n for key, n in self._settled.seats.items() if key[0] == who))
                )

    def _at_most(self, person: Engineer, numbers: Sequence[int], most: int) -> None:
        self.model.add_linear_constraint(mathopt.fast_sum([self.on[person.id, n] for n in numbers]) <= most)

    def _keep_pairs_apart(self) -> None:
        for one, other in self.roster.rules.never_together:
            for number in range(len(self.shifts)):
                if (one, number) in self.on and (other, number) in self.on:
                    self.model.add_linear_constraint(self.on[one, number] + self.on[other, number] <= 1)

    def _keep_holidays_apart(self) -> None:
        """Forbid each engineer to have the same holiday in two years that are too close."""
        years = self.roster.rules.holidays_apart
        by_name: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, shift in enumerate(self.shifts if years > 1 and self.roster.holidays else ()):
            for feast in self._feasts(shift):
                by_name[feast.name].append((feast.year, number))
        for occasions in by_name.values():
            for (one, first), (other, second) in combinations(occasions, 2):
                if 0 < abs(other - one) < years:
                    for person in self.roster.engineers:
                        if (person.id, first) in self.on and (person.id, second) in self.on:
                            self._at_most(person, [first, second], 1)

    def _fix_seats(self) -> None:
        for fixed in self.roster.rules.fixed:
            for number, shift in enumerate(self.shifts):
                seat = self._seat.get((fixed.engineer, number, fixed.role))
                if shift.day == fixed.day and fixed.kind in (None, str(shift.kind)) and seat is not None:
                    self.model.add_linear_constraint(seat == 1)

    def _cost_terms(self) -> Iterator[mathopt.LinearBase | float]:
        for kind in dict.fromkeys(shift.kind for shift in self.shifts):
            by_role: dict[str, list[mathopt.Variable]] = defaultdict(list)
            for person in self.roster.engineers:
                yield from self._cost_of_person(person, kind, by_role)
            total = sum(1 for number in self.open_numbers if self.shifts[number].kind is kind)
            for role in self.roster.rules.roles:
                self.model.add_linear_constraint(mathopt.fast_sum(by_role[role]) == total)

    def _cost_of_person(
        self, person: Engineer, kind: WindowKind, by_role: dict[str, list[mathopt.Variable]]
    ) -> Iterator[mathopt.LinearBase | float]:
        """Yield the cost of the engineer's numbers of shifts of one kind, in each role and in all roles together.

        Adds the variable for each role's number to `by_role`.
        """
        roles, settled = self.roster.rules.roles, self._settled.seats
        own = [role for role in roles if role in person.roles]
        on = [v for (who, n), v in self.on.items() if who == person.id and self.shifts[n].kind is kind]
        counts = []
        for role in own:
            count = self._add_count(person, kind, role, len(on))
            counts.append(count)
            by_role[role].append(count)
            share = self.shares.of_role(kind, role, person.id) - settled[person.id, kind, role]
            yield from self._cost_of_count(count, len(on), share)
        self.model.add_linear_constraint(mathopt.fast_sum(on) == mathopt.fast_sum(counts))
        before = sum(settled[person.id, kind, role] for role in roles)
        yield from self._cost_of_count(
            mathopt.fast_sum(on), len(on), self.shares.of_all_roles(kind, person.id, roles) - before
        )
        # An engineer who gave up a role has no share of it any more; settled seats in it still cost.
        yield float(sum(100 * settled[person.id, kind, role] ** 2 for role in roles if role not in own))

    def _add_count(self, person: Engineer, kind: WindowKind, role: str, most: int) -> mathopt.Variable:
        """Return a variable for the number of open shifts of one kind that the engineer has in one role."""
        count = self.model.add_integer_variable(lb=0, ub=most)
        if self._seat:
            held = [
                seat
                for (who, n, r), seat in self._seat.items()
                if (who, r) == (person.id, role) and self.shifts[n].kind is kind
            ]
            self.model.add_linear_constraint(mathopt.fast_sum(held) == count)
        return count

    def _cost_of_count(
        self, count: mathopt.LinearBase, most: int, share: Fraction
    ) -> Iterator[mathopt.LinearBase | float]:
        """Yield the fairness cost of the engineer's number of open shifts.

        share: the engineer's share minus their settled seats; it can be negative. most: the largest possible number.
        """
        return self.price(count, [round(100 * (n - share) ** 2) for n in range(most + 1)], self._most)

    def price(self, count: mathopt.LinearBase, costs: Sequence[int], most: int) -> Iterator[mathopt.LinearBase | float]:
        """Yield the cost of a number of shifts, as a sum of steps of one shift each.

        Each further step costs more, so that the solver uses the cheap steps first. costs: the cost of each number.
        Numbers that alone cost more than `most` are excluded.
        """
        worthwhile = [n for n, cost in enumerate(costs) if cost <= most] or [0]
        low, high = worthwhile[0], worthwhile[-1]
        steps = [self.model.add_variable(lb=0, ub=1) for _ in range(low, high)]
        self.model.add_linear_constraint(count - mathopt.fast_sum(steps) == low)
        yield float(costs[low])
        for n, step in enumerate(steps, start=low):
            yield (costs[n + 1] - costs[n]) * step


def _first_day_of_span(rule: str, shift: Shift) -> date:
    """Return the first day of the shift's week for the rule `max_shifts_per_week`, else of its month."""
    return _monday(shift.day) if rule == "max_shifts_per_week" else shift.day.replace(day=1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _seconds_in(window: Window, begin: datetime) -> float:
    """Return how many seconds of a window lie in the seven days from `begin` on."""
    return max(0.0, (min(window.end, begin + _WEEK) - max(window.start, begin)).total_seconds())
