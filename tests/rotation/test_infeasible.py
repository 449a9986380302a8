"""When no plan can exist, the message says which dates, roles, people and rules stand in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import Absence, DaysOff, FixedSeat, Roster, WeekendStyle
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.support.holidays import public_holidays
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of

HOPELESS = "\n  no relaxation makes a plan possible; change the people, their dates or the rules"


def refusal_of(roster: Roster, *, days: int = 7) -> str:
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=days))
    return str(refusal.value)


def test_one_person_cannot_hold_two_roles() -> None:
    assert refusal_of(team_of(1), days=28) == (
        "no plan is possible: 20 shifts have fewer people than roles\n"
        "  Mon 2027-01-04 to Fri 2027-01-29 (20 shifts): "
        "primary and secondary need 2 people and only ana can be on call (the roster has nobody else)\n"
        "  even with nobody away, these rules need 6 people for these dates; the roster has 1"
        f"{HOPELESS}"
    )


def test_a_shift_that_nobody_can_take_names_the_roles_and_the_engineers_once() -> None:
    people = [person(name, absences=away(MONDAY, 2, reason="offsite")) for name in ("ana", "ben")]
    helpers = [person(name, joins=date(2027, 1, 6)) for name in ("cai", "dee", "eve", "fay")]
    assert refusal_of(team(*people, *helpers)) == (
        "no plan is possible: 2 shifts have fewer people than roles\n"
        "  Mon 2027-01-04 to Tue 2027-01-05 (2 shifts): "
        "nobody can be primary or secondary (ana and ben are away 2027-01-04 to 2027-01-05 (offsite); "
        "cai, dee, eve and fay join only on 2027-01-06)"
        "\n  with nobody away, the 6 people of the roster are enough; with the days off as they are, the "
        "team needs 4 more who take every role and are never away\n"
        "  a plan exists with rest_nights 0 around the week of 2027-01-04, and ana's and ben's days off from "
        "2027-01-04 to 2027-01-05 moved: "
        "--relax rest_nights=0@2027-01-04..2027-01-10 "
        "--relax unavailable@2027-01-04..2027-01-05:ana --relax unavailable@2027-01-04..2027-01-05:ben"
    )


def test_a_weekly_day_off_of_everybody_is_named_once_with_its_dates() -> None:
    wednesdays = (Absence(date.min, date.max, weekday=2),)
    told = refusal_of(team(*(person(name, absences=wednesdays) for name in ("ana", "ben", "cai"))), days=56)
    assert (
        "  Tue 2027-01-05 to Wed 2027-01-06 (2 shifts), Tue 2027-01-12 to Wed 2027-01-13 (2 shifts), "
        "Tue 2027-01-19 to Wed 2027-01-20 (2 shifts), Tue 2027-01-26 to Wed 2027-01-27 (2 shifts), "
        "Tue 2027-02-02 to Wed 2027-02-03 (2 shifts), Tue 2027-02-09 to Wed 2027-02-10 (2 shifts), and 2 more: "
        "nobody can be primary or secondary (ana, ben and cai are away every Wednesday)\n"
    ) in told


def test_a_role_that_only_juniors_are_left_for_names_the_role() -> None:
    seniors = [person(name, absences=away(MONDAY)) for name in ("ana", "ben")]
    juniors = [person(name, roles=["secondary"]) for name in ("jo", "kit")]
    helpers = [person(name, leaves=MONDAY - timedelta(days=1)) for name in ("old",)]
    assert refusal_of(team(*seniors, *juniors, *helpers), days=1) == (
        "no plan is possible: 1 shift has fewer people than roles\n"
        "  Mon 2027-01-04 (weeknight): nobody can be primary (ana and ben are away on 2027-01-04 (vacation); "
        "jo and kit do not take the role primary; old has left (last day 2027-01-03))\n"
        "  with nobody away, the 5 people of the roster are enough; with the days off as they are, the team needs 1 "
        "more who takes every role and is never away\n"
        "  a plan exists with ana's day off on 2027-01-04 moved: --relax unavailable@2027-01-04:ana"
    )


def test_a_team_too_small_for_its_rest_is_told_the_size_it_needs() -> None:
    assert refusal_of(team_of(4), days=56) == (
        "no plan is possible: there are more duties than people can take\n"
        "  each of the 8 weeks from 2027-01-04 to 2027-02-28: 5 shifts in 2 roles are 10 duties, "
        "and under rest_nights 2 people can take 8: ana 2, ben 2, cai 2, dee 2\n"
        "  even with nobody away, these rules need 6 people for these dates; the roster has 4\n"
        "  a plan exists with rest_nights 1 around the shifts of 2027-01-04 to 2027-02-26: "
        "--relax rest_nights=1@2027-01-04..2027-02-26"
    )


def test_a_week_with_too_many_away_names_them() -> None:
    christmas = away(date(2027, 1, 11), 7, reason="ski week")
    absent = (person(name, absences=christmas) for name in ("ana", "ben", "cai"))
    roster = team(*absent, *team_of(8).engineers[3:], days_off=DaysOff.EVENINGS)
    assert refusal_of(replace(roster, engineers=roster.engineers[:7]), days=28) == (
        "no plan is possible: there are more duties than people can take\n"
        "  the week of 2027-01-11: 5 shifts in 2 roles cannot be staffed under rest_nights 2 by the 5 people who are "
        "left when ben and cai are away 2027-01-11 to 2027-01-17 (ski week); that is so even if ana were there\n"
        "  with nobody away, 6 of the 7 people are enough; "
        "with the days off as they are, the team needs 2 more who take every role and are never away\n"
        "  a plan exists with rest_nights 1 around the week of 2027-01-11: "
        "--relax rest_nights=1@2027-01-11..2027-01-17\n"
        "  a plan exists with ana's and ben's days off on 2027-01-13 moved: "
        "--relax unavailable@2027-01-13:ana --relax unavailable@2027-01-13:ben"
    )


def test_days_off_that_make_no_difference_are_not_blamed() -> None:
    week = away(date(2027, 1, 11), 7, reason="ski week")
    people = [person(name, absences=week) for name in ("ana", "ben", "cai", "dee")]
    message = refusal_of(team(*people, *team_of(7).engineers[4:]), days=28)
    assert (
        "the week of 2027-01-11: 5 shifts in 2 roles cannot be staffed under rest_nights 2 by the 5 people who are "
        "left when cai and dee are away 2027-01-11 to 2027-01-17 (ski week); that is so even if ana, ben were there"
    ) in message


def test_where_adding_up_shows_it_the_sum_is_told_and_only_what_it_takes() -> None:
    week = away(date(2027, 1, 11), 7, reason="ski week")
    people = [person(name, absences=week) for name in ("ana", "ben", "cai")]
    roster = team(*people, *team_of(7).engineers[3:], rest_nights=1, max_shifts_per_week=2, holidays_apart=2)
    message = refusal_of(replace(roster, holidays=public_holidays("US")), days=28)
    assert (
        "the week of 2027-01-11: 5 shifts in 2 roles are 10 duties, and under max_shifts_per_week 2 people can take 8: "
        "ana 0 (away 2027-01-11 to 2027-01-17 (ski week)), ben 0 (away 2027-01-11 to 2027-01-17 (ski week)), "
        "cai 0 (away 2027-01-11 to 2027-01-17 (ski week)), dee 2, eve 2, fay 2, gus 2\n"
    ) in message


@pytest.mark.slow
def test_a_month_over_everybodys_most_names_the_rule() -> None:
    assert refusal_of(team_of(8, max_shifts_per_month=4), days=28) == (
        "no plan is possible: there are more duties than people can take\n"
        "  January 2027: 20 shifts in 2 roles are 40 duties, and under max_shifts_per_month 4 people can take 32: "
        "ana 4, ben 4, cai 4, dee 4, eve 4, fay 4, gus 4, hal 4\n"
        "  even with nobody away, these rules need 10 people for these dates; the roster has 8\n"
        "  a plan exists with max_shifts_per_month 5 in January 2027: "
        "--relax max_shifts_per_month=5@2027-01-01..2027-01-31"
    )


@pytest.mark.slow
def test_many_weeks_that_are_too_full_for_different_reasons_are_not_all_listed() -> None:
    starts = [MONDAY + timedelta(days=14 * week) for week in range(8)]
    trips = tuple(absence for start in starts for absence in away(start, 7, reason=f"trip of {start}"))
    people = [person("ana", absences=trips), person("ben", absences=trips), *team_of(6).engineers[2:]]
    lines = refusal_of(team(*people), days=112).split("\n")
    assert len(lines) == 1 + 6 + 1 + 1 + 1
    assert lines[7] == "  and 2 more like these"


def test_rules_that_clash_without_any_week_being_too_full_are_named_as_a_minimal_set() -> None:
    tuesday = MONDAY + timedelta(days=1)
    people = (person("ana"), person("ben", absences=away(tuesday, 3)), *team_of(6).engineers[2:])
    assert refusal_of(team(*people, days_off=DaysOff.EVENINGS)) == (
        "no plan keeps all the rules: the following exclude each other; without any one of them, the others can "
        "be kept\n"
        "  the week of Mon 2027-01-04: 5 shifts, 2 roles each\n"
        "  ben is away 2027-01-05 to 2027-01-07 (vacation)\n"
        "  rest_nights 2\n"
        "  with nobody away, the 6 people of the roster are enough; "
        "with the days off as they are, the team needs 1 more who takes every role and is never away\n"
        "  a plan exists with ben's day off on 2027-01-07 moved: --relax unavailable@2027-01-07:ben\n"
        "  a plan exists with rest_nights 1 around the week of 2027-01-04: "
        "--relax rest_nights=1@2027-01-04..2027-01-10"
    )


@pytest.mark.slow
def test_a_clash_of_half_a_year_is_told_in_heaps_when_its_smallest_set_would_take_too_long() -> None:
    people = [
        person(f"p{number}", absences=away(MONDAY + timedelta(days=7 * (5 * number % 26) + 4), 10))
        for number in range(12)
    ]
    message = refusal_of(team(*people, weekend=WeekendStyle.DAILY), days=182)
    assert message.startswith("no plan")
    assert "weekends_apart 2" in message


def test_too_few_weekends_for_a_kind_are_told_even_when_there_is_room_for_nights() -> None:
    message = refusal_of(team_of(6, weekends_apart=4, rest_nights=1), days=28)
    assert message == (
        "no plan is possible: there are more duties than people can take\n"
        "  the 4 weekends of 2027-01-08 to 2027-01-29: 4 shifts in 2 roles are 8 duties, "
        "and under weekends_apart 4 people can take 6: ana 1, ben 1, cai 1, dee 1, eve 1, fay 1\n"
        "  even with nobody away, these rules need 8 people for these dates; the roster has 6\n"
        "  a plan exists with weekends_apart 3 for cai around the weekend of 2027-01-29, "
        "and weekends_apart 3 for dee around the weekend of 2027-01-08: "
        "--relax weekends_apart=3@2027-01-29..2027-01-31:cai --relax weekends_apart=3@2027-01-08..2027-01-10:dee"
    )


def test_a_weekend_with_more_hours_than_anyone_may_have_is_named_with_its_hours() -> None:
    roster = team_of(8, rest_nights=0, weekends_apart=1, max_hours_per_week=60)
    assert refusal_of(roster, days=28) == (
        "no plan is possible: some shifts have more hours than an engineer may have\n"
        "  4 weekend shifts from 2027-01-08 to 2027-01-29 have up to 61 hours in seven days, "
        "so max_hours_per_week 60 lets nobody have them\n"
        "  even with nobody away and 12 more people, no plan keeps these rules\n"
        "  a plan exists with max_hours_per_week 72 in the shifts of 2027-01-04 to 2027-01-31: "
        "--relax max_hours_per_week=72@2027-01-04..2027-01-31"
    )


def test_a_turn_with_more_hours_than_anyone_may_have_is_named() -> None:
    roster = team_of(6, rest_nights=0, weekends_apart=1, max_hours_per_week=90, turn_weeks=1)
    assert (
        "  the turn of 2027-01-04 has 113 hours in seven days, so max_hours_per_week 90 lets nobody have it\n"
        in refusal_of(roster, days=7)
    )


def test_no_number_of_people_is_named_if_more_people_would_not_help() -> None:
    seats = tuple(FixedSeat(MONDAY + timedelta(days=day), "primary", "ana") for day in (0, 1))
    said = refusal_of(team_of(8, rest_nights=2, fixed=seats))
    assert "\n  even with nobody away and 12 more people, no plan keeps these rules\n" in said


def test_engineers_who_take_none_of_the_shifts_are_counted_and_not_listed() -> None:
    nights = [person(each.id, kinds=("weeknight",)) for each in team_of(3).engineers]
    weekends = [person(f"we-{number}", kinds=("weekend",)) for number in range(6)]
    said = refusal_of(team(*nights, *weekends, rest_nights=1, weekends_apart=1), days=28)
    assert "under rest_nights 1 people can take 24: ana 8, ben 8, cai 8; 6 others take no weeknight shifts" in said


def test_a_holiday_that_makes_a_week_too_tight_is_named() -> None:
    # Thursday night, the holiday on Friday and the weekend have no free night between them, so they need three pairs.
    roster = team_of(5, rest_nights=1, weekends_apart=1, holidays="US")
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, first_day=date(2027, 6, 14), days=7))
    assert "  the week of Mon 2027-06-14: 6 shifts, 2 roles each, with the holiday shift of Fri 2027-06-18\n" in str(
        refusal.value
    )


def test_a_search_that_ends_early_still_offers_a_relaxation() -> None:
    roster, stages = team_of(4, max_shifts_per_week=1), list[str]()
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(
            roster,
            shifts_of(roster, days=14),
            on_progress=lambda progress: stages.append(progress.stage),
            should_stop=lambda: any(stage.endswith("finding how many people it takes") for stage in stages),
        )
    assert refusal.value.relaxations
