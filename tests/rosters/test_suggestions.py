"""Suggestions in the messages about a roster build on what was written, and a roster that follows them is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.rosters.roster_file import read_roster
from tests.rosters.conftest import MANAGER

GOOD = {
    "timezone": "America/New_York", "holidays": "US", "roles": "[primary, secondary]", "rest_nights": "2",
    "max_hours_per_week": "100", "turn": "", "handover": "", "points": "hours", "fixed": "", "never_together": "",
    "phone": '"+13055550101"', "email": "ana@example.com", "fte": "1.0", "own_roles": "[primary]",
    "joins": "2026-01-01", "leaves": "2030-01-01", "unavailable": "", "requests": "", "shadows": "", "kinds": "",
    "holidays_off": "false", "max_shifts": "10",
}  # fmt: skip
TEXT = """\
team: cas
timezone: {timezone}
holidays: {holidays}
rotation:
  roles: {roles}
  rest_nights: {rest_nights}
  max_hours_per_week: {max_hours_per_week}
  turn: {turn}
  handover: {handover}
  points: {points}
  fixed: {fixed}
  never_together: {never_together}
engineers:
  - id: ana
    name: Ana Pereira
    phone: {phone}
    email: {email}
    fte: {fte}
    roles: {own_roles}
    joins: {joins}
    leaves: {leaves}
    unavailable: {unavailable}
    requests: {requests}
    shadows: {shadows}
    kinds: {kinds}
    holidays: US
    holidays_off: {holidays_off}
    max_shifts: {max_shifts}
  - {{id: ben, name: Ben Okafor, phone: "+13055550102"}}
  - {{id: cy, name: Cy Li, phone: "+13055550103"}}
"""
MISTAKES = [
    ("joins", "5 Jan 2027", ["2027-01-05"]),
    ("joins", "Jan 5, 2027", ["2027-01-05"]),
    ("joins", "5th of January 2027", ["2027-01-05"]),
    ("joins", "5-Jan-27", ["2027-01-05"]),
    ("joins", "03/04/2027", ["2027-03-04", "2027-04-03"]),
    ("joins", "1/4/27", ["2027-01-04", "2027-04-01"]),
    ("joins", "4.1.2027", ["2027-04-01", "2027-01-04"]),
    ("joins", "15.02.2027", ["2027-02-15"]),
    ("joins", "2027-1-5", ["2027-01-05"]),
    ("joins", "20270105", ["2027-01-05"]),
    ("joins", "Thu 03/04/2027", ["2027-03-04"]),
    ("joins", "2027-02-15 6pm", ["2027-02-15T18:00"]),
    ("joins", "5 Jan 2027 at 18.00", ["2027-01-05T18:00"]),
    ("leaves", "2027-02-15T24:00", ["2027-02-16T00:00"]),
    ("timezone", "EST", ["America/New_York"]),
    ("timezone", "Eastern", ["America/New_York"]),
    ("timezone", "Eastern Time (US & Canada)", ["America/New_York"]),
    ("timezone", "new york", ["America/New_York"]),
    ("timezone", "NYC", ["America/New_York"]),
    ("timezone", "Mumbai", ["Asia/Kolkata"]),
    ("timezone", "India", ["Asia/Kolkata"]),
    ("timezone", "America/NewYork", ["America/New_York"]),
    ("holidays", "United States", ["US"]),
    ("holidays", "US-Florida", ["US-FL"]),
    ("holidays", "US_FL", ["US-FL"]),
    ("holidays", "England", ["GB-ENG"]),
    ("holidays", "US, GB-ENG", ["[US, GB-ENG]"]),
    ("holidays", "2027-03-10", ["{date: 2027-03-10}"]),
    ("roles", "primary, secondary", ["[primary, secondary]"]),
    ("own_roles", "primary", ["[primary]"]),
    ("own_roles", "[primry]", ['"primary"']),
    ("rest_nights", "two", ["2"]),
    ("rest_nights", "2 nights", ["2"]),
    ("rest_nights", "2.0", ["2"]),
    ("max_hours_per_week", "60h", ["60"]),
    ("max_shifts", "10/month", ["10"]),
    ("turn", "weekly", ["week"]),
    ("turn", "fortnight", ["2 weeks"]),
    ("turn", "every two weeks", ["2 weeks"]),
    ("turn", "daily", ["shift"]),
    ("handover", "8am", ["mon 08:00"]),
    ("handover", "Fri 18.00", ["fri 18:00"]),
    ("handover", "Fridays at 6pm", ["fri 18:00"]),
    ("handover", "monday 24:00", ["tue 00:00"]),
    ("points", "Hours", ["hours"]),
    ("points", "{weeknight: one}", ["1"]),
    ("fixed", "[{day: 2027-01-05, role: primary, engineer: Ben Okafor}]", ["ben"]),
    ("never_together", "[ana, ben]", ["[[ana, ben]]"]),
    ("never_together", "[ana and ben]", ["[ana, ben]"]),
    ("never_together", "[[ana, Ben]]", ["ben"]),
    ("phone", "212-555-0101", ["+12125550101"]),
    ("phone", "1-800-FLOWERS", ["+18003569377"]),
    ("phone", "0044 20 7946 0018", ["+442079460018"]),
    ("email", "Ana <ana@example.com>", ["ana@example.com"]),
    ("email", "ana at example.com", ["ana@example.com"]),
    ("fte", "50%", ["0.5"]),
    ("fte", "0,5", ["0.5"]),
    ("fte", "1/2", ["0.5"]),
    ("fte", "80", ["0.8"]),
    ("fte", "half", ["0.5"]),
    ("unavailable", "fridays", ["[{every: fridays}]"]),
    ("unavailable", "2027-02-15", ["[{from: 2027-02-15, to: 2027-02-15}]"]),
    ("unavailable", "15 Feb 2027 - 19 Feb 2027", ["[{from: 2027-02-15, to: 2027-02-19}]"]),
    ("unavailable", "{every: fridays}", ["[{every: fridays}]"]),
    ("unavailable", "[2027-02-15]", ["{from: 2027-02-15, to: 2027-02-15}"]),
    ("unavailable", "[{date: 2027-02-15}]", ["{from: 2027-02-15, to: 2027-02-15}"]),
    ("unavailable", "[{every: Fri}]", ["fridays"]),
    ("requests", "avoid fridays", ["[{avoid: fridays}]"]),
    ("requests", "{avoid: fridays}", ["[{avoid: fridays}]"]),
    ("requests", "[fridays]", ["{avoid: fridays}", "{prefer: fridays}"]),
    ("requests", "[{avoid: 'Jan 5, 2027'}]", ["2027-01-05"]),
    ("requests", "[{avoid: Fri}]", ["fridays"]),
    ("shadows", "2027-02-01 to 2027-02-28", ["{from: 2027-02-01, to: 2027-02-28}"]),
    ("kinds", "weekend", ["[weekend]"]),
    ("kinds", "[weekned]", ['"weekend"']),
    ("holidays_off", "y", ["true"]),
]


def roster_text(**values: str) -> str:
    if values.keys() & {"handover"}:
        values |= {"turn": "week"}
    return TEXT.format(**{**GOOD, **values}) + MANAGER


def faults_of(text: str) -> list[str]:
    Path("x.yaml").write_text(text, encoding="utf-8")
    try:
        read_roster(Path("x.yaml"))
    except FileFaults as refusal:
        return [fault.message for fault in refusal.faults]
    return []


def _corrected(written: str, message: str, suggested: str) -> str:
    """Replace the part of a value that the message quotes, or all of it, by the suggested value."""
    quoted = re.match(r'"([^"]+)"', message)
    part = quoted[1] if quoted and quoted[1] in written else written
    if suggested.startswith("{") and written.startswith("[{"):
        part = written[1:-1]
    return written.replace(f"'{part}'", part).replace(part, suggested)


def test_the_roster_without_a_mistake_is_read(folder: Path) -> None:
    assert faults_of(roster_text()) == []


@pytest.mark.parametrize(("field", "written", "suggested"), MISTAKES)
def test_a_suggestion_builds_on_what_was_written_and_is_accepted(
    folder: Path, field: str, written: str, suggested: list[str]
) -> None:
    found = faults_of(roster_text(**{field: written}))
    assert len(found) == 1
    advice = re.split(r"; |write one like |expected here: ", found[0], maxsplit=1)[1]
    for each in suggested:
        assert each in advice
        assert faults_of(roster_text(**{field: _corrected(written, found[0], each)})) == []


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("03/04/2027", '"03/04/2027" is not a date; write "2027-03-04" (4 March) or "2027-04-03" (3 April)'),
        ("2027-02-30", '"2027-02-30" is not a date; February 2027 has 28 days'),
        ("30.2.2027", '"30.2.2027" is not a date; February 2027 has 28 days'),
        ("January 2027", '"January 2027" is not a date; the day is missing; write one like "2027-01-01"'),
        ("5 Jan", '"5 Jan" is not a date; the year is missing; write one like "2027-01-05"'),
        ("soon", '"soon" is not a date; write one like "2027-01-04"'),
        (
            "Mon 5 Jan 2027",
            '"Mon 5 Jan 2027" is a Tuesday, not a Monday; correct the date, and write it like 2027-01-04',
        ),
        (
            "2027-02-15T18:00Z",
            '"2027-02-15T18:00Z" has an offset; write the time on the team\'s clock alone, like "2027-02-15T18:00"',
        ),
    ],
)
def test_a_date_without_one_sure_reading_is_never_guessed(folder: Path, written: str, message: str) -> None:
    assert faults_of(roster_text(joins=written)) == [message]


@pytest.mark.parametrize(
    ("written", "messages"),
    [
        (
            "[{from: 2027-02-15, until: 2027-02-19}]",
            ['is not a known key; did you mean "to"?'],
        ),
        ("[{from: 2027-02-15}]", ["is missing; write to: 2027-02-15"]),
        (
            "[{every: mon-tue}]",
            [
                '"mon-tue" is more than one day; write an entry for each day: {every: mondays}, {every: tuesdays}',
            ],
        ),
        (
            "03/04/2027",
            [
                '"03/04/2027" is a single value; write a list: [{from: 2027-03-04, to: 2027-03-04}] or '
                "[{from: 2027-04-03, to: 2027-04-03}]"
            ],
        ),
    ],
)
def test_days_off_in_another_form_lead_to_the_form_of_the_file(folder: Path, written: str, messages: list[str]) -> None:
    assert faults_of(roster_text(unavailable=written)) == messages


@pytest.mark.parametrize("written", ["two hundred", "two or three", "two and a half"])
def test_a_number_of_several_words_is_not_read_as_its_first_word(folder: Path, written: str) -> None:
    (fault,) = faults_of(roster_text(rest_nights=written))
    assert fault == f'"{written}" is not a whole number; write a whole number from 0 to 14'


@pytest.mark.parametrize(
    ("written", "key"), [("vacation", "unavailable"), ("start_date", "joins"), ("mobile", "phone")]
)
def test_a_word_that_people_use_for_a_key_of_an_engineer_gets_the_key(folder: Path, written: str, key: str) -> None:
    text = f"team: x\ntimezone: Europe/Paris\nengineers:\n  - {{id: ana, name: Ana, {written}: x}}\n"
    assert f'is not a known key; did you mean "{key}"?' in faults_of(text)
