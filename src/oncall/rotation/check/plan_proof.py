"""Checks the proof in a plan: computes its counts, shares, cost, bound and status independently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from oncall.rosters.roster import Roster
from oncall.rotation.check.checked_shares import CheckedShares
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import EngineerFairness, Fairness, Plan, PlanStatus, Shift
from oncall.support.windows import WindowKind

_TOLERANCE = 1e-6
"""The difference allowed between shares, because plan files contain rounded floating-point numbers."""

_LoadKey = tuple[WindowKind, str | None, str]
"""The key of a load: kind, role (None for all roles together) and engineer's id."""


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """The result of checking a proof. cost: the plan's fairness cost. violations: what the proof states wrongly."""

    cost: int
    violations: tuple[Violation, ...]


def check_proof(plan: Plan, roster: Roster, shifts: Sequence[Shift]) -> ProofCheck:
    """Compute the plan's cost, and compare it with the proof in the plan.

    shifts: the calendar's on the plan's dates.
    """
    checked = CheckedShares(roster, shifts, plan.balances)
    weights, shares = checked.weights, _shares(roster, shifts, checked)
    counts = _counts(plan, roster.rules.roles)
    cost = sum(round(100 * (counts[key] - share) ** 2) for key, share in shares.items())
    if plan.fairness is None:
        return ProofCheck(cost, ())
    day = plan.first_day or (shifts[0].day if shifts else date.min)
    sentences = [*_false_proof(plan, plan.fairness, cost), *_false_balances(plan)]
    for engineer in plan.fairness.engineers:
        sentences += _false_loads(engineer, weights, shares, counts)
    unnamed = weights.keys() - {engineer.engineer for engineer in plan.fairness.engineers}
    sentences += [f"{engineer} is missing from the plan's fairness" for engineer in sorted(unnamed)]
    return ProofCheck(cost, tuple(Violation("fairness", day, (), sentence) for sentence in sentences))


def _shares(roster: Roster, shifts: Sequence[Shift], checked: CheckedShares) -> dict[_LoadKey, Fraction]:
    shares: dict[_LoadKey, Fraction] = {}
    roles = roster.rules.roles
    for kind in dict.fromkeys(shift.kind for shift in shifts):
        for each in roster.engineers:
            shares.update({(kind, role, each.id): checked.of_role(kind, role, each.id) for role in roles})
            shares[kind, None, each.id] = checked.of_all_roles(kind, each.id, roles)
    return shares


def _counts(plan: Plan, roles: Sequence[str]) -> Counter[_LoadKey]:
    """Count seats by kind, role and engineer. Shadow seats and roles that the roster no longer has are left out."""
    counts: Counter[_LoadKey] = Counter()
    for seat in plan.seats:
        if seat.role in roles:
            counts[seat.kind, seat.role, seat.engineer] += 1
            counts[seat.kind, None, seat.engineer] += 1
    return counts


def _false_proof(plan: Plan, fairness: Fairness, cost: int) -> Iterator[str]:
    if fairness.cost != cost:
        yield f"the plan states a cost of {fairness.cost}; it is {cost}"
    if fairness.bound > fairness.cost:
        yield f"the plan states that no plan costs less than {fairness.bound}, and its own cost is {fairness.cost}"
    if plan.status is PlanStatus.OPTIMAL and fairness.bound < fairness.cost:
        yield f"the plan states that it is optimal, but its cost {fairness.cost} is above its bound {fairness.bound}"


def _false_balances(plan: Plan) -> Iterator[str]:
    """Yield a sentence for each kind whose balances do not add up to zero over all engineers."""
    sums: Counter[WindowKind] = Counter()
    for each in plan.balances:
        sums[each.kind] += each.thousandths
    for kind, thousandths in sums.items():
        if thousandths:
            yield f"the plan's balances of {kind} shifts add up to {thousandths / 1000:g}, not to 0"


def _false_loads(
    stated: EngineerFairness,
    weights: Mapping[str, Fraction],
    shares: Mapping[_LoadKey, Fraction],
    counts: Mapping[_LoadKey, int],
) -> Iterator[str]:
    name = stated.engineer
    if name not in weights:
        yield f"the plan states the fairness of {name}, who is not an engineer of the roster"
        return
    if abs(stated.weight - float(weights[name])) > _TOLERANCE:
        yield f"the plan states a weight of {stated.weight:g} for {name}; it is {float(weights[name]):g}"
    named = {(load.kind, load.role) for load in stated.loads}
    for kind, role, engineer in shares:
        if engineer == name and (kind, role) not in named:
            yield f"the plan does not state how many {_shifts(kind, role)} {name} has"
    for load in stated.loads:
        key = (load.kind, load.role, name)
        what = _shifts(load.kind, load.role)
        if load.count != counts.get(key, 0):
            yield f"the plan states {load.count} {what} for {name}; it is {counts.get(key, 0)}"
        share = float(shares.get(key, 0))
        if abs(load.share - share) > _TOLERANCE:
            yield f"the plan states a share of {load.share:.3f} {what} for {name}; it is {share:.3f}"


def _shifts(kind: WindowKind, role: str | None) -> str:
    return f"{kind} shifts as {role}" if role is not None else f"{kind} shifts in all roles"
