"""Ledger files are read as they were written, and every fault is reported with its line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.rotation.problem.ledger_file import csv_of_ledger, read_ledger, refuse_unknown_kinds
from oncall.schedule.plan import Balance
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY

NIGHT, WEEKEND = WindowKind.WEEKNIGHT, WindowKind.WEEKEND
SUNDAY = MONDAY + timedelta(days=27)


def test_a_ledger_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    balances = (Balance("ana", NIGHT, 1250), Balance("ben", NIGHT, -1250))
    path = tmp_path / "balances.csv"
    path.write_bytes(csv_of_ledger(balances, date(2027, 4, 5)))
    assert path.read_text() == (
        "engineer,kind,balance,as_of\nana,weeknight,1.250,2027-04-05\nben,weeknight,-1.250,2027-04-05\n"
    )
    written = read_ledger(path)
    assert (written.balances, written.as_of) == (balances, date(2027, 4, 5))


def test_every_fault_of_a_ledger_file_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("engineer,kind,balance,as_of\nana,24x7,1\nben,weekend,lots\nben,weekend,1,soon\nben,weekend,2\n")
    with pytest.raises(FileFaults) as refusal:
        read_ledger(path)
    assert str(refusal.value).replace(str(path), "other.csv").splitlines() == [
        'other.csv:2:1: "24x7" is not a kind of shift; write an on-call window of the policy',
        'other.csv:3:1: "lots" is not a number of shifts; write one like -1.5',
        'other.csv:4:1: "soon" is not a date; write one like "2027-01-04"',
        "other.csv:5:1: line 4 already has the weekend balance of ben; keep one of the two lines",
    ]


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,count\nana,1\n")
    with pytest.raises(FileFaults) as refusal:
        read_ledger(path)
    assert str(refusal.value) == (
        f"{path}:1:1: the column engineer is missing; the first line must be engineer,kind,balance"
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "engineer;kind;balance\nana;weekend;1,5\n",
            "1:1: the cells are separated by semicolons; save the file with commas: "
            "the first line must be engineer,kind,balance",
        ),
        (
            "engineer,kind,balance\nana,weekend,1,5\n",
            "2:1: found 4 cells, and the first line has 3; write decimals with a point, like -1.5",
        ),
        (
            "engineer,kind,balance,balance\nana,weekend,1,5\n",
            "1:1: the column balance occurs more than once; the first line must be engineer,kind,balance",
        ),
        (
            "engineer,kind,balance,as_of\nana,weekend,1,2027-01-04\nben,weekend,-1,2027-01-05\n",
            "3:1: as_of is 2027-01-05, and 2027-01-04 on line 2; write the same date on every line",
        ),
        ("engineer,kind,balance\nana,weekend\n", '2:1: "" is not a number of shifts; write one like -1.5'),
        ('engineer,kind,balance\n"ana,weekend,1\n', "2:1: not CSV: unexpected end of data"),
        (f"engineer,kind,balance\n{'a' * 140_000},weekend,1\n", "2:1: not CSV: field larger than field limit (131072)"),
        ("", "1:1: the column engineer is missing; the first line must be engineer,kind,balance"),
    ],
)
def test_malformed_files_of_other_tools_are_refused_with_the_line(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(FileFaults) as refusal:
        read_ledger(path)
    assert str(refusal.value) == f"{path}:{fault}"


def test_capitals_and_extra_columns_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("Engineer,Team,Kind,Balance\nana,night-owls,Weekend,+0.5\n")
    assert read_ledger(path).balances == (Balance("ana", WEEKEND, 500),)


def test_balances_of_a_kind_that_the_policy_lacks_are_refused_with_their_first_line(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("engineer,kind,balance\nana,weekend,1\nana,weeknigth,1\nben,weeknigth,-1\n")
    with pytest.raises(FileFaults) as refusal:
        refuse_unknown_kinds(read_ledger(path), path, packaged_policy())
    assert str(refusal.value) == f'{path}:3:1: "weeknigth" is no window of itopia-cas; did you mean "weeknight"?'
