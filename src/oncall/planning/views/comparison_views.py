"""Comparisons of two rosters, and explanations of seats, as JSON objects for `--json` and the API."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.errors import PlanInfeasible
from oncall.planning.plans.compare_rosters import RosterComparison
from oncall.rosters.roster import Roster
from oncall.rotation.explain.what_if import ComparedPlan
from oncall.rotation.explain.why_seat import Alternative, SeatExplanation


def comparison_view(found: RosterComparison) -> dict[str, object]:
    """Return both rosters' plans as JSON: people, loads, cost, bound and requests, or why there is no plan."""
    return {"today": _side_view(found.today), "changed": _side_view(found.changed)}


def explanation_view(plan: str, answers: Sequence[SeatExplanation], roster: Roster) -> dict[str, object]:
    """Return the explained seats of one shift as JSON, each with all other engineers.

    plan: the name of the plan file.
    """
    seat, zone = answers[0].seat, roster.policy.zone
    start, end = (at.astimezone(zone).isoformat() for at in (seat.window.start, seat.window.end))
    seats = [
        {
            "role": answer.seat.role,
            "engineer": answer.seat.engineer,
            "cost": answer.cost,
            "others": [_alternative_view(other) for other in answer.others],
        }
        for answer in answers
    ]
    return {"plan": plan, "start": start, "end": end, "kind": str(seat.kind), "seats": seats}


def _alternative_view(other: Alternative) -> dict[str, object]:
    solved = other.solved
    remade = solved and {"more": solved.cost_change, "at_least": solved.least_change, "proven": solved.is_proven}
    return {
        "engineer": other.engineer,
        "rule": other.obstacle_rule,
        "cannot": other.obstacle,
        "rules": list(other.broken_rules),
        "swap": other.swap_change,
        "asked_to_avoid": other.asked_to_avoid,
        "anew": remade,
        "because": list(other.excluded_by),
    }


def _side_view(one: ComparedPlan) -> dict[str, object]:
    view: dict[str, object] = {
        "engineers": [engineer.id for engineer in one.roster.engineers],
        "shifts": len(one.shifts),
    }
    if isinstance(one.refusal, PlanInfeasible):
        reasons = list(one.refusal.reasons)
        return {**view, "status": "infeasible", "summary": one.refusal.summary, "reasons": reasons}
    if one.plan is None:
        return {**view, "status": "unknown", "summary": str(one.refusal), "reasons": []}
    assert one.plan.fairness is not None and one.requests is not None
    fairness, tally = one.plan.fairness, one.requests
    loads = [
        {"engineer": each.engineer, "kind": str(load.kind), "count": load.count, "share": load.share}
        for each in fairness.engineers
        for load in each.loads
        if load.role is None
    ]
    requests = {"broken": tally.avoided_taken, "avoided": tally.avoided, "together": tally.together}
    numbers = {"cost": fairness.cost, "bound": fairness.bound, "requests": requests, "loads": loads}
    return {**view, "status": str(one.plan.status), **numbers}
