"""Every answer fits `/openapi.json`, and the service refuses every body that the description refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from oncall.intake.opsgenie import ACTIONS, TEXTS
from oncall.paging.ports.relay import RelayMessage
from oncall.web.models.sender_models import CHANGE_EXAMPLE, OPSGENIE_EXAMPLE, PAGERDUTY_EXAMPLE
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.web.api_document import ApiDocument
from tests.web.publications import override_body, publication_body
from tests.web.service import Service

QUARTER = "from=2027-01-01&to=2027-03-31"
URGENT, HELD = ticket_body("T-1"), ticket_body("T-2", impact="high")
TRIAGED = {"down": False, "users": "many", "workaround": "none"}

OUTAGE = {"action": "open", "title": "Portal down", "components": {"portal": "major_outage"}}
SWAPS, ABSENCES = "/v1/schedule/swaps", "/v1/schedule/absences"
SWAP = {"engineer": "ana", "day": "2027-01-26", "with": "chloe"}
ABSENCE = {"engineer": "ana", "from": "2027-02-10", "to": "2027-02-10", "reason": "a wedding"}

GOOD: list[tuple[str, str, str, object, int]] = [
    ("POST", "/v1/tickets", "/v1/tickets", {**URGENT, "extra": 1, "triage": TRIAGED}, 202),
    ("POST", "/v1/tickets", "/v1/tickets", HELD, 202),
    ("POST", "/v1/tickets", "/v1/tickets", HELD, 200),
    ("POST", "/v1/tickets", "/v1/tickets", ticket_body("T-3"), 202),
    ("GET", "/v1/tickets", "/v1/tickets", None, 200),
    ("GET", "/v1/tickets", "/v1/tickets?limit=1&state=open", None, 200),
    ("POST", "/v1/tickets/{ticket_id}/events", "/v1/tickets/T-1/events", {"kind": "acknowledged", "by": "ana"}, 200),
    ("POST", "/v1/tickets/{ticket_id}/events", "/v1/tickets/T-1/events", {"kind": "updated", "nope": 1}, 200),
    ("POST", "/v1/tickets/{ticket_id}/events", "/v1/tickets/T-3/events", {"kind": "merged", "into": "T-1"}, 200),
    ("POST", "/v1/tickets/{ticket_id}/events", "/v1/tickets/T-1/events", {"kind": "waiting", "id": "e-1"}, 200),
    ("GET", "/v1/tickets/{ticket_id}", "/v1/tickets/T-1", None, 200),
    ("GET", "/v1/tickets/{ticket_id}", "/v1/tickets/T-2", None, 200),
    ("GET", "/v1/tickets/{ticket_id}", "/v1/tickets/T-3", None, 200),
    ("POST", "/v1/explain", "/v1/explain", {"plan": "standard", "impact": "urgent", "nope": 1}, 200),
    ("POST", "/v1/explain", "/v1/explain", {"plan": "standard", "impact": "low"}, 200),
    ("POST", "/v1/triage", "/v1/triage", {**TRIAGED, "nope": 1}, 200),
    ("GET", "/v1/oncall", "/v1/oncall", None, 200),
    ("GET", "/v1/tonight", "/v1/tonight", None, 200),
    ("GET", "/v1/oncall", "/v1/oncall?at=2027-01-11T10:00:00-05:00", None, 200),
    ("GET", "/v1/schedule", "/v1/schedule?from=2027-01-08&to=2027-01-12", None, 200),
    ("GET", "/v1/schedule", "/v1/schedule?from=2027-01-08&to=2027-01-12&engineer=ana", None, 200),
    ("GET", "/v1/schedule/versions", "/v1/schedule/versions", None, 200),
    ("GET", "/v1/schedule/documents", "/v1/schedule/documents", None, 200),
    ("GET", "/v1/schedule/diff", "/v1/schedule/diff?from=1&to=published", None, 200),
    ("GET", "/v1/policy", "/v1/policy", None, 200),
    ("GET", "/v1/reports/sla", f"/v1/reports/sla?{QUARTER}", None, 200),
    ("GET", "/v1/reports/qbr", "/v1/reports/qbr?customer=acme+ltd&quarter=2027Q1", None, 200),
    ("GET", "/v1/reports/load", f"/v1/reports/load?{QUARTER}", None, 200),
    ("GET", "/v1/reports/duty", "/v1/reports/duty?month=2027-01", None, 200),
    ("GET", "/v1/plan/status", "/v1/plan/status?days=30", None, 200),
    ("GET", "/v1/doctor", "/v1/doctor", None, 200),
    ("GET", "/v1/me", "/v1/me", None, 200),
    ("GET", "/v1/tokens", "/v1/tokens", None, 200),
    ("POST", "/v1/tokens", "/v1/tokens", {"name": "crm", "role": "intake", "scopes": ["tickets"]}, 201),
    ("POST", "/v1/login-links", "/v1/login-links", {"engineer": "ana"}, 201),
    ("POST", "/v1/tokens/rotate", "/v1/tokens/rotate", {"name": "crm", "overlap_seconds": 60}, 200),
    ("POST", "/v1/tokens/revoke", "/v1/tokens/revoke", {"name": "crm"}, 200),
    ("POST", "/v1/drills", "/v1/drills", {"to": "ben"}, 202),
    ("GET", "/v1/handoff", "/v1/handoff", None, 200),
    ("GET", "/v1/handoff", "/v1/handoff?last=true", None, 200),
    ("GET", "/v1/reminders", "/v1/reminders?engineer=ana", None, 200),
    ("POST", "/v1/reminders", "/v1/reminders", {"engineer": "ana", "reminders": ["day"], "quiet": True}, 200),
    ("POST", "/v1/handoff/notes", "/v1/handoff/notes", {"text": "watch T-1", "by": "ana", "nope": 1}, 201),
    ("POST", "/v1/tickets/{ticket_id}/links", "/v1/tickets/T-1/links", None, 201),
    ("POST", "/v1/tickets/{ticket_id}/links/revoke", "/v1/tickets/T-1/links/revoke", None, 200),
    ("POST", "/v1/calendar/links", "/v1/calendar/links", {"engineer": "ana"}, 201),
    ("POST", "/v1/calendar/links/revoke", "/v1/calendar/links/revoke", {"engineer": "ana"}, 200),
    ("GET", "/v1/intake/log", "/v1/intake/log?limit=5&caller=mei", None, 200),
    ("GET", "/v1/intake/failures", "/v1/intake/failures", None, 200),
    ("POST", "/v1/intake/explain", "/v1/intake/explain", {"labels": {"severity": "critical"}}, 200),
    ("POST", "/v1/heartbeats", "/v1/heartbeats", {"name": "job", "every": "10m"}, 201),
    ("GET", "/v1/heartbeats", "/v1/heartbeats", None, 200),
    ("GET", "/heartbeat/{name}", "/heartbeat/job", None, 200),
    ("POST", "/heartbeat/{name}", "/heartbeat/job", None, 200),
    ("GET", "/heartbeat/{name}/{secret}", "/heartbeat/job/mei", None, 200),
    ("POST", "/heartbeat/{name}/{secret}", "/heartbeat/job/mei", None, 200),
    ("POST", "/v1/heartbeats/{name}/delete", "/v1/heartbeats/job/delete", None, 200),
    ("POST", "/v2/enqueue", "/v2/enqueue", PAGERDUTY_EXAMPLE, 202),
    ("POST", "/v2/enqueue", "/v2/enqueue", {"routing_key": "mei"}, 400),
    ("POST", "/v2/change/enqueue", "/v2/change/enqueue", CHANGE_EXAMPLE, 202),
    ("POST", "/v2/change/enqueue", "/v2/change/enqueue", {"routing_key": "mei"}, 400),
    ("POST", "/v2/alerts", "/v2/alerts", OPSGENIE_EXAMPLE, 202),
    *(
        ("POST", f"/v2/alerts/{{identifier}}/{action}", f"/v2/alerts/x/{action}?identifierType=alias", {}, 202)
        for action in ACTIONS
    ),
    *(
        ("PUT", f"/v2/alerts/{{identifier}}/{text}", f"/v2/alerts/x/{text}?identifierType=alias", {}, 202)
        for text in TEXTS
    ),
    ("PUT", "/v2/alerts/{identifier}/priority", "/v2/alerts/x/priority?identifierType=alias", {"priority": "P1"}, 202),
    ("DELETE", "/v2/alerts/{identifier}", "/v2/alerts/x?identifierType=alias", None, 202),
    ("POST", "/v1/schedule/overrides", "/v1/schedule/overrides", override_body(12), 201),
    ("POST", "/v1/schedule/covers", "/v1/schedule/covers", {"engineer": "ana", "by": "grace", "nope": 1}, 201),
    ("POST", "/v1/schedule/versions/{version}/undo", "/v1/schedule/versions/2/undo", {"reason": "no"}, 201),
    ("GET", f"{SWAPS}/takers", f"{SWAPS}/takers?engineer=ana&day=2027-01-26", None, 200),
    ("POST", SWAPS, SWAPS, {**SWAP, "nope": 1}, 201),
    ("POST", SWAPS, SWAPS, {**SWAP, "day": "2027-02-02", "agreed": True}, 201),
    ("GET", SWAPS, SWAPS, None, 200),
    ("POST", ABSENCES, ABSENCES, ABSENCE, 201),
    ("POST", "/v1/schedule/publications", "/v1/schedule/publications", publication_body(), 201),
    ("POST", "/v1/schedule/publications", "/v1/schedule/publications", {**publication_body(), "dry_run": True}, 200),
    ("GET", "/v1/webhooks", "/v1/webhooks?state=waiting,quarantined&to=webhook:gone&limit=5", None, 200),
    ("POST", "/v1/webhooks/{message_id}/retry", "/v1/webhooks/msg_1/retry", None, 200),
    ("POST", "/v1/status/events", "/v1/status/events", OUTAGE, 201),
    ("GET", "/v1/status", "/v1/status", None, 200),
    ("GET", "/v1/status/uptime", "/v1/status/uptime?from=2027-01-02&component=portal", None, 200),
    ("GET", "/healthz", "/healthz", None, 200),
    ("GET", "/readyz", "/readyz", None, 200),
]
"""Method, the path as documented, the path as called, the body, and the status of the answer; in this order."""
TOLD_ELSEWHERE = {
    ("GET", "/readyz", "503"),
    ("GET", "/metrics", "200"),
    ("GET", "/calendar/{secret}.ics", "200"),
    ("GET", "/calendar/{secret}.ics", "304"),
    ("GET", "/v1/schedule", "304"),
    ("GET", "/v1/schedule/versions", "304"),
    ("GET", "/v2/alerts/requests/{request_id}", "200"),
    ("GET", "/v1/intake/failures/{failure_id}", "200"),
    ("POST", "/v1/intake/failures/{failure_id}/drop", "200"),
    ("POST", "/v1/intake/failures/{failure_id}/replay", "200"),
    ("POST", "/v1/portal/links", "201"),
    ("POST", "/v1/schedule/swaps/{code}/accept", "200"),
    ("POST", "/v1/schedule/swaps/{code}/decline", "200"),
    ("POST", "/v1/schedule/swaps/{code}/withdraw", "200"),
}
"""Good answers that no JSON test can show: a service that is not ready is below, metrics and calendars are text, and
the ids of requests and failures come from answers."""

MESSAGE = RelayMessage("msg_1", "webhook:gone", "ticket.paged", "T-1", 1, "{}", SATURDAY_NIGHT, None, error="HTTP 500")

WRONG_VALUES = [7, 7.5, True, [], ["x"], {}, {"x": 1}, "", "x" * 3000, "a b", "+13055550101", "now"]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, list[httpx.Response]]]:
    """A service, and its answer to each good call."""
    with Service(tmp_path_factory.mktemp("used"), is_roster_published=True) as service:
        service.store.write(lambda tx: tx.add_relay_messages([MESSAGE]))
        yield service, [service.call(method, path, json=body) for method, _, path, body, _ in GOOD]


@pytest.fixture(scope="module")
def document(used: tuple[Service, list[httpx.Response]]) -> ApiDocument:
    return ApiDocument(used[0].call("GET", "/openapi.json").json())


@pytest.mark.slow
def test_every_answer_fits_the_schema_that_is_published_for_it(
    used: tuple[Service, list[httpx.Response]], document: ApiDocument
) -> None:
    for (method, path, called, _, status), answer in zip(GOOD, used[1], strict=True):
        assert answer.status_code == status, (called, answer.text)
        media = answer.headers["content-type"].partition(";")[0]
        assert document.faults_of_answer(method, path, status, media, answer.json()) == [], called


def test_every_good_answer_of_the_document_is_tried(document: ApiDocument) -> None:
    tried = {(method, path, str(status)) for method, path, _, _, status in GOOD} | TOLD_ELSEWHERE
    described = {
        (method, path, status)
        for method, path, operation in document.operations()
        for status, answer in operation["responses"].items()
        if "application/problem+json" not in answer.get("content", {}) and not path.startswith("/webhooks/")
    }
    assert described == tried


def test_no_answer_is_published_without_a_schema(document: ApiDocument) -> None:
    empty = [
        (method, path, status, media)
        for method, path, operation in document.operations()
        for status, answer in operation["responses"].items()
        for media, content in answer.get("content", {}).items()
        if not content.get("schema")
    ]
    assert empty == []


def test_an_answer_that_names_an_unknown_field_does_not_fit(document: ApiDocument) -> None:
    schema = {"$ref": "#/components/schemas/Alive"}
    assert document.faults(schema, {"status": "alive"}) == []
    assert document.faults(schema, {"status": "alive", "more": 1}) != []


def test_a_service_that_is_not_ready_says_so_as_described(tmp_path: Path) -> None:
    with Service(tmp_path, is_published=False) as service:
        document = ApiDocument(service.call("GET", "/openapi.json").json())
        answer = service.call("GET", "/readyz")
        assert answer.status_code == 503
        assert document.faults_of_answer("GET", "/readyz", 503, "application/json", answer.json()) == []


@pytest.mark.parametrize(
    ("method", "path", "called", "by", "content", "status"),
    [
        ("POST", "/v1/tickets", "/v1/tickets", "mei", b"{", 400),
        ("POST", "/v1/tickets", "/v1/tickets", None, b"{}", 401),
        ("GET", "/v1/tickets", "/v1/tickets", "zendesk", b"", 403),
        ("GET", "/v1/tickets/{ticket_id}", "/v1/tickets/T-404", "mei", b"", 404),
        ("POST", "/v1/tickets", "/v1/tickets", "mei", b" " * 70_000, 413),
        ("POST", "/v1/tickets", "/v1/tickets", "mei", b'{"id": 7.5}', 422),
        ("GET", "/v1/oncall", "/v1/oncall?at=noon", "mei", b"", 422),
    ],
)
def test_every_refusal_fits_the_problem_document_that_is_published(
    used: tuple[Service, list[httpx.Response]],
    document: ApiDocument,
    method: str,
    path: str,
    called: str,
    by: str | None,
    content: bytes,
    status: int,
) -> None:
    answer = used[0].call(method, called, by=by, content=content)
    assert answer.status_code == status, answer.text
    media = answer.headers["content-type"]
    assert document.faults_of_answer(method, path, status, media, answer.json()) == []


def test_a_conflict_fits_the_problem_document(
    used: tuple[Service, list[httpx.Response]], document: ApiDocument
) -> None:
    answer = used[0].post({**HELD, "subject": "another one"})
    media = answer.headers["content-type"]
    assert document.faults_of_answer("POST", "/v1/tickets", 409, media, answer.json()) == []


TRIED_ELSEWHERE = {
    *("/v1/schedule/publications", "/v1/schedule/versions/{version}/undo"),
    *(f"{SWAPS}/{{code}}/{answer}" for answer in ("accept", "decline", "withdraw")),
    "/v1/portal/links",
}
"""Where an example alone cannot be accepted: it needs a whole plan, a customers file, or an id from another answer."""


def test_every_body_has_an_example(document: ApiDocument) -> None:
    without = [
        (method, path)
        for method, path, operation in document.operations()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if not content.get("examples")
    ]
    assert without == []


def test_every_example_of_the_document_is_accepted(
    used: tuple[Service, list[httpx.Response]], document: ApiDocument
) -> None:
    service, _ = used
    service.post(ticket_body("T-7"))
    for method, path, operation in document.operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            assert document.faults_of_body(method, path, example["value"]) == [], (path, name)
            if path in TRIED_ELSEWHERE:
                continue
            called = path.replace("{ticket_id}", "T-7").replace("{mapping}", "jira").replace("{identifier}", "x")
            answer = service.call(method, called, json=example["value"])
            assert answer.is_success, (path, name, answer.text)


def test_the_answers_about_failures_fit(used: tuple[Service, list[httpx.Response]], document: ApiDocument) -> None:
    service, path = used[0], "/v1/intake/failures/{failure_id}"
    for method, end, status in (("GET", "", 200), ("POST", "/drop", 200), ("POST", "/replay", 409)):
        kept = service.call("POST", "/webhooks/alertmanager", content=b"{").json()["id"]
        if end == "/replay":
            service.call("POST", path.replace("{failure_id}", kept) + "/drop")
        answer = service.call(method, path.replace("{failure_id}", kept) + end)
        media = answer.headers["content-type"]
        assert document.faults_of_answer(method, path + end, status, media, answer.json()) == [], answer.text


def test_the_answer_about_a_request_of_opsgenie_s_client_fits(
    used: tuple[Service, list[httpx.Response]], document: ApiDocument
) -> None:
    request = used[0].call("POST", "/v2/alerts", json=OPSGENIE_EXAMPLE).json()["requestId"]
    answer = used[0].call("GET", f"/v2/alerts/requests/{request}")
    path = "/v2/alerts/requests/{request_id}"
    assert document.faults_of_answer("GET", path, 200, "application/json", answer.json()) == []


@pytest.mark.parametrize(("answer", "day"), [("accept", "02-09"), ("decline", "02-16"), ("withdraw", "02-23")])
def test_an_answer_to_a_request_to_swap_fits(
    used: tuple[Service, list[httpx.Response]], document: ApiDocument, answer: str, day: str
) -> None:
    asked = used[0].post({**SWAP, "day": f"2027-{day}"}, by="mei", path=SWAPS).json()
    given = used[0].post({}, by="mei", path=f"{SWAPS}/{asked['id']}/{answer}")
    path = f"/v1/schedule/swaps/{{code}}/{answer}"
    assert document.faults_of_answer("POST", path, 200, "application/json", given.json()) == []


@pytest.mark.parametrize(
    ("path", "called", "body"),
    [
        ("/v1/tickets", "/v1/tickets", {**ticket_body("T-8", impact="low"), "triage": TRIAGED}),
        ("/v1/tickets/{ticket_id}/events", "/v1/tickets/T-2/events", {"kind": "updated"}),
        ("/v1/explain", "/v1/explain", {"plan": "standard", "impact": "low"}),
        ("/v1/triage", "/v1/triage", TRIAGED),
        ("/v1/drills", "/v1/drills", {"to": "ana"}),
        ("/v1/schedule/overrides", "/v1/schedule/overrides", override_body(13)),
        ("/v1/schedule/covers", "/v1/schedule/covers", {"engineer": "ana", "reason": "ill"}),
        (SWAPS, SWAPS, {**SWAP, "day": "2027-02-04"}),
        (ABSENCES, ABSENCES, {**ABSENCE, "from": "2027-02-20", "to": "2027-02-20"}),
        ("/v1/schedule/publications", "/v1/schedule/publications", publication_body()),
    ],
)
def test_a_field_that_the_description_refuses_is_refused_by_name(
    used: tuple[Service, list[httpx.Response]], document: ApiDocument, path: str, called: str, body: dict[str, Any]
) -> None:
    schema = document.operation("POST", path)["requestBody"]["content"]["application/json"]["schema"]
    tried = 0
    for field in document.properties(schema):
        for value in WRONG_VALUES:
            wrong = {**body, field: value}
            if document.faults_of_body("POST", path, wrong) != [field] or (path, field) == ("/v1/tickets", "triage"):
                continue
            answer = used[0].call("POST", called, json=wrong)
            named = [fault["field"] for fault in answer.json().get("errors", ())]
            if answer.is_success:
                assert any(f'"{field}"' in warning for warning in answer.json()["warnings"]), (field, value)
            else:
                assert (answer.status_code, named) == (422, [field]), (field, value, answer.text)
            tried += 1
    assert tried > 5
