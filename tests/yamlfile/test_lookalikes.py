"""Misleading characters that look like a space, or are invisible, are named with their place."""

from __future__ import annotations

import time

import pytest

from doubles.machine_pace import slowness
from oncall.errors import FileFaults
from oncall.file_nodes import AtFault, Faults, MapNode, ScalarNode
from oncall.file_values import line_of_text
from oncall.yamlfile import parse_yaml

NO_BREAK = "found a no-break space (U+00A0); write a plain space"


def refusal(text: str) -> str:
    faults = Faults("x.yaml")
    with pytest.raises(FileFaults) as refused:
        parse_yaml(text, faults)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("team:\u00a0x\ntimezone: UTC\n", f"1:6: {NO_BREAK}"),
        ("team: x\nrotation:\n\u00a0\u00a0rest_nights: 2\nengineers: []\n", f"3:1: {NO_BREAK}"),
        ("team: x\nrotation:\n  \u00a0rest_nights: 2\n", f"3:3: {NO_BREAK}"),
        ("team: \u00a0x\n", f"1:7: {NO_BREAK}"),
        ("team: x\u00a0\n", f"1:8: {NO_BREAK}"),
        ("team\u00a0: x\n", f"1:5: {NO_BREAK}"),
        ("engineers:\n  -\u00a0id: ana\n    name: Ana\n", f"2:4: {NO_BREAK}"),
        ("engineers:\n  -\u00a0ana\n", f"2:4: {NO_BREAK}"),
        ("engineers:\n  - \u00a0ana\n", f"2:5: {NO_BREAK}"),
        ("away: {from:\u00a02027-01-01, to: 2027-01-02}\n", f"1:13: {NO_BREAK}"),
        ("rest_nights: 2\u00a0# free nights\n", f"1:15: {NO_BREAK}"),
        ("team: x\n\u00a0\ntimezone: UTC\n", f"2:1: {NO_BREAK}"),
        ("team:\u3000x\nb: 1\n", "1:6: found an ideographic space (U+3000); write a plain space"),
        ("team:\u202fx\nb: 1\n", "1:6: found a narrow no-break space (U+202F); write a plain space"),
        ("team\u200b: x\n", "1:5: found a zero width space (U+200B); delete it"),
        ("team: x\n\u200brotation:\n  rest_nights: 2\n", "2:1: found a zero width space (U+200B); delete it"),
        ("team: x\n\ufeffrotation:\n  rest_nights: 2\n", "2:1: found a byte order mark (U+FEFF); delete it"),
        ("team: x\nzone:\u2060 UTC\n", "2:6: found a word joiner (U+2060); delete it"),
    ],
)
def test_a_lookalike_where_yaml_needs_a_plain_space_is_named_on_its_own_line(text: str, message: str) -> None:
    assert refusal(text) == f"x.yaml:{message}"


def test_every_misleading_lookalike_of_a_file_is_reported_at_once() -> None:
    assert refusal("team: \u00a0x\nzone\u200b: UTC\nlist:\n  - \u00a0\u00a0x\n").splitlines() == [
        f"x.yaml:1:7: {NO_BREAK}",
        "x.yaml:2:5: found a zero width space (U+200B); delete it",
        f"x.yaml:4:5: {NO_BREAK}",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('a: "x\u00a0y"\n', "x\u00a0y"),
        ('a: "\u00a0x"\n', "\u00a0x"),
        ("a: x\u00a0y\n", "x\u00a0y"),
        ("a: x # a\u00a0comment:\u00a0this\n", "x"),
        ("# a\u00a0comment\na: x\n", "x"),
        ("a: |\n  x:\u00a0y\n", "x:\u00a0y\n"),
    ],
)
def test_a_lookalike_inside_text_or_a_comment_is_left_alone(text: str, value: str) -> None:
    root = parse_yaml(text, Faults("x.yaml"))
    assert isinstance(root, MapNode)
    found = root.entries["a"][1]
    assert isinstance(found, ScalarNode)
    assert found.text == value


def test_a_syntax_error_elsewhere_is_not_blamed_on_a_lookalike_in_a_comment() -> None:
    assert refusal("# note:\u00a0x\na: b: c\n").startswith("x.yaml:2:5: is not YAML: mapping values are not allowed")


def test_an_open_quote_is_not_blamed_on_a_lookalike_inside_it() -> None:
    assert refusal("a: 'b:\u00a0c\nd: e\n") == (
        "x.yaml:3:1: is not YAML: found unexpected end of stream; the quote that opens on line 1 is not closed"
    )


@pytest.mark.parametrize("line_break", ["\u0085", "\u2028", "\u2029"])
def test_a_line_break_that_editors_do_not_show_is_refused_where_it_stands(line_break: str) -> None:
    message = f"the character U+{ord(line_break):04X} cannot stand in a YAML file; delete it"
    assert refusal(f"a: 1\nb: x{line_break}y\nc: [\n") == f"x.yaml:2:5: {message}"


def test_a_name_with_a_lookalike_in_the_middle_is_refused_by_its_name() -> None:
    faults = Faults("x.yaml")
    root = parse_yaml("name: Ana\u00a0Pereira\n", faults)
    assert isinstance(root, MapNode)
    with pytest.raises(AtFault):
        line_of_text(root.entries["name"][1])
    assert str(faults.refusal()) == (
        'x.yaml:1:7: name: "Ana\\u00a0Pereira" holds a no-break space (U+00A0); write a plain space'
    )


@pytest.mark.slow
def test_a_large_file_with_a_lookalike_is_read_in_a_blink() -> None:
    text = "# a\u00a0comment\n" + "".join(f"k{number}: [a, b, c]\n" for number in range(20_000))
    began = time.process_time()
    parse_yaml(text, Faults("x.yaml"))
    assert time.process_time() - began < 5 * slowness()
