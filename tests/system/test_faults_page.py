"""The faults page names existing tests and covers every fault that the pager survives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and "::" in line
]


@pytest.mark.parametrize(("fault", "test"), [(row[0], row[2].strip("`")) for row in ROWS])
def test_each_fault_has_a_test_of_that_name(fault: str, test: str) -> None:
    path, _, name = test.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {re.escape(name)}\(", text, re.MULTILINE), fault


def test_no_fault_is_named_twice() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) > 30


_ITS_CLOCK = re.compile(
    r"clock_timestamp|current_timestamp|statement_timestamp|func\.now|julianday|'now'|SELECT now", re.I
)


def test_no_time_is_taken_from_the_database_but_to_compare_clocks() -> None:
    found = [
        (path.name, line.strip())
        for path in sorted((ROOT / "src" / "oncall" / "store").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if _ITS_CLOCK.search(line)
    ]
    assert [name for name, _ in found] == ["postgres.py"]
    assert 'text("SELECT clock_timestamp()")' in found[0][1]
