"""Every refusal is a problem document that names the fault, and nothing is stored."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from oncall.paging.actions.ticket_action import FROM_PEOPLE
from oncall.paging.ports.callers import CallerRole, Token
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.web.service import Service, problem

PROTECTED = [
    ("POST", "/v1/tickets", {"zendesk", "ana", "mei"}),
    ("GET", "/v1/tickets", {"ana", "mei"}),
    ("GET", "/v1/tickets/T-404", {"ana", "mei"}),
    ("POST", "/v1/tickets/T-404/events", {"zendesk", "ana", "mei"}),
    ("POST", "/v1/explain", {"zendesk", "ana", "mei"}),
    ("GET", "/v1/oncall", {"ana", "mei"}),
    ("GET", "/v1/schedule", {"ana", "mei"}),
]
NO_TIME = 'is not a time with an offset; write one like "2027-01-09T03:12:00-05:00"'
KINDS = ", ".join(FROM_PEOPLE)


@pytest.fixture(autouse=True)
def nothing_is_stored(quiet: Service) -> Iterator[None]:
    yield
    assert quiet.call("GET", "/v1/tickets").json()["tickets"] == []
    assert quiet.twilio.messages == []


def raw(quiet: Service, content: Any, path: str = "/v1/tickets") -> Any:
    return quiet.call("POST", path, content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(("method", "path", "allowed"), PROTECTED)
def test_without_a_token_nothing_is_said(quiet: Service, method: str, path: str, allowed: set[str]) -> None:
    answer = quiet.call(method, path, by=None)
    problem(answer, 401, 'a token is needed: send "Authorization: Bearer TOKEN"')
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("by", ["stranger", "ana" * 60])
def test_an_unknown_token_is_refused(quiet: Service, by: str) -> None:
    problem(quiet.call("GET", "/v1/oncall", by=by), 401, "this token is not known; `oncall token create` makes one")


@pytest.mark.parametrize("header", ["Basic YW5hOmFuYQ==", "Bearer", "ana", "Bearer " + "x" * 300])
def test_what_is_no_bearer_token_is_refused(quiet: Service, header: str) -> None:
    answer = quiet.call("GET", "/v1/oncall", by=None, headers={"Authorization": header})
    problem(answer, 401, 'a token is needed: send "Authorization: Bearer TOKEN"')


@pytest.mark.parametrize("by", ["zendesk", "ana", "mei"])
@pytest.mark.parametrize(("method", "path", "allowed"), PROTECTED)
def test_each_role_may_do_what_it_is_for(quiet: Service, method: str, path: str, allowed: set[str], by: str) -> None:
    answer = quiet.call(method, path, by=by)
    if by in allowed:
        assert answer.status_code in (200, 400, 404), answer.text
    else:
        problem(answer, 403, "a token of role intake may not do this")


def test_an_engineer_acts_for_nobody_else(quiet: Service) -> None:
    answer = quiet.post({"kind": "acknowledged", "by": "ben"}, by="ana", path="/v1/tickets/T-404/events")
    problem(answer, 403, "this token acts for ana alone")


def test_an_engineer_on_no_roster_records_nothing(quiet: Service) -> None:
    digest = hashlib.sha256(b"zed").hexdigest()
    quiet.store.write(lambda tx: tx.add_token(Token("zed", CallerRole.ENGINEER, digest, SATURDAY_NIGHT)))
    answer = quiet.post({"kind": "acknowledged"}, by="zed", path="/v1/tickets/T-404/events")
    listed = "ana, ben, chloe, dmitri, elena, farid, grace, hugo, mei"
    problem(answer, 403, f"this token may not record events: zed is on no published roster; write one of {listed}")
    assert quiet.call("GET", "/v1/oncall", by="zed").status_code == 200


def test_every_field_at_fault_is_named(quiet: Service) -> None:
    answer = quiet.post({"id": 7.5, "plan": "gold", "impact": "P1", "customer": None, "subject": ["x"]})
    body = problem(
        answer,
        422,
        "id: 7.5 is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -; customer: missing; "
        'plan: "gold" is not a plan of the policy; write "standard" or "business-critical"; '
        'impact: "P1" is not an impact of the policy; write "urgent", "high", "normal" or "low"; '
        "subject: a list is not text",
    )
    assert [fault["field"] for fault in body["errors"]] == ["id", "customer", "plan", "impact", "subject"]


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/tickets/T-404/events", "/v1/explain"])
@pytest.mark.parametrize("content", [b"null", b"[]", b'"x"', b"5"])
def test_what_is_no_object_is_refused(quiet: Service, path: str, content: bytes) -> None:
    answer = raw(quiet, content, path)
    assert answer.status_code == 422
    assert "a JSON object is needed, like {" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/tickets/T-404/events", "/v1/explain"])
@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "the body is not JSON: line 1 column 1: Expecting value"),
        (
            b'{"id": "T-1",}',
            "the body is not JSON: line 1 column 14: Expecting property name enclosed in double quotes",
        ),
        (b'{"id": "T-\xff"}', "the body is not UTF-8 at byte 10"),
        (b'{"id": "T-1", "impact": "urgent", "impact": "low"}', 'the body gives the key "impact" twice; write it once'),
        (b'{"id": {"\xc3\xbc": 1, "a": 1, "\xc3\xbc": 2}}', 'the body gives the key "ü" twice; write it once'),
        (b'{"id": NaN}', "the body is not JSON: NaN is not a value of it"),
        (b'{"id": -Infinity}', "the body is not JSON: -Infinity is not a value of it"),
        (b'{"id": ' + b"9" * 5000 + b"}", "the body holds a number of more than 100 digits"),
        (b'{"id": ' + b"[" * 30000 + b"]" * 30000 + b"}", "the body is nested too deeply"),
    ],
    ids=["empty", "comma", "latin", "twice", "twice-inside", "nan", "infinity", "digits", "nesting"],
)
def test_what_is_no_json_is_refused_with_the_place(quiet: Service, path: str, content: bytes, detail: str) -> None:
    problem(raw(quiet, content, path), 400, detail)


def test_text_without_a_character_that_can_be_shown_is_refused_in_plain_words(quiet: Service) -> None:
    posted = rb'{"id": "T-1", "customer": "\ud800", "plan": "\udfff", "impact": "\u0000", "subject": " "}'
    answer = raw(quiet, posted)
    lone = "holds only a lone surrogate, which is half of a character; send whole characters"
    assert {fault["field"]: fault["message"] for fault in answer.json()["errors"]} == {
        "customer": lone,
        "plan": lone,
        "impact": "is empty",
        "subject": "is empty",
    }


def test_a_value_that_is_nested_as_deep_as_json_goes_is_a_fault_of_its_field(quiet: Service) -> None:
    answer = raw(quiet, b'{"id": ' + b"[" * 500 + b"]" * 500 + b"}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "field": "id",
        "message": "a list is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -",
    }


def test_a_body_that_says_it_is_too_large_is_refused_unread(quiet: Service) -> None:
    problem(raw(quiet, b" " * 65537), 413, "the body has more than 65536 bytes")


def test_the_rest_of_a_refused_body_is_not_taken_for_the_head_of_the_next_request(quiet: Service) -> None:
    host, _, port = quiet.address.removeprefix("http://").partition(":")
    head = "POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer zendesk\r\nContent-Length: {}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection, connection.makefile("rb") as answers:
        connection.sendall(head.format(200_000).encode())
        assert answers.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
        connection.sendall(b" " * 200_000 + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"HTTP/1.1 200 OK" in answers.read()


def test_a_body_that_turns_out_too_large_is_refused(quiet: Service) -> None:
    problem(raw(quiet, (b" " * 1024 for _ in range(65))), 413, "the body has more than 65536 bytes")


def test_a_body_of_the_largest_size_is_read(quiet: Service) -> None:
    assert raw(quiet, b" " * 65534 + b"{}").status_code == 422


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({}, {"field": "kind", "message": f"write one of {KINDS}"}),
        ({"kind": "judged"}, {"field": "kind", "message": f"write one of {KINDS}"}),
        ({"kind": ["replied"]}, {"field": "kind", "message": f"write one of {KINDS}"}),
        (
            {"kind": "replied", "by": "+13055550101"},
            {"field": "by", "message": "is not an id or a name of 1 to 60 letters, and never a phone number"},
        ),
        (
            {"kind": "replied", "by": 7},
            {"field": "by", "message": "is not an id or a name of 1 to 60 letters, and never a phone number"},
        ),
        ({"kind": "replied", "id": " "}, {"field": "id", "message": "is not text of 1 to 100 printable characters"}),
        ({"kind": "replied", "why": 1}, {"field": "why", "message": "is not text of at most 1000 characters"}),
        ({"kind": "replied", "at": "now"}, {"field": "at", "message": f'"now" {NO_TIME}'}),
        (
            {"kind": "replied", "at": "2027-01-09T04:00:00-05:00"},
            {"field": "at", "message": "is in the future or more than a year ago"},
        ),
        ({"kind": "impact_changed"}, {"field": "impact", "message": "missing"}),
        ({"kind": "impact_changed", "impact": 1}, {"field": "impact", "message": "is not text"}),
    ],
)
def test_an_event_that_cannot_be_read_names_the_field(quiet: Service, event: Any, fault: dict[str, str]) -> None:
    answer = quiet.post(event, path="/v1/tickets/T-404/events")
    body = problem(answer, 422, f"{fault['field']}: {fault['message']}")
    assert body["errors"] == [fault]


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({}, "plan: missing; impact: missing"),
        ({"plan": 1, "impact": "high"}, "plan: is not text"),
        ({"plan": "standard", "impact": "high", "at": "today"}, f'at: "today" {NO_TIME}'),
        (
            {"plan": "gold", "impact": "high"},
            '"gold" is not a plan of the policy; write "standard" or "business-critical"',
        ),
        (
            {"plan": "standard", "impact": "P1"},
            '"P1" is not an impact of the policy; write "urgent", "high", "normal" or "low"',
        ),
        (
            {"plan": "standard", "impact": "high", "at": "1066-10-14T09:00:00Z"},
            "the year 1066 is outside the calendar, which answers for 1970 to 2199",
        ),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(quiet: Service, asked: Any, detail: str) -> None:
    problem(quiet.post(asked, path="/v1/explain"), 422, detail)


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        (
            b'{"plan": "\\ud800gold", "impact": "high"}',
            '"?gold" is not a plan of the policy; write "standard" or "business-critical"',
        ),
        (
            b'{"plan": "standard", "impact": "P\\udfff1"}',
            '"P?1" is not an impact of the policy; write "urgent", "high", "normal" or "low"',
        ),
    ],
)
def test_a_name_that_no_text_can_hold_is_refused_as_any_other(quiet: Service, asked: bytes, detail: str) -> None:
    problem(raw(quiet, asked, "/v1/explain"), 422, detail)


@pytest.mark.parametrize("ticket_id", ["T-404", "%00", "a%20b", "%F0%9F%94%A5", "x" * 300])
def test_an_unknown_ticket_is_404(quiet: Service, ticket_id: str) -> None:
    for answer in (
        quiet.call("GET", f"/v1/tickets/{ticket_id}"),
        quiet.post({"kind": "updated"}, path=f"/v1/tickets/{ticket_id}/events"),
    ):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    shown = quiet.call("GET", "/v1/tickets/T-404").json()["detail"]
    assert shown == 'no ticket has the id or code "T-404"; `oncall tickets` lists the open ones'


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("state=closed", "state: write open, acknowledged or resolved, several with commas"),
        ("limit=0", "limit: write a number from 1 to 1000"),
        ("limit=1001", "limit: write a number from 1 to 1000"),
        ("limit=99999999999", "limit: write a number from 1 to 1000"),
        ("limit=ten", "limit: write a number from 1 to 1000"),
        ("limit=", "limit: write a number from 1 to 1000"),
        ("after=NOPE", 'after: "NOPE" is not the id of a ticket; write the `next` of the page before'),
        ("stat=open", 'stat: is not a field of this query; did you mean "state"?'),
        ("x=1", "x: is not a field of this query; write one of state, customer, owner, engineer, since, after, limit"),
        ("limit=1&limit=2", "limit: is given twice; write it once"),
        (
            "staet=open&limit=0",
            'staet: is not a field of this query; did you mean "state"?; limit: write a number from 1 to 1000',
        ),
    ],
)
def test_a_listing_that_cannot_be_made_names_the_parameter(quiet: Service, query: str, detail: str) -> None:
    problem(quiet.call("GET", f"/v1/tickets?{query}"), 422, detail)


def test_no_query_holds_a_field_that_is_ignored(quiet: Service) -> None:
    for path, methods in quiet.call("GET", "/openapi.json").json()["paths"].items():
        if path.startswith("/v1/") and "get" in methods:
            answer = quiet.call("GET", f"{path.replace('{ticket_id}', 'T-404')}?nope=1")
            assert answer.status_code == 422, path
            assert "nope: is not a field of this query" in answer.json()["detail"]


def test_a_customer_whom_no_ticket_and_no_policy_knows_is_404_with_the_known_ones(quiet: Service) -> None:
    answer = quiet.call("GET", "/v1/tickets?customer=Acne")
    problem(answer, 404, '"Acne" is not a customer of any ticket or of the policy')


def test_an_unknown_path_is_404_and_a_wrong_method_405(quiet: Service) -> None:
    problem(quiet.call("GET", "/v2/tickets"), 404, "Not Found")
    answer = quiet.call("DELETE", "/v1/explain")
    problem(answer, 405, "Method Not Allowed")
    assert answer.headers["allow"] == "POST"


def test_a_store_that_is_away_answers_503_with_retry_after_and_stores_nothing(quiet: Service) -> None:
    away = quiet.file.with_suffix(".away")
    quiet.file.rename(away)
    try:
        answer = quiet.post(ticket_body())
        problem(answer, 503, answer.json()["detail"])
        assert answer.json()["detail"] == (
            "the database cannot answer now, and nothing was stored; send the same request again"
        )
        assert answer.headers["retry-after"] == "5"
        readiness = quiet.call("GET", "/readyz", by=None)
        assert (readiness.status_code, readiness.json()["ready"]) == (503, False)
    finally:
        away.rename(quiet.file)
