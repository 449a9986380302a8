"""The problem with a price on every exception: which exceptions are cheapest that let a plan exist.

An exception to a rule is for the shifts of a week or a month and everybody, or of one weekend and one person; an
exception to a day off is for one shift. Leave, joining, leaving and roles have none. What shifts around the plan forbid
can be bought like what shifts inside it do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from ortools.sat.python import cp_model

from oncall.rosters.relaxation import DAY_OFF, MINIMUM_RULES, Relaxation
from oncall.rosters.roster import RotationRules
from oncall.rotation.problem.eligibility import duty_days
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Rule
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.duty_constraints import add_limit, any_of
from oncall.rotation.solve.search import SearchResult
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind

PRICES = {"rest_nights": 4, "weekends_apart": 3, "max_shifts_per_week": 2, "max_shifts_per_month": 3, DAY_OFF: 3}
"""What one step of one exception costs: a night less rest for a week, a weekend nearer, a shift more, a day moved."""
THROUGHOUT = 6
"""From how many weeks on an exception for all dates is cheaper than one for each."""
MOST_MORE = {"max_shifts_per_week": 2, "max_shifts_per_month": 4}
"""By how many shifts a maximum may be exceeded."""

Dates = tuple[date, date]
Place = tuple[Dates, str | None]
"""Where an exception holds: the first and last date and the person, None for everybody."""


@dataclass(frozen=True, slots=True)
class _Switch:
    """One exception that can be bought."""

    rule: str
    place: Place
    value: int | None
    literal: cp_model.IntVar
    price: int


class RelaxedModel:
    """Who is on duty, with exceptions for sale, of which at least one is needed. `model` minimises what they cost."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._there = _without_days_off(problem)
        self._open = _as_loose_as_offered(self._there)
        self.model = cp_model.CpModel()
        self._switches: list[_Switch] = []
        self._takes: dict[Duty, cp_model.IntVar] = {
            Duty(engineer, number): self.model.new_bool_var("")
            for engineer, numbers in enumerate(self._open.eligible_shifts)
            for number in numbers
        }
        self._add_seats()
        self._add_days_off()
        for rule in rules_of(problem.roster.rules):
            self._add_rule(rule)
        # It is known that there is no plan without any.
        self.model.add_bool_or([each.literal for each in self._switches])
        self.model.minimize(cp_model.LinearExpr.sum([each.price * each.literal for each in self._switches]))

    def families(self) -> tuple[str, ...]:
        """The rules of which there are exceptions, by name."""
        return tuple(dict.fromkeys(each.rule for each in self._switches))

    def only(self, family: str) -> cp_model.CpModel:
        """The model with exceptions of that rule alone."""
        model = self.model.clone()
        for each in self._switches:
            if each.rule != family:
                model.add(model.get_bool_var_from_proto_index(each.literal.index) == 0)
        return model

    def bought(self, outcome: SearchResult) -> tuple[Relaxation, ...]:
        """The exceptions of the cheapest choice found, neighbours joined into one."""
        chosen: dict[tuple[str, Place], int | None] = {}
        for each in self._switches:
            if outcome.is_true(each.literal):
                # Of one place the loosest value comes last.
                chosen[each.rule, each.place] = each.value
        found = [Relaxation(rule, *dates, person, value) for (rule, (dates, person)), value in chosen.items()]
        found = [each for each in found if not any(each != other and is_within(each, other) for other in found)]
        return tuple(_joined(sorted(found, key=_by_place)))

    def price(self, outcome: SearchResult) -> int:
        """What these exceptions cost together."""
        return sum(each.price for each in self._switches if outcome.is_true(each.literal))

    def _add_seats(self) -> None:
        problem = self._open
        for number in problem.staffed:
            able = problem.eligible_engineers[number]
            self.model.add(
                cp_model.LinearExpr.sum([self._takes[Duty(each, number)] for each in able]) == len(problem.roles)
            )
            if not problem.roles_are_free:
                self._add_roles(number, able)
        for duty in problem.fixed_duties:
            self.model.add_bool_or([self._takes[duty]] if duty in self._takes else [])

    def _add_roles(self, number: int, able: Sequence[int]) -> None:
        roles_of = {each: self._open.roles_at(each, number) for each in able}
        holds = {(each, role): self.model.new_bool_var("") for each in able for role in roles_of[each]}
        for each in able:
            mine = [held for (person, _), held in holds.items() if person == each]
            self.model.add(cp_model.LinearExpr.sum(mine) == self._takes[Duty(each, number)])
        for role in self._open.roles:
            self.model.add_exactly_one([held for (_, own), held in holds.items() if own == role])

    def _add_days_off(self) -> None:
        """A duty on a day off is itself the exception."""
        for (engineer, number), takes in self._takes.items():
            person = self._problem.engineers[engineer]
            days = [day for day in duty_days(self._problem.shifts[number]) if person.absence_on(day) is not None]
            if days:
                place = ((days[0], days[-1]), person.id)
                self._switches.append(_Switch(DAY_OFF, place, None, takes, PRICES[DAY_OFF] * len(days)))

    def _add_rule(self, rule: Rule) -> None:
        values = _looser_values(self._problem, rule)
        if len(values) < 2:
            for limit in rule.limits(self._open):
                add_limit(self.model, limit, self._takes)
            return
        places = {duty: _place(rule.name, self._open, duty) for duty in self._takes}
        looser = self._add_switches(rule.name, values, dict.fromkeys(place for place in places.values() if place))
        self._add_seam(rule.name, values, lambda duty, value: looser.get((places[duty], value)))
        for value, following in pairwise(values):
            # held[duty]: 1 if the duty is taken and nothing looser than `value` was bought for it.
            held: dict[Duty, cp_model.IntVar] = {}
            for limit in _with_value(self._problem, rule, value).limits(self._open):
                groups = []
                for group in limit.groups:
                    for duty in group:
                        if duty not in held:
                            held[duty] = self._held(duty, looser.get((places[duty], following)))
                    groups.append(any_of(self.model, [held[duty] for duty in group]))
                self.model.add(cp_model.LinearExpr.sum(groups) <= limit.most)
        last = _with_value(self._problem, rule, values[-1])
        for limit in last.limits(self._open) if last is not None else ():
            add_limit(self.model, limit, self._takes)

    def _add_seam(
        self, rule: str, values: Sequence[int], looser: Callable[[Duty, int], cp_model.IntVar | None]
    ) -> None:
        """A duty that a shift outside the plan forbids needs the rule as loose as lets the two stand together."""
        for value, following in pairwise(values):
            loosened = _as_loose_as_offered(self._there, besides={rule: value})
            for duty, takes in self._takes.items():
                if loosened.outside_obstacle(*duty) is not None:
                    bought = looser(duty, following)
                    self.model.add_bool_or([~takes] if bought is None else [~takes, bought])

    def _held(self, duty: Duty, looser: cp_model.IntVar | None) -> cp_model.IntVar:
        if looser is None:
            return self._takes[duty]
        held = self.model.new_bool_var("")
        self.model.add_bool_or([~self._takes[duty], looser, held])
        return held

    def _add_switches(
        self, rule: str, values: Sequence[int], places: Mapping[Place, None]
    ) -> dict[tuple[Place | None, int], cp_model.IntVar]:
        """For each place and value a literal that says that the rule is as loose as that there."""
        days = [shift.day for shift in self._problem.shifts]
        everywhere: Place = ((days[0], days[-1]), None)
        is_looser: dict[tuple[Place | None, int], cp_model.IntVar] = {}
        before: dict[Place, cp_model.IntVar] = {}
        for value in values[1:]:
            throughout = self._switch(rule, everywhere, value, PRICES[rule] * THROUGHOUT)
            for place in places:
                here = self._switch(rule, place, value, PRICES[rule])
                either = self.model.new_bool_var("")
                self.model.add_bool_or([~either, here, throughout])
                if place in before:
                    self.model.add_implication(either, before[place])
                before[place] = either
                is_looser[place, value] = either
        return is_looser

    def _switch(self, rule: str, place: Place, value: int, price: int) -> cp_model.IntVar:
        literal = self.model.new_bool_var("")
        self._switches.append(_Switch(rule, place, value, literal, price))
        return literal


def price_of(relaxation: Relaxation, rules: RotationRules) -> int:
    """What an exception costs: its steps in each of the weeks, months, weekends or days that it speaks of."""
    first, last = relaxation.first_day, relaxation.last_day
    if relaxation.rule == DAY_OFF:
        return PRICES[DAY_OFF] * ((last - first).days + 1)
    now: int = getattr(rules, relaxation.rule)
    steps = abs(now - (relaxation.value or 0))
    if relaxation.rule == "max_shifts_per_month":
        places = 12 * (last.year - first.year) + last.month - first.month + 1
    else:
        places = (last.toordinal() - 1) // 7 - (first.toordinal() - 1) // 7 + 1
    return PRICES[relaxation.rule] * steps * min(places, THROUGHOUT)


def is_within(one: Relaxation, other: Relaxation) -> bool:
    """Whether another exception allows everything that this one allows."""
    if one.rule != other.rule or other.person not in (None, one.person):
        return False
    if not other.first_day <= one.first_day <= one.last_day <= other.last_day:
        return False
    if one.value is None or other.value is None:
        return one.value is other.value
    return other.value <= one.value if one.rule in MINIMUM_RULES else other.value >= one.value


def _without_days_off(problem: Problem) -> Problem:
    people = tuple(
        replace(each, absences=tuple(absence for absence in each.absences if absence.leave))
        for each in problem.engineers
    )
    return replace(problem, roster=replace(problem.roster, engineers=people))


def _as_loose_as_offered(problem: Problem, besides: Mapping[str, int] = MappingProxyType({})) -> Problem:
    """The problem with every rule at its loosest for everybody, but those in `besides` no looser than said there."""
    first, last = problem.shifts[0].day, problem.shifts[-1].day
    rules = problem.roster.rules
    loosest = {rule.name: values[-1] for rule in rules_of(rules) if (values := _looser_values(problem, rule))}
    now = tuple(Relaxation(name, first, last, None, value) for name, value in {**loosest, **besides}.items())
    return replace(problem, roster=replace(problem.roster, rules=replace(rules, relaxed=(*rules.relaxed, *now))))


def _looser_values(problem: Problem, rule: Rule) -> list[int]:
    """The numbers that the rule can be given, its own first and the loosest last; empty when it has no price."""
    if rule.name not in PRICES:
        return []
    now: int = getattr(problem.roster.rules, rule.name)
    if rule.name in MOST_MORE:
        return list(range(now, now + MOST_MORE[rule.name] + 1))
    return list(range(now, -1 if rule.name == "rest_nights" else 0, -1))


def _with_value(problem: Problem, rule: Rule, value: int) -> Any:
    """The rule with another number, its exceptions kept; None where it then asks for nothing."""
    numbers: Any = {rule.name: value}
    rules = rules_of(replace(problem.roster.rules, **numbers))
    return next((each for each in rules if each.name == rule.name), None)


def _place(rule: str, problem: Problem, duty: Duty) -> Place | None:
    """Where an exception for this duty would hold."""
    return PLACES[rule](problem.shifts[duty[1]], problem.engineers[duty[0]].id)


def _week(shift: Shift, person: str) -> Place:
    monday = shift.day - timedelta(days=shift.day.weekday())
    return (monday, monday + timedelta(days=6)), None


def _month(shift: Shift, person: str) -> Place:
    first = shift.day.replace(day=1)
    return (first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)), None


def _weekend(shift: Shift, person: str) -> Place | None:
    if shift.kind is not WindowKind.WEEKEND:
        return None
    friday = shift.day - timedelta(days=shift.day.weekday()) + timedelta(days=4)
    return (friday, friday + timedelta(days=2)), person


PLACES: Mapping[str, Callable[[Shift, str], Place | None]] = {
    "rest_nights": _week,
    "weekends_apart": _weekend,
    "max_shifts_per_week": _week,
    "max_shifts_per_month": _month,
}


def _by_place(relaxation: Relaxation) -> tuple[str, str, int, date]:
    return relaxation.rule, relaxation.person or "", relaxation.value or 0, relaxation.first_day


def _joined(found: Sequence[Relaxation]) -> Iterator[Relaxation]:
    """Exceptions for neighbouring dates as one; weekends stay apart, because each of them is somebody's."""
    run: Relaxation | None = None
    for each in found:
        if run is not None and _continues(run, each):
            run = replace(run, last_day=each.last_day)
            continue
        if run is not None:
            yield run
        run = each
    if run is not None:
        yield run


def _continues(run: Relaxation, following: Relaxation) -> bool:
    same = (run.rule, run.person, run.value) == (following.rule, following.person, following.value)
    return same and run.last_day + timedelta(days=1) == following.first_day
