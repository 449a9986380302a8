"""The policy in the terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import Oncall
from tests.web.service import Service


def test_show_is_the_table_that_a_customer_would_read(oncall: Oncall) -> None:
    lines = oncall("policy", "show").out.splitlines()
    assert lines[:2] == [
        "itopia-cas, all times in America/New_York",
        "Nothing is published yet: the packaged policy, shown here, is in force until then.",
    ]
    row = next(line for line in lines if line.startswith("business-critical  urgent"))
    assert row.split() == ["business-critical", "urgent", "24x7", "45", "min", "1", "h", "2", "h"]


def test_show_as_json_has_every_target_in_seconds(oncall: Oncall) -> None:
    view = json.loads(oncall("policy", "show", "--json").out)
    promise = view["plans"]["standard"]["promises"]["urgent"]
    assert promise["first_reply"] == {"seconds": 3600, "counting": "calendar"}


def test_diff_prints_what_changes_for_customers(oncall: Oncall, tmp_path: Path) -> None:
    old, new = tmp_path / "old.policy.yaml", tmp_path / "new.policy.yaml"
    old.write_text(packaged_policy_text())
    new.write_text(packaged_policy_text().replace("first_reply: 45m calendar", "first_reply: 50m calendar"))
    ran = oncall("policy", "diff", str(old), str(new))
    assert ran.out == "business-critical customers, urgent: first reply within 50 min, before 45 min (slower).\n"
    assert oncall("policy", "diff", str(old), str(old)).out == "Nothing changes.\n"


def test_check_reads_a_policy_and_reports_every_fault(oncall: Oncall, tmp_path: Path) -> None:
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
    assert "ends before the last step of the escalation" in faults[1]["message"]


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


def test_every_answer_that_cannot_be_used_is_refused_by_its_own_name(published: Oncall) -> None:
    assert published("triage", "--users", "some", "--workaround", "maybe").err == (
        "oncall: users: write how many are hit, or many or few\nworkaround: write none, inconvenient or convenient\n"
    )


@pytest.mark.slow
def test_at_a_terminal_a_bad_answer_is_asked_for_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "oncall.cli.main", "triage"]
    said = at_a_terminal(command, ["n", "n", "some", "3", "perhaps", "none"], tmp_path)
    assert said.count("How many users are affected (a number, many or few)?") == 2
    assert said.count("Is there a workaround (none, inconvenient, convenient)?") == 2
    assert "Error: write how many are hit, or many or few" in said
    assert "Error: write none, inconvenient or convenient" in said
    assert "high\r\n  The product is not down.\r\n  Few users are hit.\r\n" in said
    assert re.search(r"  packaged:itopia-cas.policy.yaml:[0-9]+: impacts.high.definition", said)


def at_a_terminal(command: list[str], answers: list[str], folder: Path) -> str:
    """Return what a command shows on a terminal where a user types each answer after its question."""
    screen, terminal = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "ONCALL_DATABASE_URL": f"sqlite:///{folder / 'oncall.db'}"}
    running = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    shown, left = "", list(answers)
    with suppress(OSError):  # The screen of a command that has ended cannot be read any more.
        while select.select([screen], [], [], 60)[0] and (part := os.read(screen, 4096)):
            shown += part.decode()
            if left and shown.rstrip().endswith(("]:", "?:")):
                os.write(screen, f"{left.pop(0)}\n".encode())
                shown += "\n"
    os.close(screen)
    assert running.wait(60) == 0, shown
    return shown


MIDNIGHT = (
    ("business_hours: mon-fri 08:00-19:00", "business_hours: mon-fri 22:00-06:00"),
    ("mon-thu 19:01-07:59", "tue-fri 06:01-21:59"),
    ("fri 19:01 - mon 07:59", "sat 06:01 - mon 21:59"),
)
ROUND_THE_CLOCK = (
    ("business_hours: mon-fri 08:00-19:00", 'business_hours: "mon 00:00 - sun 23:59"'),
    ("weeknight: mon-thu 19:01-07:59", "weeknight: []"),
    ("weekend: fri 19:01 - mon 07:59", "weekend: []"),
)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Australia/Lord_Howe", "Europe/London"])
@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        (
            MIDNIGHT,
            [
                "  business: Mon 22:00 to Tue 06:00, Tue 22:00 to Wed 06:00, Wed 22:00 to Thu 06:00, "
                "Thu 22:00 to Fri 06:00, Fri 22:00 to Sat 06:00",
                "  weeknight: Tue 06:01 to 21:59, Wed 06:01 to 21:59, Thu 06:01 to 21:59, Fri 06:01 to 21:59",
                "  weekend: Sat 06:01 to Mon 21:59",
            ],
        ),
        (ROUND_THE_CLOCK, ["  business: Mon 00:00 to Sun 23:59"]),
    ],
    ids=["midnight", "round the clock"],
)
def test_hours_over_midnight_and_in_any_zone_are_judged_and_shown(
    oncall: Oncall, tmp_path: Path, zone: str, changes: tuple[tuple[str, str], ...], hours: list[str]
) -> None:
    text = packaged_policy_text().replace("America/New_York", zone)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "odd.policy.yaml"
    path.write_text(text)
    assert f"in {zone}, 0 customers." in oncall("check", str(path)).out
    lines = oncall("policy", "show", str(path)).out.splitlines()
    assert lines[0] == f"itopia-cas, all times in {zone}"
    assert lines[2 : 2 + len(hours)] == hours
    said = oncall("policy", "diff", "published", str(path)).out.splitlines()
    assert said[0] == f"Everybody: hours are in {zone}, no longer in America/New_York."
    assert said[1] == f"Everybody: new hours,{hours[0][1:]}."


SLOWER = ("first_reply: 45m calendar", "first_reply: 50m calendar")


@pytest.fixture
def with_own_policy(published: Oncall, plan: Path, roster: Path, tmp_path: Path) -> Oncall:
    """The team's own policy is published."""
    text = packaged_policy_text().replace(*SLOWER).replace("name: itopia-cas", "name: ours")
    (tmp_path / "ours.policy.yaml").write_text(text)
    roster.write_text(
        roster.read_text().replace(
            "timezone: America/New_York\n", "timezone: America/New_York\npolicy: ours.policy.yaml\n", 1
        )
    )
    ran = published("publish", str(plan), "--roster", str(roster), "--reason", "our own promise")
    assert ran.code == 0, ran.err
    return published


def test_show_is_the_policy_in_force_with_since_when_and_by_whom(with_own_policy: Oncall, tmp_path: Path) -> None:
    lines = with_own_policy("policy", "show").out.splitlines()
    assert lines[0] == "ours, all times in America/New_York"
    assert re.fullmatch(
        r"In force since Sat 2027-01-09 03:12 EST, published by \S+ as version 2: our own promise[.]", lines[1]
    )
    assert lines[2] == f"Its file: {tmp_path / 'ours.policy.yaml'}."
    view = json.loads(with_own_policy("policy", "show", "--json").out)
    assert (view["name"], view["in_force"]["version"], view["in_force"]["reason"]) == ("ours", 2, "our own promise")
    assert "sources" not in view


def test_show_of_a_file_is_that_file_whatever_is_in_force(with_own_policy: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "plain.policy.yaml"
    path.write_text(packaged_policy_text())
    assert with_own_policy("policy", "show", str(path)).out.splitlines()[:2] == [
        "itopia-cas, all times in America/New_York",
        f"Read from {path}; it is not in force until it is published.",
    ]


def test_diff_compares_a_file_with_the_policy_in_force(with_own_policy: Oncall, tmp_path: Path) -> None:
    path = tmp_path / "ours.policy.yaml"
    assert with_own_policy("policy", "diff", "published", str(path)).out == "Nothing changes.\n"
    path.write_text(path.read_text().replace(SLOWER[1], SLOWER[0]))
    assert with_own_policy("policy", "diff", "published", str(path)).out == (
        "business-critical customers, urgent: first reply within 45 min, before 50 min (faster).\n"
    )


def test_a_server_shows_its_own_policy(oncall: Oncall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "other.policy.yaml"
    path.write_text(packaged_policy_text().replace(*SLOWER))
    with Service(tmp_path) as service:
        monkeypatch.setenv("ONCALL_SERVER", service.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
        shown = oncall("policy", "show")
        assert "published by mei as version 1" in shown.out
        assert oncall("policy", "diff", "published", str(path)).out == (
            "business-critical customers, urgent: first reply within 50 min, before 45 min (slower).\n"
        )


def test_the_texts_of_the_policy_hold_no_roster(tmp_path: Path) -> None:
    with Service(tmp_path) as service:
        view = service.call("GET", "/v1/policy", by="ana").json()
        assert sorted(view["sources"]) == ["policy", "policy_source", "policy_zone"]
        assert service.call("GET", "/v1/policy", by="zendesk").status_code == 403


def test_show_at_an_instant_names_the_policy_that_holds_then(published: Oncall, roster: Path, plan: Path) -> None:
    policy = roster.with_name("my.policy.yaml")
    policy.write_text(packaged_policy_text().replace("first_reply: 60m calendar", "first_reply: 50m calendar", 1))
    roster.write_text(roster.read_text().replace("timezone:", "policy: my.policy.yaml\ntimezone:", 1))
    ran = published("publish", plan, "--roster", roster, "--policy-from", "2027-01-20")
    assert ran.code == 0, ran.err
    assert "policy: this holds from Wed 2027-01-20 00:00 EST on." in ran.out
    found = [
        json.loads(published("policy", "show", "--at", at, "--json").out)["in_force"]["version"]
        for at in ("2027-01-09T03:12", "2027-01-19T23:59", "2027-01-20T00:00")
    ]
    assert found == [1, 1, 2]
    assert json.loads(published("policy", "show", "--json").out)["in_force"]["version"] == 1
    due = [
        json.loads(published("explain", "--plan", "standard", "--impact", "urgent", "--at", at, "--json").out)
        for at in ("2027-01-19T23:00-05:00", "2027-01-20T23:00-05:00")
    ]
    assert [view["first_reply_due"] for view in due] == ["2027-01-20T00:00:00-05:00", "2027-01-20T23:50:00-05:00"]


def test_a_policy_date_that_cannot_be_used_says_why(published: Oncall, roster: Path, plan: Path) -> None:
    ran = published("publish", plan, "--roster", roster, "--policy-from", "2026-12-31")
    assert (ran.code, ran.err) == (
        1,
        "oncall: --policy-from 2026-12-31: this date is over; a policy holds from today on, or later\n",
    )
    ran = published("publish", plan, "--roster", roster, "--policy-from", "soon")
    assert ran.code == 2
