"""`check` warns of rules that leave too few engineers for an ordinary week, and the planner agrees with each number."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import PlanInfeasible
from oncall.planning.plans.roster_warnings import roster_warnings
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_from_text
from oncall.rotation.explain.feasibility import feasibility
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import FOUND, Search, SearchBudget, SearchStatus
from oncall.schedule.plan import Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy, read_policy
from tests.cli.conftest import Oncall, oncall
from tests.schedule.test_least_people import roster_text

__all__ = ["oncall"]
MONDAY = date(2027, 1, 4)
PACKAGED = packaged_policy(ZoneInfo("America/New_York"))
FOLLOW_THE_SUN = read_policy(Path(__file__).parents[2] / "rosters" / "follow-the-sun.policy.yaml")


def roster_of(text: str, policy: Policy = PACKAGED) -> Roster:
    return roster_from_text(text, "x.yaml", policy)


def shifts_of(roster: Roster, last: date) -> tuple[Shift, ...]:
    calendar = calendar_of(roster.policy, roster.holidays)
    return shifts_between(calendar, first_day=MONDAY, last_day=last, rules=roster.rules)


def warnings(text: str, policy: Policy = PACKAGED) -> dict[str, str]:
    found = roster_warnings(roster_of(text, policy))
    return {".".join(str(key) for key in place): sentence for place, sentence in found}


def planned(people: int, rules: str) -> SearchStatus:
    roster = roster_of(roster_text(people, rules))
    problem = Problem.of(roster, shifts_of(roster, date(2027, 3, 28)))
    return feasibility(problem, SearchBudget(60.0, per_run=60.0), Search())


@pytest.mark.parametrize(
    ("people", "rules", "rest"),
    [
        (3, "turn: week", "rest_nights 2 one engineer can have only one of 2 turns in a row"),
        (5, "turn: week, rest_nights: 8", "rest_nights 8 one engineer can have only one of 3 turns in a row"),
        (3, "turn: 2 weeks, rest_nights: 14", "rest_nights 14 one engineer can have only one of 2 turns in a row"),
        (
            5,
            "turn: week, rest_nights: 0, weekends_apart: 3",
            "weekends_apart 3 one engineer can have only one of 3 turns in a row",
        ),
        (
            7,
            "turn: week, handover: sat, rest_nights: 0, weekends_apart: 3",
            "weekends_apart 3 one engineer can have only one of 4 turns in a row",
        ),
        (
            5,
            "turn: week, rest_nights: 0, weekends_apart: 1, min_rest_hours: 180",
            "min_rest_hours 180 one engineer can have only one of 3 turns in a row",
        ),
        (
            2,
            "turn: week, handover: fri, roles: [primary], rest_nights: 0, weekends_apart: 1, max_shifts_per_week: 4",
            None,
        ),
        (
            1,
            "turn: week, handover: fri, roles: [primary], rest_nights: 0, weekends_apart: 1, max_shifts_per_week: 4",
            "max_shifts_per_week 4 one engineer can have only one of 2 turns in a row",
        ),
        (
            8,
            "max_shifts_per_week: 1",
            "max_shifts_per_week 1 one engineer can have only one of the 5 shifts of Mon, Tue, Wed, Thu and Fri",
        ),
        (
            4,
            "rest_nights: 0, weekends_apart: 1, max_shifts_per_week: 2",
            "max_shifts_per_week 2 one engineer can have only 2 of the 5 shifts of Mon, Tue, Wed, Thu and Fri",
        ),
    ],
)
def test_the_number_of_people_that_check_names_is_the_planners(people: int, rules: str, rest: str | None) -> None:
    sentence = warnings(roster_text(people, rules)).get("engineers", "")
    if rest is None:
        assert (sentence, planned(people, rules) in FOUND) == ("", True)
        return
    needed = re.search("needs ([0-9]+): by ", sentence)
    assert needed is not None
    assert sentence.endswith(f"by {rest}")
    assert planned(int(needed[1]) - 1, rules) is SearchStatus.INFEASIBLE
    assert planned(int(needed[1]), rules) in FOUND


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "America/New_York", "Australia/Sydney", "Africa/Casablanca"])
@pytest.mark.parametrize(
    "rules",
    [
        "turn: week, handover: mon 08:00, max_hours_per_week: 113",
        "turn: 2 weeks, handover: mon 08:00, max_hours_per_week: 113",
        "turn: 8 weeks, handover: mon 08:00, max_hours_per_week: 113",
        "max_hours_per_week: 61",
        "weekend: daily, rest_nights: 0, weekends_apart: 1, min_rest_hours: 11",
    ],
)
def test_a_change_of_the_clocks_is_no_ordinary_week(zone: str, rules: str) -> None:
    text = roster_text(9, rules).replace("America/New_York", zone)
    assert warnings(text, packaged_policy(ZoneInfo(zone))) == {}


def test_turns_of_each_region_need_people_of_that_region() -> None:
    text = "\n".join(
        [
            "team: t",
            "timezone: UTC",
            "rotation: {turn: week, roles: [primary]}",
            "engineers:",
            *(
                f'  - {{id: {kind}{n}, name: P{n}, phone: "+1305555{number}{n}0", kinds: [{kind}]}}'
                for number, kind in enumerate(("apac", "emea", "amer"), 10)
                for n in range(1 if kind == "emea" else 3)
            ),
        ]
    )
    assert warnings(text, FOLLOW_THE_SUN) == {
        "engineers": "has 1 engineer for primary who can take such a turn, and needs 2: by rest_nights 2 one engineer "
        "can have only one of 2 emea turns in a row"
    }


def test_an_engineer_whose_weekly_day_off_blocks_every_turn_is_named_and_does_not_count(
    oncall: Oncall, tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    text = roster_text(3, "turn: week", '  - {id: f, name: F, phone: "+13055550199", unavailable: [{every: fridays}]}')
    path.write_text(text, encoding="utf-8")
    ran = oncall("check", path)
    assert ran.code == 0
    assert [line for line in ran.err.splitlines() if "manager" not in line] == [
        f"warning: {path}:5:3: engineers: has 3 engineers for primary and secondary who can take such a turn, and "
        "needs 4: by rest_nights 2 one engineer can have only one of 2 turns in a row",
        f"warning: {path}:8:59: engineers[3].unavailable[0]: leaves f no turn at all, because an engineer takes a turn "
        "whole and each turn has a Friday; limit it with from and to, or write turn: shift",
    ]
    roster = roster_of(text)
    problem = Problem.of(roster, shifts_of(roster, date(2027, 3, 28)))
    assert problem.eligible_shifts[3] == ()
    assert feasibility(problem, SearchBudget(60.0, per_run=60.0), Search()) is SearchStatus.INFEASIBLE


@pytest.mark.parametrize(
    ("more", "place", "sentence"),
    [
        (
            "kinds: [weekend], unavailable: [{every: saturdays}]",
            "engineers.8.unavailable.0",
            "leaves f no shift at all, because each touches a Saturday; limit it with from and to",
        ),
        ("kinds: [weekend], unavailable: [{every: saturdays, to: 2027-01-31}]", None, ""),
        ("unavailable: [{every: saturdays}]", None, ""),
    ],
)
def test_a_weekly_day_off_is_named_if_it_leaves_no_shift(more: str, place: str | None, sentence: str) -> None:
    found = warnings(roster_text(8, "", f'  - {{id: f, name: F, phone: "+13055550199", {more}}}'))
    assert found == ({} if place is None else {place: sentence})


@pytest.mark.parametrize(
    ("rules", "more", "place", "sentence"),
    [
        (
            "turn: week, max_shifts_per_week: 4",
            "",
            "rotation.max_shifts_per_week",
            "no engineer can have a whole turn, which has 5 shifts in one week; write 5 or more",
        ),
        (
            "turn: week, max_shifts_per_month: 4",
            "",
            "rotation.max_shifts_per_month",
            "no engineer can have a turn that lies in one month, which has 5 shifts; write 5 or more",
        ),
        (
            "turn: 2 weeks",
            "max_shifts: 9",
            "engineers.8.max_shifts",
            "f can have no whole turn, which has 10 shifts; write 10 or more",
        ),
        (
            "turn: week",
            "kinds: [weeknight]",
            "engineers.8.kinds",
            "f can take no turn, because an engineer takes a turn whole, with its shifts of weeknight and weekend",
        ),
    ],
)
def test_a_maximum_that_no_turn_keeps_is_named(rules: str, more: str, place: str, sentence: str) -> None:
    member = f'  - {{id: f, name: F, phone: "+13055550199"{f", {more}" if more else ""}}}'
    assert warnings(roster_text(8, rules, member)) == {place: sentence}


FIXED = "fixed: [{{day: {}, role: primary, engineer: p0}}, {{day: {}, role: {}, engineer: {}}}]"


@pytest.mark.parametrize(
    ("rules", "seats", "sentence"),
    [
        (
            "rest_nights: 1",
            ("2027-02-01", "2027-02-02", "secondary", "p0"),
            "p0 also has the seat of Mon 2027-02-01 (rotation.fixed[0], line 3), and rest_nights 1 does not let one "
            "engineer have both; fix one for another engineer or date",
        ),
        (
            "rest_nights: 0, min_rest_hours: 30",
            ("2027-02-01", "2027-02-02", "primary", "p0"),
            "p0 also has the seat of Mon 2027-02-01 (rotation.fixed[0], line 3), and min_rest_hours 30 does not let "
            "one engineer have both; fix one for another engineer or date",
        ),
        (
            "weekends_apart: 3",
            ("2027-02-05", "2027-02-19", "primary", "p0"),
            "p0 also has the seat of Fri 2027-02-05 (rotation.fixed[0], line 3), and weekends_apart 3 does not let one "
            "engineer have both; fix one for another engineer or date",
        ),
        (
            "max_hours_per_week: 70, rest_nights: 1",
            ("2027-02-03", "2027-02-05", "primary", "p0"),
            "p0 also has the seat of Wed 2027-02-03 (rotation.fixed[0], line 3), and max_hours_per_week 70 does not "
            "let one engineer have both; fix one for another engineer or date",
        ),
        (
            "turn: week",
            ("2027-02-01", "2027-02-08", "primary", "p0"),
            "p0 also has the seat of Mon 2027-02-01 (rotation.fixed[0], line 3), and rest_nights 2 does not let one "
            "engineer have both; fix one for another engineer or date",
        ),
        (
            "turn: week",
            ("2027-02-01", "2027-02-03", "primary", "p1"),
            "is in the turn in which the seat of Mon 2027-02-01 (rotation.fixed[0], line 3) fixes p0 as primary, and "
            "an engineer has one role for a whole turn; delete one of the two",
        ),
        ("turn: week", ("2027-02-01", "2027-02-03", "primary", "p0"), None),
        ("rest_nights: 1", ("2027-02-01", "2027-02-03", "primary", "p0"), None),
        ("rest_nights: 1", ("2027-02-01", "2027-02-02", "primary", "p1"), None),
    ],
)
def test_two_fixed_seats_that_a_rule_does_not_allow_are_named_and_no_plan_has_both(
    rules: str, seats: tuple[str, str, str, str], sentence: str | None
) -> None:
    text = roster_text(10, f"{rules}, {FIXED.format(*seats)}")
    assert warnings(text) == ({} if sentence is None else {"rotation.fixed.1": sentence})
    roster = roster_of(text)
    if sentence is None:
        assert fairest_plan(roster, shifts_of(roster, date(2027, 2, 28))).seats
        return
    with pytest.raises(PlanInfeasible):
        fairest_plan(roster, shifts_of(roster, date(2027, 2, 28)))


def test_check_shows_the_place_of_the_second_fixed_seat(oncall: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    rules = f"rest_nights: 1, {FIXED.format('2027-02-01', '2027-02-02', 'primary', 'p0')}"
    path.write_text(roster_text(6, rules), encoding="utf-8")
    ran = oncall("check", path)
    assert ran.code == 0
    assert f"warning: {path}:3:84: rotation.fixed[1]: p0 also has the seat of Mon 2027-02-01" in ran.err
