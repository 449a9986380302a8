"""The last stages of a repair: even totals or points, then few clumps.

No stage adds a change, a cost or a broken request. The settled seats count too, so that both stages measure the whole
plan. Each is a run of the solver with a limited effort, which is the same work on every machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from fractions import Fraction

from ortools.sat.python import cp_model

from oncall.rotation.problem.clumps import ClumpMeasure
from oncall.rotation.problem.points import PointsMeasure
from oncall.rotation.problem.problem import Duty, StaffedSeat
from oncall.rotation.problem.requests import preferred_pairs, request_costs, shared_shifts
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.solve.even_points import add_squares, points_value
from oncall.rotation.solve.load_counts import widened_ranges
from oncall.rotation.solve.pair_meetings import add_meetings, requests_objective
from oncall.rotation.solve.search import Search

EFFORT = 0.4
"""Deterministic seconds for each of the two stages."""
_PRECISION = 1000
"""The model measures distances from a share in this fraction of a shift."""

_Seats = list[StaffedSeat]


def evened_out(
    baseline: RepairBaseline,
    costs: RepairCosts,
    frozen: Collection[StaffedSeat],
    seats: Sequence[StaffedSeat],
    search: Search,
) -> _Seats:
    """Return open seats that are more even, change no more seats, cost no more and meet the requests as well.

    Without `rotation.points` the totals over all kinds are evened out, with it the points. After that, the largest
    distance of an engineer from their share in any four weeks in a row is made as small as the effort allows.
    """
    stages = _LastStages(baseline, costs, frozen, seats, search)
    if stages.has_choice:
        stages.even_out()
        stages.spread()
    return stages.seats


class _LastStages:
    def __init__(
        self,
        baseline: RepairBaseline,
        costs: RepairCosts,
        frozen: Collection[StaffedSeat],
        seats: Sequence[StaffedSeat],
        search: Search,
    ) -> None:
        self._baseline, self._costs, self._frozen, self._search = baseline, costs, frozen, search
        self.seats = list(seats)
        self._changes, self._cost = baseline.changes(seats), costs.cost(seats)
        self._wishes, self._pairs = request_costs(baseline.open), preferred_pairs(baseline.open)
        self._broken = self._broken_by(seats)
        self._measure = _measure_of_open_part(baseline)

    @property
    def has_choice(self) -> bool:
        """Return False if no open seat may change: then there is nothing to even out."""
        return self._changes > 0 or None in self._baseline.holders.values()

    def even_out(self) -> None:
        """Replace the seats by those with the most even totals or points that the solver finds."""
        problem, measure = self._baseline.open, self._measure
        model = self._model()
        model.model.minimize(add_squares(model.model, problem, measure, model.on_duty))
        self._improve(model, lambda seats: points_value(problem, measure, seats))

    def spread(self) -> None:
        """Replace the seats by those with the fewest clumps that the solver finds, among equally even plans."""
        baseline, clumps = self._baseline, ClumpMeasure(self._baseline.whole)
        if not clumps.spans:
            return
        model = self._model()
        evenness = points_value(baseline.open, self._measure, self.seats)
        model.model.add(add_squares(model.model, baseline.open, self._measure, model.on_duty) <= evenness)
        model.model.minimize(self._add_distance(model, clumps))
        self._improve(model, lambda seats: clumps.distance(baseline.numbered(seats)))

    def _model(self) -> RepairModel:
        """Return a model of the plans that change no more seats, cost no more and meet the requests as well."""
        problem = self._baseline.open
        model = RepairModel(self._baseline, self._frozen)
        model.model.add(model.changes <= self._changes)
        ranges = widened_ranges(problem, self._costs.ranges(), self.seats)
        model.model.add(model.add_cost(self._costs, ranges) <= self._cost)
        if self._wishes or self._pairs:
            meetings = add_meetings(model.model, problem, model.on_duty, self._pairs)
            model.model.add(requests_objective(self._wishes, model.on_duty, meetings) <= self._broken)
        model.hint(self.seats)
        return model

    def _add_distance(self, model: RepairModel, clumps: ClumpMeasure) -> cp_model.IntVar:
        """Add and return a variable for the largest distance of an engineer from their share in four weeks in a row."""
        whole, problem = self._baseline.whole, self._baseline.open
        number_of = {shift.window: number for number, shift in enumerate(whole.shifts)}
        week_of = [clumps.weeks[number_of[shift.window]] for shift in problem.shifts]
        settled = self._settled_by_week(clumps)
        worst = model.model.new_int_var(0, _PRECISION * 2 * len(whole.shifts), "")
        for engineer, person in enumerate(problem.engineers):
            by_week: dict[int, list[cp_model.IntVar]] = {}
            for number in problem.eligible_shifts[engineer]:
                by_week.setdefault(week_of[number], []).append(model.on_duty[Duty(engineer, number)])
            before = clumps.sums(settled[person.id])
            for span, share in enumerate(clumps.shares[whole.engineers.index(person)]):
                taken = [each for week in clumps.weeks_of(span) for each in by_week.get(week, ())]
                distance = _PRECISION * (cp_model.LinearExpr.sum(taken) + before[span]) - round(_PRECISION * share)
                model.model.add(worst >= distance)
                model.model.add(worst >= -distance)
        return worst

    def _settled_by_week(self, clumps: ClumpMeasure) -> dict[str, Counter[int]]:
        """Return how many settled shifts each engineer has in each week, by the engineer's id."""
        whole = self._baseline.whole
        found: dict[str, Counter[int]] = {engineer.id: Counter() for engineer in whole.engineers}
        for seat in self._baseline.numbered(()):
            found[whole.engineers[seat.engineer].id][clumps.weeks[seat.shift]] += 1
        return found

    def _improve(self, model: RepairModel, measured: Callable[[_Seats], Fraction | int]) -> None:
        """Run a model, and take its seats if they are better by `measured` and cost no more."""
        result = self._search.run(model.model, effort=EFFORT)
        if not result.has_solution:
            return
        seats = model.seats(result)
        # Outside its ranges the model underestimates the cost.
        if self._costs.cost(seats) <= self._cost and measured(seats) < measured(self.seats):
            self.seats = seats

    def _broken_by(self, seats: Sequence[StaffedSeat]) -> int:
        duties = {Duty(seat.engineer, seat.shift) for seat in seats}
        return sum(self._wishes.get(duty, 0) for duty in duties) - shared_shifts(self._pairs, duties)


def _measure_of_open_part(baseline: RepairBaseline) -> PointsMeasure:
    """Return how to count points (shifts without `rotation.points`) of the open part of the plan.

    Each share is lowered by what the engineer has in settled seats.
    """
    shares = baseline.whole.shares
    plain = PointsMeasure(
        "shifts",
        dict.fromkeys(shares.totals, 1),
        Fraction(1),
        {engineer.id: shares.of_all_kinds(engineer.id) for engineer in baseline.whole.engineers},
    )
    measure = baseline.whole.points or plain
    served: Counter[str] = Counter()
    for seat in baseline.settled:
        if seat.role in shares.roles:
            served[seat.engineer] += measure.weights.get(seat.kind, 0)
    return replace(measure, share_of={who: share - served[who] for who, share in measure.share_of.items()})
