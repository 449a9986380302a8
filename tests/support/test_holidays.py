"""Public holidays: by country and region, stored years, and unknown codes."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from oncall.errors import Refused
from oncall.support.holidays import NO_HOLIDAYS, HolidayCalendar, is_holiday_code, public_holidays


def test_a_holiday_and_the_day_it_is_observed_on_both_count() -> None:
    holidays = HolidayCalendar(public_holidays("US"))
    assert date(2027, 7, 4) in holidays  # a Sunday
    assert date(2027, 7, 5) in holidays
    assert date(2027, 7, 6) not in holidays


def test_new_years_day_on_a_saturday_is_observed_in_the_year_before() -> None:
    assert date(2027, 12, 31) in HolidayCalendar(public_holidays("US"))


def test_a_state_has_holidays_of_its_own() -> None:
    good_friday = date(2027, 3, 26)
    assert good_friday in HolidayCalendar(public_holidays("US-CT"))
    assert good_friday not in HolidayCalendar(public_holidays("US"))


def test_written_down_years_are_never_asked_of_the_library() -> None:
    mine = HolidayCalendar(public_holidays("US"), {2027: frozenset({date(2027, 2, 3)})})
    assert date(2027, 2, 3) in mine
    assert date(2027, 7, 4) not in mine
    assert date(2028, 7, 4) in mine


def test_known_years_make_an_equal_calendar_that_needs_no_library() -> None:
    years = HolidayCalendar(public_holidays("US")).known_years(2027, 2028)
    script = (
        "import sys; from datetime import date; from oncall.support.holidays import HolidayCalendar, public_holidays;"
        f"years = {{year: frozenset({{date(year, 7, 4)}}) for year in {sorted(years)}}};"
        "known = HolidayCalendar(public_holidays('US'), years);"
        "assert date(2027, 7, 4) in known and date(2028, 7, 5) not in known; assert 'holidays' not in sys.modules"
    )
    assert sorted(years) == [2027, 2028]
    assert date(2027, 7, 5) in years[2027]
    subprocess.run([sys.executable, "-c", script], check=True)


def test_no_code_means_no_holidays() -> None:
    assert date(2027, 7, 4) not in NO_HOLIDAYS
    assert NO_HOLIDAYS.known_years(2027, 2027) == {2027: frozenset()}


@pytest.mark.parametrize(("code", "known"), [("US", True), ("US-FL", True), ("US-XX", False), ("Narnia", False)])
def test_a_code_is_known_when_the_country_and_its_part_are(code: str, known: bool) -> None:
    assert is_holiday_code(code) is known


def test_an_unknown_code_is_refused_in_words() -> None:
    with pytest.raises(Refused) as refusal:
        assert date(2027, 7, 4) in HolidayCalendar(public_holidays("Narnia"))
    assert str(refusal.value) == 'holidays: no calendar is known for "Narnia"; write a country like "US" or "US-FL"'
