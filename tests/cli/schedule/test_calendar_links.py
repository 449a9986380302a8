"""`oncall calendar link` and `unlink`, on a local database and through a server."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Oncall


@pytest.fixture
def public(published: Oncall, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """A published schedule, and a service with a public address."""
    monkeypatch.setenv("ONCALL_PUBLIC_URL", "https://oncall.example.com/")
    return published


def test_a_link_is_printed_once(public: Oncall) -> None:
    ran = public("calendar", "link", "ana")
    assert ran.code == 0
    assert ran.err == "Keep it: it is not shown again. Everyone who has it can read these shifts.\n"
    assert len(ran.out.strip()) == len("https://oncall.example.com/calendar/.ics") + 22
    team = json.loads(public("calendar", "link", "--team", "--json").out)
    assert team["engineer"] is None
    assert team["url"].startswith("https://oncall.example.com/calendar/")


def test_links_are_revoked_together(public: Oncall) -> None:
    for _ in range(2):
        assert public("calendar", "link", "ana").code == 0
    assert public("calendar", "unlink", "ana").out == "Revoked 2 calendar links of ana.\n"
    ran = public("calendar", "unlink", "ana")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "oncall: ana has no calendar link; `oncall calendar link` makes one\n"
    assert public("calendar", "link", "--team").code == 0
    assert json.loads(public("calendar", "unlink", "--team", "--json").out) == {"engineer": None, "revoked": 1}


def test_without_a_public_address_the_command_says_that_it_does_not_know_the_address(published: Oncall) -> None:
    ran = published("calendar", "link", "ana")
    assert ran.out.startswith("http://127.0.0.1:8000/calendar/")
    assert ran.err.endswith(
        "WARNING: ONCALL_PUBLIC_URL is not set, so this command does not know the address of your service. The link "
        "assumes port 8000 of this machine. Set ONCALL_PUBLIC_URL to the address that people open, then make the link "
        "again.\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            ("link", "anna"),
            1,
            'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n',
        ),
        (
            ("link",),
            1,
            "oncall: whose calendar? name an engineer, set ONCALL_ENGINEER to your id, or log in with "
            "`oncall login URL`\n",
        ),
    ],
)
def test_a_link_for_no_engineer_is_refused(
    public: Oncall, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, message: str
) -> None:
    monkeypatch.setenv("LOGNAME", "root")
    ran = public("calendar", *words)
    assert (ran.code, ran.out, ran.err) == (code, "", message)


def test_an_engineer_and_the_team_at_once_is_misuse(public: Oncall) -> None:
    ran = public("calendar", "link", "ana", "--team")
    assert ran.code == 2
    assert "name an engineer or write --team, not both" in ran.err


def test_before_a_publication_there_is_nothing_to_link(oncall: Oncall) -> None:
    ran = oncall("calendar", "link", "ana")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith(
        "oncall: no schedule is published yet; make one with `oncall generate` and `oncall publish`\n"
    )


def test_the_month_is_what_it_was(public: Oncall) -> None:
    assert public("calendar", "month", "ana", "--month", "2027-01") == public("calendar", "ana", "--month", "2027-01")
    assert public("calendar", "--month", "2027-01").out.startswith("January 2027\n")


def test_without_a_name_the_link_is_that_of_the_engineer_at_the_terminal(
    public: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCALL_ENGINEER", "ben")
    assert json.loads(public("calendar", "link", "--json").out)["engineer"] == "ben"
    assert json.loads(public("calendar", "link", "--team", "--json").out)["engineer"] is None
