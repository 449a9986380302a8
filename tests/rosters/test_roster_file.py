"""Each fault of a roster file is told with its place, the text found, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.rosters.roster_file import read_roster
from oncall.support.holidays import public_holidays
from tests.rosters.conftest import GOOD, Refusal


def test_all_faults_of_a_file_are_told_at_once_in_file_order(refusal: Refusal) -> None:
    text = """\
team: cas
timezone: America/New_Yrok
rotatoin: {}
rotation:
  rest_nights: "2"
  weekend: blok
engineers:
  - id: Ana P
    name: Ana
    phone: 305-555
  - id: ben
    name: Ben
    phone: 13055550102
    fte: 1.5
    joins: next week
    leaves: 2027-02-30
    roles: [primry]
manager: {id: mei, phone: "+13055550100"}
"""
    assert refusal(text).splitlines() == [
        'x.yaml:2:11: timezone: "America/New_Yrok" is not an IANA time zone; did you mean "America/New_York"?',
        'x.yaml:3:1: rotatoin: is not a known key; did you mean "rotation"?',
        'x.yaml:5:16: rotation.rest_nights: "2" is text; write 2 without quotes',
        'x.yaml:6:12: rotation.weekend: "blok" is not a way to cut weekends; did you mean "block"?',
        'x.yaml:8:9: engineers[0].id: "Ana P" is not a name of 1 to 40 small letters, digits and dashes; write "ana-p"',
        'x.yaml:10:12: engineers[0].phone: "305-555" is not an E.164 number; write one like "+13055550101"',
        'x.yaml:13:12: engineers[1].phone: "13055550102" is not an E.164 number; write "+13055550102"',
        'x.yaml:14:10: engineers[1].fte: "1.5" is not a share of the load; write a number above 0, at most 1, like 0.5',
        'x.yaml:15:12: engineers[1].joins: "next week" is not a date; write one like "2027-01-04"',
        'x.yaml:16:13: engineers[1].leaves: "2027-02-30" is not a date; February 2027 has 28 days',
        'x.yaml:17:13: engineers[1].roles[0]: "primry" is not a role of this roster; did you mean "primary"?',
        "x.yaml:18:10: manager.name: is missing; write name: Mei Lin",
    ]


def test_an_empty_mapping_is_told_all_that_a_roster_needs(refusal: Refusal) -> None:
    assert refusal("{}").splitlines() == [
        "x.yaml:1:1: engineers: is missing; write engineers: [{id: ana, name: ..., phone: ...}]",
        "x.yaml:1:1: team: is missing; write team: my-team",
        "x.yaml:1:1: timezone: is missing; write timezone: America/New_York",
    ]


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("New York", '"New York" is not an IANA time zone; did you mean "America/New_York"?'),
        ("europe/london", '"europe/london" is not an IANA time zone; did you mean "Europe/London"?'),
        ("America", '"America" is not an IANA time zone; write one like "America/New_York"'),
        ("../../etc/passwd", '"../../etc/passwd" is not an IANA time zone; write one like "America/New_York"'),
        ("EST", '"EST" is not a place: its clock stays at UTC-5 all year; write "America/New_York"'),
    ],
)
def test_a_zone_that_is_none_is_told_the_nearest(refusal: Refusal, zone: str, message: str) -> None:
    assert refusal(GOOD.replace("America/New_York", zone)) == f"x.yaml:2:11: timezone: {message}"


def test_an_engineers_own_time_zone_is_a_place_too(refusal: Refusal) -> None:
    assert refusal(GOOD + "    timezone: IST\n") == (
        'x.yaml:10:15: engineers[1].timezone: "IST" is an abbreviation and not a place; write "Asia/Kolkata"'
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("us", '"us" is not a place whose holidays are known; did you mean "US"?'),
        ("US-FLO", '"US-FLO" is not a place whose holidays are known; did you mean "US-FL"?'),
        (
            "Narnia",
            '"Narnia" is not a place whose holidays are known; '
            'write a country like "US", or a part of one like "US-FL"',
        ),
    ],
)
def test_holidays_of_a_place_that_is_unknown_are_refused(refusal: Refusal, code: str, message: str) -> None:
    assert refusal(GOOD + f"holidays: {code}\n") == f"x.yaml:10:11: holidays: {message}"


def test_norway_is_a_country_and_not_a_no(folder: Path) -> None:
    (folder / "x.yaml").write_text(GOOD + "holidays: NO\n")
    assert read_roster(Path("x.yaml")).holidays == public_holidays("NO")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("roles: []", "10:19: rotation.roles: has 0 items; write 1 to 5"),
        ("roles: [primary, primary]", '10:19: rotation.roles: "primary" is named twice'),
        (
            "roles: primary",
            '10:19: rotation.roles: "primary" is a single value; a list is expected here: [primary]',
        ),
        ("rest_nights: -1", "10:25: rotation.rest_nights: -1 is out of range; write a whole number from 0 to 14"),
        ("weekends_apart: 0", "10:28: rotation.weekends_apart: 0 is out of range; write a whole number from 1 to 12"),
        (
            "max_shifts_per_week: 2.5",
            '10:33: rotation.max_shifts_per_week: "2.5" is not a whole number; write a whole number from 1 to 7',
        ),
        (
            "max_shifts_per_month: 99",
            "10:34: rotation.max_shifts_per_month: 99 is out of range; write a whole number from 1 to 31",
        ),
        (
            "requests_weight: x",
            '10:29: rotation.requests_weight: "x" is not a whole number; write a whole number from 0 to 1000',
        ),
        ("rest: 1", '10:12: rotation.rest: is not a known key; did you mean "rest_nights"?'),
        (
            "roles: [captain]",
            '10:19: rotation.roles: the policy "itopia-cas" notifies none of these roles, only manager, primary, '
            "secondary",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused(refusal: Refusal, rule: str, message: str) -> None:
    assert refusal(GOOD + f"rotation: {{{rule}}}\n") == f"x.yaml:{message}"


@pytest.mark.parametrize(
    ("engineers", "message"),
    [
        (
            "engineers: []\n",
            "3:12: engineers: nobody can take the role primary; a roster needs an engineer for every role",
        ),
        (
            "engineers:\n"
            '  - {id: ana, name: Ana, phone: "+13055550101", roles: [primary]}\n'
            '  - {id: ben, name: Ben, phone: "+13055550102", roles: [primary]}\n',
            "4:3: engineers: nobody can take the role secondary; a roster needs an engineer for every role",
        ),
        (
            'engineers:\n  - {id: ana, name: Ana, phone: "+13055550101"}\n',
            "4:3: engineers: primary and secondary need 2 different people, but only ana can take them",
        ),
    ],
)
def test_a_team_that_can_never_fill_its_roles_is_refused(refusal: Refusal, engineers: str, message: str) -> None:
    assert refusal(f"team: cas\ntimezone: UTC\n{engineers}") == f"x.yaml:{message}"


def test_a_roster_that_is_no_mapping_is_refused(refusal: Refusal) -> None:
    assert refusal("- ana\n- ben\n") == ("x.yaml:1:1: is a list; keys with values (key: value) are expected here")


def test_a_syntax_error_is_told_with_its_place(refusal: Refusal) -> None:
    assert refusal("team: cas\n\ttimezone: UTC\n") == (
        "x.yaml:2:1: is not YAML: found a tab character that violates indentation; indent with spaces, not with tabs"
    )


def test_a_file_in_another_encoding_is_told_with_its_place(folder: Path) -> None:
    (folder / "x.yaml").write_bytes(GOOD.replace("Ana Pereira", "Ana Perêira").encode("latin-1"))
    with pytest.raises(FileFaults) as refused:
        read_roster(Path("x.yaml"))
    assert str(refused.value) == "x.yaml:5:18: is not UTF-8 (byte 0xea); save the file as UTF-8"


def test_a_missing_roster_is_named(folder: Path) -> None:
    with pytest.raises(FileFaults) as refused:
        read_roster(Path("rosters/none.yaml"))
    assert str(refused.value) == "rosters/none.yaml: there is no such file"
