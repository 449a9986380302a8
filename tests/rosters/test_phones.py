"""Phone numbers in a roster: faults, warnings, and proposals."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.rosters.roster_file import read_roster
from tests.rosters.conftest import GOOD, MANAGER, Refusal


@pytest.mark.parametrize("phone", ["+13055550102", "'+13055550102'", "+447700900123", '"+919812345678"'])
def test_a_phone_number_may_stand_in_quotes_or_not(folder: Path, phone: str) -> None:
    (folder / "x.yaml").write_text(GOOD.replace('"+13055550102"', phone))
    assert read_roster(Path("x.yaml")).engineers[1].phone == phone.strip("'\"")


@pytest.mark.parametrize(
    ("phone", "message"),
    [
        ('"+1 (305) 555-0102"', 'is not an E.164 number; write "+13055550102"'),
        ("13055550102", 'is not an E.164 number; write "+13055550102"'),
        ('"00447700900123"', 'is not an E.164 number; write "+447700900123"'),
        ("(212) 555-0199", 'is not an E.164 number; write "+12125550199"'),
        ("305-555", 'is not an E.164 number; write one like "+13055550101"'),
        ("three", 'is not an E.164 number; write one like "+13055550101"'),
        (
            "+1305555010",
            "cannot be a phone number: it is too short for country code 1; write all of its digits",
        ),
        (
            '"+10555550101"',
            "cannot be a phone number: with country code 1, area code and exchange begin with 2 to 9; check its digits",
        ),
    ],
)
def test_a_number_that_cannot_be_paged_is_refused(refusal: Refusal, phone: str, message: str) -> None:
    found = phone.strip('"')
    assert refusal(GOOD.replace('"+13055550102"', phone)) == f'x.yaml:9:12: engineers[1].phone: "{found}" {message}'


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("holidays: GB", "x.yaml:10:12"),
        ("timezone: Europe/London", "x.yaml:9:12"),
        ("    timezone: Europe/London", "x.yaml:9:12"),
    ],
)
def test_a_number_without_a_plus_sign_is_one_of_the_country_of_the_engineer_or_the_team(
    refusal: Refusal, more: str, line: str
) -> None:
    text = GOOD.replace('"+13055550102"', "07700 900123")
    if more.startswith("holidays"):
        text = text.replace("engineers:", f"{more}\nengineers:")
    elif more.startswith("timezone"):
        text = text.replace("timezone: America/New_York", more)
    else:
        text += f"{more}\n"
    assert refusal(text) == (
        f'{line}: engineers[1].phone: "07700 900123" is not an E.164 number; write "+447700900123"'
    )


def test_a_number_outside_the_ranges_in_use_is_a_warning(folder: Path) -> None:
    (folder / "x.yaml").write_text(GOOD.replace("+13055550102", "+19995550102") + MANAGER)
    roster = read_roster(Path("x.yaml"))
    assert roster.engineers[1].phone == "+19995550102"
    assert [str(warning) for warning in roster.warnings] == [
        'x.yaml:9:12: engineers[1].phone: "+19995550102" is in no range of numbers that is in use, so pages may not '
        "arrive; check its digits"
    ]


def test_one_phone_written_with_and_without_a_mobile_prefix_belongs_to_one_engineer(refusal: Refusal) -> None:
    text = GOOD.replace("+13055550101", "+541112345678").replace("+13055550102", "+5491112345678")
    assert refusal(text) == "x.yaml:9:12: engineers[1].phone: is already the phone of engineers[0] on line 6"
