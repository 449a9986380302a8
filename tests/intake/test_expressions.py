"""A mapping's expressions are checked when the file is read, and no body makes one run for long."""

from __future__ import annotations

import pytest

from oncall.intake.expressions import CannotEvaluate, Expression, ExpressionFault

BODY = {"ticket": {"id": 5, "tags": ["a", "b"], "priority": "High", "nothing": None}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ticket.id", 5),
        ("join('-', ['fd', to_string(ticket.id)])", "fd-5"),
        ("ticket.tags[?@ == 'a']", ["a"]),
        ("ticket.missing.deeper", None),
        ("not_null(ticket.nothing, ticket.priority)", "High"),
        ("contains(ticket.tags, 'a') && ticket.priority != 'Low'", True),
    ],
)
def test_an_expression_has_its_value(text: str, value: object) -> None:
    assert Expression(text).value(BODY) == value


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("ticket..id", 7, "is no JMESPath from here on"),
        ("'ticket", 0, "is no JMESPath from here on"),
        ("(" * 400, 400, "is no JMESPath from here on"),
        ("", 0, "is empty"),
        ("a" * 501, 0, "has 501 characters; 500 at most"),
        ("a || shout(b)", 5, "calls shout, which is no function of JMESPath"),
        ("join(a)", 0, "calls join with 1 arguments; it takes 2"),
        ("not_null()", 0, "calls not_null with 0 arguments; it takes 1 or more"),
        (" | ".join(["[@, @, @, @]"] * 4), 0, "could repeat the body 256 times; 200 at most"),
    ],
)
def test_a_bad_expression_is_refused_at_its_place(text: str, at: int, message: str) -> None:
    with pytest.raises(ExpressionFault) as refusal:
        Expression(text)
    assert (refusal.value.at, str(refusal.value)) == (at, message)


def test_a_value_of_another_type_is_refused_with_the_function() -> None:
    with pytest.raises(CannotEvaluate, match=r"cannot be evaluated: In function starts_with\(\)"):
        Expression("starts_with(ticket.nothing, 'x')").value(BODY)


def test_a_long_text_between_joined_words_is_refused() -> None:
    with pytest.raises(CannotEvaluate, match="joins with a text of more than 20 characters"):
        Expression("join(a, b)").value({"a": "x" * 21, "b": ["1", "2"]})


def test_a_text_that_would_be_huge_is_refused() -> None:
    body = ["x" * 1000] * 30
    with pytest.raises(CannotEvaluate, match="makes a text of more than 65536 characters"):
        Expression("to_string([@, @, @])").value(body)


def test_a_body_nested_too_deeply_is_refused() -> None:
    body: object = 1
    for _ in range(3000):
        body = [body]
    with pytest.raises(CannotEvaluate, match="nested too deeply"):
        Expression("to_string(@)").value(body)
