"""docs/policy.md names, for each rule of the guidelines, a test that is there, or says that it is a person's work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PERSON = "*a person's work, not software's*"


def rows() -> list[list[str]]:
    text = (HOME / "docs" / "policy.md").read_text(encoding="utf-8")
    table = text[text.index("| the sentence's subject") : text.index("## How the clocks run")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:] if line]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_every_rule_has_its_key_and_its_test_or_is_a_person_s_work(row: list[str]) -> None:
    _, key, *proof = row
    tests = re.findall(r"`(tests/[^`]+)`", " ".join(proof))
    assert PERSON in key or tests or proof == ["the same"]
    for test in tests:
        file, *names = test.split("::")
        assert (HOME / file).exists(), file
        for name in names:
            assert re.search(rf"(def|class) {name}\b", (HOME / file).read_text(encoding="utf-8")), test


def test_no_sentence_of_the_guidelines_is_left_out() -> None:
    assert len(rows()) >= 26
