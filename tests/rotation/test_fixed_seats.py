"""Fixed seats are kept, and refused with reasons where no plan can keep them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import FixedSeat, Request, RequestDirection
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.plan import PlanStatus
from tests.rotation.checked_plans import checked_plan, engineer_on, refusal_reasons
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of

WEDNESDAY = date(2027, 1, 6)


def test_a_plan_keeps_its_fixed_seats_and_is_still_proven() -> None:
    plan = checked_plan(
        team_of(8, fixed=(FixedSeat(WEDNESDAY, "primary", "hal"), FixedSeat(MONDAY, "secondary", "ana")))
    )
    assert engineer_on(plan, WEDNESDAY) == "hal"
    assert engineer_on(plan, MONDAY, "secondary") == "ana"
    assert plan.status is PlanStatus.OPTIMAL


def test_a_fixed_seat_wins_over_a_request_and_the_plan_notes_the_broken_request() -> None:
    asking = person("ana", requests=(Request(RequestDirection.AVOID, day=WEDNESDAY),))
    fixed = (FixedSeat(WEDNESDAY, "primary", "ana"),)
    plan = checked_plan(team(asking, *team_of(8).engineers[1:], fixed=fixed))
    assert engineer_on(plan, WEDNESDAY) == "ana"
    assert plan.notes[0] == "requests: the request to avoid a shift is not kept; no equally fair plan meets more"


def test_impossible_fixed_seats_are_refused_with_a_reason_each() -> None:
    fixed = (
        FixedSeat(WEDNESDAY, "primary", "ana"),
        FixedSeat(date(2027, 1, 9), "primary", "ben"),
        FixedSeat(date(2027, 1, 11), "primary", "cai"),
        FixedSeat(date(2027, 1, 12), "primary", "dee"),
        FixedSeat(date(2027, 1, 12), "primary", "eve"),
    )
    people = [person("ana", absences=away(WEDNESDAY)), person("ben"), person("cai", roles=["secondary"])]
    assert refusal_reasons(team(*people, *team_of(8).engineers[3:], fixed=fixed)) == [
        "ana is fixed as primary on Wed 2027-01-06, but ana is away on 2027-01-06 (vacation)",
        "ben is fixed as primary on Sat 2027-01-09, but no shift starts on that day",
        "cai is fixed as primary on Mon 2027-01-11, but does not take the role primary",
        "dee is fixed as primary on Tue 2027-01-12, and so is eve",
    ]


def test_a_fixed_seat_must_name_the_kind_when_two_shifts_start_on_its_day() -> None:
    christmas = date(2027, 12, 24)
    roster = team_of(8, fixed=(FixedSeat(christmas, "primary", "ana"),), holidays="US")
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, first_day=date(2027, 12, 20), days=7))
    assert list(refusal.value.reasons) == [
        "ana is fixed as primary on Fri 2027-12-24, and 2 shifts start on that day; "
        "write which one: kind: holiday and kind: weekend"
    ]


def test_the_reasons_name_fixed_seats_that_conflict_with_a_rule() -> None:
    fixed = (FixedSeat(MONDAY, "primary", "ana"), FixedSeat(MONDAY + timedelta(days=1), "primary", "ana"))
    assert [line for line in refusal_reasons(team_of(8, fixed=fixed), 7) if "ana" in line][:2] == [
        "ana is fixed as primary on Mon 2027-01-04",
        "ana is fixed as primary on Tue 2027-01-05",
    ]


def test_two_engineers_fixed_for_one_role_of_one_turn_are_refused() -> None:
    fixed = (FixedSeat(MONDAY, "primary", "ana"), FixedSeat(WEDNESDAY, "primary", "ben"))
    assert refusal_reasons(team_of(8, turn_weeks=1, fixed=fixed)) == [
        "ana is fixed as primary on Mon 2027-01-04, which is in the same turn as Wed 2027-01-06, and so is ben"
    ]


def test_an_engineer_fixed_for_two_roles_of_one_turn_is_refused() -> None:
    fixed = (FixedSeat(MONDAY, "primary", "ana"), FixedSeat(WEDNESDAY, "secondary", "ana"))
    assert refusal_reasons(team_of(8, turn_weeks=1, fixed=fixed)) == [
        "ana is fixed as primary on Mon 2027-01-04, and as secondary of the same turn"
    ]
