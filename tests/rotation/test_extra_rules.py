"""Fixed seats, pairs, holidays over the years, newcomers' shadows, other teams and the seam between plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import SHADOW, FixedSeat, Request, Roster, Shadowing, WeekendStyle, Wish
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Plan, PlanStatus, Seat
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, NAMES, away, person, shifts_of, team, team_of

WEDNESDAY = date(2027, 1, 6)


def planned(
    roster: Roster, days: int = 28, *, first_day: date = MONDAY, context: PlanningContext | None = None
) -> Plan:
    context = context or PlanningContext()
    made = fairest_plan(roster, shifts_of(roster, first_day=first_day, days=days), context=context)
    plan = replace(made, first_day=first_day, last_day=first_day + timedelta(days=days - 1))
    assert check_plan(plan, roster, history=context.published, elsewhere=context.other_teams) == []
    return plan


def refusal_of(roster: Roster, days: int = 28, context: PlanningContext | None = None) -> list[str]:
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=days), context=context or PlanningContext())
    return list(refusal.value.reasons)


def holder(plan: Plan, day: date, role: str = "primary") -> str:
    return next(s.engineer for s in plan.seats if s.role == role and s.window.start.astimezone(plan.zone).date() == day)


# ---- fixed seats


def test_a_fixed_seat_is_kept_and_the_plan_still_proven() -> None:
    plan = planned(team_of(8, fixed=(FixedSeat(WEDNESDAY, "primary", "hal"), FixedSeat(MONDAY, "secondary", "ana"))))
    assert holder(plan, WEDNESDAY) == "hal"
    assert holder(plan, MONDAY, "secondary") == "ana"
    assert plan.status is PlanStatus.OPTIMAL


def test_a_fixed_seat_wins_over_a_request_and_the_plan_says_that_it_is_broken() -> None:
    asking = person("ana", requests=(Request(Wish.AVOID, day=WEDNESDAY),))
    fixed = (FixedSeat(WEDNESDAY, "primary", "ana"),)
    plan = planned(team(asking, *team_of(8).engineers[1:], fixed=fixed))
    assert holder(plan, WEDNESDAY) == "ana"
    assert plan.notes == ("requests: the request to avoid a shift is not kept; no equally fair plan meets more",)


def test_seats_that_cannot_be_are_refused_with_each_reason() -> None:
    fixed = (
        FixedSeat(WEDNESDAY, "primary", "ana"),
        FixedSeat(date(2027, 1, 9), "primary", "ben"),
        FixedSeat(date(2027, 1, 11), "primary", "cai"),
        FixedSeat(date(2027, 1, 12), "primary", "dee"),
        FixedSeat(date(2027, 1, 12), "primary", "eve"),
    )
    people = [person("ana", absences=away(WEDNESDAY)), person("ben"), person("cai", roles=["secondary"])]
    assert refusal_of(team(*people, *team_of(8).engineers[3:], fixed=fixed)) == [
        "ana is fixed as primary on Wed 2027-01-06, but ana is away on 2027-01-06 (vacation)",
        "ben is fixed as primary on Sat 2027-01-09, but no shift starts on that day",
        "cai is fixed as primary on Mon 2027-01-11, but does not take the role primary",
        "dee is fixed as primary on Tue 2027-01-12, and so is eve",
    ]


def test_two_shifts_that_start_on_one_day_have_to_be_told_apart() -> None:
    christmas = date(2027, 12, 24)
    roster = team_of(8, fixed=(FixedSeat(christmas, "primary", "ana"),), holidays="US")
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, first_day=date(2027, 12, 20), days=7))
    assert list(refusal.value.reasons) == [
        "ana is fixed as primary on Fri 2027-12-24, and 2 shifts start on that day; "
        "write which one: kind: holiday and kind: weekend"
    ]


def test_fixed_seats_that_clash_with_a_rule_are_named_in_the_reason() -> None:
    fixed = (FixedSeat(MONDAY, "primary", "ana"), FixedSeat(MONDAY + timedelta(days=1), "primary", "ana"))
    assert [line for line in refusal_of(team_of(8, fixed=fixed), 7) if "ana" in line][:2] == [
        "ana is fixed as primary on Mon 2027-01-04",
        "ana is fixed as primary on Tue 2027-01-05",
    ]


# ---- pairs


def test_people_kept_apart_are_never_on_together() -> None:
    plan = planned(team_of(6, rest_nights=1, never_together=(("ana", "ben"), ("cai", "dee"))))
    teams: dict[object, set[str]] = {}
    for seat in plan.seats:
        teams.setdefault(seat.window, set()).add(seat.engineer)
    assert not any({"ana", "ben"} <= pair or {"cai", "dee"} <= pair for pair in teams.values())


def test_people_who_should_be_together_are_so_as_often_as_fairness_allows() -> None:
    plan = planned(team_of(8, prefer_together=(("ana", "ben"),)))
    assert plan.notes == (
        "requests: engineers who prefer to work together share 5 shifts; no equally fair plan meets more",
    )


# ---- holidays over the years


def test_nobody_has_the_same_holiday_twice_within_the_years_asked_for() -> None:
    roster = team_of(6, holidays="US", holidays_apart=2, rest_nights=1)
    last = Seat(shifts_of(roster, first_day=date(2025, 12, 25), days=1)[0].window, WindowKind.HOLIDAY, "primary", "ana")
    free = replace(
        roster, rules=replace(roster.rules, fixed=(FixedSeat(date(2026, 12, 25), "primary", "ana", "holiday"),))
    )
    shifts = shifts_of(roster, first_day=date(2026, 12, 21), days=14)
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(free, shifts, context=PlanningContext((last,)))
    assert "the rule is holidays_apart 2 (Christmas Day)" in refusal.value.reasons[0]
    plan = planned(roster, 14, first_day=date(2026, 12, 21), context=PlanningContext((last,)))
    christmas = date(2026, 12, 25)
    on = {s.engineer for s in plan.seats if s.window.start.astimezone(plan.zone).date() == christmas}
    assert on
    assert "ana" not in on


# ---- newcomers


def test_a_newcomer_shadows_about_as_often_as_others_are_on_and_covers_nothing() -> None:
    new = person("new", shadows=(Shadowing(MONDAY, MONDAY + timedelta(days=27)),))
    roster = team(*team_of(7).engineers, new)
    plan = planned(roster, 56)
    shadowed = [seat for seat in plan.seats if seat.role == SHADOW]
    assert {seat.engineer for seat in shadowed} == {"new"}
    assert 4 <= len(shadowed) <= 6
    first_own = min(s.window.start for s in plan.seats if s.engineer == "new" and s.role != SHADOW)
    assert first_own.astimezone(plan.zone).date() > MONDAY + timedelta(days=27)
    assert plan.status is PlanStatus.OPTIMAL


# ---- other teams, and the seam


def test_somebody_who_is_on_for_another_team_is_free_and_rested_here() -> None:
    roster = team_of(8)
    shift = shifts_of(roster)[2]
    there = (Seat(shift.window, shift.kind, "lead", "ana"),)
    plan = planned(roster, context=PlanningContext(other_teams=there))
    near = {MONDAY + timedelta(days=n) for n in range(5)}
    mine = {s.window.start.astimezone(plan.zone).date() for s in plan.seats if s.engineer == "ana"}
    assert not mine & near


@pytest.mark.parametrize("style", WeekendStyle)
def test_rest_and_weekends_go_on_across_the_seam(style: WeekendStyle) -> None:
    daily = style is WeekendStyle.DAILY
    roster = team_of(9 if daily else 7, weekend=style, rest_nights=1 if daily else 2)
    before = planned(roster)
    after = planned(roster, first_day=MONDAY + timedelta(days=28), context=PlanningContext(before.seats))
    alone = fairest_plan(roster, shifts_of(roster, first_day=MONDAY + timedelta(days=28), days=28))
    assert check_plan(alone, roster, history=before.seats) != []
    assert after.fairness is not None
    assert after.status is PlanStatus.OPTIMAL


def test_a_plan_between_two_that_stand_keeps_the_rules_with_both() -> None:
    roster = team_of(9, max_shifts_per_month=6)
    first = planned(roster, 14)
    third = planned(roster, 14, first_day=MONDAY + timedelta(days=28))
    planned(roster, 14, first_day=MONDAY + timedelta(days=14), context=PlanningContext((*first.seats, *third.seats)))


def test_maxima_count_what_stands_before_the_plan() -> None:
    roster = team_of(9, max_shifts_per_month=5)
    before = planned(roster, 14)
    after = planned(roster, 14, first_day=MONDAY + timedelta(days=14), context=PlanningContext(before.seats))
    for name in NAMES[:9]:
        days = [
            s.window.start.astimezone(after.zone).date() for s in (*before.seats, *after.seats) if s.engineer == name
        ]
        assert sum(day.month == 1 for day in days) <= 5


def test_what_stands_before_is_named_when_it_makes_a_plan_impossible() -> None:
    roster = team_of(3, rest_nights=1, weekends_apart=1)
    sunday = shifts_of(roster, first_day=date(2027, 1, 1), days=1)[0]
    seats = tuple(Seat(sunday.window, sunday.kind, "primary", name) for name in ("ana", "ben"))
    reasons = refusal_of(roster, 1, PlanningContext(seats))
    assert "ana is on Fri 2027-01-01 (weekend) outside this plan, and the rule is rest_nights 1" in reasons[0]


# ---- evenness


def test_shifts_of_one_person_do_not_clump_where_that_costs_nothing() -> None:
    roster = team_of(12)
    plan = planned(roster, 84)
    for name in NAMES:
        nights = sorted({s.window.start.astimezone(plan.zone).date() for s in plan.seats if s.engineer == name})
        gaps = [(later - earlier).days for earlier, later in pairwise(nights)]
        assert min(gaps) >= 3
        assert max(gaps) <= 24
