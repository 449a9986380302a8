"""The rosters that the README and the demo use have a proven quarter, and a plan for every quarter to come."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from oncall.rosters.roster_file import read_roster
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.solve.search import SearchProgress
from oncall.schedule.plan import PlanStatus
from tests.rotation.teams import sentences, shifts_of

ROSTERS = sorted(
    path for path in (Path(__file__).parents[2] / "rosters").glob("*.yaml") if not path.name.endswith(".policy.yaml")
)


def test_there_are_worked_rosters() -> None:
    assert len(ROSTERS) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("path", ROSTERS, ids=lambda path: path.stem)
def test_the_quarter_from_january_2027_is_proven_and_clean(path: Path) -> None:
    roster = read_roster(path)
    plan = fairest_plan(roster, shifts_of(roster, first_day=date(2027, 1, 4), days=91))
    assert plan.status is PlanStatus.OPTIMAL
    assert sentences(plan, roster) == []


@pytest.mark.slow
@pytest.mark.parametrize("year", range(2026, 2032))
@pytest.mark.parametrize("path", ROSTERS, ids=lambda path: path.stem)
def test_every_quarter_of_the_next_years_has_a_plan_that_keeps_the_rules(path: Path, year: int) -> None:
    roster = read_roster(path)
    for first_day, end_day in quarters_of(year):
        search = FirstPlan()
        shifts = shifts_of(roster, first_day=first_day, days=(end_day - first_day) // timedelta(days=1))
        plan = fairest_plan(roster, shifts, on_progress=search.note, should_stop=search.is_over)
        assert sentences(plan, roster) == [], first_day


def quarters_of(year: int) -> list[tuple[date, date]]:
    """The first day of each quarter, and of the one after it."""
    first_days = [date(year, month, 1) for month in (1, 4, 7, 10)]
    return list(zip(first_days, [*first_days[1:], date(year + 1, 1, 1)], strict=True))


class FirstPlan:
    """Ends a search at its first plan, because the proof of optimality would take too long here."""

    def __init__(self) -> None:
        self._is_found = False

    def note(self, progress: SearchProgress) -> None:
        self._is_found = self._is_found or progress.cost is not None

    def is_over(self) -> bool:
        return self._is_found


@pytest.mark.slow
@pytest.mark.parametrize("path", ROSTERS, ids=lambda path: path.stem)
def test_nobody_is_on_call_in_any_minute_of_their_days_off(path: Path) -> None:
    roster = read_roster(path)
    # A proof for turns of a week takes a minute for half a year.
    days = 91 if roster.rules.turn_weeks else 182
    plan = fairest_plan(roster, shifts_of(roster, first_day=date(2027, 1, 4), days=days))
    for engineer in roster.engineers:
        mine = [seat.window for seat in plan.seats if seat.engineer == engineer.id]
        for off in engineer.absences:
            begins = datetime.combine(off.first_day, off.starts_at or time(), roster.zone)
            ends = datetime.combine(off.last_day + timedelta(days=1), time(), roster.zone)
            assert [window for window in mine if window.start < ends and begins < window.end] == [], (engineer.id, off)
