"""Windows of any name, turns of weeks and limits, from the roster file to the published schedule."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Oncall

ROSTERS = Path(__file__).parents[3] / "rosters"
SUN, WEEKLY = ROSTERS / "follow-the-sun.yaml", ROSTERS / "weekly.yaml"
SPAN = ("--start", "2027-01-04", "--weeks", "2", "--no-history")


@pytest.fixture
def sun(oncall: Oncall, tmp_path: Path) -> Path:
    path = tmp_path / "sun.json"
    assert oncall("generate", SUN, *SPAN, "--output", path).code == 0
    return path


def test_plans_in_every_format_name_the_windows_of_the_policy(oncall: Oncall, tmp_path: Path) -> None:
    for ending in ("csv", "html", "xlsx", "ics"):
        assert oncall("generate", SUN, *SPAN, "--output", tmp_path / f"plan.{ending}").code == 0
    with (tmp_path / "plan.csv").open() as rows:
        assert {row["kind"] for row in csv.DictReader(rows)} == {"apac", "emea", "amer"}
    assert "Asia-Pacific: 14 shifts" in (tmp_path / "plan.html").read_text()
    assert "primary on call (The Americas)" in (tmp_path / "plan.ics").read_text().replace("\r\n ", "")


def test_the_chart_of_a_kind_has_the_people_who_take_it(oncall: Oncall, sun: Path) -> None:
    lines = oncall("fairness", sun, "--roster", SUN).out.splitlines()
    begin = lines.index("Asia-Pacific: 14 shifts; roles load/share") + 2
    people = [line.split()[0] for line in lines[begin : lines.index("", begin)]]
    assert people == ["aiko", "bao", "chetan", "dewi", "emma", "feng"]


def test_who_and_explain_name_the_window_and_an_override_of_another_kind_is_warned_of(
    oncall: Oncall, sun: Path
) -> None:
    assert oncall("publish", sun, "--roster", SUN, "--reason", "two weeks").code == 0
    answer = json.loads(oncall("who", "--at", "2027-01-05T09:00", "--json").out)
    assert (answer["window"], sorted(answer["roles"])) == ("emea", ["primary", "secondary"])
    told = oncall("explain", "--plan", "standard", "--impact", "urgent", "--at", "2027-01-05T09:00").out
    assert "is in the Europe and Africa on-call window" in told


def test_why_says_which_kinds_a_person_takes(oncall: Oncall, sun: Path) -> None:
    told = oncall("why", sun, "--roster", SUN, "--shift", "2027-01-05T09:00", "--time-limit", "1").out
    assert "cannot (kinds): aiko takes only apac shifts" in told


def test_verify_names_a_shift_of_a_kind_that_its_person_does_not_take(oncall: Oncall, sun: Path) -> None:
    plan = json.loads(sun.read_text())
    seat = next(each for each in plan["shifts"] if each["kind"] == "emea")
    seat["engineer"] = "aiko"
    sun.write_text(json.dumps(plan))
    ran = oncall("verify", sun, "--roster", SUN)
    assert ran.code == 1
    assert "kinds: aiko is on Mon 2027-01-04 (emea) but takes only apac shifts" in ran.out + ran.err


def test_a_weekly_plan_is_repaired_in_whole_turns(oncall: Oncall, tmp_path: Path) -> None:
    plan, repaired = tmp_path / "plan.json", tmp_path / "repaired.json"
    span = ("--start", "2027-01-04", "--weeks", "5", "--no-history")
    assert oncall("generate", WEEKLY, *span, "--output", plan).code == 0
    seats = json.loads(plan.read_text())["shifts"]
    ill = next(seat["engineer"] for seat in seats if seat["start"].startswith("2027-01-22"))
    roster = tmp_path / "weekly.yaml"
    written, phone = WEEKLY.read_text(), f"id: {ill}, "
    roster.write_text(written.replace(phone, f"{phone}unavailable: [{{from: 2027-01-25, to: 2027-01-25}}], "))
    ran = oncall("generate", roster, "--keep", plan, "--from", "2027-01-20", "--no-history", "--output", repaired)
    assert ran.code == 0
    assert "5 seats changed, the fewest possible" in ran.err
    assert oncall("verify", repaired, "--roster", roster).code == 0


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ("turn: fortnight", '18: turn: "fortnight" is not a turn; write 2 weeks'),
        ("turn: 20 weeks", '18: turn: "20 weeks" is not a turn; a turn has 1 to 8 weeks; write shift, week or 2 weeks'),
        ("turn: week, handover: fryday", '34: handover: "fryday" is not a day of the week; did you mean "fri"?'),
        (
            "turn: week, handover: 08:00",
            '34: handover: "08:00" is not a handover; the day is missing; write one like mon 08:00',
        ),
        (
            "turn: week, handover: fri 25:00",
            '34: handover: "25:00" is not a time of day; write one from 00:00 to 23:59',
        ),
        ("handover: fri", "22: handover: needs turns of weeks; write turn: week beside it, or delete this line"),
        ("max_hours_per_week: 0", "32: max_hours_per_week: 0 is out of range; write a whole number from 1 to 168"),
        (
            "min_rest_hours: many",
            '28: min_rest_hours: "many" is not a whole number; write a whole number from 0 to 336',
        ),
    ],
)
def test_a_rule_at_fault_is_refused_at_its_place(oncall: Oncall, tmp_path: Path, rules: str, fault: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        f"team: x\ntimezone: UTC\nrotation: {{{rules}}}\nengineers:\n"
        '  - {id: ana, name: Ana, phone: "+13055550101"}\n  - {id: ben, name: Ben, phone: "+13055550102"}\n'
    )
    ran = oncall("check", path)
    assert ran.code == 1
    column, message = fault.split(": ", 1)
    assert f"{path}:3:{column}: rotation.{message}" in (ran.out + ran.err).splitlines()
