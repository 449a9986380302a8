"""The terminal on a server gives the same answers and refusals as on a local database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oncall.errors import StoreError
from oncall.schedule.plan_csv import csv_of
from oncall.schedule.shared_versions import schedule_of_shared
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.paging.world import ROSTER, ticket_body
from tests.planning.conftest import ROSTER as OWLS
from tests.planning.conftest import in_turn, roster_of
from tests.web.service import Service


@pytest.fixture
def served(service: Service, monkeypatch: pytest.MonkeyPatch, oncall: Oncall) -> Oncall:  # noqa: F811
    """The command line on a server with one ticket of "Acme Ltd", which pages nobody."""
    service.post(ticket_body(impact="low"))
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    return oncall


def test_a_server_records_no_phone_number_and_no_endless_note(served: Oncall) -> None:
    ran = served("reply", "T-1", "--by", "+13055550101", "--note", "x" * 5000)
    assert (ran.code, ran.err) == (
        1,
        "oncall: --by: is not an id or a name of 1 to 60 letters, and never a phone number\n"
        "--note: is not text of at most 1000 characters\n",
    )
    kinds = [event["kind"] for event in json.loads(served("tickets", "show", "T-1", "--json").out)["events"]]
    assert "replied" not in kinds


def test_a_page_after_a_ticket_that_is_not_there_is_refused(served: Oncall) -> None:
    ran = served("tickets", "--after", "NOPE")
    assert (ran.code, ran.err) == (
        1,
        'oncall: --after: "NOPE" is not the id of a ticket; write the `next` of the page before\n',
    )


def test_the_terminal_finds_a_customer_in_any_spelling_or_names_the_nearest(served: Oncall) -> None:
    assert served("tickets", "--customer", "acme ltd").out.splitlines()[-1].startswith("T-1 ")
    ran = served("tickets", "--customer", "Acne Ltd")
    assert (ran.code, ran.err) == (
        1,
        'oncall: "Acne Ltd" is not a customer of any ticket or of the policy; did you mean "Acme Ltd"?\n',
    )


@pytest.mark.parametrize(
    "command",
    [
        ("schedule", "--from", "2027-01-04", "--to", "2027-01-10", "--json"),
        ("schedule", "--json"),
        ("schedule", "--engineer", "ana", "--json"),
        ("calendar", "--month", "2027-01"),
        ("calendar",),
        ("history", "--json"),
    ],
)
def test_the_schedule_of_a_server_is_that_of_its_database(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
    command: tuple[str, ...],
) -> None:
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{service.file}")
    local = oncall(*command)
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    assert oncall(*command) == local
    assert local.code == 0
    assert local.out


def test_a_server_names_the_nearest_engineer_too(served: Oncall) -> None:
    ran = served("schedule", "--engineer", "anna")
    assert (ran.code, ran.err) == (
        1,
        'oncall: engineer: no person with this id is on a published roster; did you mean "ana"?\n',
    )


def test_a_server_gives_the_link_with_its_own_address(served: Oncall, service: Service) -> None:
    url = json.loads(served("calendar", "link", "ana", "--json").out)["url"]
    assert url.startswith(f"{service.address}/calendar/")
    assert service.call("GET", url.removeprefix(service.address), by=None).status_code == 200
    assert served("calendar", "unlink", "ana").out == "Revoked 1 calendar link of ana.\n"
    assert service.call("GET", url.removeprefix(service.address), by=None).status_code == 404
    ran = served("calendar", "link", "anna")
    assert (ran.code, ran.err) == (
        1,
        'oncall: nobody on the published rosters has the id "anna"; did you mean "ana"?\n',
    )


def test_the_ledger_counts_what_a_server_has_published(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
) -> None:
    monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{service.file}")
    night = ("--from", "2027-01-12T19:01", "--to", "2027-01-13T08:00", "--reason", "ill", "--force")
    assert oncall("override", "chloe", *night).code == 0
    ledger = ("ledger", "show", "--roster", str(ROSTER), "--json")
    local = oncall(*ledger)
    monkeypatch.setenv("ONCALL_SERVER", service.address)
    monkeypatch.setenv("ONCALL_TOKEN", "mei")
    assert oncall(*ledger) == local
    assert json.loads(local.out)["entries"]


def test_a_planner_gets_the_versions_without_numbers_and_addresses(service: Service) -> None:
    answer = service.call("GET", "/v1/schedule/documents", by="ana")
    assert "+1305" not in answer.text
    assert "@" not in answer.text
    (publication,) = answer.json()["versions"]
    assert {person["phone"][:3] for person in publication["document"]["people"]} == {"..."}
    shared = schedule_of_shared(answer.json())
    stored = service.store.read(lambda tx: tx.schedule())
    assert shared is not None
    assert (shared.publications[0].seats, shared.log) == (stored.publications[0].seats, stored.log)


@pytest.mark.parametrize("answer", [{}, {"versions": [{}]}, {"versions": [5]}, []])
def test_versions_that_cannot_be_read_are_refused(answer: Any) -> None:
    with pytest.raises(StoreError, match="the server's schedule cannot be read"):
        schedule_of_shared(answer)


def test_without_a_publication_there_is_no_schedule() -> None:
    assert schedule_of_shared({"versions": []}) is None


def test_changes_of_the_schedule_work_through_a_server(served: Oncall, service: Service) -> None:
    span = ("--from", "2027-01-12T19:01", "--to", "2027-01-13T08:00")
    ran = served("override", "chloe", *span, "--reason", "a concert")
    assert (ran.code, ran.out.splitlines()[0]) == (
        0,
        "Version 2: chloe is primary from Tue 2027-01-12 19:01 EST to Wed 2027-01-13 08:00 EST.",
    )
    assert served("undo", "2", "--reason", "no concert").code == 0
    assert served("cover", "ana", "--by", "chloe").code == 0
    versions = service.call("GET", "/v1/schedule/versions").json()["versions"]
    assert [(version["kind"], version["by"]) for version in versions[1:]] == [
        ("override", "mei"),
        ("undo", "mei"),
        ("cover", "mei"),
    ]
    ran = served("override", "cloe", *span, "--reason", "a concert")
    assert (ran.code, ran.err) == (1, 'oncall: there is no "cloe" on the published roster; did you mean "chloe"?\n')
    ran = served("undo", "2", "--reason", "x", "--by", "ana")
    assert (ran.code, ran.err) == (
        1,
        "oncall: --by: on a server the author is the token's; leave --by out, or log in as that person\n",
    )


def test_a_plan_is_published_through_a_server(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
) -> None:
    roster, plan = tmp_path / "owls.yaml", tmp_path / "plan.csv"
    roster.write_text(OWLS)
    plan.write_bytes(csv_of(in_turn(roster_of())))
    folder = tmp_path / "service"
    folder.mkdir()
    with Service(folder, is_published=False) as service:
        monkeypatch.setenv("ONCALL_SERVER", service.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
        ran = oncall("publish", plan, "--roster", roster, "--reason", "a new team")
        assert (ran.code, ran.out.splitlines()[0]) == (0, "Published version 1: night-owls, 20 seats."), ran.err
        versions = service.call("GET", "/v1/schedule/versions").json()["versions"]
        assert [version["reason"] for version in versions] == ["a new team"]


def test_a_server_keeps_notes_for_the_next_shift(served: Oncall) -> None:
    assert served("handoff", "--note", "the vendor calls back", "--by", "ana").code == 0
    lines = served("handoff").out.splitlines()
    assert lines[0] == "Shift from Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST. Next: the support desk."
    assert any(line.endswith("ana: the vendor calls back") for line in lines)
    ran = served("handoff", "--note", "x" * 501)
    assert (ran.code, ran.err) == (1, "oncall: --note: has 501 characters; 500 at most\n")
    assert served("handoff", "--last").out.splitlines()[0].endswith("Next: ana, ben.")


def test_an_engineer_s_reminders_are_read_and_chosen_on_the_server(served: Oncall) -> None:
    assert served("reminders", "ana").out == (
        "Reminders of ana, as the policy says: none.\nCourtesy notices: yes. Pages always come.\n"
    )
    chosen = served("reminders", "ana", "--before", "hour,day", "--quiet", "--json")
    assert json.loads(chosen.out) == {
        "engineer": "ana",
        "reminders": ["day", "hour"],
        "before_seconds": [86400, 3600],
        "quiet": True,
    }
    assert served("reminders", "ana", "--before", "none").out.startswith("Reminders of ana, as chosen: none.")
    ran = served("reminders", "ana", "--before", "soon")
    assert (ran.code, '"soon" is not a choice; write one like day,hour, or none, or policy' in ran.err) == (2, True)
    ran = served("reminders", "anna", "--no-quiet")
    assert (ran.code, ran.err.startswith('oncall: nobody on the published rosters has the id "anna"')) == (1, True)
