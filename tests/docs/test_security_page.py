"""The security page names existing tests, and its numbers equal the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oncall.web.access.refusals import ADDRESS_BURST, ADDRESS_PER_SECOND, LOGGED_A_MINUTE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|") and "::" in line
]


@pytest.mark.parametrize(("item", "test"), [(row[0], row[2].strip("`")) for row in ROWS])
def test_each_item_has_a_test_of_that_name(item: str, test: str) -> None:
    path, _, name = test.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {re.escape(name)}\(", text, re.MULTILINE), item


def test_every_item_is_one_of_the_standard_and_named_once() -> None:
    named = [item.strip() for row in ROWS for item in row[0].split(",")]
    assert all(re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{1,2}", item) for item in named)
    assert len(set(named)) == len(named) > 30


def test_the_limits_are_those_of_the_code() -> None:
    assert LOGGED_A_MINUTE == 5
    assert "After five lines in a minute" in PAGE
    assert (ADDRESS_BURST, ADDRESS_PER_SECOND) == (100, 1)
    assert "from 100 refusals on (one more each second)" in PAGE
