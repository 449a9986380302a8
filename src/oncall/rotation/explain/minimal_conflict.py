"""A smallest set of weeks, days off and rules that cannot hold together.

Every such thing gets a literal that switches it on. The solver says which of them suffice for a contradiction; then one
after the other is left out, and stays out when the rest still contradict each other. What is tried first is dropped
first: weeks of coverage, then people's days, and rules last, because a clash of rules explains most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from ortools.sat.python import cp_model

from oncall.rosters.roster import Absence, Engineer, FixedSeat, Shadowing
from oncall.rotation.problem.eligibility import away_text, duty_days
from oncall.rotation.problem.fixed_seats import seat_text
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.duty_constraints import any_of
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus
from oncall.schedule.plan import Shift

EFFORT_AT_ONCE, EFFORT = 3.0, 12.0
"""Deterministic time for each trial and for all; a trial that is not settled in it leaves its cause in the set."""
MOST_TRIED = 60
"""Of how many causes each is tried, when the solver does not say by itself which of them suffice."""
PART_EFFORT = 0.5
"""Deterministic time in which it has to say so where only part of the shifts are looked at."""


@dataclass(frozen=True, slots=True)
class MinimalConflict:
    """Causes in plain words, weeks first and rules last; empty when none was found. Minimal: none can be left out.

    shifts: the numbers of those that the causes speak of, which no plan can staff all of.
    """

    causes: tuple[str, ...]
    is_minimal: bool
    shifts: frozenset[int] = frozenset()
    weeks: int = 0
    """How many of the causes, the first ones, are weeks."""


@dataclass(frozen=True, slots=True)
class _Week:
    """The coverage of one week, by its Monday: the numbers of its shifts."""

    monday: date
    shifts: tuple[int, ...]


_Cause = _Week | str


def minimal_conflict(problem: Problem, search: Search) -> MinimalConflict:
    """Find one such set; there may be others. Where that takes too long, find one of whole heaps of causes instead.

    The first causes found seldom speak of more than a few weeks, and all other shifts can be left empty from there on:
    so what each cause is needed for is tried with the shifts of these weeks alone.
    """
    if search.is_over:
        return MinimalConflict((), False)
    allowance = SearchBudget(EFFORT, per_run=EFFORT_AT_ONCE)
    whole = _Switched(problem, allowance)
    every = list(whole.causes)
    core = whole.core(every, search)
    if core is not None:
        model, kept = _of_part(problem, [whole.causes[index] for index in core], allowance, search) or (whole, core)
    elif len(every) <= MOST_TRIED and whole.refutes(every, search):
        model, kept = whole, every
    else:
        return _clash_of_heaps(whole, search)
    is_minimal = True
    for cause in list(kept):
        smaller = [each for each in kept if each != cause]
        if model.refutes(smaller, search):
            kept = smaller
        elif model.unsettled:
            is_minimal = False
    causes = [model.causes[index] for index in kept]
    weeks = list(_told([cause for cause in causes if isinstance(cause, _Week)], len(problem.roles)))
    others = [cause for cause in causes if isinstance(cause, str)]
    return MinimalConflict((*weeks, *others), is_minimal, _shifts_of(problem, causes), len(weeks))


def conflicting_shifts(problem: Problem, search: Search) -> frozenset[int]:
    """Shifts that cannot all be staffed, by number, not many more than needed for that; empty when none are proven."""
    model = _Switched(problem, SearchBudget(EFFORT_AT_ONCE, per_run=EFFORT_AT_ONCE))
    core = model.core(list(model.causes), search)
    return _shifts_of(problem, [model.causes[index] for index in core or ()])


def _of_part(
    problem: Problem, causes: Sequence[_Cause], allowance: SearchBudget, search: Search
) -> tuple[_Switched, list[int]] | None:
    """The model of those shifts alone that the causes speak of, and the causes in it that suffice there."""
    numbers = _shifts_of(problem, causes)
    model = _Switched(replace(problem, limited_to=numbers), allowance)
    named = set(causes)
    kept = model.core([index for index, cause in model.causes.items() if cause in named], search)
    return None if kept is None else (model, kept)


def _shifts_of(problem: Problem, causes: Sequence[_Cause]) -> frozenset[int]:
    """The shifts of the weeks among the causes, and those of the seats that are fixed among them."""
    numbers = {number for cause in causes if isinstance(cause, _Week) for number in cause.shifts}
    for number, seats in problem.fixed_seats.items():
        numbers |= {number for role, who in seats.items() if _fixed_text(problem, number, role, who) in causes}
    return frozenset(numbers)


def _fixed_text(problem: Problem, number: int, role: str, engineer: int) -> str:
    return seat_text(FixedSeat(problem.shifts[number].day, role, problem.engineers[engineer].id))


def _clash_of_heaps(model: _Switched, search: Search) -> MinimalConflict:
    """All days off are one heap, all weeks another, each rule its own: a few trials."""
    kept = model.heaps()
    if not model.refutes([switch for heap in kept for switch in heap.switches], search):
        return MinimalConflict((), False)
    is_minimal = True
    for heap in list(kept):
        without = [each for each in kept if each is not heap]
        if model.refutes([switch for each in without for switch in each.switches], search):
            kept = without
        elif model.unsettled:
            is_minimal = False
    return MinimalConflict(tuple(heap.text for heap in kept), is_minimal)


@dataclass(frozen=True, slots=True)
class _Heap:
    """Causes that are kept or dropped together."""

    text: str
    switches: tuple[int, ...]


class _Everywhere(Problem):
    """The same shifts, open to everybody."""

    def _is_eligible(self, engineer: int, number: int) -> bool:
        return True


class _Switched:
    """The problem as a model in which every cause has its switch. `causes` by switch, those to drop first first."""

    def __init__(self, problem: Problem, allowance: SearchBudget) -> None:
        self._problem = problem
        # Days off become switches, so here everybody may take everything to begin with.
        everywhere = tuple(
            replace(each, roles=problem.roles, joins=None, leaves=None, absences=(), shadows=())
            for each in problem.engineers
        )
        nothing_fixed = replace(problem.roster.rules, fixed=())
        everybody = replace(problem.roster, engineers=everywhere, rules=nothing_fixed)
        self._open = _Everywhere(everybody, problem.shifts, problem.context, problem.limited_to)
        self._model = cp_model.CpModel()
        self.causes: dict[int, _Cause] = {}
        self.unsettled = False
        self._allowance = allowance
        self._takes: dict[Duty, cp_model.IntVar] = {
            Duty(engineer, number): self._model.new_bool_var("")
            for engineer, numbers in enumerate(self._open.eligible_shifts)
            for number in numbers
        }
        self._holds = self._add_roles()
        self._add_weeks()
        for engineer, person in enumerate(problem.engineers):
            self._add_person(engineer, person)
        self._add_fixed()
        self._add_rules()

    def core(self, switches: Sequence[int], search: Search) -> list[int] | None:
        """Of these switches some that suffice for a contradiction, in the same order; None when none is proven."""
        self._model.clear_assumptions()
        self._model.add_assumptions([self._model.get_bool_var_from_proto_index(index) for index in switches])
        outcome = self._allowance.solve(
            search, self._model, most=None if self._problem.limited_to is None else PART_EFFORT
        )
        self.unsettled = outcome.status is SearchStatus.UNKNOWN
        if outcome.status is not SearchStatus.INFEASIBLE:
            return None
        found = set(outcome.core)
        return [index for index in switches if index in found]

    def refutes(self, switches: Sequence[int], search: Search) -> bool:
        """Whether it is proven that nothing can be planned with these switched on and the others off.

        Fixed switches leave the solver the rules as they are in planning; it refutes them much sooner than assumptions.
        """
        model = self._model.clone()
        model.clear_assumptions()
        for index in self.causes:
            model.add(model.get_bool_var_from_proto_index(index) == int(index in switches))
        verdict = self._allowance.status(search, model)
        self.unsettled = verdict is SearchStatus.UNKNOWN
        return verdict is SearchStatus.INFEASIBLE

    def heaps(self) -> list[_Heap]:
        """The causes as a few heaps, those to drop first first."""
        weeks = {index: cause for index, cause in self.causes.items() if isinstance(cause, _Week)}
        rules = {rule.text for rule in rules_of(self._problem.roster.rules)}
        named = {index: cause for index, cause in self.causes.items() if isinstance(cause, str)}
        people = tuple(index for index, cause in named.items() if cause not in rules)
        told = next(_told(list(weeks.values()), len(self._problem.roles)))
        heaps = [
            _Heap(told, tuple(weeks)),
            _Heap(f"the {len(people)} days off, dates of joining or leaving and roles", people),
        ]
        heaps += [_Heap(cause, (index,)) for index, cause in named.items() if cause in rules]
        return [heap for heap in heaps if heap.switches]

    def _switch(self, cause: _Cause) -> cp_model.IntVar:
        switch = self._model.new_bool_var("")
        self.causes[switch.index] = cause
        return switch

    def _add_roles(self) -> dict[tuple[Duty, str], cp_model.IntVar]:
        """One variable per duty and role, only where somebody does not take every role."""
        if self._problem.roles_are_interchangeable:
            return {}
        holds = {}
        for duty, takes in self._takes.items():
            roles = [self._model.new_bool_var("") for _ in self._problem.roles]
            self._model.add(cp_model.LinearExpr.sum(roles) == takes)
            holds.update({(duty, role): held for role, held in zip(self._problem.roles, roles, strict=True)})
        return holds

    def _add_weeks(self) -> None:
        people = range(len(self._problem.engineers))
        weeks: dict[date, list[int]] = defaultdict(list)
        for number in self._problem.staffed:
            day = self._problem.shifts[number].day
            weeks[day - timedelta(days=day.weekday())].append(number)
        for monday, numbers in weeks.items():
            switch = self._switch(_Week(monday, tuple(numbers)))
            for number in numbers:
                if not self._holds:
                    self._cover([self._takes[Duty(each, number)] for each in people], len(self._problem.roles), switch)
                for role in self._problem.roles if self._holds else ():
                    self._cover([self._holds[Duty(each, number), role] for each in people], 1, switch)

    def _cover(self, literals: Sequence[cp_model.IntVar], seats: int, switch: cp_model.IntVar) -> None:
        self._model.add(cp_model.LinearExpr.sum(literals) == seats).only_enforce_if(switch)

    def _add_person(self, engineer: int, person: Engineer) -> None:
        """One switch for each thing that keeps this person off some of the shifts, if it does."""
        for cause, days in _days_off(person, self._problem.shifts):
            self._forbid(
                cause, [self._takes[Duty(engineer, number)] for number in days if Duty(engineer, number) in self._takes]
            )
        outside: dict[str, list[int]] = defaultdict(list)
        for number in self._problem.staffed:
            if (barred := self._problem.outside_obstacle(engineer, number)) is not None:
                outside[barred.sentence].append(number)
        for cause, numbers_barred in outside.items():
            self._forbid(cause, [self._takes[Duty(engineer, number)] for number in numbers_barred])
        missing = [role for role in self._problem.roles if role not in person.roles]
        if missing:
            numbers = self._problem.staffed
            seats = [self._holds[Duty(engineer, number), role] for role in missing for number in numbers]
            self._forbid(f"{person.id} does not take the role {' or '.join(missing)}", seats)

    def _add_fixed(self) -> None:
        """One switch for each seat that is fixed."""
        for number, seats in self._problem.fixed_seats.items():
            for role, engineer in seats.items():
                text = _fixed_text(self._problem, number, role, engineer)
                literal = self._holds.get((Duty(engineer, number), role), self._takes[Duty(engineer, number)])
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
                literals = [any_of(self._model, [self._takes[duty] for duty in group]) for group in limit.groups]
                self._model.add(cp_model.LinearExpr.sum(literals) <= limit.most).only_enforce_if(switch)


def _days_off(person: Engineer, shifts: Sequence[Shift]) -> Iterator[tuple[str, list[int]]]:
    """What keeps a person off shifts, with the numbers of those shifts."""
    days = [(number, day) for number, shift in enumerate(shifts) for day in duty_days(shift)]
    joins, leaves = person.joins, person.leaves
    if joins is not None:
        yield joins_text(person), sorted({number for number, day in days if day < joins})
    if leaves is not None:
        yield leaves_text(person), sorted({number for number, day in days if day > leaves})
    for learning in person.shadows:
        yield shadows_text(person, learning), sorted({number for number, day in days if day in learning})
    for absence in person.absences:
        yield absence_text(person, absence), sorted({number for number, day in days if day in absence})


def joins_text(person: Engineer) -> str:
    """The date of joining as a cause."""
    return f"{person.id} joins only on {person.joins}"


def leaves_text(person: Engineer) -> str:
    """The date of leaving as a cause."""
    return f"{person.id} leaves (last day {person.leaves})"


def shadows_text(person: Engineer, learning: Shadowing) -> str:
    """The dates of only coming along as a cause."""
    return f"{person.id} only shadows {learning.first_day} to {learning.last_day}"


def absence_text(person: Engineer, absence: Absence) -> str:
    """Days off as a cause."""
    return f"{person.id} is away {away_text(absence)}"


def _told(weeks: Sequence[_Week], roles: int) -> Iterator[str]:
    """Weeks in words; those that follow each other in one line."""
    numbered = [(week.monday.toordinal() // 7 - index, week) for index, week in enumerate(weeks)]
    seats = "1 role each" if roles == 1 else f"{roles} roles each"
    for _, group in groupby(numbered, key=lambda item: item[0]):
        run = [week for _, week in group]
        shifts = sum(len(week.shifts) for week in run)
        count = f"{shifts} shift{'' if shifts == 1 else 's'}, {seats}"
        if len(run) == 1:
            yield f"the week of Mon {run[0].monday}: {count}"
        else:
            yield f"the {len(run)} weeks of Mon {run[0].monday} to Mon {run[-1].monday}: {count}"
