"""What the service records of refused requests, and what a flood of them costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from doubles.twilio_callbacks import CallbackRefused
from oncall.web.access.flood_gate import FloodGate
from oncall.web.access.refusals import LOGGED_A_MINUTE
from oncall.web.services.dependencies import kept
from tests.paging.world import ticket_body
from tests.web.api.test_probes import metrics
from tests.web.service import Service, problem

FLOODED = "too many requests from here were refused; correct them, and wait before you send the next one"
SECRET = "oncall_dGhpcyBpcyBhIHNlY3JldCBvZiBhIGNhbGxlciAh"
P1 = ticket_body(impact="P1")


@pytest.fixture
def logs() -> Iterator[list[dict[str, Any]]]:
    with capture_logs() as captured:
        yield captured  # type: ignore[misc]  # its events are dictionaries


def refused(logs: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    lines = [each for each in logs if each.get("action") == "refused"]
    return [tuple(line[name] for name in ("reason", "status", "caller", "source", "path")) for line in lines]


def forge(service: Service, **more: str) -> None:
    with pytest.raises(CallbackRefused):
        service.twilio.inbound("+13055550101", "ACK", f"{service.address}/webhooks/twilio/sms", **more)


def test_each_refusal_is_logged_with_its_caller_reason_and_source(service: Service, logs: list[dict[str, Any]]) -> None:
    service.post(ticket_body(), by="a-wrong-one")
    service.post(ticket_body(), by=None)
    service.post(P1)
    service.call("GET", "/v1/tickets", by="zendesk")
    service.call("POST", "/v1/tickets", by="zendesk", content=b"{")
    service.call("POST", "/v1/schedule/publications", by="zendesk", json={})
    service.post(ticket_body())
    service.post({**ticket_body(), "subject": "another one"})
    service.call("POST", "/v1/ticket", by="zendesk", json={})
    forge(service, auth_token="another")
    here = "127.0.0.1"
    assert refused(logs) == [
        ("token", 401, None, here, "/v1/tickets"),
        ("token", 401, None, here, "/v1/tickets"),
        ("body", 422, "zendesk", here, "/v1/tickets"),
        ("role", 403, "zendesk", here, "/v1/tickets"),
        ("body", 400, "zendesk", here, "/v1/tickets"),
        ("role", 403, "zendesk", here, "/v1/schedule/publications"),
        ("conflict", 409, "zendesk", here, "/v1/tickets"),
        ("unknown", 404, None, here, "/v1/ticket"),
        ("signature", 403, None, here, "/webhooks/twilio/sms"),
    ]
    details = [line["detail"] for line in logs if line.get("action") == "refused"]
    assert details[2].startswith('impact: "P1" is no')
    assert details[-1] == "the signature does not match"


@pytest.mark.parametrize(
    ("path", "by", "most"),
    [
        ("/v1/tickets", "zendesk", 64 * 1024),
        ("/v1/schedule/publications", "mei", 4 * 1024 * 1024),
        ("/login", None, 64 * 1024),
    ],
)
def test_a_body_that_is_too_large_is_logged_with_its_path_and_the_limit(
    service: Service, logs: list[dict[str, Any]], path: str, by: str | None, most: int
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Origin": service.address}
    assert service.call("POST", path, by=by, content=b" " * (most + 1), headers=headers).status_code == 413
    [line] = [each for each in logs if each.get("action") == "refused"]
    assert (line["path"], line["detail"]) == (path, f"the body has more than {most} bytes")


@pytest.mark.parametrize(
    "body",
    [
        {"id": "+13055550101"},
        {"id": "+1 (305) 555-01 01"},
        {"impact": "305 555 0101"},
        {"opened_at": 13055550101},
        {"id": SECRET, "impact": SECRET},
    ],
)
def test_no_log_line_holds_a_token_or_a_phone_number(
    service: Service, logs: list[dict[str, Any]], body: dict[str, Any]
) -> None:
    service.post({**ticket_body(), "impact": "P1", **body})
    service.call("POST", f"/v1/tickets/{SECRET}/events", by=SECRET, json={"kind": "updated"})
    service.call("POST", f"/calendar/{SECRET}", by="zendesk", json={})
    written = json.dumps(logs, default=str)
    assert len(refused(logs)) == 3
    assert SECRET not in written
    assert "5550101" not in written.replace(" ", "").replace("-", "")
    assert "mei" not in written


@pytest.mark.slow
def test_a_flood_is_logged_by_a_few_lines(service: Service, logs: list[dict[str, Any]]) -> None:
    for _ in range(50):
        service.post(P1)
    assert len(refused(logs)) == LOGGED_A_MINUTE


def test_refusals_are_counted_by_caller_status_and_reason(service: Service) -> None:
    for _ in range(5):
        service.post(ticket_body(), by="a-wrong-one")
        service.post(P1)
        forge(service, auth_token="another")
    counted = metrics(service)
    name = "oncall_refused_requests_total"
    assert counted[name, "", "token", "401"] == 5
    assert counted[name, "zendesk", "body", "422"] == 5
    assert counted[name, "", "signature", "403"] == 5


def flood(service: Service, gate: str, key: str) -> None:
    """Let a caller or an address use up its allowance of refusals."""
    counted: FloodGate = getattr(kept(service.app).services.refusals, gate)
    while counted.count(key):
        pass


@pytest.mark.slow
def test_a_flood_of_unknown_tokens_is_answered_429_without_the_database(service: Service) -> None:
    service.post(ticket_body())
    statuses = [service.post(ticket_body(), by=f"guess-{number}").status_code for number in range(150)]
    assert statuses[:100] == [401] * 100
    flood(service, "sources", "127.0.0.1")
    with database_away(service):
        answer = service.post(ticket_body(), by="one-more")
        problem(answer, 429, FLOODED)
        assert answer.headers["retry-after"] == "5"
    assert service.post(ticket_body("T-2")).status_code == 202, "a known caller behind the same address goes on"
    assert metrics(service)["oncall_refused_requests_total", "", "token", "429"] >= 1


def test_a_token_that_was_never_used_works_in_a_flood_from_its_own_address(service: Service) -> None:
    flood(service, "sources", "127.0.0.1")
    assert service.post(ticket_body(), by="a-guess").status_code == 429
    assert service.call("GET", "/v1/oncall", by="ana").status_code == 200


def test_unknown_tokens_from_many_addresses_are_answered_503_before_the_database_is_asked(service: Service) -> None:
    flood(service, "unknown_tokens", "")
    with database_away(service):
        answer = service.post(ticket_body(), by="a-guess")
        problem(answer, 503, "too many unknown tokens are being tried; send this request again")
        assert answer.headers["retry-after"] == "5"


def test_a_flood_of_forged_callbacks_is_answered_429_and_a_signed_one_still_counts(service: Service) -> None:
    service.post(ticket_body())
    service.twilio.wait_for_messages(1)
    form = {"MessageSid": "SM" + "a" * 32, "From": "+13055550101", "To": "+15005550006", "Body": "ACK"}
    flood(service, "sources", "127.0.0.1")
    with database_away(service):
        problem(service.call("POST", "/webhooks/twilio/sms", by=None, data=form), 429, FLOODED)
    assert service.twilio.inbound("+13055550101", "ACK", f"{service.address}/webhooks/twilio/sms") == "T-1 is yours."


def test_a_flood_of_refused_tickets_is_answered_429_without_the_database_and_good_ones_are_paged(
    service: Service,
) -> None:
    flood(service, "callers", "zendesk")
    problem(service.post(P1), 429, FLOODED)
    with database_away(service):
        problem(service.post(P1), 429, FLOODED)
    assert service.post(ticket_body("T-9")).status_code == 202
    assert service.post(P1, by="mei").status_code == 422, "another caller is told what is wrong"


def test_an_id_with_other_content_is_told_apart_from_a_flood(service: Service) -> None:
    service.post(ticket_body())
    flood(service, "callers", "zendesk")
    assert service.post({**ticket_body(), "subject": "another one"}).status_code == 409


class database_away:  # noqa: N801  # read as a statement
    """Rename the database's file, so that every query fails."""

    def __init__(self, service: Service) -> None:
        self._file = service.file
        self._away = service.file.with_suffix(".away")

    def __enter__(self) -> None:
        self._file.rename(self._away)

    def __exit__(self, *_: object) -> None:
        self._away.rename(self._file)


def test_without_a_trusted_proxy_nobody_can_name_another_source(service: Service, logs: list[dict[str, Any]]) -> None:
    service.call("POST", "/v1/tickets", by="no", json={}, headers={"X-Forwarded-For": "203.0.113.9"})
    assert refused(logs)[0][3] == "127.0.0.1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("forwarded", "source"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        (None, "127.0.0.1"),
    ],
)
def test_behind_trusted_proxies_the_source_is_the_last_address_that_is_none_of_them(
    tmp_path: Path, logs: list[dict[str, Any]], forwarded: str | None, source: str
) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    with Service(tmp_path, trusted_proxies=("127.0.0.1", "10.0.0.0/8")) as service:
        service.call("POST", "/v1/tickets", by="no", json={}, headers=headers)
    assert refused(logs)[0][3] == source
