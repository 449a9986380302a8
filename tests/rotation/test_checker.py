"""The checker finds every way in which a plan can be spoiled, by the rule that it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest

from oncall.rosters.roster import DaysOff, Roster, WeekendStyle
from oncall.rotation.check.checker import check_plan, examine
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.plan import EngineerFairness, Fairness, Load, Plan, PlanStatus
from oncall.support.windows import WindowKind
from tests.rotation.spoiled_plans import bare, given_to, rules_broken, shifted, with_seat, with_spare
from tests.rotation.teams import MONDAY, away, person, sentences, shifts_of, team, team_of


@pytest.fixture(scope="module")
def roster() -> Roster:
    people = [person("ana", absences=away(date(2027, 1, 12), 2, reason="dentist")), *team_of(8).engineers[1:]]
    return team(*people, holidays="US")


@pytest.fixture(scope="module")
def plan(roster: Roster) -> Plan:
    made = fairest_plan(roster, shifts_of(roster, days=28))
    return replace(made, first_day=MONDAY, last_day=MONDAY + timedelta(days=27))


def test_the_plan_itself_is_clean(plan: Plan, roster: Roster) -> None:
    assert sentences(plan, roster) == []


def test_what_was_looked_at_is_counted(plan: Plan, roster: Roster) -> None:
    found = examine(plan, roster)
    assert plan.fairness is not None
    assert (found.shifts, found.cost) == (20, plan.fairness.cost)
    assert found.minutes == sum((w.end - w.start) // timedelta(minutes=1) for w in {s.window for s in plan.seats})


# ---- coverage and shifts


def test_a_seat_left_out_is_a_hole_with_its_minutes(plan: Plan, roster: Roster) -> None:
    spoiled = bare(replace(plan, seats=plan.seats[1:]))
    assert sentences(spoiled, roster) == [
        "coverage: primary: nobody is on call from Mon 2027-01-04 19:01 to Tue 2027-01-05 08:00 (779 minutes)"
    ]


def test_a_whole_week_left_out_is_one_hole_for_each_role_and_window(plan: Plan, roster: Roster) -> None:
    kept = tuple(seat for seat in plan.seats if seat.window.start.date() < date(2027, 1, 25))
    assert rules_broken(bare(replace(plan, seats=kept)), roster) == {"coverage"}


def test_a_plan_without_seats_is_not_clean(plan: Plan, roster: Roster) -> None:
    assert rules_broken(bare(replace(plan, seats=())), roster) == {"coverage"}


def test_a_plan_of_nothing_at_all_is_not_clean(plan: Plan, roster: Roster) -> None:
    nothing = bare(replace(plan, seats=(), first_day=None, last_day=None))
    assert sentences(nothing, roster) == ["coverage: the plan has no shift"]


def test_a_shift_that_begins_a_minute_late_leaves_that_minute_open(plan: Plan, roster: Roster) -> None:
    spoiled = with_seat(plan, 0, window=shifted(plan.seats[0], start=timedelta(minutes=1)))
    assert sentences(spoiled, roster) == [
        "coverage: primary: nobody is on call from Mon 2027-01-04 19:01 to Mon 2027-01-04 19:02 (1 minute)",
        "shifts: primary: Mon 2027-01-04 19:02 to Tue 2027-01-05 08:00 is not a shift of the roster's calendar "
        "on the plan's dates",
    ]


def test_a_shift_that_ends_a_minute_late_is_on_call_in_business_hours(plan: Plan, roster: Roster) -> None:
    spoiled = with_seat(plan, 0, window=shifted(plan.seats[0], end=timedelta(minutes=1)))
    assert "primary: a person is on call outside on-call hours" in "\n".join(sentences(spoiled, roster))


def test_the_same_seat_twice_is_two_people_at_once(plan: Plan, roster: Roster) -> None:
    spoiled = bare(replace(plan, seats=(*plan.seats, replace(plan.seats[0], engineer="zoe"))))
    assert "primary: 2 people at once from Mon 2027-01-04 19:01" in "\n".join(sentences(spoiled, with_spare(roster)))


def test_an_hour_off_by_summer_time_is_found(roster: Roster) -> None:
    first = date(2027, 3, 8)
    made = fairest_plan(roster, shifts_of(roster, first_day=first, days=14))
    number = next(n for n, seat in enumerate(made.seats) if seat.kind is WindowKind.WEEKEND)
    spoiled = with_seat(made, number, window=shifted(made.seats[number], end=timedelta(hours=1)))
    assert {"coverage", "shifts"} <= rules_broken(spoiled, roster)


def test_a_wrong_kind_is_named(plan: Plan, roster: Roster) -> None:
    spoiled = with_seat(plan, 0, kind=WindowKind.WEEKEND)
    assert "shifts: Mon 2027-01-04 19:01 to Tue 2027-01-05 08:00 is a weeknight shift, not a weekend one" in sentences(
        spoiled, roster
    )


def test_a_shift_outside_the_plans_dates_is_named(plan: Plan, roster: Roster) -> None:
    assert "shifts" in rules_broken(bare(replace(plan, first_day=MONDAY + timedelta(days=1))), roster)
    assert "shifts" in rules_broken(bare(replace(plan, last_day=MONDAY + timedelta(days=26 - 3))), roster)


def test_another_weekend_style_is_another_calendar(plan: Plan, roster: Roster) -> None:
    daily = replace(roster, rules=replace(roster.rules, weekend=WeekendStyle.DAILY))
    assert "shifts" in rules_broken(bare(plan), daily)


def test_a_plan_that_overlooks_a_holiday_is_found(roster: Roster) -> None:
    without = replace(roster, holidays=None)
    made = fairest_plan(without, shifts_of(without, days=28))
    assert {"coverage", "shifts"} <= rules_broken(made, roster)


# ---- people and roles


def test_an_unknown_engineer_is_named(plan: Plan, roster: Roster) -> None:
    spoiled = with_seat(plan, 0, engineer="nobody")
    assert "engineers: nobody is not an engineer of the roster" in sentences(spoiled, roster)


def test_an_unknown_role_is_named(plan: Plan, roster: Roster) -> None:
    spoiled = with_seat(plan, 0, role="tertiary")
    assert 'roles: "tertiary" is not a role of this rotation (primary, secondary)' in sentences(spoiled, roster)


def test_one_person_in_both_roles_of_a_shift_is_named(plan: Plan, roster: Roster) -> None:
    spoiled = with_seat(plan, 1, engineer=plan.seats[0].engineer)
    name = plan.seats[0].engineer
    assert f"one_role: {name} is primary and secondary of the same shift, Mon 2027-01-04 (weeknight)" in sentences(
        spoiled, roster
    )


def test_a_role_that_the_person_does_not_take_is_named(plan: Plan, roster: Roster) -> None:
    junior = with_spare(roster, person("zoe", roles=["secondary"]))
    assert sentences(given_to(plan, "zoe", MONDAY), junior) == [
        "roles: zoe is primary on Mon 2027-01-04 (weeknight) but takes only secondary"
    ]


def test_a_day_off_is_named_with_its_reason(plan: Plan, roster: Roster) -> None:
    absent = with_spare(roster, person("zoe", absences=away(MONDAY, 5, reason="surgery")))
    assert sentences(given_to(plan, "zoe", MONDAY), absent) == [
        "unavailable: zoe is on Mon 2027-01-04 (weeknight) but is away from 2027-01-04 to 2027-01-08 (surgery)"
    ]


@pytest.mark.parametrize("day", [8, 9, 10])
def test_a_day_off_on_any_day_of_a_block_weekend_counts(plan: Plan, roster: Roster, day: int) -> None:
    absent = with_spare(roster, person("zoe", absences=away(date(2027, 1, day))))
    assert rules_broken(given_to(plan, "zoe", date(2027, 1, 8)), absent) == {"unavailable"}


@pytest.mark.parametrize(("days_off", "broken"), [(DaysOff.WHOLE, {"unavailable"}), (DaysOff.EVENINGS, set())])
def test_the_monday_after_a_block_weekend_may_be_off_only_where_days_off_mean_evenings(
    plan: Plan, roster: Roster, days_off: DaysOff, broken: set[str]
) -> None:
    absent = with_spare(roster, person("zoe", absences=away(date(2027, 1, 11))))
    absent = replace(absent, rules=replace(absent.rules, days_off=days_off))
    assert rules_broken(given_to(plan, "zoe", date(2027, 1, 8)), absent) == broken


def test_a_shift_before_joining_is_named(plan: Plan, roster: Roster) -> None:
    joiner = with_spare(roster, person("zoe", joins=date(2027, 1, 5)))
    assert sentences(given_to(plan, "zoe", MONDAY), joiner) == [
        "joins: zoe is on Mon 2027-01-04 (weeknight) but joins only on 2027-01-05"
    ]


def test_a_weekend_that_goes_on_after_leaving_is_named(plan: Plan, roster: Roster) -> None:
    leaver = with_spare(roster, person("zoe", leaves=date(2027, 1, 9)))
    assert sentences(given_to(plan, "zoe", date(2027, 1, 8)), leaver) == [
        "leaves: zoe is on Fri 2027-01-08 (weekend) but leaves on 2027-01-09"
    ]


# ---- rest, weekends, maxima


def test_too_few_free_nights_are_counted(plan: Plan, roster: Roster) -> None:
    spoiled = given_to(plan, "zoe", MONDAY, MONDAY + timedelta(days=2))
    assert sentences(spoiled, with_spare(roster)) == [
        "rest_nights: zoe has 1 free night between Mon 2027-01-04 (weeknight) and Wed 2027-01-06 (weeknight); "
        "the rule is 2"
    ]


def test_rest_counts_across_roles(plan: Plan, roster: Roster) -> None:
    spoiled = given_to(given_to(plan, "zoe", MONDAY), "zoe", MONDAY + timedelta(days=1), role="secondary")
    assert rules_broken(spoiled, with_spare(roster)) == {"rest_nights"}


def test_enough_free_nights_are_enough(plan: Plan, roster: Roster) -> None:
    assert rules_broken(given_to(plan, "zoe", MONDAY, MONDAY + timedelta(days=3)), with_spare(roster)) == set()


def test_two_shifts_at_the_same_time_are_an_overlap(plan: Plan, roster: Roster) -> None:
    first = replace(plan.seats[0], engineer="zoe")
    longer = replace(first, window=shifted(first, end=timedelta(hours=1)))
    spoiled = bare(replace(plan, seats=(first, longer, *plan.seats[1:])))
    assert (
        "rest_nights: zoe is on two shifts that overlap, Mon 2027-01-04 (weeknight) and Mon 2027-01-04 (weeknight)"
        in sentences(spoiled, with_spare(roster, rest_nights=0))
    )


def test_neighbouring_weekends_are_named(plan: Plan, roster: Roster) -> None:
    spoiled = given_to(plan, "zoe", date(2027, 1, 8), date(2027, 1, 15))
    assert sentences(spoiled, with_spare(roster)) == [
        "weekends_apart: zoe works the weekends of Fri 2027-01-08 (weekend) and Fri 2027-01-15 (weekend); "
        "the rule is 1 in 2"
    ]


def test_weekends_two_apart_break_a_rule_of_three(plan: Plan, roster: Roster) -> None:
    spoiled = given_to(plan, "zoe", date(2027, 1, 8), date(2027, 1, 22))
    assert rules_broken(spoiled, with_spare(roster)) == set()
    assert "weekends_apart" in rules_broken(spoiled, with_spare(roster, weekends_apart=3))


def test_shifts_of_one_daily_weekend_are_one_weekend() -> None:
    roster = team(*(person(f"p{n}") for n in range(14)), weekend=WeekendStyle.DAILY, rest_nights=1)
    made = fairest_plan(roster, shifts_of(roster, days=14))
    spoiled = given_to(made, "zoe", date(2027, 1, 8), date(2027, 1, 10))
    assert rules_broken(spoiled, with_spare(roster)) == set()
    assert rules_broken(given_to(spoiled, "zoe", date(2027, 1, 16)), with_spare(roster)) == {"weekends_apart"}


def test_too_many_shifts_in_a_week_are_counted(plan: Plan, roster: Roster) -> None:
    spoiled = given_to(plan, "zoe", MONDAY, MONDAY + timedelta(days=3))
    assert "max_shifts_per_week: zoe starts 2 shifts in the week of 2027-01-04; the most is 1" in sentences(
        spoiled, with_spare(roster, max_shifts_per_week=1)
    )


def test_too_many_shifts_in_a_month_are_counted(plan: Plan, roster: Roster) -> None:
    spoiled = given_to(plan, "zoe", MONDAY, MONDAY + timedelta(days=3))
    assert "max_shifts_per_month: zoe starts 2 shifts in January 2027; the most is 1" in sentences(
        spoiled, with_spare(roster, max_shifts_per_month=1)
    )


# ---- claims of the proof


def claims(plan: Plan, change: Callable[[Fairness], Fairness], **more: Any) -> Plan:
    assert plan.fairness is not None
    return replace(plan, fairness=change(plan.fairness), **more)


def _first(fairness: Fairness, **changes: Any) -> Fairness:
    engineer = replace(fairness.engineers[1], **changes)
    return replace(fairness, engineers=(fairness.engineers[0], engineer, *fairness.engineers[2:]))


def _load(fairness: Fairness, **changes: Any) -> Fairness:
    loads = fairness.engineers[1].loads
    return _first(fairness, loads=(replace(loads[0], **changes), *loads[1:]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: replace(f, cost=f.cost + 1, bound=f.cost + 1), "fairness: the plan states a cost of"),
        (lambda f: replace(f, bound=f.cost + 1), "fairness: the plan states that no plan costs less than"),
        (lambda f: replace(f, bound=f.cost - 1), "fairness: the plan states that it is optimal, but its cost"),
        (lambda f: replace(f, engineers=f.engineers[1:]), "fairness: ana is missing from the plan's fairness"),
        (lambda f: _first(f, weight=1.0), "fairness: the plan states a weight of 1 for ben; it is 20"),
        (lambda f: _load(f, count=99), "fairness: the plan states 99 weeknight shifts as primary for ben; it is"),
        (
            lambda f: _load(f, share=0.5),
            "fairness: the plan states a share of 0.500 weeknight shifts as primary for ben; it is",
        ),
        (
            lambda f: _first(f, loads=f.engineers[1].loads[1:]),
            "fairness: the plan does not state how many weeknight shifts as primary ben has",
        ),
        (
            lambda f: replace(f, engineers=(*f.engineers, EngineerFairness("ghost", 1.0, ()))),
            "fairness: the plan states the fairness of ghost, who is not an engineer of the roster",
        ),
    ],
)
def test_a_false_claim_is_named(
    plan: Plan, roster: Roster, change: Callable[[Fairness], Fairness], sentence: str
) -> None:
    found = sentences(claims(plan, change), roster)
    assert any(line.startswith(sentence) for line in found), found


def test_a_feasible_plan_need_not_reach_its_bound(plan: Plan, roster: Roster) -> None:
    honest = claims(plan, lambda f: replace(f, bound=f.cost - 1), status=PlanStatus.FEASIBLE)
    assert sentences(honest, roster) == []


def test_two_people_swapped_without_redoing_the_proof_is_found(plan: Plan, roster: Roster) -> None:
    """Any exchange of people either breaks a rule or leaves all counts as they are."""
    for left, right in combinations(range(0, 16, 2), 2):
        seats = list(plan.seats)
        seats[left], seats[right] = (
            replace(seats[left], engineer=seats[right].engineer),
            replace(seats[right], engineer=seats[left].engineer),
        )
        if seats[left].kind is not seats[right].kind and seats[left].engineer != seats[right].engineer:
            assert check_plan(replace(plan, seats=tuple(seats)), roster)


def test_loads_carry_every_role_and_all_together(plan: Plan) -> None:
    assert plan.fairness is not None
    assert [load.role for load in plan.fairness.engineers[0].loads[:3]] == ["primary", "secondary", None]
    assert isinstance(plan.fairness.engineers[0].loads[0], Load)
