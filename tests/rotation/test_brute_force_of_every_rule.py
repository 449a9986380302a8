"""Each rule of a roster, against all plans of a tiny team: the planner, the checker and the other solver agree.

The teams have up to four engineers and about eight shifts or turns. `make explore` draws other teams.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults, PlanInfeasible
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import examine
from oncall.rotation.check.second_opinion import second_opinion
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Plan, Shift
from tests.rotation.drawn_teams import RULES, TeamFile, drawn_team
from tests.rotation.every_small_plan import Best, Seats, SmallPlans

EVERY_RULE = [*RULES, "all together"]
POINTS_ARE_ROUNDED = Fraction(1, 50)
"""The planner rounds the linear part of a squared distance in points; so plans this near to each other are equal."""


@pytest.mark.slow
@pytest.mark.parametrize("rule", EVERY_RULE)
@settings(max_examples=12)
@given(seed=st.integers(0, 99_999))
def test_no_plan_is_better_in_any_stage_and_the_other_solver_agrees(rule: str, seed: int) -> None:
    team = drawn_team(seed, rule)
    roster, shifts, small = _cut_to_size(team)
    context, best = team.context(roster, shifts), small.best()
    if best is None:
        with pytest.raises(PlanInfeasible):
            fairest_plan(roster, shifts, context=context)
        return
    plan = fairest_plan(roster, shifts, context=context)
    _expect_best(plan, small, best)
    _expect_agreement(plan, roster, context)


def _cut_to_size(team: TeamFile) -> tuple[Roster, Sequence[Shift], SmallPlans]:
    """Return the team as read, its shifts, and all its plans. Days are dropped while there are too many plans."""
    with TemporaryDirectory() as folder:
        while True:
            try:
                roster, shifts = team.read(Path(folder))
            except FileFaults:
                # Too few engineers for a kind or a role: the reader refuses the roster.
                assume(False)
            assume(bool(shifts))
            small = SmallPlans(team, shifts, team.context(roster, shifts).published)
            if not small.is_too_large:
                return roster, shifts, small
            team.days -= 1


def _expect_best(plan: Plan, small: SmallPlans, best: Best) -> None:
    """Expect that the plan keeps the rules, and that no plan is better in the first stage in which they differ."""
    taken = _taken(plan, small)
    for who, ways in zip(small.team.engineers, small.ways, strict=True):
        assert taken.get(who["id"], Seats(0, 0)) in ways
    value, rest = small.value_of(taken)
    assert plan.fairness is not None
    assert (value.cost, value.requests) == (best.value.cost, best.value.requests)
    assert (plan.fairness.cost, plan.fairness.bound) == (value.cost, value.cost)
    if value.even != best.value.even:
        assert small.points is not None
        assert (value.even - best.value.even) * small.unit**2 < POINTS_ARE_ROUNDED
        return
    if plan.clumps is not None:
        least = best.clumps_within(rest.totals)
        assert rest.clumps == least
        assert plan.clumps.distance == plan.clumps.bound == round(1000 * least * small.unit)


def _taken(plan: Plan, small: SmallPlans) -> dict[str, Seats]:
    """Return the units that each engineer has in the plan."""
    unit_of = {
        (small.shifts[number].window, small.shifts[number].kind): unit
        for unit, numbers in enumerate(small.units)
        for number in numbers
    }
    found: dict[str, Seats] = {}
    for seat in plan.seats:
        bit, known = 1 << unit_of[seat.window, seat.kind], found.get(seat.engineer, Seats(0, 0))
        is_first = seat.role == small.roles[0]
        found[seat.engineer] = (
            known._replace(first=known.first | bit) if is_first else known._replace(second=known.second | bit)
        )
    return found


def _expect_agreement(plan: Plan, roster: Roster, context: PlanningContext) -> None:
    """Expect that the checker finds no fault, and that the other solver proves every stage."""
    examined = examine(plan, roster, history=context.published)
    assert examined.violations == ()
    opinion = second_opinion(plan, roster, examined.cost, time_limit=timedelta(seconds=60), outside=context.published)
    assert (opinion.cost, opinion.bound, opinion.left_out) == (examined.cost, examined.cost, ())
    assert [stage.name for stage in opinion.stages if not stage.is_optimal or stage.is_beaten] == []
