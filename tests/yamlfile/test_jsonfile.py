"""A JSON text becomes the same tree as YAML, with each value's place; other texts are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults
from oncall.file_nodes import Faults, ListNode, MapNode, Node, ScalarNode, descend, lines_of
from oncall.jsonfile import parse_json

TEXT = '{"a": [1,\n  {"b": "x\\ud83d\\ude00"}, null],\n "c.d": -1.5e3 }'


def refusal(text: str) -> str:
    faults = Faults("x.json")
    with pytest.raises(FileFaults) as refused:
        parse_json(text, faults)
        faults.raise_any()
    return str(refused.value)


def values_of(node: Node) -> object:
    """Return the tree as `json.loads` would, but with numbers and words as text."""
    if isinstance(node, MapNode):
        return {key: values_of(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, ListNode):
        return [values_of(item) for item in node.items]
    assert isinstance(node, ScalarNode)
    return node.text if node.is_quoted else json.loads(node.text)


def test_every_value_has_its_line_and_column() -> None:
    root = parse_json(TEXT, Faults("x.json"))
    item = descend(root, "a")
    assert isinstance(item, ListNode)
    places = [(node.path, node.line, node.column) for node in (root, item, *item.items, descend(root, "c.d"))]
    assert places == [("", 1, 1), ("a", 1, 7), ("a[0]", 1, 8), ("a[1]", 2, 3), ("a[2]", 2, 27), ("c.d", 3, 9)]
    assert lines_of(root) == {"a": 1, "a[0]": 1, "a[1]": 2, "a[1].b": 2, "a[2]": 2, "c.d": 3}


def test_an_escaped_pair_of_surrogates_is_one_letter() -> None:
    assert values_of(parse_json(TEXT, Faults("x.json"))) == {"a": [1, {"b": "x😀"}, None], "c.d": -1500.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: is empty"),
        (" \n", "1:1: is empty"),
        ('{"a": 1\n "b": 2}', "2:2: is not JSON: Expecting ',' delimiter"),
        ('{"a": 1,}', "1:9: is not JSON: Expecting property name enclosed in double quotes"),
        ("{'a': 1}", "1:2: is not JSON: Expecting property name enclosed in double quotes"),
        ('{"a": 1} x', "1:10: is not JSON: Extra data"),
        ('{"a": [1, 2', "1:12: is not JSON: Expecting ',' delimiter"),
        ('{"a": -Infinity}', "1:7: -Infinity is not a number"),
        ('{"a": {"b": 1,\n "b": 2}}', "2:2: a.b: is written twice; the first is on line 1"),
        ("[" * 21 + "]" * 21, f"1:21: {'[0]' * 20}: is nested more than 20 levels deep"),
        ("[" * 100_000, "1:1: is nested more than 20 levels deep"),
    ],
)
def test_a_text_that_is_no_json_is_refused_at_its_place(text: str, message: str) -> None:
    assert refusal(text) == f"x.json:{message}"


def test_a_long_list_has_the_items_that_a_short_one_would_have_with_their_places() -> None:
    numbers = list(range(30_000))
    root = parse_json('{"a": [' + ",\n".join(map(str, numbers)) + '], "b": "after"}', Faults("x.json"))
    items = descend(root, "a")
    assert isinstance(items, ListNode)
    assert values_of(items.items[29_999]) == 29_999
    assert (items.items[29_999].line, items.items[29_999].path) == (30_000, "a[29999]")
    assert len(items.items) == 30_000
    assert values_of(root) == {"a": numbers, "b": "after"}


def test_a_fault_inside_a_long_list_is_noted_when_its_item_is_read() -> None:
    faults = Faults("x.json")
    root = parse_json("[" + "1, " * 50_000 + '{"b": 1, "b": 2}]', faults)
    assert len(faults) == 0
    assert isinstance(root, ListNode)
    assert len(root.items) == 50_001
    assert str(faults.refusal()) == "x.json:1:150011: [50000].b: is written twice; the first is on line 1"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(value=VALUES, indent=st.none() | st.sampled_from([0, 2, "\t"]), ascii_only=st.booleans())
def test_the_tree_of_any_json_holds_its_values(value: object, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    try:
        assert values_of(parse_json(text, Faults("x.json"))) == value
    except FileFaults as refused:
        assert "nested more than 20 levels deep" in str(refused)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.sampled_from(list('{}[]",:0 \nabtrue\\')), max_size=40))
def test_any_text_is_a_tree_or_a_refusal(text: str) -> None:
    try:
        parse_json(text, Faults("x.json"))
    except FileFaults as refused:
        assert refused.faults
