"""What was served against the share: balances add up to 0, newcomers start level, the next plan makes up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from oncall.errors import FileFaults
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.ledger import balances_of, ledger_of, zero_sum_balances
from oncall.rotation.problem.ledger_file import csv_of_ledger, read_ledger
from oncall.rotation.problem.served_seats import (
    PlanMembers,
    inferred_join_dates,
    seats_as_served,
    served_as_planned,
    served_with_overrides,
)
from oncall.schedule.plan import Balance, Plan, Seat
from oncall.schedule.plan_file import json_of
from oncall.schedule.plan_json import plan_of_json
from oncall.schedule.schedule import Override, Publication, Schedule
from oncall.support.calendar import calendar_of
from oncall.support.windows import Window, WindowKind
from tests.rotation.draws import drawn_roster
from tests.rotation.teams import MONDAY, person, shifts_of, team, team_of

NIGHT, WEEKEND = WindowKind.WEEKNIGHT, WindowKind.WEEKEND
SUNDAY = MONDAY + timedelta(days=27)


def quarter(roster: Roster, days: int = 28) -> Plan:
    made = fairest_plan(roster, shifts_of(roster, days=days))
    return replace(made, first_day=MONDAY, last_day=MONDAY + timedelta(days=days - 1))


def sums(balances: tuple[Balance, ...]) -> dict[WindowKind, int]:
    return {kind: sum(b.thousandths for b in balances if b.kind is kind) for kind in {b.kind for b in balances}}


def published(plan: Plan, roster: Roster, *overrides: Override) -> Schedule:
    calendar = calendar_of(roster.policy, roster.holidays)
    at = datetime(2026, 12, 1, tzinfo=UTC)
    seats, roles = plan.seats, roster.rules.roles
    publication = Publication(1, at, "mei", "", roster.team, roster.zone, roles, calendar, {}, None, plan.window, seats)
    return Schedule((publication,), overrides, calendar)


@pytest.mark.parametrize("seed", range(300))
def test_balances_of_everybody_add_up_to_0_for_each_kind(seed: int) -> None:
    draw = Random(seed)
    roster = drawn_roster(draw, sizes=(1, 6), days=28)
    people = [*(engineer.id for engineer in roster.engineers), "gone"]
    seats = [
        Seat(shift.window, shift.kind, role, draw.choice(people))
        for shift in shifts_of(roster, days=28)
        for role in roster.rules.roles
    ]
    opening = tuple(
        Balance(draw.choice(people), draw.choice([NIGHT, WEEKEND]), draw.randint(-3000, 3000)) for _ in "ab"
    )
    balances = balances_of(roster, seats, before=SUNDAY, opening=zero_sum_balances(roster, opening))
    assert set(sums(balances).values()) <= {0}


def test_whoever_served_more_owes_less_in_the_next_plan_and_the_plan_says_so() -> None:
    roster = team_of(8)
    shifts = shifts_of(roster, first_day=date(2027, 3, 1), days=56)
    owed = (Balance("ana", NIGHT, 3000), Balance("ben", NIGHT, -3000))
    made = fairest_plan(roster, shifts, context=PlanningContext(balances=owed))
    plan = replace(made, first_day=date(2027, 3, 1), last_day=date(2027, 4, 25))
    nights = {name: sum(s.engineer == name and s.kind is NIGHT for s in plan.seats) for name in ("ana", "ben", "cai")}
    assert nights == {"ana": 5, "ben": 11, "cai": 8}
    assert check_plan(plan, roster) == []
    assert plan_of_json(json_of(plan).decode(), "plan.json").balances == owed


def test_two_plans_with_the_ledger_between_them_are_as_fair_as_one() -> None:
    roster = team_of(7)
    first = quarter(roster, 35)
    balances = balances_of(roster, first.seats, before=MONDAY + timedelta(days=35))
    context = PlanningContext(first.seats, balances=balances)
    second = fairest_plan(roster, shifts_of(roster, first_day=MONDAY + timedelta(days=35), days=35), context=context)
    for kind in (NIGHT, WEEKEND):
        seats = [seat.engineer for seat in (*first.seats, *second.seats) if seat.kind is kind]
        counts = [seats.count(engineer.id) for engineer in roster.engineers]
        assert max(counts) - min(counts) <= 1


def test_a_newcomer_starts_level() -> None:
    roster = team_of(6)
    plan = quarter(roster)
    later = replace(roster, engineers=(*roster.engineers, person("new", joins=SUNDAY + timedelta(days=1))))
    assert all(b.engineer != "new" for b in balances_of(later, plan.seats, before=SUNDAY + timedelta(days=1)))


def test_an_override_moves_what_was_served_by_its_part_of_the_shift() -> None:
    roster = team_of(7)
    plan = quarter(roster)
    seat = plan.seats[0]
    half = Window(seat.window.start, seat.window.start + (seat.window.end - seat.window.start) / 2)
    cover = Override(2, datetime(2027, 1, 1, tzinfo=UTC), "mei", "ill", half, seat.role, "gus")
    served = served_with_overrides(published(plan, roster, cover))
    parts = {each.engineer: each.part for each in served if each.seat == seat}
    assert parts == {seat.engineer: Fraction(1, 2), "gus": Fraction(1, 2)}
    plain, moved = (
        {(e.engineer, e.kind): e.served for e in ledger_of(roster, each).entries}
        for each in (served_as_planned(plan.seats), served)
    )
    assert plain[seat.engineer, NIGHT] - moved[seat.engineer, NIGHT] == Fraction(1, 2)
    assert moved["gus", NIGHT] - plain["gus", NIGHT] == Fraction(1, 2)


def test_for_rest_a_seat_is_whose_who_served_most_of_it() -> None:
    roster = team_of(7)
    plan = quarter(roster)
    seat = plan.seats[0]
    hour = timedelta(hours=1)
    short = Override(
        2,
        datetime(2027, 1, 1, tzinfo=UTC),
        "mei",
        "x",
        Window(seat.window.start, seat.window.start + hour),
        seat.role,
        "gus",
    )
    assert set(seats_as_served(served_with_overrides(published(plan, roster, short)))) == set(plan.seats)


def test_what_a_leaver_leaves_behind_is_spread_over_those_who_have_a_part() -> None:
    roster = team_of(3)
    owed = (Balance("ana", NIGHT, 900), Balance("ben", NIGHT, 300), Balance("gone", NIGHT, -1200))
    assert zero_sum_balances(roster, owed) == (Balance("ana", NIGHT, 300), Balance("ben", NIGHT, -300))


def test_a_ledger_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    balances = (Balance("ana", NIGHT, 1250), Balance("ben", NIGHT, -1250))
    path = tmp_path / "balances.csv"
    path.write_bytes(csv_of_ledger(balances, date(2027, 4, 5)))
    assert path.read_text() == (
        "engineer,kind,balance,as_of\nana,weeknight,1.250,2027-04-05\nben,weeknight,-1.250,2027-04-05\n"
    )
    written = read_ledger(path)
    assert (written.balances, written.as_of) == (balances, date(2027, 4, 5))


def test_every_fault_of_a_ledger_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("engineer,kind,balance,as_of\nana,nights,1\nben,weekend,lots\nben,weekend,1,soon\nben,weekend,2\n")
    with pytest.raises(FileFaults) as refusal:
        read_ledger(path)
    assert str(refusal.value).replace(str(path), "other.csv").splitlines() == [
        'other.csv:2:1: "nights" is not a kind of shift; write weeknight, weekend or holiday',
        'other.csv:3:1: "lots" is not a number of shifts; write one like -1.5',
        'other.csv:4:1: "soon" is not a date; write "2027-01-04"',
        "other.csv:5:1: line 4 already has the weekend balance of ben; keep one of the two lines",
    ]


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,count\nana,1\n")
    with pytest.raises(FileFaults) as refusal:
        read_ledger(path)
    assert str(refusal.value) == (
        f"{path}:1:1: the column engineer is missing; the first line must be engineer,kind,balance"
    )


def test_a_roster_without_history_begins_level() -> None:
    assert ledger_of(team(person("ana"), person("ben")), []).balances == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "engineer;kind;balance\nana;weekend;1,5\n",
            "1:1: the cells are separated by semicolons; save the file with commas: "
            "the first line must be engineer,kind,balance",
        ),
        (
            "engineer,kind,balance\nana,weekend,1,5\n",
            "2:1: found 4 cells, and the first line has 3; write decimals with a point, like -1.5",
        ),
        (
            "engineer,kind,balance,balance\nana,weekend,1,5\n",
            "1:1: the column balance occurs more than once; the first line must be engineer,kind,balance",
        ),
        (
            "engineer,kind,balance,as_of\nana,weekend,1,2027-01-04\nben,weekend,-1,2027-01-05\n",
            "3:1: as_of is 2027-01-05, and 2027-01-04 on line 2; write the same date on every line",
        ),
        ("engineer,kind,balance\nana,weekend\n", '2:1: "" is not a number of shifts; write one like -1.5'),
        ('engineer,kind,balance\n"ana,weekend,1\n', "2:1: not CSV: unexpected end of data"),
        (f"engineer,kind,balance\n{'a' * 140_000},weekend,1\n", "2:1: not CSV: field larger than field limit (131072)"),
        ("", "1:1: the column engineer is missing; the first line must be engineer,kind,balance"),
    ],
)
def test_what_another_tool_may_write_is_refused_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(FileFaults) as refusal:
        read_ledger(path)
    assert str(refusal.value) == f"{path}:{fault}"


def test_capitals_and_further_columns_of_another_tool_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("Engineer,Team,Kind,Balance\nana,night-owls,Weekend,+0.5\n")
    assert read_ledger(path).balances == (Balance("ana", WEEKEND, 500),)


# ---- newcomers


def test_who_is_on_no_earlier_plan_owes_nothing_though_the_roster_does_not_say_when_they_joined() -> None:
    roster = team(*team_of(6).engineers, person("new"))
    six = frozenset(engineer.id for engineer in team_of(6).engineers)
    march = PlanMembers(date(2027, 3, 1), date(2027, 3, 28), six)
    april = PlanMembers(date(2027, 4, 1), date(2027, 4, 28), six | {"new"})
    assert inferred_join_dates(roster, [march]) == {"new": date(2027, 3, 29)}
    assert inferred_join_dates(roster, [march, april]) == {"new": date(2027, 4, 1)}
    assert inferred_join_dates(roster, [april]) == {}
    assert inferred_join_dates(roster, [replace(march, people=None)]) == {}
    assert inferred_join_dates(roster, []) == {}


def test_a_date_of_joining_in_the_roster_is_the_last_word() -> None:
    roster = team(*team_of(6).engineers, person("new", joins=date(2027, 2, 1)))
    march = PlanMembers(date(2027, 3, 1), date(2027, 3, 28), frozenset({"ana"}))
    assert "new" not in inferred_join_dates(roster, [march])
