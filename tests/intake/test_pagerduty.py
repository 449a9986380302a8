"""PagerDuty's Events API v2: its own client on loopback, and the answers that its clients expect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pagerduty
import pytest

from oncall.paging.ports.callers import CallerRole
from tests.web.access.test_permissions import add_token
from tests.web.service import Service, problem


class _PlainHttp(httpx2.HTTPTransport):
    """Sends over plain HTTP what a client means for HTTPS, as behind a proxy that ends TLS."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(scheme="http")
        return super().handle_request(request)


def client(service: Service, key: str = "zendesk") -> pagerduty.EventsApiV2Client:
    return pagerduty.EventsApiV2Client(key, base_url=service.address.replace("http:", "https:"), transport=_PlainHttp())


@pytest.fixture
def events(shared: Service) -> Iterator[pagerduty.EventsApiV2Client]:
    with client(shared) as opened:
        yield opened


def post(service: Service, **event: Any) -> httpx.Response:
    return service.http.post("/v2/enqueue", json={"routing_key": "zendesk", **event})


def payload(**more: Any) -> dict[str, Any]:
    return {"summary": "Acme: checkout down", "source": "checkout-1", "severity": "critical", **more}


def test_the_real_client_opens_a_ticket_once_and_resolves_it(
    shared: Service, events: pagerduty.EventsApiV2Client
) -> None:
    for _ in range(2):
        assert events.trigger("Checkout down", "web-1", dedup_key="real-1") == "real-1"
    ticket = shared.ticket("pd-real-1")
    assert ticket["verdict"]["action"] == "page"
    assert sum(one["kind"] == "step_fired" for one in ticket["events"]) == 1
    assert events.resolve("real-1") == "real-1"
    assert shared.ticket("pd-real-1")["state"] == "resolved"


def test_a_key_that_fires_again_after_its_end_opens_another_ticket(
    shared: Service, events: pagerduty.EventsApiV2Client
) -> None:
    for _ in range(2):
        events.trigger("Checkout down", "web-1", dedup_key="again")
        events.resolve("again")
    events.trigger("Checkout down", "web-1", dedup_key="again")
    assert [shared.ticket(f"pd-again{end}")["state"] for end in ("", ".2", ".3")] == ["resolved", "resolved", "open"]


def test_a_trigger_without_a_key_gets_one(shared: Service, events: pagerduty.EventsApiV2Client) -> None:
    key = events.trigger("Checkout down", "web-1")
    assert len(key) == 32
    assert events.resolve(key) == key


def test_a_change_event_is_logged_and_pages_nobody(shared: Service, events: pagerduty.EventsApiV2Client) -> None:
    at = "2027-01-09T08:00:00.000+0000"
    events.submit("Deployed checkout 1.4", source="ci", timestamp=at)
    with pytest.raises(pagerduty.HttpError):
        events.submit("", timestamp=at)


def test_a_wrong_routing_key_is_refused_at_once(shared: Service) -> None:
    with client(shared, "0123456789abcdef0123456789abcdef") as stranger, pytest.raises(pagerduty.HttpError) as refused:
        stranger.trigger("Checkout down", "web-1")
    assert refused.value.response is not None
    assert refused.value.response.status_code == 401


def test_an_acknowledgement_without_the_right_is_noted_and_paging_goes_on(
    shared: Service, events: pagerduty.EventsApiV2Client
) -> None:
    events.trigger("Checkout down", "web-1", dedup_key="ack-1")
    for _ in range(2):
        events.acknowledge("ack-1")
    ticket = shared.ticket("pd-ack-1")
    assert ticket["state"] == "open"
    assert [one["why"] for one in ticket["events"] if one["kind"] == "noted"] == [
        "pagerduty reports an acknowledgement; paging goes on: the token was not made with --may-acknowledge"
    ]


def test_an_acknowledgement_with_the_right_takes_the_ticket_for_the_person_whom_it_names(shared: Service) -> None:
    add_token(shared, "bridge", CallerRole.INTAKE, may_acknowledge=True)
    shared.http.post(
        "/v2/enqueue",
        json={"routing_key": "bridge", "event_action": "trigger", "dedup_key": "ack-2", "payload": payload()},
    )
    nameless = {"routing_key": "bridge", "event_action": "acknowledge", "dedup_key": "ack-2"}
    assert shared.http.post("/v2/enqueue", json=nameless).status_code == 202
    assert shared.ticket("pd-ack-2")["state"] == "open"
    named = {**nameless, "payload": {"custom_details": {"by": "ANA"}}}
    assert shared.http.post("/v2/enqueue", json=named).status_code == 202
    ticket = shared.ticket("pd-ack-2")
    assert ticket["state"] == "acknowledged"
    assert ticket["events"][-1]["by"] == "ana"


def test_an_end_of_an_unknown_key_is_accepted_and_does_nothing(shared: Service) -> None:
    for action in ("resolve", "acknowledge"):
        answer = post(shared, event_action=action, dedup_key="unknown-1")
        assert (answer.status_code, answer.json()) == (
            202,
            {"status": "success", "message": "Event processed", "dedup_key": "unknown-1"},
        )
    post(shared, event_action="trigger", dedup_key="unknown-1", payload=payload())
    assert shared.ticket("pd-unknown-1")["state"] == "open"


def test_an_unknown_severity_gets_the_policy_s_default(shared: Service) -> None:
    post(shared, event_action="trigger", dedup_key="sev", payload=payload(severity="banana"))
    assert shared.ticket("pd-sev")["ticket"]["impact"] == "high"


def test_the_labels_in_alertmanager_s_text_count(shared: Service) -> None:
    firing = "Labels:\n - alertname = CheckoutDown\n - customer = Globex\nAnnotations:\n - summary = x\n"
    details = {"firing": firing, "num_firing": "1", "num_resolved": "0", "resolved": ""}
    key = "c" * 64
    post(shared, event_action="trigger", dedup_key=key, payload=payload(custom_details=details))
    listed = shared.call("GET", "/v1/tickets?customer=Globex").json()["tickets"]
    assert [one["id"][:3] for one in listed] == ["pd-"]


INVALID = [
    ({"event_action": "trigger", "payload": payload(summary="")}, "'payload.summary' is missing or blank"),
    (
        {"event_action": "trigger", "payload": {"summary": "x", "severity": "error"}},
        "'payload.source' is missing or blank",
    ),
    ({"event_action": "trigger", "payload": {"summary": "x", "source": "y"}}, "'payload.severity' is missing or blank"),
    ({"event_action": "trigger"}, "'payload' is missing or blank"),
    ({"event_action": "explode", "payload": payload()}, "'event_action' is not included in the list"),
    ({"payload": payload()}, "'event_action' is missing or blank"),
    ({"event_action": "resolve"}, "'dedup_key' is missing or blank"),
    ({"event_action": "acknowledge", "dedup_key": ""}, "'dedup_key' is missing or blank"),
    (
        {"event_action": "trigger", "dedup_key": "x" * 256, "payload": payload()},
        "Length of 'dedup_key' is incorrect (should be less than or equal to 255 characters)",
    ),
]


@pytest.mark.parametrize(("event", "error"), INVALID)
def test_an_invalid_event_is_refused_in_pagerduty_s_words_and_kept(
    shared: Service, event: dict[str, Any], error: str
) -> None:
    answer = post(shared, **event)
    assert (answer.status_code, answer.json()) == (
        400,
        {"status": "invalid event", "message": "Event object is invalid", "errors": [error]},
    )
    kept = shared.store.read(lambda tx: tx.arrivals(limit=1))[0]
    assert kept.outcome == (error,)
    found = shared.store.read(lambda tx: tx.arrival(kept.id))
    assert found is not None
    assert found.body is not None
    assert b"zendesk" not in found.body


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 30_000, b"[]", b""])
def test_a_body_that_is_no_json_object_is_an_unrecognized_object(shared: Service, body: bytes) -> None:
    answer = shared.http.post("/v2/enqueue", content=body)
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "status": "Unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": ["JSON parse error"],
        },
    )


GOOD = '{"routing_key": "zendesk", "event_action": "trigger", "payload": {"summary": "Zürich", "source": "x"'


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (GOOD.encode(), 400, "the body is not JSON: line 1 column 101: Expecting ',' delimiter"),
        (GOOD.encode("latin-1") + b"}}", 400, "the body is not UTF-8 at byte 79"),
        (GOOD.encode() + b', "source": "y"}}', 400, 'the body gives the key "source" twice; write it once'),
        (GOOD.encode() + b" " * 600_000 + b"}}", 413, "the event has more than 524288 bytes"),
    ],
)
def test_an_event_of_a_known_caller_that_cannot_be_read_is_kept_for_a_person(
    shared: Service, body: bytes, status: int, why: str
) -> None:
    assert shared.http.post("/v2/enqueue", content=body).status_code == status
    kept = shared.store.read(lambda tx: tx.arrivals(limit=1))[0]
    assert (kept.caller, kept.status.value, kept.outcome) == ("zendesk", "failed", (why,))
    found = shared.store.read(lambda tx: tx.arrival(kept.id))
    assert found is not None
    assert found.body is not None
    assert b'"routing_key": "(routing key)"' in found.body


def test_an_event_that_cannot_be_read_with_an_unknown_key_is_not_kept(shared: Service) -> None:
    before = shared.store.read(lambda tx: tx.arrivals(limit=1))
    assert shared.http.post("/v2/enqueue", content=b'{"routing_key": "a-guess", ').status_code == 401
    assert shared.store.read(lambda tx: tx.arrivals(limit=1)) == before


def test_a_missing_routing_key_is_an_invalid_event(shared: Service) -> None:
    answer = shared.http.post("/v2/enqueue", json={"event_action": "trigger", "payload": payload()})
    assert (answer.status_code, answer.json()["errors"]) == (400, ["'routing_key' is missing or blank"])


def test_an_event_of_ten_mebibytes_is_refused_before_it_is_read(shared: Service) -> None:
    answer = shared.http.post("/v2/enqueue", content=b" " * (10 * 1024 * 1024))
    problem(answer, 413, "the event has more than 524288 bytes")
