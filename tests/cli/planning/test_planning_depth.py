"""Questions about plans in the terminal: why, what if, relaxations and the second opinion."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall
from tests.cli.planning.conftest import Planned
from tests.cli.teams import MOVED, REST, WEEK

# ---- exceptions


def test_without_a_plan_the_relaxations_that_make_one_possible_are_printed(oncall: Oncall, tight: Path) -> None:
    ran = oncall("generate", tight, *WEEK)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith(
        f"  a plan exists with ben's day off on 2027-01-07 moved: --relax {MOVED}\n"
        f"  a plan exists with rest_nights 1 around the week of 2027-01-04: --relax {REST}\n"
    )


def test_relaxations_come_by_id_as_json(oncall: Oncall, tight: Path) -> None:
    ran = oncall("generate", tight, *WEEK, "--json")
    answer = json.loads(ran.out)
    assert ran.code == 1
    assert (answer["status"], answer["relaxations"]) == ("infeasible", [[MOVED], [REST]])
    assert "rest_nights 2" in answer["reasons"]


@pytest.mark.parametrize(
    ("name", "text", "uses"),
    [
        (MOVED, "ben's day off on 2027-01-07 moved", "1 time"),
        (REST, "rest_nights 1 around the week of 2027-01-04", r"\d+ times?"),
    ],
)
def test_a_relaxation_is_planned_with_marked_and_accepted_by_verify(
    oncall: Oncall, tight: Path, tmp_path: Path, name: str, text: str, uses: str
) -> None:
    output = tmp_path / "plan.json"
    ran = oncall("generate", tight, *WEEK, "--relax", name, "--output", str(output))
    assert ran.code == 0, ran.err
    assert f"by agreement: {text}\n" in ran.err
    marks = json.loads(output.read_text(encoding="utf-8"))
    assert (marks["relaxed"], marks["notes"][-1]) == ([name], f"by agreement: {text}")
    verified = oncall("verify", str(output), "--roster", tight)
    assert verified.code == 0, verified.err
    first, *_, second = verified.out.splitlines()
    assert first == f"{output}: keeps every rule except for 1 relaxation that it is marked with"
    assert re.fullmatch(f"  accepted: {re.escape(text)}; used {uses}", second)


def test_verify_as_json_has_the_accepted_relaxations(oncall: Oncall, tight: Path, planned: Planned) -> None:
    output = planned(tight, "plan.json", *WEEK, "--relax", MOVED)
    answer = json.loads(oncall("verify", str(output), "--roster", tight, "--json").out)
    assert answer["relaxed"] == [{"id": MOVED, "text": "ben's day off on 2027-01-07 moved", "uses": 1}]


def test_a_mark_that_is_no_relaxation_is_a_fault_of_the_plan_file(
    oncall: Oncall, tight: Path, planned: Planned
) -> None:
    output = planned(tight, "plan.json", *WEEK, "--relax", MOVED)
    output.write_text(output.read_text(encoding="utf-8").replace(MOVED, "everything"), encoding="utf-8")
    ran = oncall("verify", str(output), "--roster", tight)
    assert ran.code == 1
    assert ran.err == (
        f'{output}:8:15: relaxed[0]: "everything" is not a relaxation: write one as `generate` proposed it, like '
        '"rest_nights=1@2027-12-20..2027-12-26"\n'
    )


def test_a_relaxation_that_does_not_fit_is_refused_before_the_search(oncall: Oncall, tight: Path) -> None:
    ran = oncall("generate", tight, *WEEK, "--relax", "rest_night=1@2027-01-04")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        'oncall: "rest_night=1@2027-01-04" is not a relaxation: "rest_night" cannot be relaxed; '
        'did you mean "rest_nights"?\n'
    )


# ---- verify --optimal


def test_another_solver_confirms_the_optimum(oncall: Oncall, roster: Path, week: Path) -> None:
    ran = oncall("verify", week, "--roster", roster, "--optimal")
    assert ran.code == 0, ran.err
    last = ran.out.splitlines()[-1]
    assert re.fullmatch(
        r"HiGHS, another solver, proves it too: no plan costs less than 396 \((under 0\.1|\d+\.\d) s\)", last
    )


def test_another_solver_examines_what_the_planner_decides_after_the_cost(
    oncall: Oncall, roster: Path, week: Path
) -> None:
    ran = oncall("verify", week, "--roster", roster, "--optimal")
    (totals,) = [line for line in ran.out.splitlines() if line.startswith("totals: ")]
    assert re.fullmatch(
        r"totals: HiGHS proves that no plan as fair has more even totals over all kinds "
        r"\(unevenness: \d+; (under 0\.1|\d+\.\d) s\)",
        totals,
    )
    answer = json.loads(oncall("verify", week, "--roster", roster, "--optimal", "--json").out)["second_opinion"]
    (stage,) = [each for each in answer["stages"] if each["stage"] == "totals"]
    assert (stage["optimal"], stage["bound"], stage["best"]) == (True, stage["value"], stage["value"])


def test_another_solver_says_how_far_a_plan_is_from_the_optimum(
    oncall: Oncall, roster: Path, week: Path, tmp_path: Path
) -> None:
    rows = json.loads(week.read_text(encoding="utf-8"))
    rows["fairness"] = rows["status"] = None
    for row in rows["shifts"]:
        row["engineer"] = "ana" if row["role"] == "primary" else "ben"
    unfair = tmp_path / "unfair.json"
    unfair.write_text(json.dumps(rows), encoding="utf-8")
    cost = json.loads(oncall("verify", str(unfair), "--roster", roster, "--json").out)["cost"]
    assert cost > 396
    last = oncall("verify", str(unfair), "--roster", roster, "--optimal").out.splitlines()[-1]
    assert re.fullmatch(
        rf"HiGHS, another solver, proves that no plan costs less than 396; this one costs {cost}; "
        r"it found one that costs 396 \((under 0\.1|\d+\.\d) s\)",
        last,
    )
    answer = json.loads(oncall("verify", str(unfair), "--roster", roster, "--optimal", "--json").out)["second_opinion"]
    assert (answer["solver"], answer["optimal"], answer["bound"], answer["best"]) == ("HiGHS", False, 396, 396)
