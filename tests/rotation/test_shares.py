"""What each person owes."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from oncall.rosters.roster import Roster
from oncall.rotation.problem.cost import CountedSeat, fairness_of, load_cost
from oncall.rotation.problem.shares import shares_of
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of

NIGHT, WEEKEND = WindowKind.WEEKNIGHT, WindowKind.WEEKEND


def owed(
    roster: Roster, engineer: str, kind: WindowKind = NIGHT, *, role: str | None = None, days: int = 28
) -> Fraction:
    return shares_of(roster, shifts_of(roster, days=days)).of(kind, role, engineer)


def test_equal_people_owe_equal_parts_of_every_role_and_kind() -> None:
    roster = team_of(4)
    assert owed(roster, "ana", role="primary") == 4
    assert owed(roster, "ana") == 8
    assert owed(roster, "dee", WEEKEND) == 2


def test_half_a_position_owes_half_as_much() -> None:
    roster = team(person("ana"), person("ben"), person("cai", fte=0.5))
    assert owed(roster, "cai") * 2 == owed(roster, "ana")


def test_ordinary_days_off_do_not_lower_what_is_owed() -> None:
    roster = team(person("ana", absences=away(MONDAY, 14)), person("ben"))
    assert owed(roster, "ana") == owed(roster, "ben")


def test_leave_lowers_what_is_owed_by_the_shifts_it_takes_away() -> None:
    roster = team(person("ana", absences=away(MONDAY, 14, leave=True)), person("ben"))
    assert owed(roster, "ana") * 2 == owed(roster, "ben")


@pytest.mark.parametrize("day", [4, 5, 6])
def test_leave_on_any_day_of_a_block_weekend_takes_that_weekend_away(day: int) -> None:
    roster = team(person("ana", absences=away(MONDAY + timedelta(days=day), leave=True)), person("ben"))
    weights = shares_of(roster, shifts_of(roster)).weights
    assert weights == {"ana": 4, "ben": 5}


def test_who_joins_or_leaves_half_way_owes_half() -> None:
    half = MONDAY + timedelta(days=14)
    roster = team(person("ana", joins=half), person("ben", leaves=half - timedelta(days=1)), person("cai"))
    assert owed(roster, "ana") == owed(roster, "ben") == owed(roster, "cai") / 2


def test_a_role_is_shared_by_those_who_take_it() -> None:
    roster = team(person("ana"), person("ben"), person("cai", roles=["secondary"]))
    assert owed(roster, "cai", role="primary") == 0
    assert owed(roster, "ana", role="primary") == 8
    assert owed(roster, "ana", role="secondary") == Fraction(16, 3)
    assert owed(roster, "ana") == 8 + Fraction(16, 3)


def test_nobody_owes_a_role_whose_takers_are_all_on_leave() -> None:
    roster = team(person("ana", absences=away(MONDAY, 40, leave=True)))
    assert owed(roster, "ana") == 0


def test_cost_counts_every_role_and_all_roles_together_in_hundredths() -> None:
    roster = team_of(2)
    shares = shares_of(roster, shifts_of(roster))
    seats = [CountedSeat(NIGHT, "primary", "ana")] * 4 + [CountedSeat(NIGHT, "secondary", "ben")] * 4
    seats += [CountedSeat(WEEKEND, "primary", "ana"), CountedSeat(WEEKEND, "secondary", "ben")]
    # Nights: 4 or 0 against a share of 2, four times. Weekends: 1 or 0 against a half, four times. All roles: level.
    assert fairness_of(seats, shares, bound=0).cost == 4 * 400 + 4 * 25


def test_loads_name_each_role_and_then_all_roles() -> None:
    roster = team_of(2)
    fairness = fairness_of([CountedSeat(NIGHT, "primary", "ana")], shares_of(roster, shifts_of(roster)), bound=0)
    loads = [(load.kind, load.role, load.count, load.share) for load in fairness.engineers[0].loads]
    assert loads == [
        (NIGHT, "primary", 1, 2.0),
        (NIGHT, "secondary", 0, 2.0),
        (NIGHT, None, 1, 4.0),
        (WEEKEND, "primary", 0, 0.5),
        (WEEKEND, "secondary", 0, 0.5),
        (WEEKEND, None, 0, 1.0),
    ]


def test_a_term_is_rounded_from_the_exact_fraction() -> None:
    assert load_cost(3, Fraction(8, 3)) == 11
