"""The share of each engineer, and the cost of loads against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from oncall.rosters.roster import DaysOff, Roster, SharesRule
from oncall.rotation.problem.cost import CountedSeat, fairness_of, load_cost
from oncall.rotation.problem.shares import shares_of
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of

NIGHT, WEEKEND = WindowKind.WEEKNIGHT, WindowKind.WEEKEND


def share(
    roster: Roster, engineer: str, kind: WindowKind = NIGHT, *, role: str | None = None, days: int = 28
) -> Fraction:
    return shares_of(roster, shifts_of(roster, days=days)).of(kind, role, engineer)


def test_equal_engineers_have_equal_shares_of_every_role_and_kind() -> None:
    roster = team_of(4)
    assert share(roster, "ana", role="primary") == 4
    assert share(roster, "ana") == 8
    assert share(roster, "dee", WEEKEND) == 2


def test_half_a_position_has_half_the_share() -> None:
    roster = team(person("ana"), person("ben"), person("cai", fte=0.5))
    assert share(roster, "cai") * 2 == share(roster, "ana")


def test_ordinary_days_off_do_not_lower_the_share() -> None:
    roster = team(person("ana", absences=away(MONDAY, 14)), person("ben"))
    assert share(roster, "ana") == share(roster, "ben")


def test_leave_lowers_the_share_by_the_shifts_it_takes_away() -> None:
    roster = team(person("ana", absences=away(MONDAY, 14, leave=True)), person("ben"))
    assert share(roster, "ana") * 2 == share(roster, "ben")


@pytest.mark.parametrize(
    ("day", "days_off", "able"),
    [
        (4, DaysOff.EVENINGS, 4),
        (5, DaysOff.EVENINGS, 4),
        (6, DaysOff.EVENINGS, 4),
        (7, DaysOff.EVENINGS, 5),
        # The night of Thursday ends on Friday morning, and the weekend ends on Monday morning.
        (4, DaysOff.WHOLE, 3),
        (5, DaysOff.WHOLE, 4),
        (7, DaysOff.WHOLE, 4),
    ],
)
def test_leave_lowers_the_weight_by_the_shifts_of_which_it_blocks_a_part(
    day: int, days_off: DaysOff, able: int
) -> None:
    ana = person("ana", absences=away(MONDAY + timedelta(days=day), leave=True))
    roster = team(ana, person("ben"), days_off=days_off)
    assert shares_of(roster, shifts_of(roster)).weights == {"ana": able, "ben": 5}


def test_joining_or_leaving_half_way_halves_the_share() -> None:
    half = MONDAY + timedelta(days=14)
    roster = team(person("ana", joins=half), person("ben", leaves=half), person("cai"))
    assert share(roster, "ana") == share(roster, "ben") == share(roster, "cai") / 2


def test_a_role_is_shared_among_the_engineers_who_take_it() -> None:
    roster = team(person("ana"), person("ben"), person("cai", roles=["secondary"]))
    assert share(roster, "cai", role="primary") == 0
    assert share(roster, "ana", role="primary") == 8
    assert share(roster, "ana") == share(roster, "cai") == Fraction(32, 3)
    by_role = replace(roster, rules=replace(roster.rules, shares=SharesRule.BY_ROLE))
    assert share(by_role, "ana", role="secondary") == Fraction(16, 3)
    assert share(by_role, "ana") == 8 + Fraction(16, 3)


def test_shares_are_0_when_everyone_is_on_leave() -> None:
    roster = team(person("ana", absences=away(MONDAY, 40, leave=True)))
    assert share(roster, "ana") == 0


def test_cost_adds_up_every_role_and_all_roles_together_in_hundredths() -> None:
    roster = team_of(2)
    shares = shares_of(roster, shifts_of(roster))
    seats = [CountedSeat(NIGHT, "primary", "ana")] * 4 + [CountedSeat(NIGHT, "secondary", "ben")] * 4
    seats += [CountedSeat(WEEKEND, "primary", "ana"), CountedSeat(WEEKEND, "secondary", "ben")]
    # Nights: 4 or 0 against a share of 2, four times. Weekends: 1 or 0 against a half, four times.
    # All roles together equal their share.
    assert fairness_of(seats, shares, bound=0).cost == 4 * 400 + 4 * 25


def test_loads_list_each_role_and_then_all_roles_together() -> None:
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


def test_a_load_cost_is_rounded_from_the_exact_fraction() -> None:
    assert load_cost(3, Fraction(8, 3)) == 11
