"""The `sms` block of a policy file: how texts are written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.support.policy import SmsRules
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy, policy_from_text
from oncall.support.policy_table import policy_lines, policy_view
from tests.support.policy_texts import SMALL, refusal


def with_sms(text: str) -> str:
    return SMALL + f"sms: {text}\n"


def test_a_file_without_the_block_writes_other_letters_and_links() -> None:
    assert policy_from_text(SMALL, "p.yaml").sms == packaged_policy().sms == SmsRules(unicode=True, link=True)


def test_each_key_may_be_left_out() -> None:
    assert policy_from_text(with_sms("{unicode: false}"), "p.yaml").sms == SmsRules(unicode=False, link=True)
    assert policy_from_text(with_sms("{link: false}"), "p.yaml").sms == SmsRules(unicode=True, link=False)


@pytest.mark.parametrize(
    ("written", "column", "said"),
    [
        ("{unicode: maybe}", 16, 'sms.unicode: "maybe" is neither true nor false; write true or false'),
        (
            "{bare_reply_within: 30s}",
            26,
            'sms.bare_reply_within: "30s" is not a time within which a reply without a code counts; '
            "write one from 1m to 1d, like 1h",
        ),
        ("{bare_reply_within: 2}", 26, 'sms.bare_reply_within: "2" is not a length of time; write 2m for minutes'),
        ("{links: true}", 7, 'sms.links: is not a known key; did you mean "link"?'),
    ],
)
def test_a_fault_is_named_with_its_place(written: str, column: int, said: str) -> None:
    line = len(SMALL.splitlines()) + 1
    assert refusal(with_sms(written)) == f"p.yaml:{line}:{column}: {said}"


def test_the_time_within_which_a_reply_without_a_code_counts_is_read_shown_and_compared() -> None:
    usual, other = policy_from_text(SMALL, "p.yaml"), policy_from_text(with_sms("{bare_reply_within: 30m}"), "p.yaml")
    assert other.sms.bare_reply_within == timedelta(minutes=30)
    words = "Replies: ACK or DONE without a code counts within 30 min of the last page"
    assert f"{words}." in policy_lines(other)
    assert changes(usual, other) == [f"{words}, before within 1 h."]


def test_the_rules_are_shown_and_compared() -> None:
    usual, other = (policy_from_text(with_sms(f"{{unicode: {on}, link: {on}}}"), "p.yaml") for on in ("true", "false"))
    assert "Texts: in a customer's own letters; pages have the ticket's link where it fits." in policy_lines(usual)
    assert "Texts: in Latin letters only; pages have no link." in policy_lines(other)
    assert policy_view(other)["sms"] == {"unicode": False, "link": False, "bare_reply_within_seconds": 3600}
    assert changes(usual, usual) == []
    assert changes(usual, other) == [
        "Texts: in Latin letters only, before in a customer's own letters.",
        "Texts: pages have no link, before pages have the ticket's link where it fits.",
    ]
