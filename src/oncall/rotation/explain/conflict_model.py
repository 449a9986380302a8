"""The planning problem as a CP-SAT model in which each cause of a conflict has a switch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ortools.sat.python import cp_model

from oncall.rosters.roster import Engineer
from oncall.rotation.explain.conflict_causes import (
    Cause,
    WeekToCover,
    date_causes,
    fixed_seat_text,
    week_texts,
)
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.duty_constraints import any_of, duty_variables, weighted_sum
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus

PART_EFFORT = 0.5
"""Deterministic seconds in which the solver may name sufficient causes, if only a part of the shifts is examined."""


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Causes that are switched on or off together. text: in words. switches: the indices of their switches."""

    text: str
    switches: tuple[int, ...]


class _OpenToAll(Problem):
    """A problem in which every engineer may take every shift, so that dates can be switched on and off as causes."""

    def _is_eligible(self, engineer: int, number: int) -> bool:
        return True


class ConflictModel:
    """The planning problem with a switch for each cause. With all switches on, it is the problem itself.

    causes: by the index of the switch, in the order in which an explanation should drop them. is_unsettled: True if the
    last question ran out of time.
    """

    def __init__(self, problem: Problem, budget: SearchBudget) -> None:
        self._problem = problem
        # Dates, roles and fixed seats become switches, so at first every engineer may take everything.
        unrestricted = tuple(
            replace(each, roles=problem.roles, joins=None, leaves=None, absences=(), shadows=(), kinds=None)
            for each in problem.engineers
        )
        nothing_fixed = replace(problem.roster.rules, fixed=())
        roster = replace(problem.roster, engineers=unrestricted, rules=nothing_fixed)
        self._open = _OpenToAll(roster, problem.shifts, problem.context, problem.limited_to)
        self._model = new_model()
        self.causes: dict[int, Cause] = {}
        self.is_unsettled = False
        self._budget = budget
        # on_duty[engineer, shift]: 1 if the engineer is on duty in some role.
        self._on_duty: dict[Duty, cp_model.IntVar] = duty_variables(self._model, self._open)
        self._has_role = self._add_roles()
        self._add_weeks()
        for engineer, person in enumerate(problem.engineers):
            self._add_person(engineer, person)
        self._add_fixed_seats()
        self._add_rules()

    def core(self, switches: Sequence[int], search: Search) -> list[int] | None:
        """Return some of these switches whose causes provably conflict, in the same order; None without a proof."""
        self._model.clear_assumptions()
        self._model.add_assumptions([self._model.get_bool_var_from_proto_index(index) for index in switches])
        most = None if self._problem.limited_to is None else PART_EFFORT
        result = self._budget.solve(search, self._model, most=most)
        self.is_unsettled = result.status is SearchStatus.UNKNOWN
        if result.status is not SearchStatus.INFEASIBLE:
            return None
        found = set(result.core)
        return [index for index in switches if index in found]

    def refutes(self, switches: Sequence[int], search: Search) -> bool:
        """Return True if it is proven that no plan exists with only these switches on.

        The switches are fixed values, not assumptions. The solver then sees the same rules as in planning, and finds a
        proof much sooner.
        """
        model = self._model.clone()
        model.clear_assumptions()
        for index in self.causes:
            model.add(model.get_bool_var_from_proto_index(index) == int(index in switches))
        status = self._budget.status(search, model)
        self.is_unsettled = status is SearchStatus.UNKNOWN
        return status is SearchStatus.INFEASIBLE

    def groups(self) -> list[CauseGroup]:
        """Return the causes in a few groups, in the order in which they should be dropped: weeks, dates, each rule."""
        weeks = {index: cause for index, cause in self.causes.items() if isinstance(cause, WeekToCover)}
        rules = {rule.text for rule in rules_of(self._problem.roster.rules)}
        named = {index: cause for index, cause in self.causes.items() if isinstance(cause, str)}
        people = tuple(index for index, cause in named.items() if cause not in rules)
        groups = [
            CauseGroup(next(week_texts(list(weeks.values()), self._problem)), tuple(weeks)),
            CauseGroup(f"the {len(people)} days off, dates of joining or leaving and roles", people),
        ]
        groups += [CauseGroup(cause, (index,)) for index, cause in named.items() if cause in rules]
        return [group for group in groups if group.switches]

    def _switch(self, cause: Cause) -> cp_model.IntVar:
        switch = self._model.new_bool_var("")
        self.causes[switch.index] = cause
        return switch

    def _add_roles(self) -> dict[tuple[Duty, str], cp_model.IntVar]:
        """Return a new variable for each duty and role; empty if every engineer takes every role."""
        if self._problem.roles_are_interchangeable:
            return {}
        has_role = {}
        for duty, on_duty in self._on_duty.items():
            roles = [self._model.new_bool_var("") for _ in self._problem.roles]
            self._model.add(cp_model.LinearExpr.sum(roles) == on_duty)
            has_role.update({(duty, role): literal for role, literal in zip(self._problem.roles, roles, strict=True)})
        return has_role

    def _add_weeks(self) -> None:
        people = range(len(self._problem.engineers))
        weeks: dict[date, list[int]] = defaultdict(list)
        for number in self._problem.staffed:
            day = self._problem.shifts[number].day
            weeks[day - timedelta(days=day.weekday())].append(number)
        for monday, numbers in weeks.items():
            switch = self._switch(WeekToCover(monday, tuple(numbers)))
            for number in numbers:
                if not self._has_role:
                    on_duty = [self._on_duty[Duty(each, number)] for each in people]
                    self._cover(on_duty, len(self._problem.roles), switch)
                for role in self._problem.roles if self._has_role else ():
                    self._cover([self._has_role[Duty(each, number), role] for each in people], 1, switch)

    def _cover(self, literals: Sequence[cp_model.IntVar], seats: int, switch: cp_model.IntVar) -> None:
        self._model.add(cp_model.LinearExpr.sum(literals) == seats).only_enforce_if(switch)

    def _add_person(self, engineer: int, person: Engineer) -> None:
        """Add a switch for each cause that forbids the engineer some shifts: dates, outside shifts and roles."""
        for cause, numbers in date_causes(person, self._problem.shifts, self._problem.days_off_rule):
            duties = [Duty(engineer, number) for number in numbers]
            self._forbid(cause, [self._on_duty[duty] for duty in duties if duty in self._on_duty])
        outside: dict[str, list[int]] = defaultdict(list)
        for number in self._problem.staffed:
            if (obstacle := self._problem.outside_obstacle(engineer, number)) is not None:
                outside[obstacle.sentence].append(number)
        for cause, numbers in outside.items():
            self._forbid(cause, [self._on_duty[Duty(engineer, number)] for number in numbers])
        others = [n for n in self._problem.staffed if not person.takes(self._problem.shifts[n].kind)]
        if others:
            cause = f"{person.id} takes only {', '.join(person.kinds or ())} shifts"
            self._forbid(cause, [self._on_duty[Duty(engineer, number)] for number in others])
        missing = [role for role in self._problem.roles if role not in person.roles]
        if missing:
            duties = [Duty(engineer, number) for number in self._problem.staffed]
            seats = [self._has_role[duty, role] for role in missing for duty in duties]
            self._forbid(f"{person.id} does not take the role {' or '.join(missing)}", seats)

    def _add_fixed_seats(self) -> None:
        for number, seats in self._problem.fixed_seats.items():
            for role, engineer in seats.items():
                text = fixed_seat_text(self._problem, number, role, engineer)
                duty = Duty(engineer, number)
                literal = self._has_role.get((duty, role), self._on_duty[duty])
                self._model.add_implication(self._switch(text), literal)

    def _forbid(self, cause: str, literals: Sequence[cp_model.IntVar]) -> None:
        if literals:
            switch = self._switch(cause)
            for literal in literals:
                self._model.add_implication(switch, ~literal)

    def _add_rules(self) -> None:
        for rule in rules_of(self._problem.roster.rules):
            switch = self._switch(rule.text)
            for limit in rule.limits(self._open):
                literals = [any_of(self._model, [self._on_duty[duty] for duty in group]) for group in limit.groups]
                self._model.add(weighted_sum(limit, literals) <= limit.most).only_enforce_if(switch)
