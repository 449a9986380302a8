"""Whether the proof in a plan is true: its counts, shares, cost, bound and status, computed independently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from oncall.rosters.roster import Engineer, Roster
from oncall.rosters.time_off import DaysOffRule, days_off_rule, duty_time, is_free
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Balance, EngineerFairness, Fairness, Plan, PlanStatus, Shift
from oncall.support.windows import WindowKind

_TOLERANCE = 1e-6
"""The difference allowed in shares, because the file has rounded floating-point numbers."""

_LoadKey = tuple[WindowKind, str | None, str]
"""Kind, role (None for all roles together) and engineer."""


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """The result of checking a proof. cost: the plan's fairness cost. violations: where the plan states otherwise."""

    cost: int
    violations: tuple[Violation, ...]


def check_proof(plan: Plan, roster: Roster, shifts: Sequence[Shift]) -> ProofCheck:
    """Compute the plan's cost, and compare the plan's stated proof with it. shifts: the calendar's."""
    weights = {engineer.id: _weight(engineer, shifts, days_off_rule(roster)) for engineer in roster.engineers}
    shares = _shares(roster, shifts, weights, plan.balances)
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


def _weight(engineer: Engineer, shifts: Sequence[Shift], rule: DaysOffRule) -> float:
    """Return the engineer's `fte` times the number of shifts that their membership, leave and shadowing allow."""
    member = replace(engineer, absences=tuple(away for away in engineer.absences if away.leave))
    learning = [(each.first_day, each.last_day) for each in engineer.shadows]
    able = 0
    for shift in shifts:
        end = shift.day + timedelta(days=max(1, shift.end_night - shift.first_night) - 1)
        learns = any(start <= end and shift.day <= stop for start, stop in learning)
        able += not learns and is_free(member, duty_time(shift.window, rule))
    return engineer.fte * able


def _shares(
    roster: Roster, shifts: Sequence[Shift], weights: Mapping[str, float], balances: Sequence[Balance]
) -> dict[_LoadKey, float]:
    served = {(each.engineer, each.kind): each.thousandths / 1000 for each in balances}
    totals = Counter(shift.kind for shift in shifts)
    shares: dict[_LoadKey, float] = {}
    for kind, total in totals.items():
        for role in roster.rules.roles:
            all_weights = sum(weights[each.id] for each in roster.engineers if role in each.roles)
            for each in roster.engineers:
                share = total * weights[each.id] / all_weights if role in each.roles and all_weights else 0.0
                if share:
                    # The balance is made up for in equal parts of the roles that the engineer takes.
                    share -= served.get((each.id, kind), 0.0) / len([r for r in roster.rules.roles if r in each.roles])
                shares[kind, role, each.id] = share
                shares[kind, None, each.id] = shares.get((kind, None, each.id), 0.0) + share
    return shares


def _counts(plan: Plan, roles: Sequence[str]) -> Counter[_LoadKey]:
    """Count seats by kind, role and engineer, without shadows and roles that the roster no longer has."""
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
    """Yield a fault for each kind whose balances do not add up to zero over all engineers."""
    sums: Counter[WindowKind] = Counter()
    for each in plan.balances:
        sums[each.kind] += each.thousandths
    for kind, thousandths in sums.items():
        if thousandths:
            yield f"the plan's balances of {kind} shifts add up to {thousandths / 1000:g}, not to 0"


def _false_loads(
    stated: EngineerFairness,
    weights: Mapping[str, float],
    shares: Mapping[_LoadKey, float],
    counts: Mapping[_LoadKey, int],
) -> Iterator[str]:
    name = stated.engineer
    if name not in weights:
        yield f"the plan states the fairness of {name}, who is not an engineer of the roster"
        return
    if abs(stated.weight - weights[name]) > _TOLERANCE:
        yield f"the plan states a weight of {stated.weight:g} for {name}; it is {weights[name]:g}"
    named = {(load.kind, load.role) for load in stated.loads}
    for kind, role, engineer in shares:
        if engineer == name and (kind, role) not in named:
            yield f"the plan does not state how many {_shifts(kind, role)} {name} has"
    for load in stated.loads:
        key = (load.kind, load.role, name)
        what = _shifts(load.kind, load.role)
        if load.count != counts.get(key, 0):
            yield f"the plan states {load.count} {what} for {name}; it is {counts.get(key, 0)}"
        if abs(load.share - shares.get(key, 0.0)) > _TOLERANCE:
            yield f"the plan states a share of {load.share:.3f} {what} for {name}; it is {shares.get(key, 0.0):.3f}"


def _shifts(kind: WindowKind, role: str | None) -> str:
    return f"{kind} shifts as {role}" if role is not None else f"{kind} shifts in all roles"
