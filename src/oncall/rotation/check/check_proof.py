"""Whether the proof that a plan carries says the truth: its counts, shares, cost, bound and status, worked out anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Balance, EngineerFairness, Fairness, Plan, PlanStatus, Shift
from oncall.support.windows import WindowKind

_TOLERANCE = 1e-6
"""Shares are floating-point numbers in the file."""

_Key = tuple[WindowKind, str | None, str]
"""Kind, role or None for all together, engineer."""


def check_proof(plan: Plan, roster: Roster, shifts: Sequence[Shift]) -> tuple[int, list[Violation]]:
    """The fairness cost of the plan, and where what it claims of itself differs from what is so."""
    weights = {engineer.id: _weight(engineer, shifts) for engineer in roster.engineers}
    shares = _shares(roster, shifts, weights, plan.balances)
    counts = _counts(plan, roster.rules.roles)
    cost = sum(round(100 * (counts[key] - share) ** 2) for key, share in shares.items())
    if plan.fairness is None:
        return cost, []
    day = plan.first_day or (shifts[0].day if shifts else date.min)
    sentences = [*_wrong_proof(plan, plan.fairness, cost), *_wrong_balances(plan)]
    for engineer in plan.fairness.engineers:
        sentences += _wrong_loads(engineer, weights, shares, counts)
    unnamed = weights.keys() - {engineer.engineer for engineer in plan.fairness.engineers}
    sentences += [f"{engineer} is missing from the plan's fairness" for engineer in sorted(unnamed)]
    return cost, [Violation("fairness", day, (), sentence) for sentence in sentences]


def _weight(engineer: Engineer, shifts: Sequence[Shift]) -> float:
    first = engineer.joins or date.min
    last = engineer.leaves or date.max
    leave = [(away.first_day, away.last_day) for away in engineer.absences if away.leave]
    leave += [(learning.first_day, learning.last_day) for learning in engineer.shadows]
    able = 0
    for shift in shifts:
        begin = shift.day
        end = shift.day + timedelta(days=max(1, shift.end_night - shift.first_night) - 1)
        free = not any(start <= end and begin <= stop for start, stop in leave)
        able += first <= begin and end <= last and free
    return engineer.fte * able


def _shares(
    roster: Roster, shifts: Sequence[Shift], weights: Mapping[str, float], balances: Sequence[Balance]
) -> dict[_Key, float]:
    served = {(each.engineer, each.kind): each.thousandths / 1000 for each in balances}
    totals = Counter(shift.kind for shift in shifts)
    shares: dict[_Key, float] = {}
    for kind, total in totals.items():
        for role in roster.rules.roles:
            everybody = sum(weights[each.id] for each in roster.engineers if role in each.roles)
            for each in roster.engineers:
                owed = total * weights[each.id] / everybody if role in each.roles and everybody else 0.0
                if owed:
                    # What was served beyond the share before is made up for in equal parts of the person's roles.
                    owed -= served.get((each.id, kind), 0.0) / len([r for r in roster.rules.roles if r in each.roles])
                shares[kind, role, each.id] = owed
                shares[kind, None, each.id] = shares.get((kind, None, each.id), 0.0) + owed
    return shares


def _counts(plan: Plan, roles: Sequence[str]) -> Counter[_Key]:
    """Seats of today's roles: neither shadows nor roles that the team gave up are anybody's share."""
    counts: Counter[_Key] = Counter()
    for seat in plan.seats:
        if seat.role not in roles:
            continue
        counts[seat.kind, seat.role, seat.engineer] += 1
        counts[seat.kind, None, seat.engineer] += 1
    return counts


def _wrong_proof(plan: Plan, fairness: Fairness, cost: int) -> Iterator[str]:
    if fairness.cost != cost:
        yield f"the plan says its cost is {fairness.cost}; it is {cost}"
    if fairness.bound > fairness.cost:
        yield f"the plan says no plan costs less than {fairness.bound}, which is more than its own cost {fairness.cost}"
    if plan.status is PlanStatus.OPTIMAL and fairness.bound < fairness.cost:
        yield f"the plan says it is optimal, but its cost {fairness.cost} is above its bound {fairness.bound}"


def _wrong_balances(plan: Plan) -> Iterator[str]:
    """What one person has served too much somebody else has served too little."""
    sums: Counter[WindowKind] = Counter()
    for each in plan.balances:
        sums[each.kind] += each.thousandths
    for kind, thousandths in sums.items():
        if thousandths:
            yield f"the balances of {kind} shifts that the plan makes up for add up to {thousandths / 1000:g}, not to 0"


def _wrong_loads(
    said: EngineerFairness, weights: Mapping[str, float], shares: Mapping[_Key, float], counts: Mapping[_Key, int]
) -> Iterator[str]:
    name = said.engineer
    if name not in weights:
        yield f"{name} has fairness in the plan and is not an engineer of the roster"
        return
    if abs(said.weight - weights[name]) > _TOLERANCE:
        yield f"the plan says {name} weighs {said.weight:g}; it is {weights[name]:g}"
    named = {(load.kind, load.role) for load in said.loads}
    for kind, role, engineer in shares:
        if engineer == name and (kind, role) not in named:
            yield f"the plan does not say how many {kind} {role or 'in all roles'} {name} has"
    for load in said.loads:
        key = (load.kind, load.role, name)
        what = f"{load.kind} {load.role or 'in all roles'}"
        if load.count != counts.get(key, 0):
            yield f"the plan says {name} has {load.count} {what}; it is {counts.get(key, 0)}"
        if abs(load.share - shares.get(key, 0.0)) > _TOLERANCE:
            yield f"the plan says {name}'s share is {load.share:.3f} {what}; it is {shares.get(key, 0.0):.3f}"
