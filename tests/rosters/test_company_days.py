"""Holidays of a team and of a person: countries, own dates, and dropped dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import read_roster
from tests.rosters.conftest import GOOD, MANAGER, Refusal


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    path = tmp_path / "x.yaml"
    path.write_text(
        GOOD
        + "    holidays: IN\n    holidays_off: true\n"
        + "holidays: [US, GB-ENG, {date: 2027-03-10, name: Founders Day}, {drop: 2027-10-11}]\n"
    )
    return read_roster(path)


def test_days_of_several_countries_and_of_the_company_are_holidays_and_dropped_days_are_not(roster: Roster) -> None:
    days = roster.holidays
    assert days is not None
    thanksgiving, easter_monday, founders, columbus = (
        date(2027, 11, 25),
        date(2027, 3, 29),
        date(2027, 3, 10),
        date(2027, 10, 11),
    )
    assert [day in days for day in (thanksgiving, easter_monday, founders, columbus)] == [True, True, True, False]
    assert [feast.name for feast in days.feasts_on(founders)] == ["Founders Day"]
    assert days.feasts_on(columbus) == ()


def test_a_person_may_have_the_holidays_of_their_own_country_off(roster: Roster) -> None:
    person = roster.engineers[-1]
    republic_day, other = date(2027, 1, 26), date(2027, 1, 27)
    assert [any(day in absence for absence in person.absences) for day in (republic_day, other)] == [True, False]
    assert person.absences[-1].span_text == "on the holidays of IN"


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("[US, US]", "16: holidays[1]: is listed twice; the first is on line 10, column 12; delete one of them"),
        (
            "[US, {drop: 2027-10-12}]",
            "23: holidays[1].drop: 2027-10-12 is no holiday of US; the nearest is 2027-10-11, Columbus Day",
        ),
        (
            "[{drop: 2027-10-12}]",
            "19: holidays[0].drop: 2027-10-12 cannot be dropped, because no country is listed; write one, like US",
        ),
        (
            "[US, {date: 2027-10-11}, {drop: 2027-10-11}]",
            "43: holidays[2].drop: 2027-10-11 is a date of this list and dropped from it; delete one of the two",
        ),
        ("[US, {date: soon}]", '23: holidays[1].date: "soon" is not a date; write one like "2027-01-04"'),
        ("[US, {name: Founders Day}]", "16: holidays[1].date: is missing; write date: 2027-03-10"),
        ("[US, {day: 2027-03-10}]", "16: holidays[1].date: is missing; write date: 2027-03-10"),
    ],
)
def test_a_list_of_holidays_at_fault_is_refused_at_its_place(refusal: Refusal, written: str, fault: str) -> None:
    assert refusal(GOOD + f"holidays: {written}\n").splitlines()[0] == f"x.yaml:10:{fault}"


def test_a_country_whose_parts_have_more_days_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(GOOD + "holidays: GB\n" + MANAGER)
    warning = read_roster(path).warnings[0]
    assert (warning.line, warning.column) == (10, 11)
    assert warning.message == "GB alone has no Easter Monday, which most of its parts have; write yours, like GB-ENG"


@pytest.mark.parametrize("code", ["GB-ENG", "US", "IN"])
def test_a_part_of_a_country_and_a_country_without_such_parts_are_no_warning(tmp_path: Path, code: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(GOOD + f"holidays: {code}\n" + MANAGER)
    assert read_roster(path).warnings == ()


def test_holidays_off_needs_holidays(refusal: Refusal) -> None:
    assert refusal(GOOD + "    holidays_off: true\n") == (
        "x.yaml:10:19: engineers[1].holidays_off: needs to know the holidays; write holidays: IN, or another place, "
        "beside it"
    )


def test_a_person_may_take_only_kinds_of_shift_that_the_policy_has(refusal: Refusal) -> None:
    assert refusal(GOOD + "    kinds: [nights]\n") == (
        'x.yaml:10:13: engineers[1].kinds[0]: "nights" is not a kind of shift of the policy; did you mean "weeknight"?'
    )


def test_a_kind_that_too_few_people_take_is_refused(refusal: Refusal) -> None:
    assert refusal(GOOD + "    kinds: [weekends]\n") == (
        "x.yaml:4:3: engineers: primary and secondary on weeknight shifts need 2 different people, but only ana can "
        "take them"
    )
