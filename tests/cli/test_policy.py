"""The policy in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from oncall.support.policyfile import packaged_policy_text
from tests.cli.conftest import Oncall


def test_show_is_the_table_that_a_customer_would_read(oncall: Oncall) -> None:
    lines = oncall("policy", "show").out.splitlines()
    assert lines[0] == "itopia-cas, all times in America/New_York"
    row = next(line for line in lines if line.startswith("business-critical  urgent"))
    assert row.split() == ["business-critical", "urgent", "24x7", "45", "min", "1", "h", "2", "h"]


def test_show_as_json_has_every_promise_in_seconds(oncall: Oncall) -> None:
    view = json.loads(oncall("policy", "show", "--json").out)
    promise = view["plans"]["standard"]["promises"]["urgent"]
    assert promise["first_reply"] == {"seconds": 3600, "counting": "calendar"}


def test_diff_says_in_words_what_changes_for_whom(oncall: Oncall, tmp_path: Path) -> None:
    old, new = tmp_path / "old.policy.yaml", tmp_path / "new.policy.yaml"
    old.write_text(packaged_policy_text())
    new.write_text(packaged_policy_text().replace("first_reply: 45m calendar", "first_reply: 50m calendar"))
    ran = oncall("policy", "diff", str(old), str(new))
    assert ran.out == "business-critical customers, urgent: first reply within 50 min, before 45 min (slower).\n"
    assert oncall("policy", "diff", str(old), str(old)).out == "Nothing changes.\n"


def test_check_reads_a_policy_alone_and_tells_every_fault(oncall: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "my.policy.yaml"
    path.write_text(packaged_policy_text())
    assert oncall("check", str(path)).out == (
        f"{path}: no faults. Policy itopia-cas: plans standard, business-critical in America/New_York, 0 customers.\n"
    )
    path.write_text(packaged_policy_text().replace("first_reply: 45m", "first_reply: 30m").replace("24x5", "24x6"))
    ran = oncall("check", str(path), "--json")
    assert ran.code == 1
    faults = json.loads(ran.out)["faults"]
    assert [fault["path"] for fault in faults] == [
        "plans.standard.promises.high.coverage",
        "plans.business-critical.promises.urgent.first_reply",
    ]
    assert "is over before the escalation is" in faults[1]["message"]


def test_triage_proposes_an_impact_with_the_reason(oncall: Oncall) -> None:
    ran = oncall("triage", "--no-down", "--users", "many", "--workaround", "none")
    assert ran.out.splitlines()[:4] == [
        "high",
        "  The product is not down.",
        "  Many users are hit.",
        "  There is no workaround.",
    ]
    assert json.loads(oncall("triage", "--question", "--json").out)["impact"] == "low"


def test_triage_never_asks_without_a_terminal(oncall: Oncall) -> None:
    ran = oncall("triage")
    assert (ran.code, ran.err) == (
        1,
        "oncall: answer at least one: --down/--no-down, --users, --workaround, --question\n",
    )


def test_an_answer_that_cannot_be_used_is_refused(oncall: Oncall) -> None:
    assert oncall("triage", "--users", "some").err == ("oncall: triage.users: write how many are hit, or many or few\n")
