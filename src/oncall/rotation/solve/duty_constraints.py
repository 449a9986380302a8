"""Who is on duty under the hard rules, as variables and constraints of a CP-SAT model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ortools.sat.python import cp_model

from oncall.rosters.relaxed_roster import loosest_for
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit
from oncall.rotation.problem.rules import rest_conflicts, rules_of
from oncall.rotation.solve.hour_cuts import hour_cuts

DutyVariables = Mapping[Duty, cp_model.IntVar]
"""For each duty that an engineer may have, a Boolean: 1 if the plan contains it."""


def add_duties(model: cp_model.CpModel, problem: Problem) -> dict[Duty, cp_model.IntVar]:
    """Add the duties of a problem with every hard rule, and return their variables.

    Each shift has as many engineers as there are roles; who has which role is not decided here.
    """
    on_duty = duty_variables(model, problem)
    for number, *_ in problem.units:
        eligible = problem.eligible_engineers[number]
        model.add(cp_model.LinearExpr.sum([on_duty[Duty(each, number)] for each in eligible]) == len(problem.roles))
    for duty in problem.fixed_duties:
        model.add(on_duty[duty] == 1)
    limits = [limit for rule in rules_of(problem.roster.rules) for limit in rule.limits(problem)]
    for limit in limits:
        _add_tight_limit(model, limit, on_duty, problem)
    for cut in hour_cuts(problem, limits):
        add_limit(model, cut, on_duty)
    return on_duty


def duty_variables(model: cp_model.CpModel, problem: Problem) -> dict[Duty, cp_model.IntVar]:
    """Add and return a variable for each duty that an engineer may have.

    All duties of one turn have the same variable.
    """
    found: dict[Duty, cp_model.IntVar] = {}
    for engineer, numbers in enumerate(problem.eligible_shifts):
        for first in problem.first_of_units(numbers):
            variable = model.new_bool_var("")
            found.update({Duty(engineer, number): variable for number in problem.unit_of[first]})
    return found


def _add_tight_limit(model: cp_model.CpModel, limit: Limit, on_duty: DutyVariables, problem: Problem) -> None:
    """Add one limit in a form for which the linear relaxation is tight.

    If all duties of a group conflict by the rest rule, their sum stands for the group, because an engineer has at most
    one of them. For any other group, a new variable stands for the group: it is 1 if one of its duties is taken. Of its
    duties that conflict by the rest rule, at most one can be taken, and only if the variable is 1.
    """
    if limit.single is not None or limit.weights or problem.has_turns:
        add_limit(model, limit, on_duty)
        return
    literals: list[cp_model.IntVar] = []
    for group in limit.groups:
        engineer = group[0].engineer
        rest = loosest_for(problem.roster.rules, problem.engineers[engineer].id).rest_nights
        conflicts = [
            [on_duty[Duty(engineer, n)] for n in numbers]
            for numbers in rest_conflicts(problem.shifts, [duty.shift for duty in group], rest)
        ]
        if limit.most == 1 and [len(each) for each in conflicts] == [len(group)]:
            literals += conflicts[0]
            continue
        some = any_of(model, [on_duty[duty] for duty in group])
        literals.append(some)
        for each in conflicts:
            model.add_at_most_one([*each, ~some])
    _add_at_most(model, limit.most, literals)


def add_limit(model: cp_model.CpModel, limit: Limit, on_duty: DutyVariables) -> None:
    """Add one limit of a hard rule."""
    literals = [any_of(model, [on_duty[duty] for duty in group]) for group in limit.groups]
    if limit.weights:
        model.add(weighted_sum(limit, literals) <= limit.most)
    else:
        _add_at_most(model, limit.most, literals)


def weighted_sum(limit: Limit, literals: Sequence[cp_model.IntVar]) -> cp_model.LinearExprT:
    """Return how much the groups of a limit count in total. literals: one for each group."""
    return cp_model.LinearExpr.weighted_sum(literals, [weight for _, weight in limit.weighted_groups])


def _add_at_most(model: cp_model.CpModel, most: int, literals: Sequence[cp_model.IntVar]) -> None:
    if most == 1:
        model.add_at_most_one(literals)
    else:
        model.add(cp_model.LinearExpr.sum(literals) <= most)


def any_of(model: cp_model.CpModel, literals: Sequence[cp_model.IntVar]) -> cp_model.IntVar:
    """Return a variable that must be 1 if one of the literals is 1."""
    if len(literals) == 1:
        return literals[0]
    some = model.new_bool_var("")
    for literal in literals:
        model.add_implication(literal, some)
    return some
