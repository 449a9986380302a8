"""Plan files that cannot be used: every fault at once, each with its line and column and what to write instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults
from oncall.schedule import plan_file
from oncall.schedule.plan_file import read_plan
from oncall.schedule.plan_reader import plan_of_csv, plan_of_json
from tests.schedule.conftest import NEW_YORK

HEADER = "start,end,kind,role,engineer\n"
GOOD = "2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00,weeknight,primary,ana\n"
WRITE = 'write "2027-01-04T19:01:00-05:00"'
SHIFT = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))


def faults_of_csv(text: str) -> list[str]:
    with pytest.raises(FileFaults) as refusal:
        plan_of_csv(text, "p.csv", team="", zone=NEW_YORK)
    return str(refusal.value).splitlines()


def faults_of_json(text: str) -> list[str]:
    with pytest.raises(FileFaults) as refusal:
        plan_of_json(text, "p.json")
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
            '53: kind: "business" is not a kind of shift; write weeknight, weekend or holiday',
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
def test_a_bad_cell_of_a_csv_is_shown_with_its_place_and_its_mend(row: str, fault: str) -> None:
    assert faults_of_csv(f"{HEADER}{GOOD}{row}\n") == [f"p.csv:3:{fault}"]


def test_every_bad_row_is_named_at_once_in_the_order_of_the_file() -> None:
    found = faults_of_csv(f"{HEADER}x,y,z,,\n{GOOD}{GOOD}")
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
        ("", ["p.csv:1:1: the file is empty; its first line must be start,end,kind,role,engineer"]),
        ("\n \n", ["p.csv:1:1: the file is empty; its first line must be start,end,kind,role,engineer"]),
        (
            "start,end,kind,who,kind\n",
            [
                "p.csv:1:1: engineer: this column is missing; the first line must be start,end,kind,role,engineer",
                "p.csv:1:1: kind: this column is there more than once; the first line must be "
                "start,end,kind,role,engineer",
                "p.csv:1:1: role: this column is missing; the first line must be start,end,kind,role,engineer",
            ],
        ),
        (f'{HEADER}"2027', ["p.csv:2:1: not CSV: unexpected end of data"]),
    ],
)
def test_what_is_no_plan_csv_at_all_is_said_so(text: str, faults: list[str]) -> None:
    assert faults_of_csv(text) == faults


def document(**changes: Any) -> str:
    whole: dict[str, Any] = {
        "team": "cas-support",
        "timezone": "America/New_York",
        "status": "optimal",
        "shifts": [SHIFT],
    }
    return json.dumps({**whole, **changes}, indent=2)


def test_the_smallest_json_plan_is_read() -> None:
    assert len(plan_of_json(document(), "p.json").seats) == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"team": 3}, "p.json:2:11: team: 3 is not a text"),
        (
            {"timezone": "Mars/Olympus"},
            'p.json:3:15: timezone: "Mars/Olympus" is not a time zone; write one like "America/New_York"',
        ),
        (
            {"timezone": "America"},
            'p.json:3:15: timezone: "America" is not a time zone; write one like "America/New_York"',
        ),
        (
            {"timezone": "../etc"},
            'p.json:3:15: timezone: "../etc" is not a time zone; write one like "America/New_York"',
        ),
        ({"status": "perfect"}, 'p.json:4:13: status: "perfect" is not a status; write optimal or feasible'),
        ({"status": ["optimal"]}, 'p.json:4:13: status: ["optimal"] is not a status; write optimal or feasible'),
        ({"shifts": 3}, "p.json:5:13: shifts: 3 is not a list"),
        ({"shifts": None}, "p.json:5:13: shifts: a list is missing here"),
        ({"shifts": [3]}, "p.json:6:5: shifts[0]: 3 is no object with start, end, kind, role, engineer"),
        ({"shifts": [{"start": 1, "end": 2, "kind": 3}]}, "p.json:6:5: shifts[0]: role, engineer: missing here"),
        ({"shifts": [{**SHIFT, "start": 3}]}, f"p.json:7:16: shifts[0].start: 3 is not a time; {WRITE}"),
        (
            {"shifts": [SHIFT, SHIFT]},
            'p.json:17:15: shifts[1].role: shifts[0] has "primary" of the shift that starts then already; '
            "keep one of them",
        ),
        ({"first_day": "soon"}, 'p.json:14:16: first_day: "soon" is not a date; write "2027-01-04"'),
        ({"last_day": 3}, 'p.json:14:15: last_day: 3 is not a date; write "2027-01-04"'),
        ({"seed": 1.5}, "p.json:14:11: seed: 1.5 is not a whole number"),
        ({"seed": True}, "p.json:14:11: seed: true is not a whole number"),
        ({"notes": [1]}, "p.json:15:5: notes[0]: 1 is not a text"),
        (
            {"fairness": {"cost": "0", "bound": 0, "engineers": []}},
            'p.json:15:13: fairness.cost: "0" is not a whole number',
        ),
        ({"fairness": {"cost": 0, "engineers": []}}, "p.json:14:15: fairness.bound: null is not a whole number"),
        (
            {"fairness": {"cost": 0, "bound": 0, "engineers": [{"engineer": "ana", "weight": 1, "loads": [{}]}]}},
            "p.json:22:11: fairness.engineers[0].loads[0].kind: null is not a kind of shift; write weeknight, weekend "
            "or holiday",
        ),
    ],
)
def test_a_bad_value_of_a_json_plan_is_shown_with_its_place_and_its_mend(changes: dict[str, Any], fault: str) -> None:
    assert fault in faults_of_json(document(**changes))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "p.json:1:1: the file is empty"),
        ("[]", 'p.json:1:1: the document is no object; it must begin like {"team": "cas-support", ...'),
        ('{"team":\n x}', "p.json:2:2: not JSON: Expecting value"),
        ('{"team": NaN}', "p.json:1:10: NaN is not a number"),
        ('{"seed": 12345678901234567890}', 'p.json:1:10: "12345678901234567890" is too large a number'),
        ('{"":' * 300 + "1" + "}" * 300, "p.json:1:1: team: null is not a text"),
        ("[" * 100_000, "p.json:1:1: not a plan: its values are nested too deep"),
    ],
)
def test_what_is_no_json_plan_at_all_is_said_so(text: str, fault: str) -> None:
    assert fault in faults_of_json(text)


def test_all_faults_of_a_json_plan_come_at_once() -> None:
    assert len(faults_of_json(document(team=1, status="x", shifts=[{**SHIFT, "kind": "x", "role": ""}]))) == 4


def test_a_file_that_is_not_utf8_names_the_byte_and_its_place(tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    file.write_bytes(HEADER.encode() + b"caf\xe9")
    with pytest.raises(FileFaults) as refusal:
        read_plan(file)
    assert str(refusal.value) == f"{file}:2:4: byte 0xe9 is not UTF-8; save the file as UTF-8"


def make_nothing(file: Path) -> None:
    """There is no such file."""


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("plan.csv", make_nothing, "cannot be read: No such file or directory"),
        ("plan.json", Path.mkdir, "cannot be read: Is a directory"),
        ("plan.xls", Path.touch, "a plan file ends in .csv or .json"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_so(
    tmp_path: Path, name: str, make: Callable[[Path], None], message: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(FileFaults) as refusal:
        read_plan(tmp_path / name)
    assert str(refusal.value) == f"{tmp_path / name}: {message}"


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    with file.open("wb") as sparse:
        sparse.truncate(plan_file.MOST_BYTES + 1)
    with pytest.raises(FileFaults) as refusal:
        read_plan(file)
    assert str(refusal.value) == f"{file}: is larger than 16 MB, the most that a plan file may have"


@settings(max_examples=300, deadline=None)
@given(text=st.text() | st.text(st.sampled_from('{}[]",:0 \nstart,end'), max_size=60))
def test_no_text_whatever_gives_a_traceback(text: str) -> None:
    for content in (text, HEADER + text):
        with suppress(FileFaults):
            plan_of_csv(content, "p.csv", team="", zone=NEW_YORK)
    with suppress(FileFaults):
        plan_of_json(text, "p.json")
