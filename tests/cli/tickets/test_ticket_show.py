"""`oncall tickets show` prints a ticket's link and contact, its verdicts, and each clock once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Oncall

TICKET = ("--customer", "Acme Ltd", "--plan", "standard", "--subject", "Down")


def post(oncall: Oncall, ticket_id: str, impact: str) -> None:
    assert oncall("page", "--id", ticket_id, "--impact", impact, *TICKET).code == 0


def shown(oncall: Oncall, *more: str) -> list[str]:
    return oncall("tickets", "show", "T-1", *more).out.splitlines()


def viewed(oncall: Oncall) -> dict[str, Any]:
    view: dict[str, Any] = json.loads(oncall("tickets", "show", "T-1", "--json").out)
    return view


@pytest.mark.parametrize("more", [(), ("--timeline",)])
def test_the_link_and_the_contact_of_a_ticket_are_shown(
    published: Oncall, tmp_path: Path, more: tuple[str, ...]
) -> None:
    file = tmp_path / "ticket.json"
    ticket = {"id": "T-1", "customer": "Acme", "plan": "standard", "impact": "urgent", "subject": "Down"}
    file.write_text(json.dumps({**ticket, "url": "https://help.example.com/t/1", "contact": "Kim, kim@example.com"}))
    published("page", str(file))
    lines = shown(published, *more)
    assert "  url: https://help.example.com/t/1" in lines
    assert "  contact: Kim, kim@example.com" in lines


def test_a_ticket_without_link_and_contact_shows_no_line_for_them(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    assert [line for line in shown(published) if "url" in line or "contact" in line] == []


def test_the_verdict_is_that_of_the_current_impact_and_the_first_one_is_kept(published: Oncall) -> None:
    post(published, "T-1", "high")
    first = viewed(published)["verdict"]
    assert first["action"] == "hold"
    published("impact", "T-1", "urgent", "--by", "ana")
    view = viewed(published)
    assert (view["verdict"]["action"], view["verdict"]["engineer"]) == ("page", "ana")
    assert "standard covers urgent around the clock (24x7)." in view["verdict"]["reasons"]
    assert view["first_verdict"] == first
    lines = shown(published)
    assert "  verdict of Sat 2027-01-09 03:12: page ana, first reply due Sat 2027-01-09 04:12" in lines
    assert "    standard covers urgent around the clock (24x7)." in lines
    assert (
        "  first verdict, Sat 2027-01-09 03:12: hold until Mon 2027-01-11 00:00, first reply due Mon 2027-01-11 04:00"
        in lines
    )


@pytest.mark.parametrize("taken_by", [("ack", "T-1", "--by", "ana"), ("reply", "T-1", "--by", "ana")])
def test_an_owned_ticket_gets_a_new_verdict_and_pages_no_one(published: Oncall, taken_by: tuple[str, ...]) -> None:
    post(published, "T-1", "urgent")
    published(*taken_by)
    published("impact", "T-1", "normal", "--by", "ana")
    view = viewed(published)
    assert "Ana Pereira has it, so nobody is paged now." in view["verdict"]["reasons"]
    assert not [reason for reason in view["verdict"]["reasons"] if "urgent" in reason]
    assert view["first_verdict"]["action"] == "page"
    assert (view["state"], view["owner"]) == ("acknowledged", "ana")
    assert view["first_reply_due"] == view["verdict"]["first_reply_due"]


def test_a_verdict_that_never_changed_is_shown_once(published: Oncall) -> None:
    post(published, "T-1", "urgent")
    view = viewed(published)
    assert view["verdict"] == view["first_verdict"]
    assert [line for line in shown(published) if "first verdict" in line] == []


def test_a_clock_is_shown_once_after_a_duplicate_was_merged(published: Oncall) -> None:
    for ticket_id in ("T-1", "T-2", "T-3"):
        post(published, ticket_id, "urgent")
    for duplicate in ("T-2", "T-3"):
        published("merge", duplicate, "T-1", "--by", "ana")
    (line,) = [line for line in shown(published) if "first reply: " in line]
    assert line.startswith("  first reply: due Sat 2027-01-09 04:12, ")
    assert [clock["metric"] for clock in viewed(published)["clocks"]] == ["first_reply"]


def test_of_two_clocks_of_one_metric_the_first_deadline_is_shown(published: Oncall) -> None:
    post(published, "T-1", "normal")
    post(published, "T-2", "high")
    due = json.loads(published("tickets", "show", "T-2", "--json").out)["clocks"][0]["due_at"]
    published("merge", "T-2", "T-1", "--by", "ana")
    assert [clock["due_at"] for clock in viewed(published)["clocks"]] == [due]
