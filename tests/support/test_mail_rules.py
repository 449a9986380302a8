"""The `mail` block of a policy file: which addresses open tickets, and with which impact."""

from __future__ import annotations

import pytest

from oncall.support.mail_rules import MailRules
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy, policy_from_text
from oncall.support.policy_table import policy_lines, policy_view
from tests.support.policy_texts import SMALL, refusal


def with_mail(text: str) -> str:
    return SMALL + f"mail: {text}\n"


def rules(text: str) -> MailRules:
    return policy_from_text(with_mail(text), "p.yaml").mail


def test_a_policy_without_the_block_takes_mail_to_support_of_any_domain() -> None:
    found = packaged_policy().mail
    assert found == policy_from_text(SMALL, "p.yaml").mail == MailRules(("support@",), None, {})
    assert found.takes("Support@itopia.com") and found.takes("support+acme@other.example")
    assert not found.takes("sales@itopia.com") and not found.takes("support") and not found.takes("")


def test_an_address_with_a_domain_is_exact() -> None:
    found = rules("{recipients: [Help@Itopia.com]}")
    assert found.takes("help@itopia.com") and not found.takes("help@other.example")


@pytest.mark.parametrize(
    ("subject", "word"),
    [
        ("URGENT: down", "urgent:"),
        ("Re: urgent: down", "urgent:"),
        ("AW: Fwd: Urgent: down", "urgent:"),
        ("not urgent: a question", None),
        ("URGENT", None),
        ("", None),
    ],
)
def test_a_word_counts_at_the_beginning_of_a_subject(subject: str, word: str | None) -> None:
    assert rules('{words: {"URGENT:": urgent}}').word_of(subject) == word


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{impact: huge}", '16: mail.impact: "huge" is not an impact of this policy; did you mean "urgent"?'),
        ("{recipients: []}", "20: mail.recipients: is empty; write at least one address, like support@example.com"),
        (
            "{recipients: [support]}",
            '21: mail.recipients[0]: "support" is not a mail address; '
            'write one like support@example.com, or "support@"',
        ),
        (
            "{words: {a: urgent}}",
            '16: mail.words.a: "a" is too short for a word of a subject; write at least 3 characters',
        ),
        ("{recipient: a}", '8: mail.recipient: is not a known key; did you mean "recipients"?'),
    ],
)
def test_a_fault_is_named_with_its_place(written: str, said: str) -> None:
    line = len(SMALL.splitlines()) + 1
    assert refusal(with_mail(written)).startswith(f"p.yaml:{line}:{said}")


def test_an_impact_that_makes_every_mail_urgent_is_warned_of() -> None:
    (warning,) = policy_from_text(with_mail("{impact: urgent}"), "p.yaml").warnings
    assert warning.message == "makes every mail Urgent; a word of the subject under words: is more exact"


def test_the_rules_are_shown_and_compared() -> None:
    usual = policy_from_text(SMALL, "p.yaml")
    other = policy_from_text(
        with_mail('{recipients: [help@a.example], impact: urgent, words: {"P1:": urgent}}'), "p.yaml"
    )
    assert (
        "Mail: a mail to support@ opens a ticket; its impact is the same as for an alert without a severity."
        in policy_lines(usual)
    )
    words = (
        'Mail: a mail to help@a.example opens a ticket; its impact is urgent, urgent if the subject begins with "p1:".'
    )
    assert words in policy_lines(other)
    assert changes(usual, other) == [words]
    assert policy_view(other)["mail"] == {
        "recipients": ["help@a.example"],
        "impact": "urgent",
        "words": {"p1:": "urgent"},
    }
