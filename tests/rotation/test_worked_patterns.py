"""The worked rosters of each pattern can be planned in every quarter of the next five years."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from oncall.rosters.roster_file import read_roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.plan import PlanStatus
from tests.rotation.teams import shifts_of

FOLDER = Path(__file__).parents[2] / "rosters"
QUARTERS = [date(2027, 1, 4) + timedelta(weeks=13 * number) for number in range(20)]


@pytest.mark.slow
@pytest.mark.parametrize("quarter", QUARTERS, ids=str)
@pytest.mark.parametrize("name", ["weekly", "follow-the-sun", "juniors"])
def test_a_worked_roster_can_be_planned_in_any_quarter(name: str, quarter: date) -> None:
    roster = read_roster(FOLDER / f"{name}.yaml")
    plan = fairest_plan(roster, shifts_of(roster, first_day=quarter, days=91))
    assert check_plan(plan, roster) == []
    assert plan.status is PlanStatus.OPTIMAL


def test_in_follow_the_sun_nobody_works_outside_their_region() -> None:
    roster = read_roster(FOLDER / "follow-the-sun.yaml")
    plan = fairest_plan(roster, shifts_of(roster, first_day=QUARTERS[0], days=28))
    region = {engineer.id: engineer.kinds for engineer in roster.engineers}
    assert all(region[seat.engineer] == (seat.kind,) for seat in plan.seats)
    assert plan.fairness is not None
    shares = {
        each.engineer: {str(load.kind): load.share for load in each.loads if load.role is None}
        for each in plan.fairness.engineers
    }
    assert shares["aiko"] == pytest.approx({"apac": 28 * 2 / 6, "emea": 0, "amer": 0})
    # Katja works half the week.
    assert shares["katja"]["emea"] == pytest.approx(28 * 2 * 0.5 / 5.5)
