"""The `reminders` of a policy file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import FileFaults
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy, packaged_policy_text, policy_from_text
from oncall.support.policy_table import policy_view
from oncall.support.reminders import Reminders, reminder_words

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def rules(text: str) -> Reminders:
    return policy_from_text(f"{packaged_policy_text()}\nreminders: {text}\n", "p.yaml").reminders


def test_the_packaged_policy_reminds_nobody_and_proves_no_phones() -> None:
    assert packaged_policy().reminders == Reminders()


def test_times_are_read_in_any_order() -> None:
    assert rules("{before: [1h, 7d, 1d], prove_phones: true, not_to: [ben]}") == Reminders(
        (7 * DAY, DAY, HOUR), True, ("ben",)
    )
    assert rules("{}") == Reminders()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{before: [4m]}", '"4m" is not a time before a shift; write one from 5m to 14d, like 1d'),
        ("{before: [15d]}", '"15d" is not a time before a shift; write one from 5m to 14d, like 1d'),
        ("{before: [1d, 24h]}", "has a time twice; write each once"),
        ("{before: [1h, 2h, 3h, 4h, 5h, 6h]}", "has 6 times; write at most 5"),
        ("{prove_phones: perhaps}", "prove_phones"),
        ("{after: [1h]}", "after"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, message: str) -> None:
    with pytest.raises(FileFaults) as refusal:
        rules(text)
    assert message in str(refusal.value)


def test_the_rules_are_shown_and_a_change_of_them_is_said() -> None:
    new = policy_from_text(
        f"{packaged_policy_text()}\nreminders: {{before: [7d, 1d, 1h], prove_phones: true, not_to: [ben]}}\n", "p.yaml"
    )
    words = "Reminders: 7 days, 1 day and 1 h before a shift, not to ben; phones are proven."
    assert changes(packaged_policy(), new) == [words]
    assert changes(new, packaged_policy()) == ["Reminders: none; phones are not proven."]
    assert policy_view(new)["reminders"] == {
        "before_seconds": [604800, 86400, 3600],
        "prove_phones": True,
        "not_to": ["ben"],
    }
    assert reminder_words(Reminders((HOUR,))) == "1 h before a shift; phones are not proven"
