"""The probes: alive, able to page, the metrics, and the API description."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.paging.world import at, ticket_body
from tests.web.service import PUBLISH_NOTHING, Service


def metrics(service: Service) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and label values."""
    answer = service.call("GET", "/metrics", by=None)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_says_that_it_is_alive_and_ready(quiet: Service) -> None:
    assert quiet.call("GET", "/healthz", by=None).json() == {"status": "alive"}
    ready = quiet.call("GET", "/readyz", by="ana")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": [], "channel": "twilio"})


@pytest.mark.parametrize("by", [None, "zendesk", "nobody"])
def test_it_says_only_yes_or_no_to_callers_that_are_no_people(quiet: Service, by: str | None) -> None:
    ready = quiet.call("GET", "/readyz", by=by)
    assert (ready.status_code, ready.json()) == (200, {"ready": True})


@pytest.mark.slow
def test_head_is_answered_wherever_get_is_and_without_a_body(quiet: Service) -> None:
    for method, path in _routes(quiet):
        called = path.replace("{ticket_id}", "T-404")
        head = quiet.call("HEAD", called)
        if method == "GET":
            shown = quiet.call("GET", called)
            assert (head.status_code, head.content) == (shown.status_code, b""), path
            assert head.headers["content-type"] == shown.headers["content-type"], path
        elif ("GET", path) not in _routes(quiet):
            allowed = ", ".join(sorted(each for each, other in _routes(quiet) if other == path))
            assert (head.status_code, head.content, head.headers["allow"]) == (405, b"", allowed), path


def test_the_answer_to_a_wrong_method_names_head_beside_get(quiet: Service) -> None:
    assert quiet.call("DELETE", "/healthz").headers["allow"] == "GET, HEAD"
    assert quiet.call("DELETE", "/v1/tickets/T-1").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE"])
def test_the_answer_to_a_wrong_method_names_every_method_of_the_path(quiet: Service, method: str) -> None:
    answer = quiet.call(method, "/v1/tickets")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def _routes(service: Service) -> set[tuple[str, str]]:
    paths = service.call("GET", "/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_it_is_not_ready_while_nothing_is_published(tmp_path: Path) -> None:
    with Service(tmp_path, is_published=False) as service:
        ready = service.call("GET", "/readyz", by=None)
        assert (ready.status_code, ready.headers["retry-after"], ready.json()) == (503, "5", {"ready": False})
        ready = service.call("GET", "/readyz")
        assert ready.json()["problems"] == ["no schedule is published: nobody can be paged; see `oncall publish`"]
        assert service.call("GET", "/healthz", by=None).status_code == 200


def test_it_is_not_ready_while_the_schedule_has_a_gap(tmp_path: Path) -> None:
    gap = at("2027-01-08 19:01")
    with Service(
        tmp_path, seats=lambda start: PUBLISH_NOTHING(start) if start == gap else {"primary": "ana"}
    ) as service:
        ready = service.call("GET", "/readyz")
        assert ready.json()["problems"] == ["the schedule has a gap now: nobody is primary or secondary"]
        assert ready.status_code == 503


def test_with_nobody_on_call_the_manager_is_paged_at_once(tmp_path: Path) -> None:
    gap = at("2027-01-08 19:01")
    with Service(
        tmp_path, seats=lambda start: PUBLISH_NOTHING(start) if start == gap else {"primary": "ana"}
    ) as service:
        assert service.post(ticket_body()).json()["verdict"]["engineer"] == "mei"
        assert service.twilio.wait_for_messages(1)[0].to == "+13055550100"


def test_what_happens_is_counted(service: Service) -> None:
    service.post(ticket_body())
    service.post(ticket_body())
    service.post(ticket_body("T-2", impact="high"))
    (message,) = service.twilio.wait_for_messages(1)
    service.until(lambda: service.ticket()["attempts"][0]["status"] == "accepted")
    service.twilio.deliver(message.sid, "delivered")
    service.twilio.inbound(message.to, "ACK", f"{service.address}/webhooks/twilio/sms")
    service.twilio.inbound(message.to, "ACK", f"{service.address}/webhooks/twilio/sms")
    service.until(lambda: metrics(service)["oncall_page_accepted_seconds_count",] == 1)
    counted = metrics(service)
    assert [counted["oncall_tickets_accepted_total", action] for action in ("page", "hold", "desk")] == [1, 1, 0]
    assert [counted["oncall_tries_total", status] for status in ("accepted", "delivered", "failed")] == [1, 1, 0]
    assert counted["oncall_acknowledgements_total",] == 1
    assert counted["oncall_due_tickets",] == 0
    assert 0 < counted["oncall_page_accepted_seconds_sum",] < 5


def test_the_document_of_the_api_names_every_route_its_body_and_its_refusals(quiet: Service) -> None:
    document = quiet.call("GET", "/openapi.json", by=None).json()
    routes = {(method, path): what for path, methods in document["paths"].items() for method, what in methods.items()}
    assert set(routes) >= {
        ("post", "/v1/tickets"),
        ("get", "/v1/tickets"),
        ("get", "/v1/tickets/{ticket_id}"),
        ("post", "/v1/tickets/{ticket_id}/events"),
        ("post", "/v1/explain"),
        ("get", "/v1/oncall"),
        ("get", "/v1/schedule"),
        ("post", "/webhooks/twilio/sms"),
        ("post", "/webhooks/twilio/status"),
        ("get", "/healthz"),
        ("get", "/readyz"),
        ("get", "/metrics"),
    }
    assert [route for route, what in routes.items() if not what.get("summary")] == []
    ticket = routes["post", "/v1/tickets"]
    body = ticket["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/TicketBody"}
    assert document["components"]["schemas"]["TicketBody"]["required"] == ["id"]
    assert {"200", "202", "400", "401", "409", "413", "422", "503"} <= set(ticket["responses"])
    assert ticket["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/oncall"), ("GET", "/v1/tickets"), ("POST", "/v1/explain"), ("GET", "/v1/nowhere")]
)
def test_every_refusal_is_one_that_the_document_names(quiet: Service, method: str, path: str) -> None:
    document = quiet.call("GET", "/openapi.json", by=None).json()
    status = str(quiet.call(method, path, by=None).status_code)
    known = document["paths"].get(path, {}).get(method.lower(), {"responses": {"404": {}}})
    assert status in known["responses"]
