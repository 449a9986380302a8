"""`oncall check` in the terminal: rosters with their other files, policies, and files that are neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import Oncall
from tests.cli.teams import SMALL_ROSTER, written


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    wrong = SMALL_ROSTER.replace("rest_nights: 0", "rest_night: 0").replace("+13055550102", "5")
    return written(tmp_path / "broken.yaml", wrong)


def test_check_prints_what_the_file_holds(oncall: Oncall, roster: Path) -> None:
    ran = oncall("check", roster)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        f"{roster}: no faults. Team tiny: 3 engineers for primary, secondary in America/New_York, policy itopia-cas.\n"
    )


def test_check_as_json_has_what_the_file_holds(oncall: Oncall, roster: Path) -> None:
    assert json.loads(oncall("check", roster, "--json").out) == {
        "roster": str(roster),
        "ok": True,
        "faults": [],
        "warnings": [],
        "team": "tiny",
        "timezone": "America/New_York",
        "policy": "itopia-cas",
        "roles": ["primary", "secondary"],
        "engineers": ["ana", "ben", "chloe"],
    }


def test_check_prints_every_fault_with_its_place_and_ends_with_1(oncall: Oncall, broken: Path) -> None:
    ran = oncall("check", broken)
    assert (ran.code, ran.out) == (1, "")
    assert [line.split(": ")[:2] for line in ran.err.splitlines()] == [
        [f"{broken}:3:12", "rotation.rest_night"],
        [f"{broken}:6:40", "engineers[1].phone"],
    ]


def test_check_gives_faults_to_machines_too(oncall: Oncall, broken: Path) -> None:
    ran = oncall("check", broken, "--json")
    answer = json.loads(ran.out)
    assert (ran.code, answer["ok"]) == (1, False)
    assert [(fault["line"], fault["path"]) for fault in answer["faults"]] == [
        (3, "rotation.rest_night"),
        (6, "engineers[1].phone"),
    ]


def test_a_warning_is_printed_beside_the_answer_and_does_not_refuse_the_roster(oncall: Oncall, tmp_path: Path) -> None:
    path = written(tmp_path / "x.yaml", SMALL_ROSTER.replace("+13055550102", "+19995550102"))
    ran = oncall("check", path)
    words = '"+19995550102" is in no range of numbers that is in use, so pages may not arrive; check its digits'
    assert (ran.code, ran.err) == (0, f"warning: {path}:6:40: engineers[1].phone: {words}\n")
    assert ran.out.startswith(f"{path}: no faults. Team tiny: 3 engineers")
    assert json.loads(oncall("check", path, "--json").out)["warnings"] == [
        {"file": str(path), "line": 6, "column": 40, "path": "engineers[1].phone", "message": words}
    ]


def test_a_refused_roster_still_shows_its_warnings(oncall: Oncall, broken: Path) -> None:
    written(broken, broken.read_text().replace("+13055550103", "+19995550103"))
    assert oncall("check", broken).err.splitlines()[0].startswith(f"warning: {broken}:7:")
    assert [each["path"] for each in json.loads(oncall("check", broken, "--json").out)["warnings"]] == [
        "engineers[2].phone"
    ]


# ---- what a file is


def test_a_policy_of_any_name_is_known_by_its_keys(oncall: Oncall, tmp_path: Path) -> None:
    path = written(tmp_path / "mine.yaml", packaged_policy_text())
    ran = oncall("check", path)
    assert (ran.code, ran.err) == (0, f"{path}: read as a policy, because of its keys\n")
    assert ran.out == (
        f"{path}: no faults. Policy itopia-cas: plans standard, business-critical in America/New_York, 0 customers.\n"
    )
    assert json.loads(oncall("check", path, "--json").out)["policy"] == str(path)


def test_a_gap_in_a_policys_hours_is_reported_in_minutes(oncall: Oncall, tmp_path: Path) -> None:
    path = written(tmp_path / "hole.yaml", packaged_policy_text().replace("mon 07:59", "mon 07:50"))
    ran = oncall("check", path)
    assert ran.code == 1
    assert ran.err.splitlines()[1].endswith("on_call: nobody is responsible Monday 07:51 to 07:59")
    assert "engineers" not in ran.err


NEITHER = (
    "is neither a roster (team, timezone, engineers) nor a policy (name, timezone, on_call, impacts, plans, escalation)"
)
PLAN = "is a plan, not a roster or a policy; write: oncall verify {path} --roster ROSTER"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.yaml", "shopping: [milk]\n", f"{{path}}:1:1: {NEITHER}"),
        ("x.yaml", "timezone: UTC\n", f"{{path}}:1:1: {NEITHER}"),
        ("plan.csv", "start,end,kind,role,engineer\n", f"{{path}}: {PLAN}"),
        ("plan.json", '{"shifts": []}', f"{{path}}: {PLAN}"),
        (
            "x.yaml",
            "- a\n",
            "{path}:1:1: is a list; keys with values (key: value) are expected here",
        ),
    ],
)
def test_a_file_that_is_neither_roster_nor_policy_is_refused(
    oncall: Oncall, tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = written(tmp_path / name, text)
    ran = oncall("check", path)
    assert (ran.code, ran.out, ran.err) == (1, "", message.format(path=path) + "\n")


def test_a_missing_file_is_refused(oncall: Oncall) -> None:
    ran = oncall("check", "nowhere.yaml")
    assert (ran.code, ran.out, ran.err) == (1, "", "nowhere.yaml: there is no such file\n")


def test_a_roster_whose_keys_are_misspelt_is_still_read_as_one(oncall: Oncall, tmp_path: Path) -> None:
    path = written(tmp_path / "x.yaml", "tem: x\nenginers: []\n")
    assert f'{path}:1:1: tem: is not a known key; did you mean "team"?' in oncall("check", path).err.splitlines()


def test_the_plans_of_other_teams_are_read_too(oncall: Oncall, tmp_path: Path) -> None:
    plan = written(tmp_path / "other.csv", "start,end,kind,role,engineer\n2027-01-04,x,weeknight,primary,ana\n")
    path = written(tmp_path / "x.yaml", SMALL_ROSTER + "busy: [other.csv]\n")
    ran = oncall("check", path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        f'{plan}:2:1: start: "2027-01-04" has no offset from UTC; write "2027-01-04T19:01:00-05:00"',
        f'{plan}:2:12: end: "x" is not a time; write "2027-01-04T19:01:00-05:00"',
    ]


def test_help_has_an_example(oncall: Oncall) -> None:
    assert "oncall check " in " ".join(oncall("check", "--help").out.split()).split("Example", 1)[1]
