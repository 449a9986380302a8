"""`oncall import` turns a team's own rota into a plan for the other commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import ROSTERS, Oncall
from tests.cli.planning.conftest import Planned
from tests.cli.teams import WEEK


@pytest.fixture
def rota(tmp_path: Path) -> Path:
    """A week of the team of three; row 3 names Bob, who is on no roster."""
    path = tmp_path / "rota.csv"
    path.write_text("date;primary;secondary\n2027-01-04;Ana Pereira;ben\n2027-01-05;chloe;Bob\n")
    return path


def test_what_cannot_be_read_is_listed_and_nothing_is_written(
    oncall: Oncall, rota: Path, roster: Path, tmp_path: Path
) -> None:
    ran = oncall("import", rota, "--roster", roster, "--output", tmp_path / "plan.json")
    assert ran.code == 1
    assert ran.out == (
        'row 3, secondary: "Bob" is not on the roster; write one of Ana Pereira, Ben Okafor, Chloe Martin\n'
    )
    assert ran.err == (
        "1 seat has no engineer from 2027-01-04 to 2027-01-05; the first is secondary of the shift of "
        "Tue 2027-01-05 19:01\n"
        f"oncall: {rota}: 1 part could not be read, so nothing was written; correct the file, or write the rest with "
        "--partial\n"
    )
    assert not (tmp_path / "plan.json").exists()


def test_partial_writes_the_rest(oncall: Oncall, rota: Path, roster: Path, tmp_path: Path) -> None:
    ran = oncall("import", rota, "--roster", roster, "--output", tmp_path / "plan.json", "--partial", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {
        "output": str(tmp_path / "plan.json"),
        "first_day": "2027-01-04",
        "last_day": "2027-01-05",
        "seats": 3,
        "left_out": [
            {
                "number": 3,
                "place": "row 3, secondary",
                "message": '"Bob" is not on the roster; write one of Ana Pereira, Ben Okafor, Chloe Martin',
            }
        ],
        "notes": [
            "1 seat has no engineer from 2027-01-04 to 2027-01-05; the first is secondary of the shift of "
            "Tue 2027-01-05 19:01"
        ],
    }
    assert ran.err.endswith(
        f"3 seats from 2027-01-04 to 2027-01-05, written to {tmp_path / 'plan.json'}; "
        "1 part of the file could not be read\n"
    )


@pytest.mark.parametrize("ending", ["csv", "xlsx", "ics"])
def test_every_form_that_generate_writes_comes_back_as_the_same_plan(
    oncall: Oncall, planned: Planned, roster: Path, tmp_path: Path, ending: str
) -> None:
    written = planned(roster, f"week.{ending}", *WEEK)
    expected = planned(roster, "expected.csv", *WEEK)
    ran = oncall("import", written, "--roster", roster, "--output", tmp_path / "back.csv")
    assert ran.code == 0, ran.out + ran.err
    assert (tmp_path / "back.csv").read_text() == expected.read_text()


def test_a_workbook_of_generate_with_requests_that_are_not_met_comes_back_as_the_same_plan(
    oncall: Oncall, planned: Planned, tmp_path: Path
) -> None:
    roster = ROSTERS / "itopia-cas.yaml"
    dates = ("--start", "2027-01-04", "--weeks", "4", "--no-history")
    written, expected = planned(roster, "weeks.xlsx", *dates), planned(roster, "expected.csv", *dates)
    assert "requests not met" in load_workbook(written).sheetnames
    ran = oncall("import", written, "--roster", roster, "--output", tmp_path / "back.csv")
    assert ran.code == 0, ran.out + ran.err
    assert (tmp_path / "back.csv").read_text() == expected.read_text()


def test_an_imported_plan_is_verified_measured_published_kept_and_continued(
    oncall: Oncall, planned: Planned, roster: Path, tmp_path: Path
) -> None:
    days = ("2027-01-04", "2027-01-05", "2027-01-06", "2027-01-07", "2027-01-08")
    rota = tmp_path / "rota.csv"
    rota.write_text("date,primary,secondary\n" + "".join(f"{day},ana,ben\n" for day in days))
    plan = tmp_path / "plan.json"
    for command in (
        ("import", rota, "--roster", roster, "--output", plan),
        ("verify", plan, "--roster", roster),
        ("fairness", plan, "--roster", roster),
        ("generate", roster, "--keep", plan, "--from", "2027-01-06", "--output", tmp_path / "kept.json"),
        ("generate", roster, "--start", "2027-01-11", "--weeks", "1", "--history", plan, "--json"),
        ("publish", plan, "--roster", roster),
    ):
        ran = oncall(*command)
        assert ran.code == 0, (command, ran.err)
    assert "ana" in oncall("who", "--at", "2027-01-05T03:00").out


def test_a_question_about_dates_is_an_error_with_the_option_that_answers(
    oncall: Oncall, roster: Path, tmp_path: Path
) -> None:
    rota = tmp_path / "rota.csv"
    rota.write_text("date,primary\n02/05/2027,ana\n")
    ran = oncall("import", rota, "--roster", roster, "--output", tmp_path / "plan.json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f'oncall: {rota}: row 2: "02/05/2027" may be 5 February 2027 or 2 May 2027, and no date of the file '
        "decides it; add --dates us if the month comes first, or --dates eu if the day does\n"
    )


def test_the_output_is_a_plan_file(oncall: Oncall, rota: Path, roster: Path, tmp_path: Path) -> None:
    ran = oncall("import", rota, "--roster", roster, "--output", tmp_path / "plan.ics")
    assert ran.code == 2
    assert 'plan.ics" should end in .json or .csv' in ran.err.replace("\n", "")
