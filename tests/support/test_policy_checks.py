"""A policy with impossible targets is refused with all of its faults, those of its customers file included."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import FileFaults
from oncall.support.policy_file import policy_from_text, published_policy, read_policy
from tests.support.policy_texts import SMALL, hours, refusal, spoiled

URGENT = "urgent: {definition: down, pages: true}"
CUSTOMERS = """\
customers:
  - {name: Acme Ltd, plan: std}
  - {name: Beta GmbH, plan: gold}
  - {name: acme ltd., plan: pro, contact: [x]}
"""


def test_an_urgent_impact_pages_and_its_updates_do_not_pause() -> None:
    changed = spoiled((URGENT, "urgent: {definition: down, pages: false, pause_while_waiting: true}"))
    assert changed.splitlines()[:2] == [
        "p.yaml:6:37: impacts.urgent.pages: urgent tickets must page an engineer; write pages: true",
        "p.yaml:6:65: impacts.urgent.pause_while_waiting: updates of urgent tickets must not pause while waiting for "
        "the customer; write pause_while_waiting: false",
    ]


def test_an_impact_that_is_urgent_by_another_name_is_urgent() -> None:
    text = SMALL.replace("urgent:", "p1:").replace("{definition: down, pages: true}", "{definition: down, pages: no}")
    assert policy_from_text(text, "p.yaml").impacts["p1"].pages is False
    assert refusal(text.replace("pages: no", "pages: no, aliases: [urgent]")) == (
        "p.yaml:6:33: impacts.p1.pages: urgent tickets must page an engineer; write pages: true"
    )


def test_plans_that_are_faster_than_each_other_are_one_fault() -> None:
    assert spoiled(("short_name: STD", "short_name: STD\n    faster_than: pro")) == (
        "p.yaml:11:18: plans.std.faster_than: goes round in a circle: std than pro than std; delete faster_than from "
        "one of them"
    )


@pytest.mark.parametrize("share", ["99%", "98.4%"])
def test_a_step_in_the_last_minute_of_the_first_reply_time_comes_too_late(share: str) -> None:
    changed = spoiled(("after: 20%", f"after: {share}"), ("desk_after: 15m", "desk_after: 0m"), ("30m", "2h"))
    assert changed.splitlines()[0] == (
        "p.yaml:12:45: plans.std.promises.urgent.first_reply: 1 h ends before the last step of the "
        "escalation, which fires 59 min after a ticket comes to the desk; write a longer time, or move desk_after and "
        "the steps"
    )


def test_a_step_that_leaves_a_minute_is_in_time() -> None:
    text = SMALL.replace("after: 20%", "after: 98%").replace("desk_after: 15m", "desk_after: 0m").replace("30m", "2h")
    assert policy_from_text(text, "p.yaml").escalation.steps[1].after_percent == 98


def test_hours_that_overlap_on_several_days_are_one_fault_in_the_order_of_the_week() -> None:
    text = hours("mon-fri 08:00-19:05", "{weeknight: mon-thu 19:01-07:59, weekend: fri 19:01 - mon 07:59}")
    assert refusal(text).splitlines() == [
        "p.yaml:4:22: on_call.weeknight: Monday 19:01 to 19:05, Tuesday 19:01 to 19:05, Wednesday 19:01 to 19:05, "
        "Thursday 19:01 to 19:05 is weeknight here but business on line 3; every minute needs exactly one",
        "p.yaml:4:52: on_call.weekend: Friday 19:01 to 19:05 is weekend here but business on line 3; every minute "
        "needs exactly one",
    ]


def test_faults_of_the_customers_file_are_reported_with_those_of_the_policy(tmp_path: Path) -> None:
    (tmp_path / "customers.yaml").write_text(CUSTOMERS)
    path = tmp_path / "my.policy.yaml"
    path.write_text(SMALL.replace("24x5", "24x6") + "customers: customers.yaml\n")
    with pytest.raises(FileFaults) as refused:
        read_policy(path)
    assert [(Path(fault.file).name, fault.line, fault.path) for fault in refused.value.faults] == [
        ("customers.yaml", 3, "customers[1].plan"),
        ("customers.yaml", 4, "customers[2].name"),
        ("customers.yaml", 4, "customers[2].contact"),
        ("my.policy.yaml", 19, "plans.pro.promises.low.coverage"),
    ]


def test_a_missing_customers_file_is_a_fault_of_the_line_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "customers.yaml").write_text(CUSTOMERS)
    path = tmp_path / "my.policy.yaml"
    path.write_text(SMALL + "customers: costumers.yaml\n")
    with pytest.raises(FileFaults) as refused:
        read_policy(path)
    assert str(refused.value) == (
        f'{path}:26:12: customers: there is no file "costumers.yaml" beside this one; did you mean "customers.yaml"?'
    )


def test_a_published_policy_is_read_even_if_a_later_rule_refuses_it() -> None:
    text = SMALL.replace(URGENT, "urgent: {definition: down, pages: false}")
    assert published_policy(text, "p.yaml", ZoneInfo("Asia/Kolkata")).zone.key == "Asia/Kolkata"
    with pytest.raises(FileFaults):
        published_policy("name: [", "p.yaml", ZoneInfo("UTC"))
