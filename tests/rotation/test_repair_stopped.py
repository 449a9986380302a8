"""A repair that is stopped while it prices more changes: it stays, and the numbers without a price are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.repair.repair import repair
from oncall.rotation.repair.repair_result import Repair
from oncall.rotation.solve.search import SearchProgress
from oncall.schedule.plan import Plan
from tests.rotation.teams import MONDAY, away, shifts_of, team_of

DAYS = 56
PRICING = "the repair is ready; looking for the lowest cost with "


class Watcher:
    """Notes the stages of a repair, and stops it as soon as it prices the number of changes with the given place."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.priced: list[str] = []
        self._stop_at = stop_at

    def note(self, progress: SearchProgress) -> None:
        number = progress.stage.removeprefix(PRICING)
        if number != progress.stage and number not in self.priced:
            self.priced.append(number)

    def is_stopped(self) -> bool:
        return self._stop_at is not None and len(self.priced) >= self._stop_at


def repaired(roster: Roster, plan: Plan, watcher: Watcher) -> Repair:
    return repair(
        roster,
        shifts_of(roster, days=DAYS),
        plan,
        first_open=MONDAY + timedelta(days=14),
        on_progress=watcher.note,
        should_stop=watcher.is_stopped,
    )


@pytest.fixture(scope="module")
def ill() -> Roster:
    """An engineer of a team of eight falls ill."""
    roster = team_of(8)
    ill = replace(roster.engineers[2], absences=away(MONDAY + timedelta(days=21), 14, reason="ill"))
    return replace(roster, engineers=(*roster.engineers[:2], ill, *roster.engineers[3:]))


@pytest.fixture(scope="module")
def plan() -> Plan:
    made = fairest_plan(team_of(8), shifts_of(team_of(8), days=DAYS))
    return replace(made, first_day=MONDAY, last_day=MONDAY + timedelta(days=DAYS - 1))


@pytest.fixture(scope="module")
def watcher() -> Watcher:
    """What the whole repair priced."""
    return Watcher()


@pytest.fixture(scope="module")
def whole(ill: Roster, plan: Plan, watcher: Watcher) -> Repair:
    """The repair with every price."""
    return repaired(ill, plan, watcher)


@pytest.mark.parametrize("stop_at", [1, 2])
def test_a_repair_that_is_stopped_while_it_prices_changes_stays_and_names_the_numbers_without_a_price(
    ill: Roster, plan: Plan, whole: Repair, stop_at: int
) -> None:
    stopped = Watcher(stop_at)
    found = repaired(ill, plan, stopped)
    assert len(stopped.priced) == stop_at
    assert check_plan(found.plan, ill) == []
    assert (found.changes, found.fewest, found.best_is_proven) == (whole.changes, whole.fewest, True)
    assert set(found.options) < set(whole.options)
    unpriced = [range(each.first, each.last + 1 if each.last else 1000) for each in found.unpriced]
    missing = {option.more_changes for option in set(whole.options) - set(found.options)}
    assert missing
    assert all(any(number in numbers for numbers in unpriced) for number in missing)
    assert whole.unpriced == ()


def test_the_progress_of_a_repair_says_for_which_number_of_changes_it_looks(whole: Repair, watcher: Watcher) -> None:
    assert watcher.priced[0] == "+1 change"
    assert {f"+{option.more_changes} changes" for option in whole.options if option.more_changes > 1} <= set(
        watcher.priced
    )
