"""The shifts of each engineer are spread over the plan."""

from __future__ import annotations

from itertools import pairwise

from tests.rotation.checked_plans import checked_plan
from tests.rotation.teams import NAMES, team_of


def test_the_shifts_of_each_engineer_are_spread_out() -> None:
    roster = team_of(12)
    plan = checked_plan(roster, 84)
    for name in NAMES:
        nights = sorted({s.window.start.astimezone(plan.zone).date() for s in plan.seats if s.engineer == name})
        gaps = [(later - earlier).days for earlier, later in pairwise(nights)]
        assert min(gaps) >= 3
        assert max(gaps) <= 24
