"""The table that makes an impact of the portal's four answers: every combination, against the guidelines' words."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy
from oncall.support.portal_form import impact_of, reason_of
from oncall.support.portal_rules import QUESTIONS, Emergency, FormAnswers, Way, What, Who

ALL = [FormAnswers(*each) for each in product(What, Who, Way, Emergency)]
EXPECTED: dict[tuple[str, str], str] = {
    # what, who: impact by (way, emergency), in the order none/yes none/no awkward/yes awkward/no easy/yes easy/no
    ("broken", "everyone"): "urgent high high high normal normal",
    ("broken", "many"): "urgent high high high normal normal",
    ("broken", "a-few"): "normal normal normal normal normal normal",
    ("broken", "nobody"): "low low low low low low",
    ("slow", "everyone"): "high high high high normal normal",
    ("slow", "many"): "high high high high normal normal",
    ("slow", "a-few"): "normal normal normal normal normal normal",
    ("slow", "nobody"): "low low low low low low",
    **{(what, str(who)): "low low low low low low" for what in ("question", "services") for who in Who},
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


def test_every_combination_has_the_impact_of_the_table(policy: Policy) -> None:
    assert len(ALL) == 4 * 4 * 3 * 2
    for answers in ALL:
        place = list(product(Way, Emergency)).index((answers.way, answers.emergency))
        wanted = EXPECTED[answers.what, answers.who].split()[place]
        assert impact_of(answers, policy) == wanted, answers
        assert reason_of(answers, policy)


def test_a_question_or_a_service_never_pages(policy: Policy) -> None:
    loud = {name: replace(impact, pages=name != "normal") for name, impact in policy.impacts.items()}
    for answers in ALL:
        if answers.what in (What.QUESTION, What.SERVICES):
            assert not policy.impacts[impact_of(answers, policy)].pages
            assert impact_of(answers, replace(policy, impacts=loud)) == "normal"


def test_a_policy_with_other_impacts_has_an_answer_for_every_combination(policy: Policy) -> None:
    own = [{"high": policy.impacts["high"]}, {"sev1": policy.impacts["urgent"], "sev2": policy.impacts["low"]}]
    for impacts in own:
        assert {impact_of(answers, replace(policy, impacts=impacts)) for answers in ALL} <= set(impacts)


def test_the_form_asks_for_every_answer_of_the_table() -> None:
    kinds = (What, Who, Way, Emergency)
    assert [list(question.answers) for question in QUESTIONS] == [list(kind) for kind in kinds]
    assert [question.name for question in QUESTIONS] == ["what", "who", "way", "emergency"]
