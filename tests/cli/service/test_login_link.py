"""`oncall login-link`: a link that signs in to the pages, on a local database."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Oncall


def test_a_link_is_printed_once_with_its_end(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_PUBLIC_URL", "https://oncall.example.com/")
    ran = published("login-link", "ana")
    assert ran.code == 0
    assert len(ran.out.strip()) == len("https://oncall.example.com/login/") + 43
    assert ran.err.startswith("It works once, until ")
    assert ran.err.endswith(" UTC. Send it to ana alone.\n")
    made = json.loads(published("login-link", "mei", "--json").out)
    assert sorted(made) == ["engineer", "expires_at", "url"]
    assert made["engineer"] == "mei"


def test_without_a_public_address_the_command_says_that_it_does_not_know_the_address(published: Oncall) -> None:
    ran = published("login-link", "ana")
    assert ran.out.startswith("http://127.0.0.1:8000/login/")
    assert ran.err.endswith(
        "WARNING: ONCALL_PUBLIC_URL is not set, so this command does not know the address of your service. The link "
        "assumes port 8000 of this machine. Set ONCALL_PUBLIC_URL to the address that people open, then make the link "
        "again.\n"
    )


def test_an_unknown_person_is_refused_with_the_nearest_one(published: Oncall) -> None:
    ran = published("login-link", "anna")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == 'oncall: nobody on the published roster has the id "anna"; did you mean "ana"?\n'


def test_before_a_publication_there_is_nobody_to_sign_in(oncall: Oncall) -> None:
    ran = oncall("login-link", "ana")
    assert ran.code == 1
    assert ran.err.endswith(
        "oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`\n"
    )


def test_a_clock_before_the_latest_change_is_named_when_nothing_is_found(
    published: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_CLOCK", "2027-01-02T12:00:00-05:00")
    ran = published("portal-link", "joe@acme.example")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        'oncall: no customer has the contact "joe@acme.example"; add it to `contacts:` in the customers file. '
        "ONCALL_CLOCK sets this command's clock to Sat 2027-01-02 12:00 EST, which is before the latest change of the "
        "schedule, Sat 2027-01-09 03:12 EST; set it to a later time\n"
    )
