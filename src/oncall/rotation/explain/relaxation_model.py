"""The planning problem as a CP-SAT model in which relaxations can be chosen, each at a price.

A rule can be relaxed for all engineers in one week or month, for one engineer on one weekend, or on all dates. A day
off can be relaxed for one engineer and date. The same is possible for rules between a shift of the plan and an outside
shift.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from types import MappingProxyType

from ortools.sat.python import cp_model

from oncall.rosters.relaxation import DAY_OFF, MAX_SHIFTS, MINIMUM_RULES, Relaxation
from oncall.rosters.relaxed_roster import rule_value, with_rule_value
from oncall.rosters.time_off import blocked_days, duty_time
from oncall.rotation.explain.relaxation_prices import (
    ALL_DATES_FACTOR,
    MOST_STEPS,
    PLACES,
    PRICES,
    STEPS,
    Place,
    joined,
)
from oncall.rotation.problem.hour_rules import MaxShifts
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Rule
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.duty_constraints import add_limit, any_of, duty_variables, weighted_sum
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.search import SearchResult


@dataclass(frozen=True, slots=True)
class _Choice:
    """A relaxation that the model can choose. literal: 1 if it is chosen. price: what choosing it costs."""

    rule: str
    place: Place
    value: int | None
    literal: cp_model.IntVar
    price: int


class RelaxationModel:
    """A model of who is on duty, in which relaxations can be chosen. `model` minimises their total price."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._with_days_off_moved = _without_days_off(problem)
        # The problem with everything relaxed as far as it can be: its duties are the ones that can be chosen.
        self._loosest = _loosest(self._with_days_off_moved)
        self.model = new_model()
        self._choices: list[_Choice] = []
        # on_duty[engineer, shift]: 1 if the engineer is on duty in some role.
        self._on_duty: dict[Duty, cp_model.IntVar] = duty_variables(self.model, self._loosest)
        self._staff_shifts()
        self._add_days_off()
        for rule in rules_of(problem.roster.rules):
            self._add_rule(rule)
        # The caller knows that no plan exists without a relaxation.
        self.model.add_bool_or([each.literal for each in self._choices])
        self.model.minimize(cp_model.LinearExpr.sum([each.price * each.literal for each in self._choices]))

    def rules(self) -> tuple[str, ...]:
        """Return the keys of the rules that the model can relax."""
        return tuple(dict.fromkeys(each.rule for each in self._choices))

    def only(self, rule: str) -> cp_model.CpModel:
        """Return a copy of the model that can relax this rule only."""
        model = self.model.clone()
        for each in self._choices:
            if each.rule != rule:
                model.add(model.get_bool_var_from_proto_index(each.literal.index) == 0)
        return model

    def chosen(self, result: SearchResult) -> tuple[Relaxation, ...]:
        """Return the relaxations of a solution, with those of consecutive dates joined."""
        loosest: dict[tuple[str, Place], int | None] = {}
        for each in self._choices:
            if result.is_true(each.literal):
                # The choices of one place are ordered from tight to loose.
                loosest[each.rule, each.place] = each.value
        return joined([Relaxation(rule, *dates, person, value) for (rule, (dates, person)), value in loosest.items()])

    def _staff_shifts(self) -> None:
        problem = self._loosest
        for number in problem.staffed:
            eligible = problem.eligible_engineers[number]
            on_duty = [self._on_duty[Duty(each, number)] for each in eligible]
            self.model.add(cp_model.LinearExpr.sum(on_duty) == len(problem.roles))
            if not problem.roles_are_free:
                self._add_roles(number, eligible)
        for duty in problem.fixed_duties:
            self.model.add_bool_or([self._on_duty[duty]] if duty in self._on_duty else [])

    def _add_roles(self, number: int, eligible: Sequence[int]) -> None:
        roles_of = {each: self._loosest.roles_at(each, number) for each in eligible}
        has_role = {(each, role): self.model.new_bool_var("") for each in eligible for role in roles_of[each]}
        for each in eligible:
            own = [literal for (engineer, _), literal in has_role.items() if engineer == each]
            self.model.add(cp_model.LinearExpr.sum(own) == self._on_duty[Duty(each, number)])
        for role in self._loosest.roles:
            self.model.add_exactly_one([literal for (_, own), literal in has_role.items() if own == role])

    def _add_days_off(self) -> None:
        """Let the model move each day off: a duty that a day off blocks is possible only if the day off is moved."""
        blocked: dict[tuple[int, date], list[Duty]] = defaultdict(list)
        for duty in self._on_duty:
            time = duty_time(self._problem.shifts[duty.shift].window, self._problem.days_off_rule)
            absences = self._problem.engineers[duty.engineer].absences
            for day in sorted({day for absence in absences for day in blocked_days(absence, time)}):
                blocked[duty.engineer, day].append(duty)
        for (engineer, day), duties in blocked.items():
            # The day off is moved if any duty that it blocks is taken.
            moved = any_of(self.model, [self._on_duty[duty] for duty in duties])
            place = ((day, day), self._problem.engineers[engineer].id)
            self._choices.append(_Choice(DAY_OFF, place, None, moved, PRICES[DAY_OFF]))

    def _add_rule(self, rule: Rule) -> None:
        """Add a rule with each number that it can have.

        A duty keeps to a number unless a looser one is chosen for it.
        """
        if isinstance(rule, MaxShifts):
            self._add_max_shifts(rule)
            return
        values = _values(self._problem, rule)
        if len(values) < 2:
            for limit in rule.limits(self._loosest):
                add_limit(self.model, limit, self._on_duty)
            return
        places = {duty: self._place(rule.name, duty) for duty in self._on_duty}
        looser = self._add_choices(rule.name, values, dict.fromkeys(place for place in places.values() if place))
        self._add_outside_shifts(rule.name, values, lambda duty, value: looser.get((places[duty], value)))
        for value, following in pairwise(values):
            # bound[duty]: 1 if the duty is taken and no value looser than `value` is chosen for it.
            bound: dict[Duty, cp_model.IntVar] = {}
            relaxed = _with_value(self._problem, rule, value)
            for limit in relaxed.limits(self._loosest) if relaxed is not None else ():
                groups = []
                for group in limit.groups:
                    for duty in group:
                        if duty not in bound:
                            bound[duty] = self._unless(looser.get((places[duty], following)), duty)
                    groups.append(any_of(self.model, [bound[duty] for duty in group]))
                self.model.add(weighted_sum(limit, groups) <= limit.most)
        loosest = _with_value(self._problem, rule, values[-1])
        for limit in loosest.limits(self._loosest) if loosest is not None else ():
            add_limit(self.model, limit, self._on_duty)

    def _add_max_shifts(self, rule: MaxShifts) -> None:
        """Limit an engineer's shifts in the plan, with choices that raise the limit by one shift each."""
        days = [shift.day for shift in self._problem.shifts]
        place: Place = ((days[0], days[-1]), rule.who)
        for limit in rule.limits(self._loosest):
            more = [
                self._choice(MAX_SHIFTS, place, rule.most + step, PRICES[MAX_SHIFTS])
                for step in range(1, MOST_STEPS[MAX_SHIFTS] + 1)
            ]
            for fewer, further in pairwise(more):
                self.model.add_implication(further, fewer)
            had = cp_model.LinearExpr.sum(
                [any_of(self.model, [self._on_duty[duty] for duty in group]) for group in limit.groups]
            )
            self.model.add(had <= limit.most + cp_model.LinearExpr.sum(more))

    def _place(self, rule: str, duty: Duty) -> Place | None:
        return PLACES[rule](self._problem.shifts[duty.shift], self._problem.engineers[duty.engineer].id)

    def _add_outside_shifts(
        self, rule: str, values: Sequence[int], looser: Callable[[Duty, int], cp_model.IntVar | None]
    ) -> None:
        """Forbid each duty that conflicts with an outside shift, unless a number is chosen that allows both.

        values: the rule's numbers, the strictest first. looser: returns the choice of a looser number for a duty, or
        None.
        """
        for value, following in pairwise(values):
            relaxed = _loosest(self._with_days_off_moved, except_for={rule: value})
            for duty, on_duty in self._on_duty.items():
                if relaxed.outside_obstacle(*duty) is not None:
                    choice = looser(duty, following)
                    self.model.add_bool_or([~on_duty] if choice is None else [~on_duty, choice])

    def _unless(self, looser: cp_model.IntVar | None, duty: Duty) -> cp_model.IntVar:
        """Return a literal that must be 1 if the duty is taken and `looser` is not chosen."""
        if looser is None:
            return self._on_duty[duty]
        bound = self.model.new_bool_var("")
        self.model.add_bool_or([~self._on_duty[duty], looser, bound])
        return bound

    def _add_choices(
        self, rule: str, values: Sequence[int], places: Mapping[Place, None]
    ) -> dict[tuple[Place | None, int], cp_model.IntVar]:
        """Add the choices for each place and for all dates. Return a literal for each place and number.

        The literal can be 1 only if a relaxation to this number or a looser one is chosen, there or for all dates.
        """
        days = [shift.day for shift in self._problem.shifts]
        all_dates: Place = ((days[0], days[-1]), None)
        is_looser: dict[tuple[Place | None, int], cp_model.IntVar] = {}
        before: dict[Place, cp_model.IntVar] = {}
        for value in values[1:]:
            everywhere = self._choice(rule, all_dates, value, PRICES[rule] * ALL_DATES_FACTOR)
            for place in places:
                here = self._choice(rule, place, value, PRICES[rule])
                either = self.model.new_bool_var("")
                self.model.add_bool_or([~either, here, everywhere])
                if place in before:
                    self.model.add_implication(either, before[place])
                before[place] = either
                is_looser[place, value] = either
        return is_looser

    def _choice(self, rule: str, place: Place, value: int, price: int) -> cp_model.IntVar:
        literal = self.model.new_bool_var("")
        self._choices.append(_Choice(rule, place, value, literal, price))
        return literal


def _without_days_off(problem: Problem) -> Problem:
    """Return the problem without any days off except leave."""
    people = tuple(
        replace(each, absences=tuple(absence for absence in each.absences if absence.leave))
        for each in problem.engineers
    )
    return replace(problem, roster=replace(problem.roster, engineers=people))


def _loosest(problem: Problem, except_for: Mapping[str, int] = MappingProxyType({})) -> Problem:
    """Return the problem with every rule relaxed as far as possible on all dates.

    except_for: numbers by the rule's name; these rules are relaxed only to that number.
    """
    first, last = problem.shifts[0].day, problem.shifts[-1].day
    rules = problem.roster.rules
    loosest = {rule.name: values[-1] for rule in rules_of(rules) if (values := _values(problem, rule))}
    added = tuple(Relaxation(name, first, last, None, value) for name, value in {**loosest, **except_for}.items())
    return replace(problem, roster=replace(problem.roster, rules=replace(rules, relaxed=(*rules.relaxed, *added))))


def _values(problem: Problem, rule: Rule) -> list[int]:
    """Return the numbers that a rule can have, its own first and the loosest last; empty if it cannot be relaxed."""
    is_priced = rule.name in PRICES and rule.name != MAX_SHIFTS
    now = rule_value(problem.roster.rules, rule.name) if is_priced else None
    if now is None:
        return []
    step = STEPS.get(rule.name, 1)
    if rule.name in MOST_STEPS:
        top = now + MOST_STEPS[rule.name] * step
        return list(range(now, top + 1, step))
    least = MINIMUM_RULES[rule.name]
    return [*range(now, least, -step), least]


def _with_value(problem: Problem, rule: Rule, value: int) -> Rule | None:
    """Return the rule with another number, with its relaxations; None if that number switches it off."""
    rules = rules_of(with_rule_value(problem.roster.rules, rule.name, value))
    return next((each for each in rules if each.name == rule.name), None)
