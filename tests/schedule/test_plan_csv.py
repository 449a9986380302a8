"""A CSV plan with faults: all faults at once, each with line, column and remedy."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults
from oncall.schedule.plan_csv import plan_of_csv
from tests.schedule.conftest import NEW_YORK

HEADER = "start,end,kind,role,engineer\n"
GOOD = "2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00,weeknight,primary,ana\n"
WRITE = 'write "2027-01-04T19:01:00-05:00"'


def faults_of_csv(text: str) -> list[str]:
    with pytest.raises(FileFaults) as refusal:
        plan_of_csv(text, "p.csv", team="", zone=NEW_YORK)
    return str(refusal.value).splitlines()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("tomorrow,2027-01-05T08:00:00-05:00,weeknight,primary,ana", f'1: start: "tomorrow" is not a time; {WRITE}'),
        (
            "2027-01-04T19:01:00-05:00,2027-01-05T08:00,weeknight,primary,ana",
            f'27: end: "2027-01-05T08:00" has no offset from UTC; {WRITE}',
        ),
        (
            "2027-01-04T19:01:00-05:00,2027-01-04T19:01:00-05:00,weeknight,primary,ana",
            '27: end: "2027-01-04T19:01:00-05:00" is not after the start, "2027-01-04T19:01:00-05:00"',
        ),
        (
            "2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00,business,primary,ana",
            '53: kind: "business" is not a kind of shift; write an on-call window of the policy',
        ),
        (
            "2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00,weeknight,,ana",
            '63: role: "" is not a name of one line; write "primary"',
        ),
        (
            "2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00,weeknight,primary,",
            '71: engineer: "" is not a name of one line; write "ana"',
        ),
        (
            "0001-01-01T00:00:00+14:00,2027-01-05T08:00:00-05:00,weeknight,primary,ana",
            f'1: start: "0001-01-01T00:00:00+14:00" is not a time; {WRITE}',
        ),
        ("2027-01-04T19:01:00-05:00,weeknight", "1: found 2 cells, and needs 5"),
    ],
)
def test_a_bad_cell_of_a_csv_is_shown_with_its_place_and_what_to_write(row: str, fault: str) -> None:
    assert faults_of_csv(f"{HEADER}{GOOD}{row}\n") == [f"p.csv:3:{fault}"]


def test_every_bad_row_is_named_at_once_in_the_order_of_the_file() -> None:
    found = faults_of_csv(f"{HEADER}x,y,0,,\n{GOOD}{GOOD}")
    assert [line.split(": ")[:2] for line in found] == [
        ["p.csv:2:1", "start"],
        ["p.csv:2:3", "end"],
        ["p.csv:2:5", "kind"],
        ["p.csv:2:7", "role"],
        ["p.csv:2:8", "engineer"],
        ["p.csv:4:63", "role"],
    ]


def test_one_role_of_a_shift_cannot_be_held_twice() -> None:
    other = GOOD.replace("ana", "ben")
    assert faults_of_csv(HEADER + GOOD + other) == [
        'p.csv:3:63: role: line 2 has "primary" of the shift that starts then already; keep one of them'
    ]


def test_a_quoted_row_is_pointed_at_by_its_first_line() -> None:
    assert faults_of_csv(f'{HEADER}"2027-01-04\nT19",x,weeknight,primary,ana\n{GOOD}')[0].startswith("p.csv:2:1: ")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["p.csv:1:1: is empty; the first line must be start,end,kind,role,engineer"]),
        ("\n \n", ["p.csv:1:1: is empty; the first line must be start,end,kind,role,engineer"]),
        (
            "start,end,kind,who,kind\n",
            [
                "p.csv:1:1: engineer: this column is missing; the first line must be start,end,kind,role,engineer",
                "p.csv:1:1: kind: this column is there more than once; the first line must be "
                "start,end,kind,role,engineer",
                "p.csv:1:1: role: this column is missing; the first line must be start,end,kind,role,engineer",
            ],
        ),
        (
            "date,primary,secondary\n2027-01-04,ana,ben\n",
            [
                'p.csv:1:1: is no plan: it begins with "date,primary,secondary", and the first line must be '
                "start,end,kind,role,engineer; a rota of your own becomes a plan with `oncall import FILE --roster "
                "ROSTER --output plan.json`"
            ],
        ),
        (f'{HEADER}"2027', ["p.csv:2:1: is not CSV: unexpected end of data"]),
    ],
)
def test_what_is_no_plan_csv_at_all_is_said_so(text: str, faults: list[str]) -> None:
    assert faults_of_csv(text) == faults


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_plan_that_a_spreadsheet_saved_with_other_separators_is_read(separator: str) -> None:
    plain, other = HEADER + GOOD, (HEADER + GOOD).replace(",", separator)
    read = [plan_of_csv(text, "p.csv", team="t", zone=NEW_YORK) for text in (plain, other)]
    assert read[0] == read[1]


@settings(max_examples=60, deadline=None)
@given(text=st.text() | st.text(st.sampled_from('{}[]",:0 \nstart,end'), max_size=60))
def test_any_text_is_a_plan_or_a_refusal(text: str) -> None:
    for content in (text, HEADER + text):
        with suppress(FileFaults):
            plan_of_csv(content, "p.csv", team="", zone=NEW_YORK)
