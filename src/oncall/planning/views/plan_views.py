"""Plans and repairs as JSON objects, for `--json` and the API. Times are ISO 8601 in the plan's zone."""

from __future__ import annotations

from oncall.errors import PlanInfeasible
from oncall.rotation.repair.repair_result import Repair, SeatChange
from oncall.schedule.plan_json import plan_document


def infeasible_view(refusal: PlanInfeasible) -> dict[str, object]:
    """Return why no plan is possible, and which relaxations would make one possible, as JSON."""
    return {
        "status": "infeasible",
        "summary": refusal.summary,
        "reasons": list(refusal.reasons),
        "relaxations": [list(each) for each in refusal.relaxations],
    }


def repaired_plan_view(found: Repair) -> dict[str, object]:
    """Return a repaired plan with its proof as JSON. `repair`: what changed, and what more changes would improve."""
    return {**plan_document(found.plan), "repair": _repair_view(found)}


def _repair_view(found: Repair) -> dict[str, object]:
    def seats(changes: tuple[SeatChange, ...] | list[SeatChange]) -> list[dict[str, object]]:
        return [_seat_view(change, found) for change in changes]

    return {
        "fewest": found.fewest,
        "fewest_is_proven": found.fewest_is_proven,
        "allowed": found.allowed,
        "cost_before": found.cost_before,
        "best_is_proven": found.best_is_proven,
        "requests": _requests_view(found),
        "changes": seats(found.changes),
        "new_seats": seats(found.new_seats),
        "by_person": {
            person: {"lost": seats(lost), "gained": seats(gained)}
            for person, (lost, gained) in found.by_person().items()
        },
        "offers": [
            {"more_changes": option.more_changes, "cost": option.cost, "proven": option.is_best}
            for option in found.options
        ],
        "not_priced": [
            {"first": each.first, "last": each.last, "least_cost": each.least_cost} for each in found.unpriced
        ],
    }


def _seat_view(change: SeatChange, found: Repair) -> dict[str, object]:
    zone = found.plan.zone
    return {
        "start": change.window.start.astimezone(zone).isoformat(),
        "end": change.window.end.astimezone(zone).isoformat(),
        "kind": str(change.kind),
        "role": change.role,
        "before": change.before,
        "after": change.after,
    }


def _requests_view(found: Repair) -> dict[str, object] | None:
    if found.requests is None:
        return None
    tally = found.requests.tally
    return {
        "broken": tally.avoided_taken,
        "avoided": tally.avoided,
        "met": tally.preferred_taken,
        "together": tally.together,
        "proven": found.requests.is_best,
    }
