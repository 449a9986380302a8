"""Decides whether a plan that keeps the hard rules exists at all."""

from __future__ import annotations

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.duty_constraints import add_duties
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.role_models import SeatModel
from oncall.rotation.solve.search import FOUND, Search, SearchBudget, SearchStatus


def feasibility(problem: Problem, budget: SearchBudget, search: Search) -> SearchStatus:
    """Return INFEASIBLE if it is proven that no plan exists, UNKNOWN if the budget is used up, else OPTIMAL."""
    if any(len(problem.eligible_engineers[number]) < len(problem.roles) for number in problem.staffed):
        return SearchStatus.INFEASIBLE
    if problem.roles_are_free:
        model = new_model()
        add_duties(model, problem)
    else:
        model = SeatModel(problem, CountingBound(0, {}, is_exact=False), {}, search).model
    return budget.status(search, model)


def is_feasible(problem: Problem, budget: SearchBudget, search: Search) -> bool:
    """Return True if a plan was found. False if none exists, or if the budget is used up."""
    return feasibility(problem, budget, search) in FOUND
