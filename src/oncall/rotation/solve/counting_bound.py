"""The counting bound: what the fairest numbers would cost if there were no calendar.

Duties are handed out one by one to whoever has the cheapest next step. The curves are convex, so no numbers cost less,
and no plan can: a plan has numbers too. Nearly always a plan of exactly this cost exists.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby

from oncall.rosters.relaxed_roster import loosest_for
from oncall.rotation.problem.cost import term
from oncall.rotation.problem.eligibility import weekend_number
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rules import blocks
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind

Curve = Callable[[int], int]
"""A convex cost of a count."""


def duty_curve(problem: Problem, engineer: int, kind: WindowKind) -> Curve:
    """What `n` duties of a kind cost one person, all roles together and each role, when roles are split evenly.

    Every role has the same share then, and the cheapest split of `n` is the even one.
    """
    who = problem.engineers[engineer].id
    together = problem.shares.of(kind, None, who)
    single = problem.shares.of(kind, problem.roles[0], who)
    roles = len(problem.roles)

    @cache
    def cost(n: int) -> int:
        return term(n, together) + sum(term((n + role) // roles, single) for role in range(roles))

    return cost


def role_curve(problem: Problem, engineer: int, kind: WindowKind, role: str | None) -> Curve:
    """What `n` shifts of a kind cost one person in one role (all roles together when None)."""
    share = problem.shares.of(kind, role, problem.engineers[engineer].id)

    @cache
    def cost(n: int) -> int:
        return term(n, share)

    return cost


def most_duties(problem: Problem, engineer: int, kind: WindowKind) -> int:
    """A number of shifts of a kind that one person cannot exceed under the rest and weekend rules, others aside."""
    shifts = [problem.shifts[number] for _, number in problem.duties_of(engineer, kind)]
    rules = loosest_for(problem.roster.rules, problem.engineers[engineer].id)
    if kind is WindowKind.WEEKEND:
        return most_apart(shifts, rules.rest_nights, rules.weekends_apart)
    return most_rested(shifts, rules.rest_nights)


def most_rested(shifts: Sequence[Shift], rest: int) -> int:
    """The most of these shifts, given in time order, that leave one person their rest.

    Always taking the next possible one is best, because whatever excludes a later shift is itself the later one.
    """
    taken = 0
    last: Shift | None = None
    for shift in shifts:
        if last is None or not blocks(last, shift, rest):
            taken += 1
            last = shift
    return taken


def most_apart(shifts: Sequence[Shift], rest: int, apart: int) -> int:
    """The most of these weekend shifts that one person can take: of any `apart` weekends in a row only one's."""
    most = most_rested(shifts, rest)
    if apart < 2:
        return most
    best: dict[int, int] = {}
    so_far = 0
    for number, group in groupby(shifts, key=weekend_number):
        before = max((earlier for other, earlier in best.items() if other <= number - apart), default=0)
        so_far = max(so_far, before + most_rested(list(group), rest))
        best[number] = so_far
    return min(most, so_far)


def deal(total: int, curves: Sequence[Curve], most: Sequence[int]) -> list[int] | None:
    """The cheapest way to hand out `total` duties; None when all together can take fewer. Ties go to the first."""
    if total > sum(most):
        return None
    counts = [0] * len(curves)
    steps = [(curve(1) - curve(0), person) for person, curve in enumerate(curves) if most[person] > 0]
    heapq.heapify(steps)
    for _ in range(total):
        _, person = heapq.heappop(steps)
        counts[person] += 1
        had = counts[person]
        if had < most[person]:
            heapq.heappush(steps, (curves[person](had + 1) - curves[person](had), person))
    return counts
