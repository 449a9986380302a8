"""The shifts that preferred pairs have together (meetings), in the objective of the requests stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import Pair, shared_shifts
from oncall.rotation.solve.duty_constraints import DutyVariables
from oncall.rotation.solve.load_counts import CountRange, LoadKey
from oncall.rotation.solve.model_base import PlanModel


class Meeting(NamedTuple):
    """A shift, by number, that both engineers of a pair have."""

    pair: Pair
    shift: int


@dataclass(frozen=True, slots=True)
class RequestsGoal:
    """The requests to meet, and the plans among which to choose: those with a fairness cost of at most `cost`.

    request_costs: what each requested duty costs. pairs: engineers who prefer to work together.
    model_type, ranges: the kind of model that computes the fairness cost, and its count ranges.
    lower_bound: a lower bound on the cost of the requests, proven by a coarser model; None if none is known. near: the
    duties in the coarser model's plan, whose requests cost as much as the lower bound.
    """

    request_costs: Mapping[Duty, int]
    pairs: Sequence[Pair]
    cost: int
    model_type: type[PlanModel]
    ranges: Mapping[LoadKey, CountRange]
    lower_bound: int | None = None
    near: frozenset[Duty] = frozenset()

    @property
    def paired(self) -> frozenset[int]:
        """Return the numbers of the engineers who are in a pair."""
        return frozenset(engineer for pair in self.pairs for engineer in pair)

    def cost_of(self, duties: Iterable[Duty]) -> int:
        """Return the cost of a plan's requests: that of the requested duties, minus the meetings. Smaller is better."""
        taken = set(duties)
        return sum(self.request_costs.get(duty, 0) for duty in taken) - shared_shifts(self.pairs, taken)


def add_meetings(
    model: cp_model.CpModel, problem: Problem, on_duty: DutyVariables, pairs: Sequence[Pair]
) -> dict[Meeting, cp_model.IntVar]:
    """Add and return a variable for each shift on which a pair could meet. It can be 1 only if both are on duty."""
    meetings = {}
    for pair in pairs:
        for number in sorted(problem.eligible_shift_sets[pair.one] & problem.eligible_shift_sets[pair.other]):
            both = model.new_bool_var("")
            model.add_implication(both, on_duty[Duty(pair.one, number)])
            model.add_implication(both, on_duty[Duty(pair.other, number)])
            meetings[Meeting(pair, number)] = both
    return meetings


def requests_objective(
    costs: Mapping[Duty, int], on_duty: DutyVariables, meetings: Mapping[Meeting, cp_model.IntVar]
) -> cp_model.LinearExprT:
    """Return an expression for the cost of a plan's requests: its requested duties, minus 1 for every meeting."""
    requested = [cost * on_duty[duty] for duty, cost in costs.items() if duty in on_duty]
    return cp_model.LinearExpr.sum([*requested, *(-1 * both for both in meetings.values())])
