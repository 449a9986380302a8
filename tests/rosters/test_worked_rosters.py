"""The worked files in `rosters/` are valid, and show what their comments say."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from doubles.machine_pace import slowness
from oncall.rosters.roster import Absence, Manager, Request, RequestDirection, Roster, RotationRules, WeekendStyle
from oncall.rosters.roster_file import read_roster
from oncall.support.holidays import public_holidays
from oncall.support.policy_file import packaged_policy

FOLDER = Path(__file__).parents[2] / "rosters"
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def itopia() -> Roster:
    return read_roster(FOLDER / "itopia-cas.yaml")


def test_the_itopia_team_has_eight_engineers_and_a_manager(itopia: Roster) -> None:
    assert [engineer.id for engineer in itopia.engineers] == [
        "ana", "ben", "chloe", "dmitri", "elena", "farid", "grace", "hugo",
    ]  # fmt: skip
    assert itopia.manager == Manager(id="mei", name="Mei Lin", phone="+13055550100", email="mei@example.com")


def test_the_itopia_team_keeps_the_rules_of_the_file(itopia: Roster) -> None:
    assert (itopia.team, itopia.zone, itopia.holidays) == ("cas-support", NEW_YORK, public_holidays("US"))
    assert itopia.rules == RotationRules(
        roles=("primary", "secondary"), weekend=WeekendStyle.BLOCK, rest_nights=2, weekends_apart=2
    )
    assert itopia.policy == packaged_policy()


def test_an_engineer_is_read_whole(itopia: Roster) -> None:
    ana = itopia.engineers[0]
    assert (ana.name, ana.phone, ana.email, ana.zone) == ("Ana Pereira", "+13055550101", "ana@example.com", NEW_YORK)
    assert ana.roles == ("primary", "secondary")
    assert ana.absences[0] == Absence(date(2027, 2, 15), date(2027, 2, 19), "vacation")
    assert ana.requests == (
        Request(RequestDirection.AVOID, day=date(2027, 3, 17)),
        Request(RequestDirection.AVOID, weekday=4),
    )


def test_the_itopia_team_has_a_part_timer_a_sabbatical_and_a_parental_leave(itopia: Roster) -> None:
    by_id = {engineer.id: engineer for engineer in itopia.engineers}
    assert by_id["dmitri"].fte == 0.5
    assert by_id["dmitri"].requests == (Request(RequestDirection.PREFER, kind="weekend"),)
    assert by_id["hugo"].absences == (Absence(date(2027, 1, 4), date(2027, 1, 31), "sabbatical", leave=True),)
    assert by_id["hugo"].requests == (Request(RequestDirection.AVOID, kind="holiday"),)
    assert [absence.leave for absence in by_id["chloe"].absences if date(2027, 4, 1) in absence] == [True]
    assert by_id["ben"].zone == ZoneInfo("America/Chicago")


def test_messages_can_name_the_line_of_every_rule_and_every_day_off(itopia: Roster) -> None:
    lines = (FOLDER / "itopia-cas.yaml").read_text().splitlines()
    assert "rest_nights: 2" in lines[itopia.lines["rotation.rest_nights"] - 1]
    assert "parental leave" in lines[itopia.lines["engineers[2].unavailable[0]"] - 1]
    assert "id: chloe" in lines[itopia.lines["engineers[2]"] - 1]


def test_the_small_team_says_only_what_it_must() -> None:
    small = read_roster(FOLDER / "small-team.yaml")
    assert len(small.engineers) == 4
    assert (small.rules.rest_nights, small.rules.weekends_apart, small.holidays) == (1, 2, None)


def test_a_team_without_a_policy_of_its_own_has_the_packaged_one_in_its_own_time_zone() -> None:
    small = read_roster(FOLDER / "small-team.yaml")
    assert small.policy == packaged_policy(ZoneInfo("America/Denver"))


def test_the_large_team_has_24_engineers_in_two_time_zones() -> None:
    large = read_roster(FOLDER / "large-team.yaml")
    assert len(large.engineers) == 24
    assert {engineer.zone.key for engineer in large.engineers} == {"America/New_York", "Europe/London"}
    assert {engineer.roles for engineer in large.engineers} == {("primary", "secondary"), ("secondary",)}


def test_the_large_team_has_an_engineer_who_joins_and_one_who_leaves() -> None:
    large = read_roster(FOLDER / "large-team.yaml")
    assert [engineer.leaves for engineer in large.engineers if engineer.leaves] == [date(2027, 2, 26)]
    assert [engineer.joins for engineer in large.engineers if engineer.joins] == [date(2027, 3, 1)]


def test_the_large_team_is_read_in_a_blink() -> None:
    read_roster(FOLDER / "large-team.yaml")
    began = time.process_time()
    read_roster(FOLDER / "large-team.yaml")
    assert time.process_time() - began < 0.05 * slowness()


@pytest.mark.parametrize(
    "path",
    sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(".policy.yaml")),
    ids=lambda path: path.name,
)
def test_only_numbers_that_nobody_has_stand_in_the_worked_files(path: Path) -> None:
    roster = read_roster(path)
    phones = [engineer.phone for engineer in roster.engineers] + ([roster.manager.phone] if roster.manager else [])
    assert all(phone[5:10] == "55501" for phone in phones)
    assert roster.warnings == ()


def test_reading_a_roster_without_holidays_loads_no_heavy_library() -> None:
    program = (
        "import sys; from pathlib import Path; from oncall.rosters.roster_file import read_roster; "
        "read_roster(Path(sys.argv[1])); "
        "print(sorted({'holidays', 'ortools', 'pandas', 'sqlalchemy', 'twilio', 'fastapi'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(FOLDER / "large-team.yaml")], capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"
