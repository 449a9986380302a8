"""Triage proposes an impact from answers, with the reasons."""

from __future__ import annotations

from typing import Any

import pytest

from oncall.errors import Refused
from oncall.support.policy_file import PACKAGED_NAME, packaged_policy
from oncall.support.triage import answers_from, propose


def proposed(**answers: Any) -> str:
    return propose(answers_from(answers), packaged_policy()).impact


@pytest.mark.parametrize(
    ("answers", "impact"),
    [
        ({"down": True}, "urgent"),
        ({"down": True, "users": 1}, "urgent"),
        ({"down": False, "users": "many", "workaround": "none"}, "high"),
        ({"down": False, "users": 10, "workaround": "inconvenient"}, "high"),
        ({"down": False, "users": "few", "workaround": "none"}, "high"),
        ({"down": False, "users": "few", "workaround": "inconvenient"}, "normal"),
        ({"down": False, "users": 9}, "normal"),
        ({"down": False, "users": "many", "workaround": "convenient"}, "normal"),
        ({"down": False, "users": 0}, "low"),
        ({"question": True}, "low"),
        ({}, "high"),
    ],
)
def test_the_guidelines_questions_lead_to_the_guidelines_impacts(answers: dict[str, Any], impact: str) -> None:
    assert proposed(**answers) == impact


def test_the_proposal_says_why_in_sentences_and_ends_with_the_policy_s_definition() -> None:
    proposal = propose(answers_from({"down": False, "users": "many", "workaround": "none"}), packaged_policy())
    assert proposal.reasons[:3] == ("The product is not down.", "Many users are hit.", "There is no workaround.")
    line = packaged_policy().lines["impacts.high.definition"]
    assert proposal.rule == f"{PACKAGED_NAME}:{line}: impacts.high.definition"
    assert proposal.reasons[3] == f"So it is high: {packaged_policy().impacts['high'].definition}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], 'a JSON object is needed, like {"down": false, "workaround": "none", "users": 12}'),
        ({"down": "yes"}, "down: write true or false"),
        ({"workaround": "maybe"}, "workaround: write none, inconvenient or convenient"),
        ({"users": -1}, "users: write how many are hit, or many or few"),
        ({"users": True}, "users: write how many are hit, or many or few"),
        (
            {"down": "yes", "workaround": "maybe", "users": 1.5},
            "users: write how many are hit, or many or few; workaround: write none, inconvenient or convenient; "
            "down: write true or false",
        ),
        ({"down": True, "question": True}, "a question or a wish is not an outage; answer yes to one of the two"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_by_name(body: Any, message: str) -> None:
    with pytest.raises(Refused) as refused:
        propose(answers_from(body), packaged_policy())
    assert str(refused.value) == message
