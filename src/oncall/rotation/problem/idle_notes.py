"""Makes notes about engineers who have a share of a plan but can take none of its shifts."""

from __future__ import annotations

from collections.abc import Iterator

from oncall.rotation.problem.eligibility import Obstacle, ObstacleKind
from oncall.rotation.problem.problem import Problem


def idle_notes(problem: Problem) -> Iterator[str]:
    """Yield a sentence, with the reason, for each engineer with a share of the plan who can take none of its shifts."""
    for number, engineer in sorted(enumerate(problem.engineers), key=lambda each: each[1].id):
        if problem.eligible_shifts[number] or not problem.shares.of_all_kinds(engineer.id) > 0:
            continue
        obstacle = _first_obstacle(problem, number)
        if obstacle is not None:
            is_cut = problem.has_turns and obstacle.kind is ObstacleKind.AWAY
            whole = ", and a day off blocks its whole turn" if is_cut else ""
            yield f"{engineer.id} can take no shift of this plan: {obstacle.sentence}{whole}"


def _first_obstacle(problem: Problem, engineer: int) -> Obstacle | None:
    found = (problem.first_obstacle(engineer, number) for number in problem.staffed)
    return next((obstacle for obstacle in found if obstacle is not None), None)
