"""The result of verifying a plan as a JSON object, for `--json` and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall.planning.plans.verify_plan import Verification

if TYPE_CHECKING:
    from fractions import Fraction

    from oncall.rotation.check.second_opinion import SecondOpinion, StageOpinion


def verification_view(plan: str, verified: Verification) -> dict[str, object]:
    """Return the result of verifying a plan as JSON. plan: its name.

    `relaxed` and `second_opinion` are absent if they would be empty.
    """
    found = verified.examination
    view: dict[str, object] = {
        "plan": plan,
        "ok": not found.violations,
        "minutes": found.minutes,
        "shifts": found.shifts,
        "cost": found.cost,
        "violations": [
            {"rule": each.rule, "day": each.day.isoformat(), "people": list(each.people), "sentence": each.sentence}
            for each in found.violations
        ],
    }
    if verified.relaxations:
        view["relaxed"] = [
            {"id": each.relaxation.id, "text": each.relaxation.text, "uses": each.uses} for each in verified.relaxations
        ]
    if verified.second_opinion is not None:
        view["second_opinion"] = _opinion_view(verified.second_opinion)
    return view


def _opinion_view(opinion: SecondOpinion) -> dict[str, object]:
    return {
        "solver": "HiGHS",
        "optimal": opinion.is_optimal,
        "bound": opinion.bound,
        "best": opinion.best,
        "seconds": round(opinion.seconds, 3),
        "left_out": list(opinion.left_out),
        "stages": [_stage_view(stage) for stage in opinion.stages],
    }


def _stage_view(stage: StageOpinion) -> dict[str, object]:
    """Return another solver's opinion on one of the aims that come after the cost, as JSON.

    `bound` and `best` are null where the solver found none.
    """
    return {
        "stage": str(stage.name),
        "optimal": stage.is_optimal,
        "value": _figure(stage.value),
        "bound": None if stage.bound is None else _figure(stage.bound),
        "best": None if stage.best is None else _figure(stage.best),
        "seconds": round(stage.seconds, 3),
    }


def _figure(value: Fraction) -> float:
    return value.numerator if value.denominator == 1 else round(float(value), 3)
