"""Assigns roles to the engineers on duty: evenly if any split is legal, otherwise as fairly as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import role_cost_curve
from oncall.rotation.solve.load_counts import CountRange, LoadKey, add_cost
from oncall.rotation.solve.model_base import sorted_seats
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.role_loads import share_count
from oncall.rotation.solve.role_split import split_evenly
from oncall.rotation.solve.search import Search

ROLES_EFFORT = 10.0
"""Deterministic seconds after which the search returns the fairest roles that it has found."""

Teams = Sequence[Sequence[int]]
"""The numbers of the engineers on duty, by shift."""


def assign_roles(problem: Problem, teams: Teams, search: Search) -> list[StaffedSeat]:
    """Return the seats of these teams, with roles as fair as the teams and the fixed seats allow."""
    if problem.roles_are_free:
        return assign_roles_evenly(problem, teams)
    return assign_roles_fairly(problem, teams, search)


def assign_roles_evenly(problem: Problem, teams: Teams) -> list[StaffedSeat]:
    """Return the seats of teams in which every engineer takes every role, with the roles of each kind split evenly."""
    ordered: dict[int, tuple[int, ...]] = {}
    for kind in problem.shares.totals:
        numbers = [number for number, shift in enumerate(problem.shifts) if shift.kind is kind]
        ordered.update(zip(numbers, split_evenly([teams[number] for number in numbers]), strict=True))
    return [
        StaffedSeat(number, role, engineer)
        for number in range(len(problem.shifts))
        for role, engineer in zip(problem.roles, ordered[number], strict=True)
    ]


def assign_roles_fairly(problem: Problem, teams: Teams, search: Search) -> list[StaffedSeat]:
    """Return the seats of teams that can fill all roles, with roles as fair as the search finds."""
    model = new_model()
    in_seat = _add_seats(model, problem, teams)
    costs = []
    for engineer, kind, role in product(range(len(problem.engineers)), problem.shares.totals, problem.roles):
        key = LoadKey(engineer, kind, role)
        own = [StaffedSeat(number, role, engineer) for _, number in problem.duties_of(engineer, kind)]
        taken = [in_seat[seat] for seat in own if seat in in_seat]
        count_range = CountRange.around(share_count(problem, key))
        curve = role_cost_curve(problem, key)
        costs.append(add_cost(model, cp_model.LinearExpr.sum(taken), len(taken), curve, count_range))
    model.minimize(cp_model.LinearExpr.sum(costs))
    result = search.run_to_solution(model, effort=ROLES_EFFORT)
    return sorted_seats(problem, [seat for seat, variable in in_seat.items() if result.is_true(variable)])


def _add_seats(model: cp_model.CpModel, problem: Problem, teams: Teams) -> Mapping[StaffedSeat, cp_model.IntVar]:
    """Add a variable for each seat that an engineer on duty may have, and return the variables by seat.

    Adds the rules that each engineer on duty has exactly one seat, and that each role has exactly one engineer.
    """
    in_seat: dict[StaffedSeat, cp_model.IntVar] = {}
    for number, team in enumerate(teams):
        for engineer in team:
            roles = problem.roles_at(engineer, number)
            own = {StaffedSeat(number, role, engineer): model.new_bool_var("") for role in roles}
            model.add_exactly_one(own.values())
            in_seat.update(own)
        for role in problem.roles:
            candidates = [StaffedSeat(number, role, engineer) for engineer in team]
            model.add_exactly_one([in_seat[seat] for seat in candidates if seat in in_seat])
    return in_seat
