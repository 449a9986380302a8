"""The `limits` of a policy file are read, checked, shown and compared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.support.policy import Limits, TextLimit
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy, policy_from_text
from oncall.support.policy_table import policy_lines, policy_view
from tests.support.policy_texts import SMALL, refusal


def with_limits(text: str) -> str:
    return SMALL + f"limits: {text}\n"


def line() -> int:
    """Return the line of the `limits` block in the small policy."""
    return len(SMALL.splitlines()) + 1


def test_a_file_without_limits_has_those_of_the_packaged_policy() -> None:
    usual = Limits(timedelta(seconds=10), TextLimit(10, timedelta(minutes=1)), TextLimit(10, timedelta(seconds=10)))
    assert policy_from_text(SMALL, "p.yaml").limits == packaged_policy().limits == usual


def test_limits_are_read_and_what_is_left_out_is_as_usual() -> None:
    policy = policy_from_text(with_limits("{bundle_for: 0s, sender: {most: 100, within: 1s}}"), "p.yaml")
    assert policy.limits == Limits(timedelta(0), Limits().per_phone, TextLimit(100, timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("written", "column", "said"),
    [
        (
            "{bundle_for: 6m}",
            22,
            'limits.bundle_for: "6m" is too long for a page to wait; write one from 0s to 5m, like 30s',
        ),
        (
            "{bundle_urgent_for: 11s}",
            29,
            'limits.bundle_urgent_for: "11s" is too long for an urgent page to wait; write one from 0s to 10s, like 3s',
        ),
        (
            "{bundle_urgent_for: soon}",
            29,
            'limits.bundle_urgent_for: "soon" is not a length of time; write one like 90s, 15m, 2h or 1d',
        ),
        ("{bundle_urgent_for: 3}", 29, 'limits.bundle_urgent_for: "3" is not a length of time; write 3m for minutes'),
        ("{bundle_urgent: 3s}", 10, 'limits.bundle_urgent: is not a known key; did you mean "bundle_urgent_for"?'),
        ("{bundle_for: 30}", 22, 'limits.bundle_for: "30" is not a length of time; write 30m for minutes'),
        (
            "{per_phone: 10}",
            21,
            'limits.per_phone: "10" is a single value; keys with values (key: value) are expected here',
        ),
        ("{per_phone: {most: 10}}", 21, "limits.per_phone.within: is missing; write within: 60s"),
        ("{per_phone: {within: 60s}}", 21, "limits.per_phone.most: is missing; write most: 10"),
        (
            "{per_phone: {most: 0, within: 60s}}",
            28,
            "limits.per_phone.most: 0 is out of range; write a whole number from 1 to 10000",
        ),
        (
            "{sender: {most: many, within: 60s}}",
            25,
            'limits.sender.most: "many" is not a whole number; write a whole number from 1 to 10000',
        ),
        (
            "{sender: {most: 1, within: 2h}}",
            36,
            'limits.sender.within: "2h" is too long to count messages in; write one from 1s to 1h, like 60s',
        ),
        ("{sender: {most: 1, within: 0s}}", 36, 'limits.sender.within: "0s" is no time at all; write one like 30m'),
        ("{phone: {most: 1}}", 10, 'limits.phone: is not a known key; did you mean "per_phone"?'),
    ],
)
def test_a_wrong_limit_is_refused_with_an_example(written: str, column: int, said: str) -> None:
    assert refusal(with_limits(written)) == f"p.yaml:{line()}:{column}: {said}"


@pytest.mark.parametrize(("written", "seconds"), [("0s", 0), ("1s", 1), ("10s", 10)])
def test_the_time_that_an_urgent_page_waits_is_read(written: str, seconds: int) -> None:
    policy = policy_from_text(with_limits(f"{{bundle_urgent_for: {written}}}"), "p.yaml")
    assert policy.limits.bundle_urgent_for == timedelta(seconds=seconds)


def test_the_ceilings_of_urgent_pages_are_read_and_have_defaults_that_follow_the_bundles() -> None:
    written = "{urgent_per_phone: {most: 200, within: 10m}, urgent_per_caller: {most: 100, within: 1h}}"
    own = policy_from_text(with_limits(written), "p.yaml").limits
    assert (own.urgent_to_phone, own.urgent_of_caller) == (
        TextLimit(200, timedelta(minutes=10)),
        TextLimit(100, timedelta(hours=1)),
    )
    usual, alone = Limits(), Limits(bundle_urgent_for=timedelta(0))
    assert (usual.urgent_to_phone.most, usual.urgent_of_caller.most) == (60, 40)
    assert (alone.urgent_to_phone.most, alone.urgent_of_caller.most) == (30_000, 20_000)
    wrong = with_limits("{urgent_per_phone: {most: 0, within: 5m}}")
    assert refusal(wrong).endswith("most: 0 is out of range; write a whole number from 1 to 1000000")


def test_limits_are_shown_and_compared() -> None:
    usual = policy_from_text(SMALL, "p.yaml")
    other = policy_from_text(
        with_limits(
            "{bundle_for: 1m, bundle_urgent_for: 0s, per_phone: {most: 1, within: 5m}, sender: {most: 3, within: 1s}}"
        ),
        "p.yaml",
    )
    assert (
        "Limits: pages within 1 min go as one; at most 1 text in 5 min to one phone, 3 segments in 1 s to all together."
        in policy_lines(other)
    )
    assert "Urgent pages: each goes at once and alone." in policy_lines(other)
    assert "Urgent pages: the first goes at once; others to that phone within 3 s go as one." in policy_lines(usual)
    assert policy_view(other)["limits"] == {
        "bundle_for_seconds": 60,
        "bundle_urgent_for_seconds": 0,
        "per_phone": {"most": 1, "within_seconds": 300},
        "sender": {"most": 3, "within_seconds": 1},
        "urgent_per_phone": {"most": 30_000, "within_seconds": 300},
        "urgent_per_caller": {"most": 20_000, "within_seconds": 300},
    }
    assert changes(usual, other) == [
        "Pages: further ones to one phone wait for each other for 1 min, before 10 s.",
        "Urgent pages: each goes at once and alone, before the first goes at once; others to that phone within 3 s "
        "go as one.",
        "Ceiling: beyond 30000 messages in 5 min to one phone, or 20000 messages in 5 min from one caller, urgent "
        "pages go as one summary a minute, before beyond 60 messages in 5 min to one phone, or 40 messages in 5 min "
        "from one caller, urgent pages go as one summary a minute.",
        "Each phone: at most 1 text in 5 min, before 10 texts in 1 min.",
        "All phones together: at most 3 segments in 1 s, before 10 segments in 10 s.",
    ]
