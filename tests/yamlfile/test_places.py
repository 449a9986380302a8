"""Every value has its place: a path in the document, a line and a column counted from 1."""

from __future__ import annotations

from oncall.file_nodes import Faults, ListNode, MapNode, Node, ScalarNode, descend, lines_of
from oncall.yamlfile import parse_yaml

TEXT = """\
# a comment
team: x
engineers:
  - id: ana
    phone: "+13055550101"
  - {id: ben, days: [one, two]}
"""


def tree(text: str) -> Node:
    faults = Faults("x.yaml")
    root = parse_yaml(text, faults)
    faults.raise_any()
    return root


def test_a_value_knows_its_path_its_line_and_its_column() -> None:
    engineers = descend(tree(TEXT), "engineers")
    assert isinstance(engineers, ListNode)
    phone = descend(engineers.items[0], "phone")
    assert (phone.path, phone.line, phone.column) == ("engineers[0].phone", 5, 12)


def test_a_key_knows_its_own_place() -> None:
    root = tree(TEXT)
    assert isinstance(root, MapNode)
    key, _ = root.entries["engineers"]
    assert (key.path, key.line, key.column) == ("engineers", 3, 1)


def test_columns_count_characters_not_bytes() -> None:
    value = descend(tree("{é😀: x, b: y}"), "b")
    assert (value.line, value.column) == (1, 12)


def test_every_path_of_a_document_has_its_line() -> None:
    assert lines_of(tree(TEXT)) == {
        "team": 2,
        "engineers": 3,
        "engineers[0]": 4,
        "engineers[0].id": 4,
        "engineers[0].phone": 5,
        "engineers[1]": 6,
        "engineers[1].id": 6,
        "engineers[1].days": 6,
        "engineers[1].days[0]": 6,
        "engineers[1].days[1]": 6,
    }


def test_a_value_that_is_not_there_is_looked_for_no_further_than_its_mapping() -> None:
    assert descend(tree("a: {b: 1}"), "a", "c", "d").path == "a"


def test_what_yaml_would_guess_to_be_a_number_a_date_or_a_yes_stays_as_it_was_written() -> None:
    root = tree("{a: +13055550101, b: no, c: 08:00, d: 2027-02-30, e: 0x10, f: 1e3, g: '7', h: }")
    assert isinstance(root, MapNode)
    values = [value for _, value in root.entries.values() if isinstance(value, ScalarNode)]
    assert [value.text for value in values] == ["+13055550101", "no", "08:00", "2027-02-30", "0x10", "1e3", "7", ""]
    assert [value.is_quoted for value in values] == [False] * 6 + [True, False]
    assert values[-1].is_empty


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert descend(tree("\ufeffteam: x"), "team").line == 1
