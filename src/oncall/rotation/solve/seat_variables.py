"""Who has which seat under the hard rules, as a CP-SAT model: the base of the models that decide every seat."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.solve.duty_constraints import add_duties
from oncall.rotation.solve.load_counts import LoadKey
from oncall.rotation.solve.model_base import sorted_seats
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.search import SearchResult


class SeatVariables:
    """A model of every seat of a problem, under the hard rules and without a cost.

    on_duty: 1 if the plan contains the duty. in_seat: 1 if the engineer has the seat. Both exist only for duties and
    seats that the engineer may have. forbidden: duties that no plan may contain, although the rules allow them.
    """

    def __init__(self, problem: Problem, *, forbidden: Collection[Duty] = ()) -> None:
        self.problem = problem
        self.model = new_model()
        self.on_duty = add_duties(self.model, problem)
        self.in_seat: dict[StaffedSeat, cp_model.IntVar] = {}
        for duty, on_duty in self.on_duty.items():
            if problem.unit_of[duty.shift][0] == duty.shift:
                self._add_seats_of(duty, on_duty)
            if duty in forbidden:
                self.model.add(on_duty == 0)
        for number, *_ in problem.units:
            for role in problem.roles:
                self._fill_once(number, role)

    def _add_seats_of(self, duty: Duty, on_duty: cp_model.IntVar) -> None:
        """Add the seats of a duty: an engineer on duty has exactly one of the shift's roles."""
        roles = self.problem.roles_at(duty.engineer, duty.shift)
        own = {StaffedSeat(duty.shift, role, duty.engineer): self.model.new_bool_var("") for role in roles}
        self.model.add(cp_model.LinearExpr.sum(list(own.values())) == on_duty)
        self.in_seat.update(own)
        for number in self.problem.unit_of[duty.shift][1:]:
            self.in_seat.update({seat._replace(shift=number): variable for seat, variable in own.items()})

    def _fill_once(self, number: int, role: str) -> None:
        candidates = [StaffedSeat(number, role, each) for each in self.problem.eligible_engineers[number]]
        self.model.add_exactly_one([self.in_seat[seat] for seat in candidates if seat in self.in_seat])

    def counted_seats(self, key: LoadKey) -> Iterator[cp_model.IntVar]:
        """Yield the variables of the seats that belong to a load, in time order."""
        for engineer, number in self.problem.duties_of(key.engineer, key.kind):
            for role in self.problem.roles_at(engineer, number):
                if key.role in (None, role):
                    yield self.in_seat[StaffedSeat(number, role, engineer)]

    def seats(self, result: SearchResult) -> list[StaffedSeat]:
        """Return the seats of the plan that was found, by shift and then role."""
        return sorted_seats(self.problem, [seat for seat, taken in self.in_seat.items() if result.is_true(taken)])

    def quick_cost(self, result: SearchResult) -> int:
        """Return the true cost of the plan that was found, also where a model's own cost is an underestimate."""
        return self.problem.cost_of(self.seats(result))
