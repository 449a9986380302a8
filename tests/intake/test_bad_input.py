"""Hostile and broken senders: what they get, what is stored, and that their next good request counts."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.intake.test_alertmanager import alert, body
from tests.web.access.test_refused_requests import database_away, flood
from tests.web.service import Service, problem

FLOODED = "too many requests from here were refused; correct them, and wait before you send the next one"
TRIGGER = {
    "routing_key": "zendesk",
    "event_action": "trigger",
    "dedup_key": "k",
    "payload": {"summary": "x", "source": "y", "severity": "info"},
}
CLOUD = {"specversion": "1.0", "id": "1", "source": "/s", "type": "alert", "subject": "s", "data": {"severity": "info"}}
PATHS = [
    ("/webhooks/alertmanager", body(alert("away", severity="info"))),
    ("/webhooks/cloudevents", CLOUD),
    ("/v2/enqueue", TRIGGER),
    ("/v2/alerts", {"message": "x", "alias": "a", "priority": "P5"}),
]


def post(service: Service, path: str, document: object) -> httpx.Response:
    return service.call("POST", path, by="zendesk", json=document)


@pytest.mark.parametrize(("path", "document"), PATHS)
def test_while_the_database_is_away_a_sender_is_asked_to_send_again(
    service: Service, path: str, document: dict[str, Any]
) -> None:
    assert post(service, path, document).status_code == 202
    with database_away(service):
        answer = post(service, path, document)
        problem(answer, 503, "the database cannot answer now, and nothing was stored; send the same request again")
        assert answer.headers["retry-after"] == "5"
    service.until(lambda: post(service, path, document).status_code == 202)


@pytest.mark.parametrize(("path", "document"), PATHS)
@pytest.mark.parametrize("spelled", ["{}/", "/{}", "//{}//"])
def test_a_stray_slash_in_the_address_that_a_person_typed_loses_no_event(
    shared: Service, path: str, document: dict[str, Any], spelled: str
) -> None:
    address = f"{shared.address}{spelled.format(path)}"
    answer = httpx.post(address, json=document, headers={"Authorization": "Bearer zendesk"})
    assert answer.status_code == 202, answer.text


def test_no_sender_gets_a_429_which_it_would_take_as_a_reason_to_drop_the_event(service: Service) -> None:
    flood(service, "sources", "127.0.0.1")
    for path, document in PATHS:
        if path == "/v2/enqueue":
            answer = service.http.post(path, json={**document, "routing_key": "a-guess"})
        else:
            answer = service.call("POST", path, by="a-guess", json=document)
        problem(answer, 503, FLOODED)
        assert answer.headers["retry-after"] == "5"
    assert post(service, *PATHS[0]).status_code == 202, "a known sender behind the same address goes on"


def test_a_help_desk_whose_clock_was_far_ahead_once_still_ends_its_ticket(shared: Service) -> None:
    ticket = {
        "id": "9001",
        "title": "Down",
        "priority": "Urgent",
        "status": "Open",
        "updated_at": "2099-01-01T00:00:00Z",
    }
    assert post(shared, "/webhooks/zendesk", {"ticket": ticket}).status_code == 202
    ended = {**ticket, "status": "Solved", "updated_at": "2027-01-09T12:00:00Z"}
    assert post(shared, "/webhooks/zendesk", {"ticket": ended}).status_code == 202
    assert shared.ticket("zd-9001")["state"] == "resolved"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Basic !!!",
        "Basic emVuZGVzaw==",
        "Digest zendesk",
        "GenieKey " + "x" * 300,
        "Basic " + "QUFB" * 400,
        "Bearer zendesk zendesk",
    ],
)
def test_a_malformed_authorization_is_refused(shared: Service, authorization: str) -> None:
    answer = shared.http.post("/webhooks/alertmanager", json=body(alert("x")), headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert "zendesk" not in answer.text


@pytest.mark.parametrize(
    "starts",
    [
        "",
        "yesterday",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "2027-01-09T08:10:21+99:99",
        "1",
        "x" * 900,
    ],
)
def test_a_time_that_cannot_be_used_is_left_out_and_the_alert_pages(shared: Service, starts: str) -> None:
    answer = post(shared, "/webhooks/alertmanager", body(alert(f"time-{starts[:30]}", starts=starts)))
    (one,) = answer.json()["signals"]
    assert one["became"] == "opened"
    assert shared.ticket(one["ticket"])["ticket"].get("opened_at") is None


def test_a_sender_s_clock_that_is_hours_off_neither_delays_nor_refuses_a_page(shared: Service) -> None:
    for starts in ("2027-01-08T08:12:00Z", "2027-01-10T08:12:00Z", "2024-01-01T00:00:00Z"):
        (one,) = post(shared, "/webhooks/alertmanager", body(alert(f"skew-{starts}", starts=starts))).json()["signals"]
        assert shared.ticket(one["ticket"])["verdict"]["action"] == "page"


@pytest.mark.parametrize(
    "key", ["'; DROP TABLE tickets; --", "../../etc/passwd", "\u202egnol", "k" * 255, "a b", "\u00e9"]
)
def test_a_key_of_any_letters_makes_a_ticket_id_of_plain_ones(shared: Service, key: str) -> None:
    event = {**TRIGGER, "dedup_key": key}
    assert post(shared, "/v2/enqueue", event).json()["dedup_key"] == " ".join(key.replace("\u202e", " ").split())
    newest = shared.store.read(lambda tx: tx.arrivals(limit=1))[0]
    ((ticket,),) = (newest.tickets,)
    assert ticket.startswith("pd-")
    assert ticket.isascii()
    assert len(ticket) <= 40


def test_texts_of_any_length_and_any_letters_are_taken(shared: Service) -> None:
    odd = "\x00\ud800 \u202e\r\n" + "\U0001f525" * 5000
    event = {
        **TRIGGER,
        "dedup_key": "odd-texts",
        "payload": {**TRIGGER["payload"], "summary": odd, "custom_details": {odd[:50]: odd, "customer": odd}},  # type: ignore[dict-item]
        "links": [{"href": "javascript:alert(1)"}, {"href": 7}, None],
    }
    answer = shared.http.post("/v2/enqueue", content=json.dumps(event))
    assert answer.status_code == 202, answer.text
    ticket = shared.ticket("pd-odd-texts")["ticket"]
    assert len(ticket["subject"]) == 1000
    assert ticket.get("url") is None


def test_an_event_whose_fields_have_other_types_is_read_as_far_as_it_goes(shared: Service) -> None:
    event = {
        **TRIGGER,
        "event_action": "TRIGGER",
        "dedup_key": 7,
        "client": [],
        "payload": {"summary": 404, "source": 1.5, "severity": None, "custom_details": ["x"], "timestamp": {}},
    }
    assert shared.http.post("/v2/enqueue", json=event).status_code == 202
    assert shared.ticket("pd-7")["ticket"]["subject"] == "404"


def test_a_header_that_a_proxy_adds_is_not_kept_with_a_failure(shared: Service) -> None:
    secret = {"Cookie": "session=secret", "X-Api-Key": "secret", "Content-Type": "text/plain", "ce-id": "7"}
    answer = shared.call("POST", "/webhooks/alertmanager", by="zendesk", content=b"{", headers=secret)
    failure = answer.json()["id"]
    shown = shared.call("GET", f"/v1/intake/failures/{failure}").json()
    assert shown["headers"] == {"content-type": "text/plain", "ce-id": "7"}


def test_two_senders_with_the_same_key_do_not_touch_each_other_s_tickets(shared: Service) -> None:
    for by in ("zendesk", "mei"):
        shared.http.post("/v2/enqueue", json={**TRIGGER, "routing_key": by, "dedup_key": "same"})
    shared.http.post("/v2/enqueue", json={"routing_key": "mei", "event_action": "resolve", "dedup_key": "same"})
    assert shared.ticket("pd-same")["state"] == "open"
    assert shared.ticket("pd-same.2")["state"] == "resolved"


def test_a_sender_s_ticket_cannot_take_the_id_of_a_ticket_of_the_api(shared: Service) -> None:
    shared.post({"id": "pd-taken", "customer": "A", "plan": "standard", "impact": "low", "subject": "s"})
    shared.http.post("/v2/enqueue", json={**TRIGGER, "dedup_key": "taken"})
    assert shared.ticket("pd-taken")["ticket"]["customer"] == "A"
    assert shared.ticket("pd-taken.2")["ticket"]["customer"] == "monitoring"
