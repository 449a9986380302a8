"""Readers turn nodes into values, or say what to write instead."""

from __future__ import annotations

from typing import TypeVar

import pytest

from oncall.errors import FileFaults
from oncall.file_nodes import AtFault, Faults, Node, Reader
from oncall.file_values import (
    Fields,
    distinct_list_of,
    line_of_text,
    list_of,
    mapping_of,
    one_of,
    paragraph,
    true_or_false,
    whole_number,
)
from oncall.yamlfile import parse_yaml

T = TypeVar("T")


def read(reader: Reader[T], text: str) -> T:
    faults = Faults("x.yaml")
    fields = Fields(parse_yaml(f"key: {text}", faults))
    slot = fields.required("key", reader, example="...")
    fields.close()
    faults.raise_any()
    return slot.value


def refusal(reader: Reader[T], text: str) -> str:
    with pytest.raises(FileFaults) as refused:
        read(reader, text)
    return str(refused.value).replace("x.yaml:1:6: key: ", "")


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("-1", -1), ("+3", 3), ("007", 7)])
def test_a_whole_number_is_read(text: str, value: int) -> None:
    assert read(whole_number(-1, 9), text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("two", '"two" is not a whole number; write 2'),
        ("1.5", '"1.5" is not a whole number; write a whole number from 1 to 7'),
        ("8", "8 is out of range; write a whole number from 1 to 7"),
        ('"2"', '"2" is text; write 2 without quotes'),
        ("[2]", "is a list; a single value is expected here"),
        ("{a: 2}", "holds keys; a single value is expected here"),
    ],
)
def test_what_is_no_whole_number_is_told_what_to_write(text: str, message: str) -> None:
    assert refusal(whole_number(1, 7), text) == message


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("yes", True), ("On", True), ("false", False), ("no", False), ("OFF", False)]
)
def test_yes_and_no_are_read_as_yaml_reads_them(text: str, value: bool) -> None:
    assert read(true_or_false, text) is value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"yes"', '"yes" is text; write true without quotes'),
        ("maybe", '"maybe" is neither true nor false; write true or false'),
    ],
)
def test_what_is_neither_true_nor_false_is_told_what_to_write(text: str, message: str) -> None:
    assert refusal(true_or_false, text) == message


@pytest.mark.parametrize("text", ["no", "08:00", "42", "2027-01-01"])
def test_a_name_that_yaml_would_take_for_something_else_stays_a_name(text: str) -> None:
    assert read(line_of_text, text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('" "', "is empty"),
        ('"a\\nb"', '"a\\nb" holds a line break or a control character; write it on one line'),
        ('"a\\eb"', '"a\\u001bb" holds a line break or a control character; write it on one line'),
        ("x" * 101, f'"{"x" * 57}..." has 101 characters; at most 100 are kept'),
    ],
)
def test_what_is_no_line_of_text_is_refused(text: str, message: str) -> None:
    assert refusal(line_of_text, text) == message


def test_a_paragraph_is_brought_to_one_line() -> None:
    assert read(paragraph, "|\n  one\n  two\n\n  three\n") == "one two three"


def test_an_unknown_word_is_told_the_nearest_known_one() -> None:
    assert refusal(one_of(["block", "daily"], "a way"), "blok") == '"blok" is not a way; did you mean "block"?'


def test_a_word_like_none_that_is_known_is_told_all_of_them() -> None:
    assert refusal(one_of(["block", "daily"], "a way"), "zzz") == '"zzz" is not a way; write one of block, daily'


def test_every_item_of_a_list_is_judged() -> None:
    message = refusal(list_of(whole_number(1, 7)), "[0, 1, x]")
    assert message.splitlines() == [
        "x.yaml:1:7: key[0]: 0 is out of range; write a whole number from 1 to 7",
        'x.yaml:1:13: key[2]: "x" is not a whole number; write a whole number from 1 to 7',
    ]


def test_a_single_value_is_no_list() -> None:
    assert refusal(list_of(line_of_text), "primary") == (
        '"primary" is a single value; a list is expected here: [primary]'
    )
    assert refusal(list_of(line_of_text), "primary, secondary") == (
        '"primary, secondary" is a single value; a list is expected here: [primary, secondary]'
    )
    assert refusal(list_of(whole_number(1, 7)), "primary") == (
        '"primary" is a single value; a list is expected here: [a, b], or a line beginning with "- " for each item'
    )


@pytest.mark.parametrize(
    ("text", "message"), [("[a, b, a]", '"a" is named twice'), ("[]", "has 0 items; write 1 to 3")]
)
def test_a_list_of_distinct_words_holds_each_once(text: str, message: str) -> None:
    assert refusal(distinct_list_of(line_of_text, least=1, most=3), text) == message


def test_a_mapping_of_chosen_names_is_read_in_file_order() -> None:
    assert list(read(mapping_of(lambda key, node: line_of_text(node)), "{z: 1, a: 2}").items()) == [
        ("z", "1"),
        ("a", "2"),
    ]


class TestKeys:
    """Reading a mapping key by key."""

    @staticmethod
    def fields(text: str) -> tuple[Fields, Faults]:
        faults = Faults("x.yaml")
        return Fields(parse_yaml(text, faults)), faults

    def test_a_missing_key_is_told_with_an_example(self) -> None:
        fields, faults = self.fields("\n\n  a: 1\n")
        fields.required("phone", line_of_text, example='"+13055550101"')
        assert str(faults.refusal()) == 'x.yaml:3:3: phone: is missing; write phone: "+13055550101"'

    def test_a_required_key_without_a_value_is_told_at_its_place(self) -> None:
        fields, faults = self.fields("a: 1\nphone:\n")
        slot = fields.required("phone", line_of_text, example='"+13055550101"')
        assert str(faults.refusal()) == 'x.yaml:2:1: phone: is empty; write phone: "+13055550101"'
        with pytest.raises(AtFault):
            slot.value  # noqa: B018

    @pytest.mark.parametrize("text", ["b: 1", "a:\nb: 1", "{a: ~, b: 1}"])
    def test_an_optional_key_that_is_absent_or_empty_has_its_default(self, text: str) -> None:
        fields, faults = self.fields(text)
        assert fields.optional("a", line_of_text, "default").value == "default"
        assert not len(faults)

    def test_keys_that_nobody_asked_for_are_unknown(self) -> None:
        fields, faults = self.fields("phon: 1\nzzz: 2\nphone: 3\n")
        fields.optional("phone", line_of_text, None)
        fields.optional("name", line_of_text, None)
        fields.close()
        assert str(faults.refusal()).splitlines() == [
            'x.yaml:1:1: phon: is not a known key; did you mean "phone"?',
            "x.yaml:2:1: zzz: is not a known key; write one of phone, name",
        ]

    def test_what_has_no_keys_is_told_so(self) -> None:
        faults = Faults("x.yaml")
        node: Node = parse_yaml("- a", faults)
        with pytest.raises(AtFault):
            Fields(node)
        assert str(faults.refusal()) == "x.yaml:1:1: is a list; keys with values (key: value) are expected here"
