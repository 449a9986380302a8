"""The rosters that the README and the demo use have a proven quarter."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from oncall.rosters.roster_file import read_roster
from oncall.rotation.generate.fairest_plan import solve
from oncall.schedule.plan import PlanStatus
from tests.rotation.teams import sentences, shifts_of

ROSTERS = sorted(
    path for path in (Path(__file__).parents[2] / "rosters").glob("*.yaml") if not path.name.endswith(".policy.yaml")
)


def test_there_are_worked_rosters() -> None:
    assert len(ROSTERS) >= 3


@pytest.mark.parametrize("path", ROSTERS, ids=lambda path: path.stem)
def test_the_quarter_from_january_2027_is_proven_and_clean(path: Path) -> None:
    roster = read_roster(path)
    plan = solve(roster, shifts_of(roster, first_day=date(2027, 1, 4), days=91))
    assert plan.status is PlanStatus.OPTIMAL
    assert sentences(plan, roster) == []
