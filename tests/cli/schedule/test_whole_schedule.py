"""The published schedule of all engineers in the terminal: the list, the files, the month, and the history."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from tests.cli.conftest import Oncall

WEEK = ("--from", "2027-01-04", "--to", "2027-01-10")


@pytest.fixture
def overridden(published: Oncall) -> Oncall:
    """The schedule of ana and ben, with chloe for ana from Saturday noon to midnight."""
    span = ("--from", "2027-01-09T12:00", "--to", "2027-01-10T00:00")
    assert published("override", "chloe", *span, "--reason", "ana is ill", "--by", "mei").code == 0
    return published


def test_the_schedule_lists_every_role_with_overrides_applied(overridden: Oncall) -> None:
    ran = overridden("schedule", "--from", "2027-01-08", "--to", "2027-01-09")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "from                      to                        kind       role       engineer",
        "Thu 2027-01-07 19:01 EST  Fri 2027-01-08 08:00 EST  weeknight  primary    ana",
        "Thu 2027-01-07 19:01 EST  Fri 2027-01-08 08:00 EST  weeknight  secondary  ben",
        "Fri 2027-01-08 19:01 EST  Sat 2027-01-09 12:00 EST  weekend    primary    ana",
        "Fri 2027-01-08 19:01 EST  Mon 2027-01-11 08:00 EST  weekend    secondary  ben",
        "Sat 2027-01-09 12:00 EST  Sun 2027-01-10 00:00 EST  weekend    primary    chloe     override: ana is ill",
    ]


def test_a_gap_is_a_row_of_its_own(published: Oncall) -> None:
    ran = published("schedule", "--from", "2027-02-02", "--to", "2027-02-02")
    assert ran.out.splitlines()[1:] == [
        "Tue 2027-02-02 00:00 EST  Tue 2027-02-02 08:00 EST  weeknight  primary    NOBODY",
        "Tue 2027-02-02 00:00 EST  Tue 2027-02-02 08:00 EST  weeknight  secondary  NOBODY",
        "Tue 2027-02-02 19:01 EST  Wed 2027-02-03 00:00 EST  weeknight  primary    NOBODY",
        "Tue 2027-02-02 19:01 EST  Wed 2027-02-03 00:00 EST  weeknight  secondary  NOBODY",
    ]


@pytest.mark.parametrize(
    "command", [("schedule", "--to", "9999-12-31"), ("shifts", "ana", "--to", "9999-12-31"), ("calendar", "--month")]
)
def test_a_date_beyond_the_calendar_is_refused(published: Oncall, command: tuple[str, ...]) -> None:
    day = "9999-12-01" if command[0] == "calendar" else "9999-12-31"
    ran = published(*command, *(["9999-12"] if command[0] == "calendar" else []))
    assert (ran.code, ran.out, ran.err) == (1, "", f"oncall: {day} is outside the years 1971 to 2198\n")


def test_without_a_last_date_the_list_ends_with_the_last_plan(published: Oncall) -> None:
    shifts = json.loads(published("schedule", "--json").out)["shifts"]
    assert shifts[-1]["end"] == "2027-02-01T08:00:00-05:00"
    assert all(shift["engineer"] for shift in shifts)


def test_the_json_answers_as_who_does_at_every_hour(overridden: Oncall) -> None:
    shifts = json.loads(overridden("schedule", *WEEK, "--json").out)["shifts"]
    at = datetime(2027, 1, 4, 5, tzinfo=UTC)
    while at < datetime(2027, 1, 11, 5, tzinfo=UTC):
        roles = json.loads(overridden("who", "--at", at.isoformat(), "--json").out)["roles"]
        held = {
            shift["role"]: shift["engineer"]
            for shift in shifts
            if datetime.fromisoformat(shift["start"]) <= at < datetime.fromisoformat(shift["end"])
            and shift["engineer"] is not None
        }
        assert {role: duty["engineer"] for role, duty in roles.items()} == held, at
        at += timedelta(hours=7)


def test_one_engineer_sees_only_their_own_shifts(overridden: Oncall) -> None:
    shifts = json.loads(overridden("schedule", *WEEK, "--engineer", "chloe", "--json").out)["shifts"]
    assert shifts == [
        {
            "start": "2027-01-09T12:00:00-05:00",
            "end": "2027-01-10T00:00:00-05:00",
            "kind": "weekend",
            "role": "primary",
            "engineer": "chloe",
            "override": "ana is ill",
        }
    ]


def test_each_file_holds_every_shift_and_gap(overridden: Oncall, tmp_path: Path) -> None:
    expected = json.loads(overridden("schedule", *WEEK, "--json").out)["shifts"]
    for ending in ("csv", "json", "ics", "html", "xlsx"):
        ran = overridden("schedule", *WEEK, "--output", tmp_path / f"week.{ending}")
        assert (ran.code, ran.out) == (0, "")
        assert ran.err == f"Wrote {tmp_path / f'week.{ending}'}: {len(expected) - 2} shifts, 2 gaps.\n"
    with (tmp_path / "week.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["engineer"] or None for row in rows] == [shift["engineer"] for shift in expected]
    assert json.loads((tmp_path / "week.json").read_text(encoding="utf-8"))["shifts"] == expected
    events = Calendar.from_ical((tmp_path / "week.ics").read_bytes()).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [
        datetime.fromisoformat(shift["start"]).astimezone(UTC) for shift in expected
    ]
    assert "<td>NOBODY</td>" in (tmp_path / "week.html").read_text(encoding="utf-8")
    sheet = load_workbook(tmp_path / "week.xlsx")["schedule"]
    assert [row[4] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        shift["engineer"] or "NOBODY" for shift in expected
    ]


def test_a_reason_is_never_read_as_html_or_as_a_formula(published: Oncall, tmp_path: Path) -> None:
    span = ("--from", "2027-01-09T12:00", "--to", "2027-01-10T00:00")
    assert published("override", "chloe", *span, "--reason", "=1+1 <script>").code == 0
    for ending in ("html", "xlsx"):
        assert published("schedule", *WEEK, "--output", tmp_path / f"week.{ending}").code == 0
    assert "=1+1 &lt;script&gt;" in (tmp_path / "week.html").read_text(encoding="utf-8")
    cells = [cell for row in load_workbook(tmp_path / "week.xlsx")["schedule"].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1 <script>"] == ["s"]


def test_a_file_of_another_kind_is_refused(published: Oncall, tmp_path: Path) -> None:
    ran = published("schedule", "--output", tmp_path / "week.pdf")
    assert ran.code == 2
    assert 'write a file that ends in .csv, .json, .ics, .html, .xlsx, like "schedule.csv"' in ran.err


def test_an_unknown_engineer_gets_the_nearest_name(published: Oncall) -> None:
    for command in (("schedule", "--engineer", "anna"), ("calendar", "anna")):
        ran = published(*command)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == 'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n'


def test_a_last_date_before_the_first_is_refused(published: Oncall) -> None:
    ran = published("schedule", "--from", "2027-01-10", "--to", "2027-01-04")
    assert (ran.code, ran.err) == (1, "oncall: --to 2027-01-04 is before --from 2027-01-10\n")


def test_the_month_shows_who_is_on_call_after_noon_of_each_day(overridden: Oncall) -> None:
    assert overridden("calendar", "--month", "2027-01").out.splitlines()[:9] == [
        "January 2027",
        "Mon        Tue        Wed        Thu        Fri        Sat        Sun",
        "                                            1          2          3",
        "                                            NOBODY     NOBODY     NOBODY",
        "",
        "4          5          6          7          8          9          10",
        "ana        ana        ana        ana        ana        chloe      ana",
        "ben        ben        ben        ben        ben        ben        ben",
        "",
    ]


def test_the_month_of_one_engineer_shows_their_roles(overridden: Oncall) -> None:
    lines = overridden("calendar", "chloe", "--month", "2027-01").out.splitlines()
    assert lines[0] == "January 2027, chloe"
    assert [line.strip() for line in lines if "primary" in line] == ["primary"]


def test_what_is_no_month_is_refused(published: Oncall) -> None:
    ran = published("calendar", "--month", "2027-13")
    assert ran.code == 2
    assert '"2027-13" is not a month; write one like "2027-01"' in ran.err


def test_the_history_names_every_version_with_its_author_and_reason(overridden: Oncall) -> None:
    assert overridden("history").out.splitlines() == [
        "version  at                    kind         by    reason",
        "2        Sat 2027-01-09 03:12  override     mei   ana is ill",
        "1        Sat 2027-01-09 03:12  publication  root  published",
    ]
    versions = json.loads(overridden("history", "--json").out)["versions"]
    assert [(each["version"], each["kind"], each["by"], each["reason"]) for each in versions] == [
        (1, "publication", "root", "published"),
        (2, "override", "mei", "ana is ill"),
    ]
    assert versions[1]["at"].startswith("2027-01-09T03:12:00")


@pytest.mark.parametrize("command", ["schedule", "calendar", "history"])
def test_before_a_publication_each_says_what_to_do(oncall: Oncall, command: str) -> None:
    ran = oncall(command)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == ("oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`\n")
