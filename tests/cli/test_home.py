"""`oncall` alone: what matters to the person at the terminal, and the help for a stranger."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Oncall
from tests.web.conftest import service  # noqa: F401
from tests.web.service import Service

TICKET = ("--customer", "Acme", "--plan", "standard", "--impact", "urgent", "--subject", "Down")


def test_a_stranger_gets_the_help(oncall: Oncall) -> None:
    ran = oncall()
    assert (ran.code, ran.err) == (2, "") or (ran.code, ran.out) == (2, "")
    assert "Start with: oncall check" in ran.out + ran.err


def test_a_known_person_sees_their_shifts_and_their_tickets(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_ENGINEER", "ben")
    assert published().out.splitlines() == [
        "ben: you are on call now as secondary until Mon 2027-01-11 18:30 IST (Mon 2027-01-11 08:00 EST).",
        "Your next shift: weeknight, secondary, Tue 2027-01-12 05:31 IST (Mon 2027-01-11 19:01 EST) to "
        "Tue 2027-01-12 18:30 IST.",
        "No ticket waits for you.",
    ]
    for number in (1, 2, 3):
        published("page", "--id", f"T-{number}", *TICKET)
    published("ack", "T-1", "--by", "ben")
    published("ack", "T-2", "--by", "ana")
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-11T10:00:00-05:00")
    shown = published().out.splitlines()
    assert shown[0] == "ben: you are not on call now."
    assert shown[2] == "Your tickets, the clock that ends first on top:"
    assert [line.split()[0] for line in shown[4:]] == ["T-1"]
    monkeypatch.setenv("ONCALL_ENGINEER", "ana")
    assert [line.split()[0] for line in published().out.splitlines()[4:]] == ["T-3", "T-2"]


def test_a_person_without_shifts_is_told_so(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_ENGINEER", "chloe")
    assert published().out.splitlines()[:2] == [
        "chloe: you are not on call now.",
        "The published schedule has no further shift of yours.",
    ]
    monkeypatch.setenv("ONCALL_ENGINEER", "anna")
    ran = published()
    assert (ran.code, ran.err) == (
        1,
        'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n',
    )


def test_a_token_of_a_server_says_who_it_is(
    service: Service,  # noqa: F811
    oncall: Oncall,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    assert oncall().out.startswith("ana: you are on call now as primary until Mon 2027-01-11 08:00 EST.\n")
