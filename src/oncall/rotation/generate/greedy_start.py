"""Makes greedy starts: first plans without a solver. Each shift goes to the engineer furthest below their target.

In teams with enough people, such a plan often costs no more than the counting bound, which proves it the fairest. In
others, it is the plan to return if the search is stopped early.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from oncall.rotation.generate.rebalancing import TargetCounts, Teams, rebalance
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.solve.legal_duties import LegalDuties
from oncall.support.windows import WindowKind

WORK = 40_000
"""How often all attempts together may consider an engineer for a shift: it takes some tenths of a second."""
FEWEST_ATTEMPTS, MOST_ATTEMPTS = 4, 40


def greedy_starts(problem: Problem, targets: TargetCounts, *, seed: int) -> Iterator[Teams]:
    """Yield legal teams for all shifts; each team can fill all roles. Only the first attempt makes no random choices.

    An attempt ends if no engineer may legally take a shift. Therefore nothing may be yielded at all.
    """
    legal = LegalDuties(problem)
    chance = random.Random(seed)  # noqa: S311 (the same seed must give the same plan)
    work = len(problem.engineers) * len(problem.shifts)
    for attempt in range(min(MOST_ATTEMPTS, max(FEWEST_ATTEMPTS, WORK // work))):
        legal.clear()
        teams = _attempt(problem, targets, legal, chance if attempt else None)
        if teams is not None:
            rebalance(problem, targets, legal, teams)
            yield teams


def _attempt(problem: Problem, targets: TargetCounts, legal: LegalDuties, chance: random.Random | None) -> Teams | None:
    """Return legal teams for all shifts; None if the choices for earlier shifts leave no engineer for a shift."""
    missing = {kind: list(counts) for kind, counts in targets.items()}
    possible = _possible_counts(problem)
    if not _take_fixed_duties(problem, legal, missing):
        return None
    teams: Teams = []
    for number, shift in enumerate(problem.shifts):
        eligible, short, left = problem.eligible_engineers[number], missing[shift.kind], possible[shift.kind]
        # How far each is behind: missing shifts divided by possible shifts. Chance adds up to half a missing shift.
        behind = {each: (short[each] + (chance.random() / 2 if chance else 0)) / left[each] for each in eligible}
        team = list(problem.fixed_seats.get(number, {}).values())
        for role in _open_roles(problem, number):
            chosen = _most_behind(problem, number, role, legal, behind)
            if chosen is None:
                return None
            short[chosen] -= 1
            legal.take(Duty(chosen, number))
            team.append(chosen)
        teams.append(team)
        for each in eligible:
            left[each] -= 1
    return teams


def _take_fixed_duties(problem: Problem, legal: LegalDuties, missing: Mapping[WindowKind, list[int]]) -> bool:
    """Give the fixed seats to their engineers. Returns False if the hard rules forbid that."""
    for duty in problem.fixed_duties:
        if not legal.allows(duty):
            return False
        legal.take(duty)
        missing[problem.shifts[duty.shift].kind][duty.engineer] -= 1
    return True


def _possible_counts(problem: Problem) -> dict[WindowKind, list[int]]:
    """Return, for each kind, how many shifts each engineer may take, by the engineer's number."""
    possible = {kind: [0] * len(problem.engineers) for kind in problem.shares.totals}
    for engineer, numbers in enumerate(problem.eligible_shifts):
        for number in numbers:
            possible[problem.shifts[number].kind][engineer] += 1
    return possible


def _open_roles(problem: Problem, number: int) -> Sequence[str | None]:
    """Return the roles of a shift that are not fixed, those with the fewest takers first. None stands for any role."""
    open_roles = [role for role in problem.roles if role not in problem.fixed_seats.get(number, {})]
    if problem.roles_are_interchangeable:
        return [None] * len(open_roles)
    eligible = problem.eligible_engineers[number]
    return sorted(open_roles, key=lambda role: sum(role in problem.roles_at(each, number) for each in eligible))


def _most_behind(
    problem: Problem, number: int, role: str | None, legal: LegalDuties, behind: Mapping[int, float]
) -> int | None:
    """Return the engineer furthest below their target who may legally take the role; None if no one may.

    behind: how far each engineer is below their target, by the engineer's number.
    """
    candidates = [
        each
        for each in behind
        if (role is None or role in problem.roles_at(each, number)) and legal.allows(Duty(each, number))
    ]
    return max(candidates, key=behind.__getitem__, default=None)
