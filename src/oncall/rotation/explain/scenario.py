"""What if: the plan of a roster as it is beside that of a roster with other people or rules."""

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
class Scenario:
    """One of the two plans, or why there is none. given: what it had to respect."""

    roster: Roster
    shifts: tuple[Shift, ...]
    plan: Plan | None
    refusal: OncallError | None = None
    given: PlanningContext = EMPTY_CONTEXT

    @property
    def requests(self) -> RequestTally | None:
        """How the plan meets the requests."""
        if self.plan is None:
            return None
        problem = Problem.of(self.roster, self.shifts, self.given)
        people = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
        numbers = {shift.window: number for number, shift in enumerate(problem.shifts)}
        seats = [seat for seat in self.plan.seats if seat.role in problem.roles]
        taken = [Duty(people[seat.engineer], numbers[seat.window]) for seat in seats]
        return tally_requests(request_costs(problem), taken, preferred_pairs(problem))

    def load(self, engineer: str, kind: WindowKind) -> Load | None:
        """What one person carries of a kind in all roles; None when they are not on this side's roster."""
        fairness = self.plan.fairness if self.plan is not None else None
        for each in fairness.engineers if fairness is not None else ():
            if each.engineer == engineer:
                return next((load for load in each.loads if load.kind is kind and load.role is None), None)
        return None


def side(
    roster: Roster,
    shifts: Sequence[Shift],
    make: Callable[[Roster, Sequence[Shift]], Plan],
    given: PlanningContext = EMPTY_CONTEXT,
) -> Scenario:
    """One side, its plan made by `make`; that there is none, or none in the time, is an answer, too."""
    try:
        return Scenario(roster, tuple(shifts), make(roster, shifts), given=given)
    except (PlanInfeasible, Refused) as refusal:
        return Scenario(roster, tuple(shifts), None, refusal, given)


def with_people(roster: Roster, *, without: Sequence[str], new: int, joins: date | None = None) -> Roster:
    """The roster without some people, with so many new ones who take every role and are never away.

    joins: the first day of the new people, who owe nothing for the time before. Rules that name somebody who is gone
    go, too. Raises Refused for somebody who is not there.
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
        raise Refused("nobody is left on the roster; leave somebody out of --without, or add --with-new 2")
    rules = replace(
        roster.rules,
        fixed=tuple(seat for seat in roster.rules.fixed if seat.engineer not in without),
        never_together=tuple(pair for pair in roster.rules.never_together if not set(pair) & set(without)),
        prefer_together=tuple(pair for pair in roster.rules.prefer_together if not set(pair) & set(without)),
    )
    return replace(roster, engineers=tuple(people), rules=rules)
