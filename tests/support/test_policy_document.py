"""docs/policy.md names an existing test for each rule of the guidelines, or says that it is a person's work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from oncall.support.policy_file import packaged_policy_text

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
        text = (HOME / file).read_text(encoding="utf-8") if names else ""
        for name in names:
            assert re.search(rf"(def|class) {name}\b", text), test
            # What follows is looked for behind it: a test stands in its class.
            text = text[text.index(f" {name}") :]


def keys() -> list[tuple[str, str | None]]:
    """Return every policy key in the table, with its value if the table names one."""
    spans = [span for row in rows() for span in re.findall(r"`([^`]+)`", row[1])]
    found = [re.fullmatch(r"([a-z_*-]+(?:[.][a-z_*-]+)*)(?:: (.+))?", span) for span in spans]
    return [(match[1], match[2]) for match in found if match and match[1] not in OTHERS]


OTHERS = ("account_manager", "mail", "portal", "portal.answer_within")
"""A key of the customers' file, and blocks that the packaged policy only explains in comments."""


def values_at(node: Any, path: list[str]) -> list[Any]:
    if not path:
        return [node]
    if not isinstance(node, dict):
        return []
    below = list(node.values()) if path[0] == "*" else [node[path[0]]] if path[0] in node else []
    return [value for child in below for value in values_at(child, path[1:])]


@pytest.mark.parametrize(("key", "value"), keys(), ids=str)
def test_every_key_is_in_the_packaged_policy_with_the_named_value(key: str, value: str | None) -> None:
    found = values_at(yaml.safe_load(packaged_policy_text()), key.split("."))
    assert found
    if value is not None:
        assert all(one == yaml.safe_load(value) for one in found)


def test_no_sentence_of_the_guidelines_is_left_out() -> None:
    assert len(rows()) >= 29
