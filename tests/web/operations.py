"""What a caller asks for in each operation of the permissions table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any

import httpx

from oncall.paging.actions.permissions import Operation
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.relay import RelayMessage
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.web.publications import override_body, publication_body
from tests.web.service import Service

NUMBERS = count(1)
"""Numbers for names that no test has used."""
READS = [
    "/v1/handoff",
    "/v1/reminders?engineer=ana",
    "/v1/tickets",
    "/v1/tickets/K-1",
    "/v1/oncall",
    "/v1/tonight",
    "/v1/schedule",
    "/v1/schedule/versions",
    "/v1/schedule/diff?from=1",
    "/v1/schedule/documents",
    "/v1/schedule/swaps",
    "/v1/schedule/swaps/takers?engineer=ana&day=2027-01-26",
    "/v1/policy",
    "/v1/reports/sla?from=2027-01-01&to=2027-03-31",
    "/v1/reports/qbr?customer=Acme+Ltd&quarter=2027Q1",
    "/v1/reports/load?from=2027-01-01&to=2027-03-31",
    "/v1/reports/duty?month=2027-01",
    "/v1/plan/status",
    "/v1/status",
    "/v1/status/uptime",
    "/v1/doctor",
    "/v1/webhooks",
    "/v1/intake/log",
    "/v1/intake/failures",
    "/v1/heartbeats",
    "/v1/me",
    "/v1/tokens",
]


def asked(service: Service, operation: Operation, caller: str) -> list[httpx.Response]:
    """Ask for everything that an operation covers, and return the answers."""
    return _ASKED[operation](service, caller)


def _ticket(service: Service, caller: str) -> list[httpx.Response]:
    return [service.post(ticket_body(f"B-{next(NUMBERS)}", impact="low"), by=caller)]


def _questions(service: Service, caller: str) -> list[httpx.Response]:
    question = {"plan": "standard", "impact": "high"}
    return [
        service.post(question, by=caller, path="/v1/explain"),
        service.post({"down": True}, by=caller, path="/v1/triage"),
    ]


def _reads(service: Service, caller: str) -> list[httpx.Response]:
    return [service.call("GET", path, by=caller) for path in READS]


def _new_token(service: Service, caller: str) -> list[httpx.Response]:
    return [service.post({"name": f"new-{next(NUMBERS)}", "role": "intake"}, by=caller, path="/v1/tokens")]


def _login_link(service: Service, caller: str) -> list[httpx.Response]:
    portal = service.post({"contact": "joe@acme.example"}, by=caller, path="/v1/portal/links")
    # The published policy has no customers, so that a manager is told that there is no such contact.
    assert portal.status_code in (403, 404)
    return [service.post({"engineer": "ana"}, by=caller, path="/v1/login-links")]


def _old_token(service: Service, caller: str) -> list[httpx.Response]:
    label = f"number-{next(NUMBERS)}"
    token = Token("ana", CallerRole.ENGINEER, hashlib.sha256(label.encode()).hexdigest(), SATURDAY_NIGHT, label=label)
    service.store.write(partial(_add, token))
    paths = ("/v1/tokens/rotate", "/v1/tokens/revoke")
    return [service.post({"name": token.handle}, by=caller, path=path) for path in paths]


def _add(token: Token, tx: Any) -> None:
    tx.add_token(token)


def _note(service: Service, caller: str) -> list[httpx.Response]:
    return [service.post({"text": "watch T-1"}, by=caller, path="/v1/handoff/notes")]


def _reminders(service: Service, caller: str) -> list[httpx.Response]:
    body = {"engineer": "ana", "reminders": "policy"}
    return [service.post(body, by=caller, path="/v1/reminders")]


def _status(service: Service, caller: str) -> list[httpx.Response]:
    body = {"action": "open", "title": "Slow", "components": {"portal": "degraded_performance"}}
    return [service.post(body, by=caller, path="/v1/status/events")]


def _calendar(service: Service, caller: str) -> list[httpx.Response]:
    paths = ("/v1/calendar/links", "/v1/calendar/links/revoke")
    return [service.post({"engineer": "ana"}, by=caller, path=path) for path in paths]


def _ticket_link(service: Service, caller: str) -> list[httpx.Response]:
    return [service.call("POST", f"/v1/tickets/K-1/{path}", by=caller) for path in ("links", "links/revoke")]


def _publication(service: Service, caller: str) -> list[httpx.Response]:
    return [service.post(publication_body(), by=caller, path="/v1/schedule/publications")]


def _retry(service: Service, caller: str) -> list[httpx.Response]:
    return [service.call("POST", f"/v1/webhooks/{stored_message(service)}/retry", by=caller)]


def _intake(service: Service, caller: str) -> list[httpx.Response]:
    kept = service.call("POST", "/webhooks/alertmanager", by="zendesk", content=b"{").json()["id"]
    heartbeat = {"name": f"job-{next(NUMBERS)}", "every": "10m"}
    return [
        service.call("POST", f"/v1/intake/failures/{kept}/drop", by=caller),
        service.post(heartbeat, by=caller, path="/v1/heartbeats"),
    ]


def _drill(service: Service, caller: str) -> list[httpx.Response]:
    return [service.post({"to": "ana"}, by=caller, path="/v1/drills")]


def _swaps(service: Service, caller: str) -> list[httpx.Response]:
    """Chloe is asked for one of ana's shifts, the request is withdrawn, and ana is away on another day."""
    day = f"2027-01-{25 + next(NUMBERS) % 4}"
    asked = service.post({"engineer": "ana", "day": day, "with": "chloe"}, by=caller, path="/v1/schedule/swaps")
    code = asked.json().get("id", "7K2F")
    away = {"engineer": "ana", "from": (day := f"2027-02-{10 + next(NUMBERS) % 9}"), "to": day, "reason": "a wedding"}
    return [
        asked,
        service.post({}, by=caller, path=f"/v1/schedule/swaps/{code}/withdraw"),
        service.post(away, by=caller, path="/v1/schedule/absences"),
    ]


def _changes(service: Service, caller: str) -> list[httpx.Response]:
    """Ana takes over from chloe, for whom the manager has put chloe on, and the cover is taken back."""
    evening = override_body(11 + next(NUMBERS) % 4)
    made = service.post({**evening, "force": True}, by="mei", path="/v1/schedule/overrides").json()
    cover = {"engineer": "chloe", "by": "ana", "from": evening["from"], "until": evening["to"]}
    taken = service.post(cover, by=caller, path="/v1/schedule/covers")
    path = f"/v1/schedule/versions/{made['version'] + 1}/undo"
    return [taken, service.post({"reason": "no"}, by=caller, path=path)]


def stored_message(service: Service) -> str:
    """Store a message to a webhook that the policy does not name, and return its id."""
    message = RelayMessage(f"msg_{next(NUMBERS)}", "webhook:gone", "ticket.paged", None, 0, "{}", SATURDAY_NIGHT, None)
    service.store.write(lambda tx: tx.add_relay_messages([message]))
    return message.id


_ASKED: Mapping[Operation, Callable[[Service, str], list[httpx.Response]]] = {
    Operation.POST_TICKET: _ticket,
    Operation.EXPLAIN: _questions,
    Operation.READ: _reads,
    Operation.START_DRILL: _drill,
    Operation.LINK_CALENDAR: _calendar,
    Operation.LINK_TICKET: _ticket_link,
    Operation.ADD_CALLER: _new_token,
    Operation.MAKE_LOGIN_LINK: _login_link,
    Operation.CHANGE_CALLER: _old_token,
    Operation.CHANGE_SCHEDULE: _changes,
    Operation.SWAP: _swaps,
    Operation.PUBLISH: _publication,
    Operation.RETRY_MESSAGE: _retry,
    Operation.NOTE_HANDOFF: _note,
    Operation.CHOOSE_REMINDERS: _reminders,
    Operation.WRITE_STATUS: _status,
    Operation.MANAGE_INTAKE: _intake,
}
