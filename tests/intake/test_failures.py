"""Nothing is lost at the door: what cannot be understood is kept, shown, replayed or dropped, and a person is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from oncall.paging.ports.intake_store import Arrival, ArrivalStatus
from oncall.paging.ports.store import Transaction
from tests.cli.conftest import Oncall, Ran, oncall  # noqa: F401
from tests.intake.test_alertmanager import alert, body
from tests.paging.world import SATURDAY_NIGHT
from tests.web.service import Service, problem


def said(ran: Ran) -> Any:
    """The JSON that a command printed. The service of the test logs to the same stream."""
    return json.loads(ran.out[ran.out.index("{\n") :])


CUT = b'{"alerts": [{"labels": {"customer": "Acme'


@pytest.fixture(params=["server", "local"])
def terminal(
    request: pytest.FixtureRequest,
    shared: Service,
    monkeypatch: pytest.MonkeyPatch,
    oncall: Oncall,  # noqa: F811
) -> Oncall:
    """The command line: on the server, and on the server's database."""
    if request.param == "server":
        monkeypatch.setenv("ONCALL_SERVER", shared.address)
        monkeypatch.setenv("ONCALL_TOKEN", "mei")
    else:
        monkeypatch.setenv("ONCALL_DATABASE_URL", f"sqlite:///{shared.file}")
    return oncall


def post(service: Service, content: bytes, *, path: str = "/webhooks/alertmanager") -> httpx.Response:
    return service.call("POST", path, by="zendesk", content=content)


def kept(service: Service, content: bytes) -> str:
    """The id of the failure that this body becomes."""
    answer = post(service, content)
    assert (answer.status_code, answer.json()["status"]) == (202, "kept"), answer.text
    failure: str = answer.json()["id"]
    return failure


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (CUT, "the body is not JSON: line 1 column 37: Unterminated string starting at"),
        (b"\xff\xfe{}", "the body is not UTF-8 at byte 0"),
        (b'{"alerts": [], "alerts": []}', 'the body gives the key "alerts" twice; write it once'),
        (b'{"alerts":' + b"[" * 30_000, "the body is nested too deeply"),
        (b'{"alerts": "none"}', 'the body has no list "alerts"'),
        (b"[]", "the body is not a JSON object"),
        (b"", "the body is not JSON: line 1 column 1: Expecting value"),
        (b'{"alerts": [7]}', "alerts[0] has no labels and no fingerprint"),
    ],
)
def test_a_body_that_cannot_be_understood_is_kept_whole_and_the_sender_need_not_send_it_again(
    shared: Service, content: bytes, fault: str
) -> None:
    failure = kept(shared, content)
    found = shared.store.read(lambda tx: tx.arrival(failure))
    assert found is not None
    assert (found.body, found.outcome, found.caller) == (content, (fault,), "zendesk")


def test_the_good_alerts_of_a_body_page_although_another_one_is_bad(shared: Service) -> None:
    answer = post(shared, json.dumps(body(alert("partly"), {"status": "firing"})).encode())
    assert [one["became"] for one in answer.json()["signals"]] == ["opened"]
    assert answer.json()["faults"][0] == "alerts[1] has no labels and no fingerprint"


def test_alerts_that_alertmanager_itself_left_out_are_told_to_a_person(shared: Service) -> None:
    cut = {**body(alert("truncated", severity="info")), "truncatedAlerts": 7}
    answer = post(shared, json.dumps(cut).encode()).json()
    assert [one["became"] for one in answer["signals"]] == ["opened"]
    assert answer["faults"][0] == "Alertmanager left out 7 alerts of this body; raise its max_alerts"


def test_a_body_of_ten_mebibytes_is_refused_and_its_beginning_is_kept(shared: Service) -> None:
    answer = post(shared, b"x" * (10 * 1024 * 1024))
    problem(answer, 413, "the body has more than 1048576 bytes; its beginning is kept for a person")
    (found,) = shared.store.read(lambda tx: tx.arrivals(limit=1))
    assert (found.status.value, found.is_cut) == ("failed", True)


def test_the_manager_is_told_once_in_a_burst(service: Service) -> None:
    for _ in range(5):
        kept(service, CUT)
    told = service.store.read(lambda tx: tx.alerts(written_since=datetime(2026, 1, 1, tzinfo=UTC)))
    assert [one.body for one in told] == [
        "What zendesk sent cannot be understood, so nobody is paged for it. See: oncall intake failures"
    ]


def test_failures_are_listed_shown_and_dropped(terminal: Oncall, shared: Service) -> None:
    failure = kept(shared, CUT)
    listed = said(terminal("intake", "failures", "--json"))["failures"]
    assert listed[0]["id"] == failure
    assert said(terminal("intake", "failures", "list", "--json"))["failures"] == listed
    shown = said(terminal("intake", "failures", "show", failure, "--json"))
    assert (shown["body"], shown["bytes"], shown["is_cut"]) == (CUT.decode(), len(CUT), False)
    assert CUT.decode() in terminal("intake", "failures", "show", failure).out.splitlines()
    assert said(terminal("intake", "failures", "drop", failure, "--json"))["status"] == "dropped"
    ran = terminal("intake", "failures", "drop", failure)
    assert (ran.code, ran.err) == (1, f"oncall: {failure} is dropped already\n")
    assert failure not in terminal("intake", "failures").out
    ran = terminal("intake", "failures", "show", failure)
    assert (ran.code, ran.err) == (
        1,
        f'oncall: no failure has the id "{failure}"; `oncall intake failures` lists them\n',
    )


def test_a_replay_that_still_fails_changes_nothing(terminal: Oncall, shared: Service) -> None:
    failure = kept(shared, b"[]")
    ran = terminal("intake", "failures", "replay", failure)
    assert (ran.code, ran.err) == (
        1,
        f"oncall: {failure} still cannot be understood: the body is not a JSON object\n",
    )
    assert failure in terminal("intake", "failures", "--json").out


def test_a_replay_opens_the_tickets_of_a_body_that_is_understood_now(terminal: Oncall, shared: Service) -> None:
    """An earlier version could not read it: here the stored sender is corrected."""
    key = f"replayed-{len(shared.store.read(lambda tx: tx.arrivals(limit=1000)))}"
    failure = kept(shared, json.dumps([body(alert(key))])[1:-1].encode() + b" x")
    whole = json.dumps(body(alert(key))).encode()
    shared.store.write(lambda tx: _with_body(tx, failure, whole))
    done = said(terminal("intake", "failures", "replay", failure, "--json"))
    assert [one["became"] for one in done["signals"]] == ["opened"]
    assert shared.ticket(done["signals"][0]["ticket"])["state"] == "open"
    ran = terminal("intake", "failures", "replay", failure)
    assert (ran.code, ran.err) == (1, f"oncall: {failure} is replayed already\n")


def _with_body(tx: Transaction, failure: str, content: bytes) -> None:
    found = tx.arrival(failure)
    assert found is not None
    tx.update_arrival(replace(found, body=content))


def test_the_log_says_what_came_from_whom_and_what_became_of_it(terminal: Oncall, shared: Service) -> None:
    ticket = post(shared, json.dumps(body(alert("logged", severity="info"))).encode()).json()["signals"][0]["ticket"]
    listed = said(terminal("intake", "log", "--limit", "1", "--json"))["arrivals"]
    assert [(one["caller"], one["sender"], one["status"], one["tickets"]) for one in listed] == [
        ("zendesk", "alertmanager", "taken", [ticket])
    ]
    assert listed[0]["outcome"][0].startswith(f"{ticket} ")
    assert "zendesk" in terminal("intake", "log", "--limit", "1", "--caller", "zendesk").out
    assert said(terminal("intake", "log", "--caller", "nobody", "--json")) == {"arrivals": [], "next": None}


def test_the_log_goes_on_after_a_page(terminal: Oncall, shared: Service) -> None:
    for name in ("first", "second"):
        post(shared, json.dumps(body(alert(name, severity="info"))).encode())
    page = said(terminal("intake", "log", "--limit", "1", "--json"))
    assert page["next"] == page["arrivals"][0]["id"]
    assert f"There are more: --after {page['next']}" in terminal("intake", "log", "--limit", "1").err
    older = said(terminal("intake", "log", "--limit", "1", "--after", page["next"], "--json"))["arrivals"]
    assert older[0]["id"] != page["next"]
    ran = terminal("intake", "failures", "--after", "gone")
    words = 'after: "gone" is not in the intake log; write the `next` of the page before'
    assert (ran.code, f"--{words}" in ran.err) == (1, True)


def test_explain_says_where_an_alert_goes(terminal: Oncall) -> None:
    at = ("--at", "2027-01-09T03:12:00-05:00")
    view = said(terminal("intake", "explain", "severity=critical", "customer=Acme Ltd", *at, "--json"))
    assert (view["row"], view["customer"], view["plan"], view["impact"]) == (None, "Acme Ltd", "standard", "urgent")
    assert view["verdict"]["action"] == "page"
    lines = terminal("intake", "explain", "severity=critical", *at).out
    assert "Row: none matches\nTicket: monitoring, standard, urgent\nVerdict: page\n" in lines


def test_a_label_without_a_value_is_misuse(terminal: Oncall) -> None:
    ran = terminal("intake", "explain", "critical")
    assert ran.code == 2
    assert '"critical" is not a label; write one like severity=critical' in ran.err


def test_a_failure_that_is_only_partly_kept_cannot_be_replayed(terminal: Oncall, shared: Service) -> None:
    post(shared, b"x" * (2 * 1024 * 1024))
    (found,) = shared.store.read(lambda tx: tx.arrivals(limit=1))
    ran = terminal("intake", "failures", "replay", found.id)
    assert (ran.code, ran.err) == (
        1,
        f"oncall: {found.id} cannot be replayed: only a part of its body is kept; post the ticket yourself\n",
    )


def test_of_one_caller_five_hundred_bodies_are_kept_and_further_ones_are_only_logged(service: Service) -> None:
    waiting = Arrival("", SATURDAY_NIGHT, "zendesk", "alertmanager", "/", ArrivalStatus.FAILED, body=b"{")
    service.store.write(lambda tx: _add_all(tx, [replace(waiting, id=f"f{number}") for number in range(500)]))
    answer = post(service, CUT).json()
    assert answer["faults"][1] == "the body is not kept: 500 others of zendesk wait for a person"
    logged = service.store.read(lambda tx: tx.arrival(answer["id"]))
    assert logged is not None
    assert (logged.status.value, logged.body) == ("dropped", None)
    assert service.store.read(lambda tx: tx.failures_of("zendesk"))[0] == 500


def test_old_arrivals_are_forgotten_but_no_failure(service: Service) -> None:
    failure = kept(service, CUT)
    post(service, json.dumps(body(alert("old", severity="info"))).encode())
    (newest,) = service.store.read(lambda tx: tx.arrivals(limit=1))
    service.store.write(lambda tx: tx.forget_arrivals(before=newest.at + timedelta(seconds=1)))
    assert [one.id for one in service.store.read(lambda tx: tx.arrivals(limit=9))] == [failure]


def _add_all(tx: Transaction, arrivals: list[Arrival]) -> None:
    for one in arrivals:
        tx.add_arrival(one)


def test_the_log_has_tickets_and_events_of_the_native_api(shared: Service) -> None:
    posted = {"id": "N-1", "customer": "Acme Ltd", "plan": "standard", "impact": "low", "subject": "a typo"}
    for _ in range(2):
        shared.call("POST", "/v1/tickets", by="zendesk", json=posted)
    shared.call("POST", "/v1/tickets/N-1/events", by="zendesk", json={"kind": "customer_replied"})
    shared.call("POST", "/v1/tickets/N-1/events", by="ana", json={"kind": "acknowledged"})
    found = shared.call("GET", "/v1/intake/log?limit=3&caller=zendesk", by="mei").json()["arrivals"]
    assert [(one["sender"], one["path"], one["outcome"]) for one in found] == [
        ("api", "/v1/tickets/N-1/events", ["N-1 recorded: the customer's message is recorded."]),
        ("api", "/v1/tickets", ["N-1 ignored: the same ticket came before"]),
        ("api", "/v1/tickets", ["N-1 opened: the verdict is hold"]),
    ]
    assert shared.call("GET", "/v1/intake/log?caller=ana", by="mei").json()["arrivals"] == []
