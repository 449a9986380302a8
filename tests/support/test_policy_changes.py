"""`policy diff` reports a change of any value in the policy file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml

from oncall.support.customers import customers_from_text
from oncall.support.policy import Policy
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy_text, policy_from_text

CUSTOMERS = '{customers: [{name: "Acme Ltd", plan: standard, account_manager: mei, contacts: ["it@acme.example"]}]}'
OPTIONAL = {"channels": {"desk": {"notify": ["mei"], "channel": "sms"}}, "customers": "customers.yaml"}
OTHERS = {
    "business_hours": ("mon-fri 09:00-19:00", "mon-thu 08:00-19:00"),
    "weeknight": ("mon-thu 19:02-07:59",),
    "weekend": ("fri 19:02 - mon 07:59",),
}
Path = tuple[str | int, ...]


def document() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(packaged_policy_text()) | OPTIONAL
    return whole


def leaves(node: object, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from leaves(value, (*path, number))
    else:
        yield path, node


def other_than(path: Path, value: Any) -> list[Any]:
    """Draw other values for this field."""
    if path[-1] in OTHERS:
        return list(OTHERS[str(path[-1])])
    if isinstance(value, bool):
        return [not value]
    words: dict[str | int, list[Any]] = {
        "timezone": ["Europe/London"],
        "coverage": [word for word in ("24x7", "24x5", "business") if word != value],
        "faster_than": [None],
        "notify": ["secondary" if value != "secondary" else "manager"],
        "channel": ["voice"],
        "warn_at": ["75.5%", "60%"],
        "desk_after": ["901s"],
        "repeat_every": ["1801s", "45m"],
        "after": ["1s", "1%"],
        "bundle_for": ["31s", "0s"],
        "most": [9],
        "within": ["61s", "1h"],
    }
    if path[-1] in words:
        return words[path[-1]]
    if isinstance(value, str) and value.endswith((" calendar", " coverage")):
        length, _, counting = value.partition(" ")
        other = "coverage" if counting == "calendar" else "calendar"
        return [f"{length} {other}", f"{length}1s {counting}"]
    return [f"{value}-x" if " " not in str(value) else f"{value} Really."]


def read(whole: dict[str, Any]) -> Policy:
    """Return the policy as it would be published, even if it has faults: policies with faults can be compared."""
    from oncall.support.policy_file import published_policy

    zone = policy_from_text(packaged_policy_text(), "packaged").zone
    text = yaml.safe_dump(whole, sort_keys=False)
    policy = published_policy(text, "p.yaml", zone)
    return replace(policy, zone=type(zone)(whole["timezone"]))


def changed(path: Path, value: Any) -> dict[str, Any]:
    whole = document()
    place: Any = whole
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return whole


CASES = [
    (path, value)
    for path, found in leaves(document())
    for value in other_than(path, found)
    # An extra has no other name, and one that is gone is told below.
    if path[0] != "extras"
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "value"), CASES, ids=lambda part: str(part))
def test_a_change_of_any_one_value_is_reported(path: Path, value: Any) -> None:
    before = read(document())
    after = read(changed(path, value))
    assert before != after
    assert changes(before, after)
    assert changes(after, before)
    assert changes(before, after) != changes(after, before)


@pytest.mark.parametrize("part", ["extras", "channels", "customers", "business-critical", "low", "steps"])
def test_a_part_that_is_removed_or_added_is_reported(part: str) -> None:
    whole = document()
    if part == "business-critical":
        del whole["plans"][part], whole["extras"]
    elif part == "low":
        del whole["impacts"][part]
        for plan in whole["plans"].values():
            del plan["promises"][part]
    elif part == "steps":
        del whole["escalation"]["steps"][1]
    else:
        del whole[part]
    before, after = read(document()), read(whole)
    assert changes(before, after)
    assert changes(after, before)


def test_a_new_plan_is_reported_with_all_its_promises() -> None:
    whole = document()
    del whole["plans"]["business-critical"], whole["extras"]
    assert changes(read(whole), read(document()))[:3] == [
        "Plan business-critical is new, written BC in pages, promised to be faster than standard.",
        "business-critical customers, urgent: covered 24x7, first reply within 45 min, next reply within 1 h, "
        "update within 2 h.",
        "business-critical customers, high: covered 24x7, first reply within 1 h, next reply within 4 h, "
        "update within 8 h.",
    ]


def test_a_new_order_of_the_plans_is_reported() -> None:
    whole = document()
    whole["plans"] = dict(reversed(whole["plans"].items()))
    assert changes(read(document()), read(whole)) == ["Plans are listed in the order business-critical, standard."]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("plan: standard", "plan: business-critical", "Acme Ltd: on business-critical, before standard."),
        ("mei", "ana", "Acme Ltd: account manager ana, before mei."),
        ("it@acme", "ops@acme", "Acme Ltd: contacts are ops@acme.example, before it@acme.example."),
        ("Acme", "Beta", "Acme Ltd: no longer a customer."),
    ],
)
def test_a_change_of_any_value_of_a_customer_is_reported(old: str, new: str, said: str) -> None:
    policy = read(document())
    plans = list(policy.plans)
    before = replace(policy, customers=customers_from_text(CUSTOMERS, "c", plans))
    after = replace(policy, customers=customers_from_text(CUSTOMERS.replace(old, new, 1), "c", plans))
    assert changes(before, after)[0] == said


def test_two_changes_of_one_customer_are_both_reported() -> None:
    policy = read(document())
    text = CUSTOMERS.replace("plan: standard", "plan: business-critical").replace("mei", "ana")
    before, after = (
        replace(policy, customers=customers_from_text(each, "c", list(policy.plans))) for each in (CUSTOMERS, text)
    )
    assert len(changes(before, after)) == 2


def test_a_second_more_is_a_change_that_can_be_read() -> None:
    after = read(changed(("escalation", "repeat_every"), "1801s"))
    assert changes(read(document()), after) == ["Engineers: the round begins again after 30 min 1 s, before 30 min."]
    assert after.escalation.repeat_every == timedelta(seconds=1801)
