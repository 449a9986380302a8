"""A text that is not valid YAML is refused with one sentence that says where and why, never with a traceback."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.machine_pace import slowness
from oncall.errors import MOST_FAULTS, FileFaults
from oncall.file_nodes import Faults
from oncall.yamlfile import parse_yaml


def refusal(text: str) -> str:
    faults = Faults("x.yaml")
    with pytest.raises(FileFaults) as refused:
        parse_yaml(text, faults)
        faults.raise_any()
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a:\n\tb: 1\n",
            "2:1: is not YAML: found character that cannot start any token; indent with spaces, not with tabs",
        ),
        (
            "a: @x\n",
            "1:4: is not YAML: found character that cannot start any token; put text that begins with @ in quotes",
        ),
        (
            "a: b: c\n",
            "1:5: is not YAML: mapping values are not allowed in this context; "
            'put text that holds ": " in quotes, and check the indentation',
        ),
        (
            "x: 1\na: 'b\nc: d\n",
            "4:1: is not YAML: found unexpected end of stream; the quote that opens on line 2 is not closed",
        ),
        (
            "a: [1, 2\nb: 3\n",
            "2:2: is not YAML: did not find expected ',' or ']'; "
            "the bracket that opens on line 1 is not closed, or a comma is missing",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2: is not YAML: did not find expected key; check the indentation of this line and the quotes above it",
        ),
        (
            "a: ]",
            "1:4: is not YAML: did not find expected node content; "
            "a value is missing before this character, or it needs quotes",
        ),
        ("%x\n", "1:3: is not YAML: found unknown directive name"),
        ("a: \x00", "1:4: the character U+0000 cannot stand in a YAML file; delete it"),
        ("a: 1\nb: \ud800", "2:4: the character U+D800 cannot stand in a YAML file; delete it"),
        ("a: 1\n---\nb: 2\n", '2:1: a second document ("---") begins here; write it in a file of its own'),
        ("", "1:1: is empty"),
        ("# nothing but a comment\n", "1:1: is empty"),
        ("---\n", "1:1: is empty"),
    ],
)
def test_a_text_that_is_no_yaml_is_refused_at_its_place(text: str, message: str) -> None:
    assert refusal(text) == f"x.yaml:{message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\n", '1:4: a: "&x" is an anchor; delete it and write the value out wherever it is meant'),
        ("a: *x\n", '1:4: a: "*x" is an alias; write the value out here'),
        (
            "a: !!python/object:os.system x\n",
            '1:4: a: the tag "tag:yaml.org,2002:python/object:os.system" is not read; delete it',
        ),
        ("a: !mine {}\n", '1:4: a: the tag "!mine" is not read; delete it'),
        ("a: {b: 1,\n b: 2}\n", "2:2: a.b: is written twice; the first is on line 1"),
        ("a: {[b]: 1}\n", "1:5: a: stands where a key is expected; put text that begins with { or [ in quotes"),
    ],
)
def test_what_yaml_has_and_we_do_not_read_is_refused_at_its_place(text: str, message: str) -> None:
    assert refusal(text) == f"x.yaml:{message}"


def test_such_faults_are_told_all_at_once_and_in_file_order() -> None:
    assert [line.split(": ")[0] for line in refusal("a: *x\nb: &y 1\na: 2\nc: !z 3\n").splitlines()] == [
        "x.yaml:1:4",
        "x.yaml:2:4",
        "x.yaml:3:1",
        "x.yaml:4:4",
    ]


@pytest.mark.parametrize("text", ["[" * 1_000_000, "{a: " * 200_000, "- " * 500_000, "? " * 500_000])
def test_a_file_that_is_nested_without_end_is_left_at_once(text: str) -> None:
    began = time.process_time()
    assert "nested more than 20 levels deep" in refusal(text)
    assert time.process_time() - began < 1 * slowness()


def test_an_alias_bomb_is_never_unfolded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{last}, *{last}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert '"*a" is an alias' in refusal(bomb)


def test_a_file_with_a_thousand_faults_is_not_read_to_its_end() -> None:
    lines = refusal("a: 1\n" * 100_000).splitlines()
    assert len(lines) == MOST_FAULTS + 1
    assert lines[0] == "x.yaml:2:1: a: is written twice; the first is on line 1"
    assert lines[-1] == "and at least 900 more faults"


def test_a_text_larger_than_the_bound_is_refused() -> None:
    assert refusal("a" * (1024 * 1024 + 1)) == "x.yaml: is larger than 1 MiB, the most that is read"


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab:-[]{},&*!|>'\"%@#?~ \n\t0é\x00")), max_size=60))
def test_any_text_is_a_tree_or_a_refusal(text: str) -> None:
    faults = Faults("x.yaml")
    try:
        parse_yaml(text, faults)
        faults.raise_any()
    except FileFaults as refused:
        assert refused.faults
