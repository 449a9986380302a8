"""A plan lists each unmet request by engineer and date, with the reason, in every format."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from oncall.cli.planning.generate_command import unmet_lines
from oncall.planning.plans.make_plan import make_plan
from oncall.planning.plans.repair_plan import RepairRequest, repair_plan
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.planning.sources.watch import SearchOptions
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import read_roster
from oncall.rotation.problem.context import EMPTY_CONTEXT
from oncall.rotation.problem.unmet_requests import unmet_requests
from oncall.rotation.report.plan_page import plan_page
from oncall.rotation.report.workbook import workbook_of
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.plan_file import read_plan, write_plan
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of

ROSTER = """\
team: tiny
timezone: America/New_York
rotation: {rest_nights: 1, roles: [primary]}
engineers:
  - {id: ana, name: Ana, phone: "+13055550101", requests: [{avoid: tuesdays}]}
  - {id: ben, name: Ben, phone: "+13055550102", requests: [{prefer: 2027-01-05}, {avoid: tuesdays}]}
  - {id: cai, name: Cai, phone: "+13055550103", unavailable: [{from: 2027-01-04, to: 2027-01-06, reason: trip}]}
  - {id: dee, name: Dee, phone: "+13055550104", requests: [{prefer: 2027-01-06}, {prefer: weekends}]}
  - {id: eve, name: Eve, phone: "+13055550105", requests: [{prefer: 2027-01-04}]}
"""


EXPECTED = [
    "ana, 2027-01-05: asked to avoid the weeknight shift and is primary; of the others, 1 cannot take it, "
    "2 have other shifts too near, 1 could only at a cost in fairness, a rule or another request",
    "dee, 2027-01-06: asked for the weeknight shift and is not on it; the shift of 2027-01-07 is too near",
    "eve, 2027-01-04: asked for the weeknight shift and is not on it; it would cost fairness, a rule or another "
    "request",
]


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    path = tmp_path / "tiny.yaml"
    path.write_text(ROSTER)
    return read_roster(path)


@pytest.fixture
def plan(roster: Roster) -> Plan:
    """A week from Monday on, in which ben, ana, eve, dee and cai have one shift each."""
    calendar = calendar_of(roster.policy, roster.holidays)
    first, last = date(2027, 1, 4), date(2027, 1, 8)
    shifts = shifts_between(calendar, first_day=first, last_day=last, rules=roster.rules)
    people = ("ben", "ana", "eve", "dee", "cai")
    seats = tuple(Seat(shift.window, shift.kind, "primary", who) for shift, who in zip(shifts, people, strict=True))
    unmet = unmet_requests(roster, shifts, EMPTY_CONTEXT, seats)
    return Plan(roster.team, roster.policy.zone, seats, unmet=unmet)


def test_each_request_has_its_engineer_its_date_and_what_stands_against_it(plan: Plan) -> None:
    assert [each.text for each in plan.unmet] == EXPECTED


def test_the_json_holds_them_and_they_are_read_back(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(plan, path)
    assert json.loads(path.read_text())["unmet_requests"][1] == {
        "engineer": "dee",
        "date": "2027-01-06",
        "asked": "asked for the weeknight shift and is not on it",
        "reason": "the shift of 2027-01-07 is too near",
    }
    assert read_plan(path) == plan


def test_the_page_and_the_workbook_list_them(plan: Plan, roster: Roster) -> None:
    page = plan_page(plan, roster)
    assert "requests that are not met: 3" in page
    assert "<td>dee</td><td>2027-01-06</td>" in page
    sheet = load_workbook(io.BytesIO(workbook_of(plan, roster)))["requests not met"]
    assert [[str(cell) for cell in row[:2]] for row in sheet.iter_rows(values_only=True)] == [
        ["engineer", "date"],
        ["ana", "2027-01-05 00:00:00"],
        ["dee", "2027-01-06 00:00:00"],
        ["eve", "2027-01-04 00:00:00"],
    ]


def test_the_terminal_prints_a_line_for_each(plan: Plan) -> None:
    assert unmet_lines(plan) == ["requests that are not met:", *(f"  {line}" for line in EXPECTED)]


def test_a_new_plan_and_a_repair_say_what_they_do_not_meet(roster: Roster) -> None:
    made = make_plan(roster, date(2027, 1, 4), date(2027, 1, 17), ContextSources(), options=SearchOptions()).plan
    taken = {(seat.engineer, seat.window.start.astimezone(roster.policy.zone).date()) for seat in made.seats}
    avoided = {(each.engineer, each.day) for each in made.unmet if "asked to avoid" in each.asked}
    assert avoided == {("ana", day) for who, day in taken if who == "ana" and day.weekday() == 1}
    request = RepairRequest(NamedPlan("plan", made), date(2027, 1, 4))
    kept = repair_plan(roster, request, ContextSources(), options=SearchOptions()).plan
    assert kept.unmet == made.unmet


def test_a_holiday_of_an_engineers_own_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "team: tiny\ntimezone: America/New_York\nrotation: {rest_nights: 0, weekends_apart: 1, roles: [primary]}\n"
        'engineers:\n  - {id: ana, name: Ana, phone: "+13055550101", holidays: IN}\n'
    )
    roster = read_roster(path)
    calendar = calendar_of(roster.policy, roster.holidays)
    day = date(2027, 1, 26)
    shifts = shifts_between(calendar, first_day=day, last_day=day, rules=roster.rules)
    seats = [Seat(shift.window, shift.kind, "primary", "ana") for shift in shifts]
    (unmet,) = unmet_requests(roster, shifts, EMPTY_CONTEXT, seats)
    assert unmet.asked == "asked to avoid the weeknight shift (Republic Day) and is primary"
