"""The requests that both clients send, as plain objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit
from uuid import uuid4

from oncall.client.answers import EventKind, NewTicket, State

PAGE = 100
"""The default number of tickets in one request of a list."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. It may always be repeated: it changes nothing, or the server knows the id of what it changed."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None

    @property
    def changes(self) -> bool:
        """Return True if the request changes something on the server."""
        return self.method != "GET" and self.path != "/v1/explain"


def address(server: str) -> str:
    """Return the server's address without a slash at its end.

    Raises ValueError if the text is not an http(s) address.
    """
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError('the server is not an address; write "https://oncall.example.com"')
    return server.rstrip("/")


def post_ticket(ticket: NewTicket) -> Ask:
    """Return the request that posts a ticket. The ticket's id makes a repeat harmless."""
    return Ask("POST", "/v1/tickets", body={**ticket})


def record_event(ticket_id: str, kind: EventKind, fields: Mapping[str, object]) -> Ask:
    """Return the request that records an event.

    If `fields` has no `id`, adds a new one, which makes a repeat harmless.
    """
    given = {name: _plain(value) for name, value in fields.items() if value is not None}
    body = {"kind": kind, "id": str(uuid4()), **given}
    return Ask("POST", f"/v1/tickets/{quote(ticket_id, safe='')}/events", body=body)


def ticket(ticket_id: str) -> Ask:
    """Return the request for one ticket."""
    return Ask("GET", f"/v1/tickets/{quote(ticket_id, safe='')}")


def tickets(states: Iterable[State], customer: str | None, after: str | None, limit: int) -> Ask:
    """Return the request for one part of the list of tickets.

    after: `next` of the part before; None: the first part.
    """
    query = {"limit": str(limit)}
    query |= {"state": ",".join(states)} if states else {}
    query |= {name: value for name, value in (("customer", customer), ("after", after)) if value is not None}
    return Ask("GET", "/v1/tickets", query)


def oncall(at: datetime | None) -> Ask:
    """Return the request for who is on call."""
    return Ask("GET", "/v1/oncall", {"at": _iso(at)} if at is not None else {})


def schedule(start: datetime | None, end: datetime | None, engineer: str | None) -> Ask:
    """Return the request for the schedule between two times (aware)."""
    query = {name: _iso(at) for name, at in (("from", start), ("to", end)) if at is not None}
    return Ask("GET", "/v1/schedule", query | ({"engineer": engineer} if engineer is not None else {}))


def explain(plan: str, impact: str, at: datetime | None) -> Ask:
    """Return the request that asks for the verdict on an imagined ticket."""
    body = {"plan": plan, "impact": impact} | ({"at": _iso(at)} if at is not None else {})
    return Ask("POST", "/v1/explain", body=body)


def _plain(value: object) -> object:
    return _iso(value) if isinstance(value, datetime) else value


def _iso(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; write an aware datetime, like datetime.now(UTC)")
    return at.isoformat()
