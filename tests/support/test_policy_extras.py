"""Optional parts of a policy: pauses, warnings, copies of pages, and customers."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.errors import FileFaults
from oncall.support.policy import ChannelName, Customer, DeskChannel, Extra
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy, packaged_policy_text, policy_from_text, read_policy
from oncall.support.policy_table import promise_rows
from tests.support.policy_texts import SMALL, refusal, spoiled

CUSTOMERS = """\
customers:
  - {name: Acme Ltd, plan: pro, account_manager: mei, contacts: [kim@acme.example.com]}
  - {name: "Beta, Inc.", plan: std}
"""


def with_lines(*lines: str) -> str:
    return SMALL + "".join(f"{line}\n" for line in lines)


def test_a_file_without_these_keys_gets_the_defaults() -> None:
    policy = policy_from_text(SMALL, "p.yaml")
    assert (policy.desk, policy.extras, policy.customers, policy.escalation.warn_share) == (DeskChannel(), {}, (), 0.75)
    assert not any(impact.pause_while_waiting for impact in policy.impacts.values())


def test_the_packaged_policy_pauses_updates_for_all_but_urgent_and_copies_the_account_manager() -> None:
    policy = packaged_policy()
    assert [impact.name for impact in policy.impacts.values() if impact.pause_while_waiting] == [
        "high",
        "normal",
        "low",
    ]
    assert policy.extras == {"business-critical": (Extra.ACCOUNT_MANAGER,)}
    assert policy.escalation.warn_share == 0.75


def test_the_owner_may_be_warned_earlier_or_later() -> None:
    text = SMALL.replace("  desk_after: 15m\n", "  desk_after: 15m\n  warn_at: 60%\n")
    assert policy_from_text(text, "p.yaml").escalation.warn_share == 0.6


@pytest.mark.parametrize("written", ["0%", "100%", "soon"])
def test_a_wrong_share_is_refused_with_an_example(written: str) -> None:
    assert spoiled(("  desk_after: 15m\n", f"  desk_after: 15m\n  warn_at: {written}\n")) == (
        f'p.yaml:23:12: escalation.warn_at: "{written}" is not a share of a promised time; '
        "write one from 1% to 99%, like 75%"
    )


def test_people_may_get_notices_of_tickets_at_the_desk() -> None:
    policy = policy_from_text(with_lines("channels: {desk: {notify: [mei], channel: voice}}"), "p.yaml")
    assert policy.desk == DeskChannel(("mei",), ChannelName.VOICE)


def test_an_extra_is_one_that_is_known_of_a_plan_that_is_there() -> None:
    assert refusal(
        with_lines("extras: {pro: [technical_manager], gold: [technical_account_manager]}")
    ).splitlines() == [
        'p.yaml:26:16: extras.pro[0]: "technical_manager" is not an extra; did you mean "technical_account_manager"?',
        'p.yaml:26:36: extras.gold: "gold" is not a plan of this policy; write one of std, pro',
    ]


def test_customers_are_read_from_a_file_beside_the_policy(tmp_path: Path) -> None:
    (tmp_path / "my.policy.yaml").write_text(with_lines("customers: customers.yaml"))
    (tmp_path / "customers.yaml").write_text(CUSTOMERS)
    policy = read_policy(tmp_path / "my.policy.yaml")
    assert policy.customers == (
        Customer("Acme Ltd", "pro", "mei", ("kim@acme.example.com",)),
        Customer("Beta, Inc.", "std"),
    )
    assert policy.customer("beta inc") == policy.customers[1]
    assert policy.customer("Gamma") is None


def test_every_fault_of_the_customers_file_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "my.policy.yaml").write_text(with_lines("customers: customers.yaml"))
    path = tmp_path / "customers.yaml"
    path.write_text(
        'customers:\n  - {name: Acme Ltd, plan: gold}\n  - {name: "ACME, Ltd.", plan: std}\n'
        '  - {name: "!", plan: std}\n'
    )
    with pytest.raises(FileFaults) as refused:
        read_policy(tmp_path / "my.policy.yaml")
    assert str(refused.value).splitlines() == [
        f'{path}:2:28: customers[0].plan: "gold" is not a plan of the policy; write one of std, pro',
        f"{path}:3:12: customers[1].name: is already the name of customers[0] on line 2",
        f'{path}:4:12: customers[2].name: "!" has no letter or digit; write a name like "Acme Ltd"',
    ]


def test_the_customers_file_must_be_in_the_folder_of_the_policy() -> None:
    assert refusal(with_lines("customers: ../customers.yaml")) == (
        'p.yaml:26:12: customers: "../customers.yaml" is not the name of a file beside this one; '
        "write one like customers.yaml"
    )


def test_the_table_has_each_plans_promises_in_words() -> None:
    rows = promise_rows(packaged_policy())
    assert rows[2] == ["standard", "high", "24x5", "4 h of 24x5", "8 h of 24x5", "24 h of 24x5"]
    assert rows[5] == ["business-critical", "urgent", "24x7", "45 min", "1 h", "2 h"]


def test_a_policy_does_not_differ_from_itself() -> None:
    assert changes(packaged_policy(), policy_from_text(packaged_policy_text(), "copy")) == []


def test_each_change_names_whom_it_affects() -> None:
    text = packaged_policy_text()
    for old, new in (
        ("first_reply: 60m calendar", "first_reply: 50m calendar"),
        ("high: {coverage: 24x5", "high: {coverage: 24x7"),
        ("warn_at: 75%", "warn_at: 60%"),
        ("desk_after: 15m", "desk_after: 10m"),
        ("business-critical: [technical_account_manager]", "standard: [technical_account_manager]"),
        ("business_hours: mon-fri 08:00-19:00", "business_hours: mon-fri 09:00-19:00"),
        ("weeknight: mon-thu 19:01-07:59", "weeknight: mon-thu 19:01-08:59"),
        ("weekend: fri 19:01 - mon 07:59", "weekend: fri 19:01 - mon 08:59"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    found = changes(packaged_policy(), policy_from_text(text, "new"))
    assert [line for line in found if "hours" not in line] == [
        "standard customers, urgent: first reply within 50 min, before 1 h (faster).",
        "standard customers, high: covered 24x7, before 24x5.",
        "standard customers, high: first reply within 4 h, before 4 h of 24x5.",
        "standard customers, high: next reply within 8 h, before 8 h of 24x5.",
        "standard customers, high: update within 1 day, before 24 h of 24x5.",
        "business-critical customers: technical_account_manager is gone.",
        "standard customers: technical_account_manager is new.",
        "The desk: a ticket for which engineers are paged goes on to them after 10 min, before 15 min.",
        "Owners: warned at 60% of a promised time, before 75%.",
    ]
    assert len([line for line in found if line.startswith("Everybody: new hours")]) == 3
