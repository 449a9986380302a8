"""The CP-SAT model of mending: every open seat as variables, the rules, and how many seats change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ortools.sat.python import cp_model

from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.solve.model_base import Counted, Held, Span, add_cost, add_duties
from oncall.rotation.solve.search import SearchResult


class RepairModel:
    """Who has which open seat, under the hard rules; the seats of `frozen` stay. `changes`: how many others do not."""

    def __init__(self, kept: RepairBaseline, frozen: Collection[Held] = ()) -> None:
        self._kept = kept
        problem = kept.open
        self.model = cp_model.CpModel()
        # takes[engineer, shift]: 1 if the person has a seat of that shift.
        self.takes = takes = add_duties(self.model, problem)
        # holds[shift, role, engineer]: 1 if the person has that role of that shift.
        self.holds: dict[Held, cp_model.IntVar] = {}
        for (engineer, number), taken in takes.items():
            mine = {
                Held(number, role, engineer): self.model.new_bool_var("") for role in problem.roles_at(engineer, number)
            }
            self.model.add(cp_model.LinearExpr.sum(list(mine.values())) == taken)
            self.holds.update(mine)
            if (engineer, number) in kept.too_soon:
                self.model.add(taken == 0)
        for number, role in kept.before:
            takers = [Held(number, role, each) for each in problem.able[number]]
            self.model.add_exactly_one([self.holds[held] for held in takers if held in self.holds])
        for held in frozen:
            self.model.add(self.holds[held] == 1)
        self.changes = self._changes()

    def _changes(self) -> cp_model.LinearExprT:
        parts: list[cp_model.LinearExprT] = []
        for (number, role), engineer in self._kept.before.items():
            index = self._kept.numbers.get(engineer or "")
            stays = None if index is None else self.holds.get(Held(number, role, index))
            if engineer is not None:
                parts.append(1 if stays is None else 1 - stays)
        return cp_model.LinearExpr.sum(parts)

    def add_cost(self, spans: Mapping[Counted, Span]) -> cp_model.LinearExprT:
        """The cost of the whole plan, what was served before included. `spans`: of the counts in the open part.

        Where the counting bound is exact the cost is held at or above it, which ends a search that reaches it.
        """
        costs: list[cp_model.LinearExprT] = []
        for counted, span in spans.items():
            roles = self._kept.roles_in(counted)
            literals = [variable for held, variable in self._of(counted) if held.role in roles]
            total = cp_model.LinearExpr.sum(literals)
            costs.append(add_cost(self.model, total, len(literals), self._kept.curve(counted), span))
        cost = cp_model.LinearExpr.sum(costs)
        if self._kept.floor.is_exact:
            self.model.add(cost >= self._kept.floor.cost)
        return cost

    def _of(self, counted: Counted) -> Iterator[tuple[Held, cp_model.IntVar]]:
        problem = self._kept.open
        for engineer, number in problem.duties_of(counted.engineer, counted.kind):
            for role in problem.roles_at(engineer, number):
                held = Held(number, role, engineer)
                yield held, self.holds[held]

    def held(self, outcome: SearchResult) -> list[Held]:
        """The open seats of the plan found, by shift and then role."""
        order = self._kept.open.roles.index
        found = [held for held, variable in self.holds.items() if outcome.has(variable)]
        return sorted(found, key=lambda held: (held.shift, order(held.role)))
