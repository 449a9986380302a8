"""`rotation.points`: among plans as fair, one more even total in which shifts weigh differently."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rosters.roster import Points, Roster, SharesRule, WeekendStyle
from oncall.rosters.roster_file import read_roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.points import PointsMeasure
from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.even_points import points_value
from oncall.schedule.plan import Shift
from tests.cli.conftest import Oncall, oncall
from tests.rosters.conftest import GOOD, Refusal, folder, refusal
from tests.rotation.teams import MONDAY, person, shifts_of, team, team_of

__all__ = ["folder", "oncall", "refusal"]
HEAVY = Points((("weeknight", Fraction(1)), ("weekend", Fraction(4))))


def furthest(roster: Roster, shifts: Sequence[Shift]) -> Fraction:
    problem = Problem.of(roster, shifts)
    plan = fairest_plan(roster, shifts)
    numbers = {shift.window: number for number, shift in enumerate(problem.shifts)}
    people = [each.id for each in roster.engineers]
    seats = [StaffedSeat(numbers[seat.window], seat.role, people.index(seat.engineer)) for seat in plan.seats]
    assert problem.points is not None
    return problem.points.furthest(problem.counted_seats(seats))


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.sampled_from([1.0, 0.5, 0.7]), min_size=3, max_size=3),
    st.integers(0, 3),
    st.integers(1, 9),
)
def test_no_plan_as_fair_has_more_even_points(shares: list[float], weeknight: int, weekend: int) -> None:
    points = Points((("weeknight", Fraction(weeknight)), ("weekend", Fraction(weekend))))
    people = [person(f"p{number}", roles=["primary"], fte=fte) for number, fte in enumerate(shares)]
    roster = team(
        *people, points=points, rest_nights=0, weekends_apart=1, weekend=WeekendStyle.DAILY, roles=("primary",)
    )
    shifts = shifts_of(roster)
    problem = Problem.of(roster, shifts)
    assert problem.points is not None
    every = [
        [StaffedSeat(number, "primary", who) for number, who in enumerate(choice)]
        for choice in product(range(3), repeat=len(shifts))
    ]
    cheapest = min(problem.cost_of(seats) for seats in every)
    fair = [seats for seats in every if problem.cost_of(seats) == cheapest]
    best = min(points_value(problem, problem.points, seats) for seats in fair)
    plan = fairest_plan(roster, shifts)
    numbers = {shift.window: number for number, shift in enumerate(problem.shifts)}
    found = [StaffedSeat(numbers[seat.window], "primary", int(seat.engineer[1])) for seat in plan.seats]
    assert (problem.cost_of(found), points_value(problem, problem.points, found)) == (cheapest, best)
    assert any("no plan as fair is more even" in note for note in plan.notes)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.sampled_from([1.0, 0.5]), min_size=4, max_size=4),
    st.lists(st.sampled_from([("primary", "secondary"), ("secondary",)]), min_size=3, max_size=3),
    st.integers(2, 5),
    st.sampled_from(list(SharesRule)),
)
def test_no_plan_as_fair_has_more_even_points_when_some_take_one_role(
    shares: list[float], roles: list[tuple[str, ...]], weekend: int, rule: SharesRule
) -> None:
    points = Points((("weeknight", Fraction(1)), ("weekend", Fraction(weekend))))
    people = [
        person(f"p{number}", roles=own, fte=fte)
        for number, (fte, own) in enumerate(zip(shares, [("primary", "secondary"), *roles], strict=True))
    ]
    roster = team(*people, points=points, rest_nights=0, weekends_apart=1, shares=rule)
    shifts = shifts_of(roster, first_day=MONDAY + timedelta(days=2), days=3)
    problem = Problem.of(roster, shifts)
    assert problem.points is not None
    teams = [
        [(one, other) for one, other in product(range(4), repeat=2) if one != other and "primary" in people[one].roles]
        for _ in shifts
    ]
    every = [
        [
            StaffedSeat(number, role, who)
            for number, own in enumerate(choice)
            for role, who in zip(("primary", "secondary"), own, strict=True)
        ]
        for choice in product(*teams)
    ]
    costs = [problem.cost_of(seats) for seats in every]
    fair = [seats for seats, cost in zip(every, costs, strict=True) if cost == min(costs)]
    best = min(points_value(problem, problem.points, seats) for seats in fair)
    plan = fairest_plan(roster, shifts)
    numbers = {shift.window: number for number, shift in enumerate(problem.shifts)}
    found = [StaffedSeat(numbers[seat.window], seat.role, int(seat.engineer[1])) for seat in plan.seats]
    assert (problem.cost_of(found), points_value(problem, problem.points, found)) == (min(costs), best)
    assert any("no plan as fair is more even" in note for note in plan.notes)


@pytest.mark.parametrize("points", [HEAVY, Points()])
def test_the_points_of_five_people_and_a_quarter_are_proven_the_most_even(points: Points) -> None:
    roster = team_of(5, points=points, rest_nights=1)
    plan = fairest_plan(roster, shifts_of(roster, days=91))
    (note,) = [note for note in plan.notes if "everyone's total" in note]
    assert note.endswith("no plan as fair is more even")


def test_the_plan_says_how_even_its_points_are() -> None:
    roster = team_of(8, roles=("primary",), points=HEAVY)
    plan = fairest_plan(roster, shifts_of(roster, days=28))
    (note,) = [note for note in plan.notes if note.startswith("points: ")]
    assert note.startswith("points: everyone's total is within ")


@pytest.mark.parametrize("points", [HEAVY, Points()])
def test_the_checker_counts_the_points_again(points: Points) -> None:
    roster = team(*(person(f"p{n}", fte=(1.0, 0.5)[n % 2]) for n in range(8)), points=points, holidays="US")
    plan = fairest_plan(roster, shifts_of(roster, days=21))
    assert check_plan(plan, roster) == []
    note = next(each for each in plan.notes if "everyone's total" in each)
    false = tuple(re.sub(r"within [0-9.]+", "within 0.1", each) if each == note else each for each in plan.notes)
    [violation] = check_plan(replace(plan, notes=false), roster)
    found = re.search(r"within ([0-9.]+)", note)
    assert found is not None
    assert violation.rule == "points"
    assert violation.sentence == (
        f"the plan states that everyone's total is within 0.1 points of their share; it is {found[1]}"
    )


def test_hours_are_the_mean_length_of_the_shifts_of_a_kind() -> None:
    roster = team_of(6, points=Points())
    problem = Problem.of(roster, shifts_of(roster, days=28))
    measure = problem.points
    assert measure is not None
    assert {str(kind): float(weight * measure.unit) for kind, weight in measure.weights.items()} == {
        "weeknight": 13.0,
        "weekend": 61.0,
    }
    assert isinstance(measure, PointsMeasure)
    assert measure.name == "hours"


def test_without_points_nothing_changes() -> None:
    roster = team_of(6)
    assert Problem.of(roster, shifts_of(roster)).points is None
    assert not [note for note in fairest_plan(roster, shifts_of(roster)).notes if "total is within" in note]


@pytest.mark.parametrize(
    ("written", "points"),
    [
        ("hours", Points()),
        ("{weeknight: 1, weekends: 4.5}", Points((("weeknight", Fraction(1)), ("weekend", Fraction(9, 2))))),
    ],
)
def test_points_are_read(folder: Path, written: str, points: Points) -> None:
    (folder / "x.yaml").write_text(GOOD + f"rotation: {{points: {written}}}\n", encoding="utf-8")
    assert read_roster(Path("x.yaml")).rules.points == points
    assert points.of("holiday") == 1


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "minutes",
            '10:20: rotation.points: "minutes" is not a way to count points; '
            "write hours, or {weeknight: 1, weekend: 4}",
        ),
        ("[1, 2]", "10:20: rotation.points: is no table of points; write hours, or {weeknight: 1, weekend: 4}"),
        (
            "{weekand: 4}",
            '10:21: rotation.points.weekand: "weekand" is not a kind of shift of the policy; did you mean "weekend"?',
        ),
        (
            "{weekend: -1}",
            '10:30: rotation.points.weekend: "-1" is not a number of points; write one from 0 to 1000, like 4 or 1.5',
        ),
        ("{weekend: 0}", "10:20: rotation.points: gives no kind a point; write one like {weeknight: 1, weekend: 4}"),
    ],
)
def test_points_that_cannot_be_are_refused(refusal: Refusal, written: str, message: str) -> None:
    assert refusal(GOOD + f"rotation: {{points: {written}}}\n") == f"x.yaml:{message}"


POINTED = """\
team: tiny
timezone: America/New_York
rotation: {rest_nights: 0, weekends_apart: 1, points: {weeknight: 1, weekend: 4}}
engineers:
  - {id: ana, name: Ana Pereira, phone: "+13055550101"}
  - {id: ben, name: Ben Okafor, phone: "+13055550102"}
  - {id: chloe, name: Chloe Martin, phone: "+13055550103"}
"""


def test_fairness_and_the_ledger_show_points(oncall: Oncall, tmp_path: Path) -> None:
    roster, plan = tmp_path / "r.yaml", tmp_path / "p.json"
    roster.write_text(POINTED, encoding="utf-8")
    made = oncall("generate", roster, "--start", "2027-01-04", "--weeks", "2", "--output", plan)
    assert made.code == 0, made.err
    view = json.loads(oncall("fairness", plan, "--roster", roster, "--json").out)
    assert [each["engineer"] for each in view["points"]] == ["ana", "ben", "chloe"]
    assert sum(each["points"] for each in view["points"]) == 2 * (8 + 2 * 4)
    assert "points, all kinds and roles together:" in oncall("fairness", plan, "--roster", roster).out
    asked = ("ledger", "show", "--roster", roster, "--history", plan, "--no-history")
    entries = [each for each in json.loads(oncall(*asked, "--json").out)["entries"] if each["kind"] == "points"]
    assert sum(each["served"] + each["planned"] for each in entries) == 2 * (8 + 2 * 4)
    assert sum(each["balance"] for each in entries) == pytest.approx(0)
    assert [line.split()[:2] for line in oncall(*asked).out.splitlines()[-3:]] == [
        ["ana", "points"], ["ben", "points"], ["chloe", "points"],
    ]  # fmt: skip
