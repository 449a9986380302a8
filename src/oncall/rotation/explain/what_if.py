"""Answers "what if": compares the plan of a roster with the plan of a roster with other people or rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from oncall.errors import OncallError, PlanInfeasible, Refused
from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.problem.context import EMPTY_CONTEXT, PlanningContext
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import RequestTally, preferred_pairs, request_costs, tally_requests
from oncall.schedule.plan import Load, Plan, Shift
from oncall.suggestions import suggestion
from oncall.support.windows import WindowKind


@dataclass(frozen=True, slots=True)
class ComparedPlan:
    """The plan of one of the compared rosters, or the error that says why there is none.

    context: the planning context that the plan had to respect.
    """

    roster: Roster
    shifts: tuple[Shift, ...]
    plan: Plan | None
    refusal: OncallError | None = None
    context: PlanningContext = EMPTY_CONTEXT

    @property
    def requests(self) -> RequestTally | None:
        """Return how many requests the plan meets and breaks; None if there is no plan."""
        if self.plan is None:
            return None
        problem = Problem.of(self.roster, self.shifts, self.context)
        people = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
        numbers = {shift.window: number for number, shift in enumerate(problem.shifts)}
        seats = [seat for seat in self.plan.seats if seat.role in problem.roles]
        taken = [Duty(people[seat.engineer], numbers[seat.window]) for seat in seats]
        return tally_requests(request_costs(problem), taken, preferred_pairs(problem))

    def load(self, engineer: str, kind: WindowKind) -> Load | None:
        """Return one engineer's load of a kind over all roles; None without a plan or without such a load."""
        fairness = self.plan.fairness if self.plan is not None else None
        for each in fairness.engineers if fairness is not None else ():
            if each.engineer == engineer:
                return next((load for load in each.loads if load.kind is kind and load.role is None), None)
        return None


def compared_plan(
    roster: Roster,
    shifts: Sequence[Shift],
    make: Callable[[Roster, Sequence[Shift]], Plan],
    context: PlanningContext = EMPTY_CONTEXT,
) -> ComparedPlan:
    """Return the plan that `make` finds, or the PlanInfeasible or Refused that it raises."""
    try:
        return ComparedPlan(roster, tuple(shifts), make(roster, shifts), context=context)
    except (PlanInfeasible, Refused) as refusal:
        return ComparedPlan(roster, tuple(shifts), None, refusal, context)


def with_people(roster: Roster, *, without: Sequence[str], new: int, joins: date | None = None) -> Roster:
    """Return the roster without some engineers, and with new ones who take every role and are never away.

    without: ids; rules that name them are dropped. new: how many new engineers. joins: their first day, before which
    they have no share; None for no date. Raises Refused for an id that is not on the roster, or if no one is left.
    """
    names = [engineer.id for engineer in roster.engineers]
    for name in without:
        if name not in names:
            raise Refused(f'--without {name}: "{name}" is not an engineer of this roster; {suggestion(name, names)}')
    people = [engineer for engineer in roster.engineers if engineer.id not in without]
    free = (f"new-{number}" for number in range(1, len(names) + new + 1) if f"new-{number}" not in names)
    people += [
        Engineer(name, name, "", roster.rules.roles, roster.zone, joins=joins)
        for name, _ in zip(free, range(new), strict=False)
    ]
    if not people:
        raise Refused("nobody is left on the roster; name fewer people with --without, or add --with-new 2")
    rules = replace(
        roster.rules,
        fixed=tuple(seat for seat in roster.rules.fixed if seat.engineer not in without),
        never_together=tuple(pair for pair in roster.rules.never_together if not set(pair) & set(without)),
        prefer_together=tuple(pair for pair in roster.rules.prefer_together if not set(pair) & set(without)),
    )
    return replace(roster, engineers=tuple(people), rules=rules)
