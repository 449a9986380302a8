"""What each role may do and read: one test for every cell of the table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from oncall.paging.actions.permissions import PERMISSIONS, Access, Operation
from oncall.paging.actions.ticket_action import FROM_PEOPLE
from oncall.paging.domain.events import EventKind
from oncall.paging.ports.callers import CallerRole, Token
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.web.operations import NUMBERS, READS, asked
from tests.web.service import Service, problem

YES, NO, ITSELF = "yes", "no", "as itself"
PERSON, NO_OWNER = "for a person, with `--may-acknowledge`", "without taking the ticket"
TABLE: dict[Operation | EventKind, tuple[str, str, str]] = {
    Operation.POST_TICKET: (YES, YES, YES),
    Operation.EXPLAIN: (YES, YES, YES),
    Operation.READ: (NO, YES, YES),
    Operation.START_DRILL: (NO, ITSELF, YES),
    Operation.LINK_CALENDAR: (NO, ITSELF, YES),
    Operation.LINK_TICKET: (NO, YES, YES),
    Operation.ADD_CALLER: (NO, NO, YES),
    Operation.MAKE_LOGIN_LINK: (NO, NO, YES),
    Operation.CHANGE_CALLER: (NO, ITSELF, YES),
    Operation.CHANGE_SCHEDULE: (NO, ITSELF, YES),
    Operation.SWAP: (NO, ITSELF, YES),
    Operation.PUBLISH: (NO, NO, YES),
    Operation.RETRY_MESSAGE: (NO, NO, YES),
    Operation.NOTE_HANDOFF: (NO, ITSELF, YES),
    Operation.CHOOSE_REMINDERS: (NO, ITSELF, YES),
    Operation.WRITE_STATUS: (NO, YES, YES),
    Operation.MANAGE_INTAKE: (NO, YES, YES),
    Operation.POST_EVENT: (YES, YES, YES),
    EventKind.ACKNOWLEDGED: (PERSON, ITSELF, YES),
    EventKind.PASSED: (NO, ITSELF, YES),
    EventKind.REPLIED: (NO_OWNER, ITSELF, YES),
    EventKind.UPDATED: (NO_OWNER, ITSELF, YES),
    EventKind.CUSTOMER_REPLIED: (YES, ITSELF, YES),
    EventKind.WAITING: (YES, ITSELF, YES),
    EventKind.IMPACT_CHANGED: (YES, ITSELF, YES),
    EventKind.RESOLVED: (YES, ITSELF, YES),
    EventKind.REOPENED: (YES, ITSELF, YES),
    EventKind.MERGED: (YES, ITSELF, YES),
}
CALLERS = {"zendesk": CallerRole.INTAKE, "ana": CallerRole.ENGINEER, "mei": CallerRole.MANAGER}
CELLS = [(done, caller, row[column]) for done, row in TABLE.items() for column, caller in enumerate(CALLERS)]
OPERATIONS = [cell for cell in CELLS if isinstance(cell[0], Operation) and cell[0] is not Operation.POST_EVENT]
EVENTS = [cell for cell in CELLS if isinstance(cell[0], EventKind)]
RECEIPT = {"id", "state", "changed", "message"}
A_FAILURE = "/v1/intake/failures/{failure_id}"
FOR_ANOTHER: dict[Operation, tuple[str, dict[str, Any], str]] = {
    Operation.CHANGE_SCHEDULE: (
        "/v1/schedule/covers",
        {"engineer": "ana", "by": "ben"},
        "this token takes over as ana, and as no other engineer; a manager can",
    ),
    Operation.SWAP: (
        "/v1/schedule/swaps",
        {"engineer": "ben", "day": "2027-01-26", "with": "chloe"},
        "this token swaps the shifts of ana alone; a manager can",
    ),
    Operation.START_DRILL: ("/v1/drills", {"to": "ben"}, "this token sends a drill to ana alone"),
    Operation.NOTE_HANDOFF: (
        "/v1/handoff/notes",
        {"text": "watch T-1", "by": "ben"},
        "this token writes notes of ana alone",
    ),
    Operation.CHOOSE_REMINDERS: (
        "/v1/reminders",
        {"engineer": "ben", "quiet": True},
        "this token may choose only the reminders of ana; a manager may choose for others",
    ),
    Operation.LINK_CALENDAR: (
        "/v1/calendar/links",
        {"engineer": "ben"},
        "this token makes and revokes the calendar links of ana alone",
    ),
    Operation.CHANGE_CALLER: (
        "/v1/tokens/revoke",
        {"name": "mei"},
        "this token rotates and revokes the engineer's tokens of ana alone",
    ),
}
"""What an engineer's token may not ask for another person: path, body, and the refusal."""
NO_MACHINE = (
    "a token of role intake may not record acknowledged: a person takes a ticket, not a program; a token made with "
    "--may-acknowledge may record it for a person on the roster"
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with one ticket, K-1. `bridge` is an intake's token that may acknowledge."""
    with Service(tmp_path_factory.mktemp("busy"), is_each_urgent_page_alone=True, is_roster_published=True) as running:
        add_token(running, "bridge", CallerRole.INTAKE, may_acknowledge=True)
        running.post(ticket_body("K-1"))
        yield running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without a published plan."""
    with Service(tmp_path_factory.mktemp("empty"), is_published=False) as running:
        yield running


def add_token(service: Service, name: str, role: CallerRole, **more: Any) -> None:
    digest = hashlib.sha256(name.encode()).hexdigest()
    token = Token(name, role, digest, SATURDAY_NIGHT, **more)
    service.store.write(partial(_add, token))


def _add(token: Token, tx: Any) -> None:
    tx.add_token(token)


def new_ticket(service: Service, **changes: Any) -> str:
    name = f"N-{next(NUMBERS)}"
    assert service.post(ticket_body(name, **changes)).status_code == 202
    return name


def act(service: Service, kind: str, caller: str, ticket: str, **more: Any) -> httpx.Response:
    return service.post({"kind": kind, **more}, by=caller, path=f"/v1/tickets/{ticket}/events")


def details(service: Service, kind: EventKind) -> dict[str, Any]:
    """The fields that a kind of event requires."""
    if kind is EventKind.MERGED:
        return {"into": new_ticket(service)}
    return {"impact": "high"} if kind is EventKind.IMPACT_CHANGED else {}


def test_the_table_is_the_documented_one() -> None:
    assert {key: tuple(cell.value for cell in row) for key, row in PERMISSIONS.items()} == TABLE
    assert {cell for row in PERMISSIONS.values() for cell in row} == set(Access)


def test_every_kind_of_event_that_callers_may_record_is_a_row_of_the_table() -> None:
    assert {key for key in PERMISSIONS if isinstance(key, EventKind)} == set(FROM_PEOPLE)


@pytest.mark.parametrize(("operation", "caller", "cell"), OPERATIONS)
def test_each_role_may_ask_for_what_the_table_says(
    busy: Service, empty: Service, operation: Operation, caller: str, cell: str
) -> None:
    role = CALLERS[caller].value
    for answer in asked(empty if operation is Operation.PUBLISH else busy, operation, caller):
        if cell == NO:
            problem(answer, 403, f"a token of role {role} may not do this")
        else:
            assert answer.status_code in (200, 201, 202), (str(answer.request.url), answer.text)
    if cell == ITSELF:
        path, body, words = FOR_ANOTHER[operation]
        problem(busy.post(body, by=caller, path=path), 403, words)


def test_every_get_of_the_api_is_among_those_that_are_tried(busy: Service) -> None:
    paths = busy.call("GET", "/openapi.json").json()["paths"]
    gets = {path for path, methods in paths.items() if path.startswith("/v1/") and "get" in methods}
    assert {path.partition("?")[0].replace("K-1", "{ticket_id}") for path in READS} == gets - {A_FAILURE}


def test_a_kept_body_is_read_by_people_alone(busy: Service) -> None:
    kept = busy.call("POST", "/webhooks/alertmanager", by="zendesk", content=b"{").json()["id"]
    path = A_FAILURE.replace("{failure_id}", kept)
    assert [busy.call("GET", path, by=caller).status_code for caller in CALLERS] == [403, 200, 200]


@pytest.mark.parametrize(("kind", "caller", "cell"), EVENTS)
def test_each_role_may_record_what_the_table_says(busy: Service, kind: EventKind, caller: str, cell: str) -> None:
    ticket, more = new_ticket(busy), details(busy, kind)
    answer = act(busy, kind, caller, ticket, **more)
    if cell in (NO, PERSON):
        words = "a token of role intake may not record passed: only a person passes a ticket on"
        problem(answer, 403, NO_MACHINE if cell == PERSON else words)
        assert [event["kind"] for event in busy.ticket(ticket)["events"]] == ["received", "judged", "step_fired"]
        return
    assert answer.status_code == 200, answer.text
    if cell == ITSELF:
        other = act(busy, kind, caller, new_ticket(busy), by="ben", **more)
        problem(other, 403, "this token acts for ana alone")
    if cell == NO_OWNER:
        assert (busy.ticket(ticket)["state"], busy.ticket(ticket)["owner"]) == ("open", None)


@pytest.mark.parametrize("kind", [kind for kind, caller, cell in EVENTS if caller == "zendesk" and cell != NO])
def test_a_program_gets_a_receipt_and_not_the_ticket(busy: Service, kind: EventKind) -> None:
    person = {"by": "ana"} if kind is EventKind.ACKNOWLEDGED else {}
    body = act(busy, kind, "bridge", new_ticket(busy), nope=1, **details(busy, kind), **person).json()
    assert set(body) == RECEIPT | {"warnings"}
    for caller in ("ana", "mei"):
        assert set(act(busy, kind, caller, new_ticket(busy), **details(busy, kind)).json()) > RECEIPT | {"ticket"}


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        ({}, "by: name the person on the roster who takes the ticket, by their id"),
        ({"by": "bridge"}, "by: name the person on the roster who takes the ticket, by their id"),
        ({"by": "anna"}, 'nobody on the published rosters has the id "anna"; did you mean "ana"?'),
        ({"by": "desk"}, 'by: "desk" is the name of the support desk; name who did it'),
    ],
)
def test_a_program_that_may_acknowledge_names_a_person_on_the_roster(
    busy: Service, event: dict[str, str], detail: str
) -> None:
    ticket = new_ticket(busy)
    problem(act(busy, "acknowledged", "bridge", ticket, **event), 422, detail)
    assert busy.ticket(ticket)["state"] == "open"


def test_an_acknowledgement_that_a_program_records_is_the_person_s(busy: Service) -> None:
    ticket = new_ticket(busy)
    assert act(busy, "acknowledged", "bridge", ticket, by="ana").json()["state"] == "acknowledged"
    shown = busy.ticket(ticket)
    assert (shown["owner"], shown["events"][-1]["by"], shown["events"][-1]["why"]) == (
        "ana",
        "ana",
        "reported by bridge",
    )


@pytest.mark.parametrize(
    ("why", "logged"),
    [
        ({}, "reported by zendesk"),
        ({"why": "fixed in 4.2"}, "fixed in 4.2; reported by zendesk"),
        ({"why": "x" * 1000}, f"{'x' * 979}; reported by zendesk"),
    ],
)
def test_the_log_says_which_program_reported_what_a_named_person_did(
    busy: Service, why: dict[str, str], logged: str
) -> None:
    ticket = new_ticket(busy, impact="low")
    assert act(busy, "resolved", "zendesk", ticket, by="kim", **why).status_code == 200
    event = busy.ticket(ticket)["events"][-1]
    assert (event["by"], event["why"]) == ("kim", logged)


@pytest.mark.parametrize("kind", ["replied", "updated"])
@pytest.mark.parametrize(
    ("caller", "by", "owner"),
    [("zendesk", "ana", None), ("zendesk", "kim", None), ("bridge", "kim", None), ("bridge", "ana", "ana")],
)
def test_a_reply_that_a_program_reports_takes_the_ticket_only_for_a_person_it_may_act_for(
    busy: Service, kind: str, caller: str, by: str, owner: str | None
) -> None:
    ticket = new_ticket(busy)
    words = {"replied": "the reply is recorded.", "updated": "the update is recorded."}[kind]
    goes_on = "" if owner else " Nobody has taken the ticket, so the escalation goes on."
    assert act(busy, kind, caller, ticket, by=by).json()["message"] == f"{ticket}: {words}{goes_on}"
    shown = busy.ticket(ticket)
    assert (shown["owner"], shown["state"]) == (owner, "acknowledged" if owner else "open")
    clocks = {clock["metric"]: clock["state"] for clock in shown["clocks"]}
    assert clocks["first_reply"] == ("met" if kind == "replied" else clocks["first_reply"])


@pytest.mark.parametrize("name", ["oncall", "desk", "system", "pager", "OnCall", "on-call", "Desk "])
@pytest.mark.parametrize("caller", ["zendesk", "ana", "mei"])
def test_nobody_acts_in_the_name_of_the_pager_or_the_desk(busy: Service, name: str, caller: str) -> None:
    ticket = new_ticket(busy)
    answer = act(busy, "resolved", caller, ticket, by=name)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f'by: "{name.strip()}" is the name of ')
    assert busy.ticket(ticket)["state"] == "open"


def test_a_program_names_tickets_by_their_id_and_never_by_their_code(busy: Service) -> None:
    ticket = new_ticket(busy)
    code = busy.ticket(ticket)["code"]
    for kind in ("updated", "resolved", "customer_replied"):
        problem(act(busy, kind, "zendesk", code), 404, f'no ticket has the id "{code}"')
    assert act(busy, "updated", "ana", code).status_code == 200


def test_a_program_learns_nothing_of_the_tickets_that_cannot_be_merged(busy: Service) -> None:
    ticket, other = new_ticket(busy), new_ticket(busy, customer="Birch plc")
    answer = act(busy, "merged", "zendesk", ticket, into=other)
    problem(answer, 422, f"{ticket} cannot be merged into {other}: their customers or plans differ")
    assert "Birch plc" in act(busy, "merged", "mei", ticket, into=other).json()["detail"]


def test_a_program_cannot_answer_a_drill(busy: Service) -> None:
    drill = busy.post({"to": "ana"}, by="mei", path="/v1/drills").json()["ticket"]
    for kind in ("resolved", "replied", "updated"):
        answer = act(busy, kind, "bridge", drill, by="ana")
        problem(answer, 403, "a drill is a test page: only the person who got it can answer it")
    assert busy.ticket(drill)["state"] == "open"
    assert act(busy, "acknowledged", "bridge", drill, by="ana").json()["state"] == "resolved"


def test_a_manager_s_token_for_a_name_on_no_roster_acknowledges_for_a_named_person(busy: Service) -> None:
    add_token(busy, "boss", CallerRole.MANAGER)
    ticket = new_ticket(busy)
    words = "boss is on no published roster; name the person who takes the ticket, by their id"
    problem(act(busy, "acknowledged", "boss", ticket), 422, f"by: {words}")
    assert act(busy, "acknowledged", "boss", ticket, by="ben").json()["owner"] == "ben"


def test_an_engineer_s_drill_goes_to_themselves_when_it_names_nobody(busy: Service) -> None:
    add_token(busy, "ben", CallerRole.ENGINEER)
    assert busy.post({}, by="ben", path="/v1/drills").json()["to"] == "ben"


def test_an_expired_token_is_refused_and_says_since_when(busy: Service) -> None:
    now = busy.store.read(lambda tx: tx.last_beat())
    assert now is not None
    add_token(busy, "old", CallerRole.MANAGER, expires_at=now[0] - timedelta(hours=1))
    add_token(busy, "fresh", CallerRole.MANAGER, expires_at=now[0] + timedelta(hours=1))
    ended = (now[0] - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M UTC")
    answer = busy.call("GET", "/v1/oncall", by="old")
    problem(answer, 401, f"this token expired at {ended}; `oncall token create` makes another one")
    assert busy.call("GET", "/v1/oncall", by="fresh").status_code == 200
