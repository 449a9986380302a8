"""The `portal` block of a policy file: which answers to the portal's questions make which impact."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.support.policy import Policy
from oncall.support.policy_changes import changes
from oncall.support.policy_file import policy_from_text
from oncall.support.policy_table import policy_lines, policy_view
from oncall.support.portal_form import impact_of, reason_of
from oncall.support.portal_rules import ALL_ANSWERS, Emergency, FormAnswers, Way, What, Who
from tests.support.policy_texts import SMALL, refusal

DOWN = FormAnswers(What.BROKEN, Who.MANY, Way.AWKWARD, Emergency.YES)


def with_portal(text: str) -> str:
    return SMALL + f"portal: {text}\n"


def policy(text: str) -> Policy:
    return policy_from_text(with_portal(text), "p.yaml")


def test_the_policys_own_rows_make_the_impact() -> None:
    own = policy("{impacts: [{what: broken, emergency: yes, why: It is an emergency., impact: urgent}, {impact: low}]}")
    assert (impact_of(DOWN, own), reason_of(DOWN, own)) == ("urgent", "It is an emergency.")
    for answers in ALL_ANSWERS:
        is_urgent = answers.what is What.BROKEN and answers.emergency is Emergency.YES
        assert impact_of(answers, own) == ("urgent" if is_urgent else "low")
    # A row without a sentence shows the impact's definition.
    assert reason_of(FormAnswers(What.QUESTION, Who.NOBODY, Way.EASY, Emergency.NO), own) == "a question"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{impacts: [{what: broken, impact: huge}]}", '43: portal.impacts[0].impact: "huge" is not an impact'),
        (
            "{impacts: [{what: broke, impact: low}]}",
            '27: portal.impacts[0].what: "broke" is not an answer to \'What is it?\'; did you mean "broken"?',
        ),
        ("{impacts: [{what: broken}]}", "20: portal.impacts[0].impact: is missing; write impact: low"),
        (
            "{impacts: [{what: broken, impact: low}]}",
            "19: portal.impacts: no row fits what: slow, who: everyone, way: none, emergency: yes; end the list with a "
            "row of an impact alone",
        ),
        (
            "{impacts: [{impact: low}, {what: broken, impact: urgent}]}",
            "35: portal.impacts[1]: no answers reach this row: the rows above it take them all; move it up or leave "
            "it out",
        ),
        (
            "{impacts: [{emergency: yes, impact: urgent}, {impact: low}]}",
            "20: portal.impacts[0]: urgent pages engineers, and what: question, who: everyone, way: none, "
            "emergency: yes would reach it; give questions and services a row above it, with an impact that does not "
            "page",
        ),
        ("{impacts: [{impact: low, mail: billing}]}", '40: portal.impacts[0].mail: "billing" is not a mail address;'),
        (
            "{impacts: [{impact: low, mail: support@itopia.com}]}",
            "9: portal: the mail of a row goes to support@itopia.com, which opens tickets; write the team's own "
            "address",
        ),
        ("{answer_within: soon}", '25: portal.answer_within: "soon" is not'),
        ("{impact: []}", '10: portal.impact: is not a known key; did you mean "impacts"?'),
    ],
)
def test_a_fault_is_named_with_its_place(written: str, said: str) -> None:
    line = len(SMALL.splitlines()) + 1
    assert refusal(with_portal(written)).startswith(f"p.yaml:{line}:{said}")


def test_the_table_is_shown_and_compared() -> None:
    usual = policy_from_text(SMALL, "p.yaml")
    own = policy("{answer_within: 10m, impacts: [{who: [nobody, a-few], impact: low}, {what: question, impact: low},"
                 " {what: services, impact: low}, {impact: urgent}]}")  # fmt: skip
    lines = policy_lines(own)
    place = lines.index("Portal: the first line that fits a customer's answers makes the impact.")
    assert lines[place + 1 : place + 6] == [
        "  who nobody or a-few: low",
        "  what question: low",
        "  what services: low",
        "  anything else: urgent",
        "Answers in business hours: within 10 min on average.",
    ]
    # The packaged table, with the impacts that this policy has.
    assert "  what question or services: low" in policy_lines(usual)
    assert "  who a-few: urgent" in policy_lines(usual)
    assert policy_view(own)["portal"]["rows"][-1] == {"answers": {}, "impact": "urgent", "why": "", "mail": None}
    assert policy_view(own)["portal"]["answer_within_seconds"] == 600
    assert changes(usual, own) == [
        "Portal: other answers make other impacts; `oncall policy show` shows the table.",
        "Portal: the pages promise an answer within 10 min on average in business hours.",
    ]
    assert usual.portal.answer_within == timedelta(minutes=5)


def test_a_row_may_name_a_team() -> None:
    own = policy("{impacts: [{what: services, impact: low, mail: Billing@itopia.com}, {impact: low}]}")
    assert "  what services: low, and by mail to billing@itopia.com" in policy_lines(own)
