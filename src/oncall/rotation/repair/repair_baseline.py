"""A plan that is kept: what was served before a date stays as it is, and what comes after may change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property, partial
from itertools import product

from ortools.sat.python import cp_model

from oncall.errors import Refused
from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.cost import CountedSeat, counted_seats, fairness_of
from oncall.rotation.problem.fixed_seats import refuse_impossible_seats
from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CostCurve, CountingBound, max_duties, role_cost_curve
from oncall.rotation.solve.load_counts import CountRange, LoadKey, add_cost
from oncall.rotation.solve.search import Search, SearchStatus
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.support.windows import WindowKind

FLOOR_EFFORT = 5.0
"""Deterministic time for the counting bound of one kind; what is proven by then is taken."""


class RepairBaseline:
    """The shifts still open, who had them, and what was served before them, numbered by the open problem."""

    def __init__(
        self, roster: Roster, shifts: Sequence[Shift], plan: Plan, first_open: date, context: PlanningContext
    ) -> None:
        zone = roster.policy.zone
        past = [seat for seat in plan.seats if seat.window.start.astimezone(zone).date() < first_open]
        self.first_open = first_open
        self.plan = plan
        self.past = tuple(seat for seat in past if seat.role != SHADOW)
        self.whole = Problem.of(roster, shifts, context)
        left = [shift for shift in self.whole.shifts if shift.day >= first_open]
        if not left:
            raise Refused(f"no shift of the plan starts on {first_open} or later; there is nothing to repair")
        self._refuse_cut_weekend(left[0])
        around = replace(context, published=(*context.published, *self.past))
        self.open = Problem.of(roster, left, around)
        refuse_impossible_seats(self.open)
        self.numbers = {engineer.id: index for index, engineer in enumerate(roster.engineers)}
        by_seat = {(seat.window, seat.role): seat.engineer for seat in plan.seats}
        # before[shift, role]: who has that seat in the plan that is kept; None for a shift that is new.
        self.before: dict[tuple[int, str], str | None] = {
            (number, role): by_seat.get((shift.window, role))
            for number, shift in enumerate(self.open.shifts)
            for role in self.open.roles
        }
        self.too_soon = self._too_soon(context.covers)
        self.served = Counter(counted_seats(self.past))

    def _too_soon(self, covers: tuple[Seat, ...]) -> frozenset[Duty]:
        """New duties for which somebody would not be rested after a shift they covered; what they had they keep."""
        if not covers:
            return frozenset()
        covered = Problem(self.open.roster, self.open.shifts, PlanningContext(published=covers))
        had = {(self.numbers.get(who or ""), number) for (number, _), who in self.before.items()}
        return frozenset(
            Duty(index, number)
            for index, numbers in enumerate(self.open.eligible_shifts)
            for number in numbers
            if (index, number) not in had and covered.outside_obstacle(index, number) is not None
        )

    def _refuse_cut_weekend(self, first: Shift) -> None:
        """Raise Refused when the first open shift does not follow on what is kept: weekends are cut otherwise now."""
        kept_end = max((seat.window.end for seat in self.past), default=first.window.start)
        earlier = [shift for shift in self.whole.shifts if shift.day < self.first_open]
        needed_end = max((shift.window.end for shift in earlier), default=kept_end)
        if self.past and (kept_end > first.window.start or needed_end > kept_end):
            zone = self.whole.roster.policy.zone
            monday = max(kept_end, needed_end).astimezone(zone).date()
            raise Refused(
                f"on {self.first_open} a weekend is under way that is cut into other shifts now; "
                f"write --from {monday} or --from {monday - timedelta(days=3)}"
            )

    def frozen(self, days: int, opened: frozenset[date]) -> frozenset[StaffedSeat]:
        """The seats that stay: near enough, not opened by name, and legal for whoever has them."""
        end = self.first_open + timedelta(days=days)
        found = set()
        for (number, role), engineer in self.before.items():
            day = self.open.shifts[number].day
            index = self.numbers.get(engineer or "")
            if day < end and day not in opened and index is not None and self._may_hold(number, role, index):
                found.add(StaffedSeat(number, role, index))
        return frozenset(found)

    def _may_hold(self, number: int, role: str, engineer: int) -> bool:
        """Whether days, roles and shifts outside let the person have that seat."""
        return number in self.open.eligible_shift_sets[engineer] and role in self.open.roles_at(engineer, number)

    def cost(self, held: Sequence[StaffedSeat]) -> int:
        """The fairness cost of the whole plan with these seats in its open part."""
        return fairness_of(self.all_seats(held), self.whole.shares, bound=0).cost

    def cost_before(self) -> int:
        """The fairness cost of the plan as it was, with the shares of the roster as it is."""
        return fairness_of(counted_seats(self.plan.seats), self.whole.shares, bound=0).cost

    def changes(self, held: Sequence[StaffedSeat]) -> int:
        """How many seats of shifts that were planned before have somebody else."""
        return sum(
            1
            for seat in held
            if self.before[seat.shift, seat.role] not in (None, self.open.engineers[seat.engineer].id)
        )

    def roles_in(self, counted: LoadKey) -> tuple[str, ...]:
        """The roles that are counted there."""
        return self.open.roles if counted.role is None else (counted.role,)

    def had(self, counted: LoadKey) -> int:
        """What the person served of that before the open part."""
        who = self.open.engineers[counted.engineer].id
        return sum(self.served[CountedSeat(counted.kind, role, who)] for role in self.roles_in(counted))

    def curve(self, counted: LoadKey) -> CostCurve:
        """What a count in the open part costs, together with what was served before it."""
        return partial(_from, role_cost_curve(self.whole, counted), self.had(counted))

    def widened(self, ranges: Mapping[LoadKey, CountRange], held: Sequence[StaffedSeat]) -> dict[LoadKey, CountRange]:
        """The ranges, wide enough for the counts of these seats."""
        counts: Counter[LoadKey] = Counter()
        for seat in held:
            kind = self.open.shifts[seat.shift].kind
            counts.update([LoadKey(seat.engineer, kind, seat.role), LoadKey(seat.engineer, kind, None)])
        return {counted: count_range.widened(counts[counted]) for counted, count_range in ranges.items()}

    def all_seats(self, held: Sequence[StaffedSeat]) -> Iterator[CountedSeat]:
        """Kind, role and engineer of every seat, past ones first."""
        yield from self.served.elements()
        for seat in held:
            yield CountedSeat(self.open.shifts[seat.shift].kind, seat.role, self.open.engineers[seat.engineer].id)

    @cached_property
    def floor(self) -> CountingBound:
        """What no plan with the same past can beat, however many seats change, by counting alone.

        Counts of the open part, kind by kind: the cheapest ones without a calendar.
        """
        floors = [self._floor_of(kind) for kind in self.whole.shares.totals]
        counts = {counted: count for floor in floors for counted, count in floor.counts.items()}
        return CountingBound(sum(floor.cost for floor in floors), counts, all(floor.is_exact for floor in floors))

    def _floor_of(self, kind: WindowKind) -> CountingBound:
        model = cp_model.CpModel()
        counts = self._add_counts(model, kind)
        near = {counted: self._near(counted) for counted in counts}
        most = [max_duties(self.open, each, kind) for each in range(len(self.open.engineers))]
        ranges = {counted: CountRange.around(count) for counted, count in near.items()}
        costs = [
            add_cost(model, number, most[counted.engineer], self.curve(counted), ranges[counted])
            for counted, number in counts.items()
        ]
        model.minimize(cp_model.LinearExpr.sum(costs))
        outcome = Search().run(model, effort=FLOOR_EFFORT)
        if outcome.status not in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
            # Nobody may be able to take that many; the search says so, and why.
            return CountingBound(
                max(0, outcome.bound) if outcome.status is SearchStatus.UNKNOWN else 0, near, is_exact=False
            )
        found = {counted: outcome.value(number) for counted, number in counts.items()}
        inside = all(ranges[counted].low <= count <= ranges[counted].high for counted, count in found.items())
        return CountingBound(outcome.bound, found, inside and outcome.status is SearchStatus.OPTIMAL)

    def _add_counts(self, model: cp_model.CpModel, kind: WindowKind) -> dict[LoadKey, cp_model.IntVar]:
        """How many open shifts of a kind everybody has, in each role and in all; every role of them is full."""
        problem = self.open
        total = sum(1 for shift in problem.shifts if shift.kind is kind)
        counts: dict[LoadKey, cp_model.IntVar] = {}
        for engineer in range(len(problem.engineers)):
            most = max_duties(problem, engineer, kind)
            own = problem.roles_of(engineer)
            for role in (*problem.roles, None):
                counts[LoadKey(engineer, kind, role)] = model.new_int_var(
                    0, most if role in own or role is None else 0, ""
                )
            single = [counts[LoadKey(engineer, kind, role)] for role in problem.roles]
            model.add(cp_model.LinearExpr.sum(single) == counts[LoadKey(engineer, kind, None)])
        for role in problem.roles:
            model.add(cp_model.LinearExpr.sum([n for counted, n in counts.items() if counted.role == role]) == total)
        return counts

    def _near(self, counted: LoadKey) -> int:
        """About what is left of the person's share."""
        share = self.whole.shares.of(counted.kind, counted.role, self.open.engineers[counted.engineer].id)
        return max(0, round(share) - self.had(counted))

    def ranges(self) -> dict[LoadKey, CountRange]:
        """Where to look for counts in the open part: around the cheapest ones."""
        people, kinds = range(len(self.open.engineers)), self.whole.shares.totals
        every = (LoadKey(*one) for one in product(people, kinds, (*self.open.roles, None)))
        return {counted: CountRange.around(self.floor.counts[counted]) for counted in every}


def _from(curve: CostCurve, had: int, count: int) -> int:
    return curve(had + count)
