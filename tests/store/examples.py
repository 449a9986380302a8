"""Tickets, events, attempts and schedule versions for tests. Arguments change their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from oncall.paging.domain.events import Acknowledged, Event, Received, Replied
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose, StoredTicket, Ticket, TicketStatus
from oncall.paging.ports.records import InboundMessage, NewVersion
from oncall.paging.ports.store import Transaction
from oncall.schedule.version_document import OVERRIDE, PUBLISH, override_document
from oncall.support.policy_file import packaged_policy, packaged_policy_text
from oncall.support.windows import Window

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
"""A Saturday night in New York."""

PHONE = "+13055550101"


def minutes(count: float) -> timedelta:
    """Return a span of `count` minutes."""
    return timedelta(minutes=count)


def ticket(ticket_id: str = "T-1", **changes: Any) -> StoredTicket:
    """Return an open Urgent ticket, received at NOW and due at once. Its code is its id unless `code` is given."""
    posted = Ticket(
        id=ticket_id,
        customer=changes.pop("customer", "Acme"),
        plan="standard",
        impact="urgent",
        subject="Nothing prints \N{PRINTER}",
        url="https://desk.example.com/1",
        opened_at=NOW - minutes(1),
        contact="kim@acme.example.com",
    )
    plain = StoredTicket(
        ticket=posted,
        answer={
            "ticket": ticket_id,
            "verdict": {"action": "page", "reasons": ["Urgent is 24x7"], "first_reply_due": None},
        },
        code=ticket_id,
        received_at=NOW,
        status=TicketStatus.OPEN,
        impact="urgent",
        action="page",
        due_at=NOW,
        first_reply_due=NOW + minutes(60),
    )
    return replace(plain, **changes)


def adding(*tickets: StoredTicket) -> Callable[[Transaction], None]:
    """Return work that stores these tickets."""

    def work(t: Transaction) -> None:
        for one in tickets:
            t.add_ticket(one)

    return work


def event(ticket_id: str = "T-1", kind: type[Received | Replied | Acknowledged] = Received, **changes: Any) -> Event:
    """Return an event that the help desk recorded at NOW."""
    return replace(kind(ticket_id, NOW, "helpdesk", "posted by the help desk"), **changes)


def attempt(attempt_id: str = "a-1", ticket_id: str = "T-1", **changes: Any) -> Attempt:
    """Return a page to Ana that is being sent, under a lease of a minute."""
    plain = Attempt(
        id=attempt_id,
        ticket=ticket_id,
        at=NOW,
        to="ana",
        channel="sms",
        purpose=Purpose.PAGE,
        body="URGENT T-1 Acme ACK 7K2",
        status=AttemptStatus.SENDING,
        written_at=NOW,
        step=0,
        round=1,
        deadline=NOW + minutes(5),
        lease_until=NOW + minutes(1),
    )
    return replace(plain, **changes)


def message(provider_id: str = "SM1") -> InboundMessage:
    """Return an SMS by which Ana acknowledges."""
    return InboundMessage(provider_id, NOW, "ana", "ACK 7K2", "T-1 is yours.")


def publication(reason: str = "first quarter", **changes: Any) -> NewVersion:
    """Return a publication of one weekend shift of Ana and Ben, Friday night to Monday morning in New York."""
    start, end = datetime(2027, 1, 9, 0, 1, tzinfo=UTC), datetime(2027, 1, 11, 13, tzinfo=UTC)
    document = {
        "format": 1,
        "team": "cas-support",
        "timezone": "America/New_York",
        "policy_timezone": "America/New_York",
        "week": _week(),
        "holidays": None,
        "roles": ["primary", "secondary"],
        "people": [_person("ana", PHONE), _person("ben", "+13055550102")],
        "manager": _person("mei", "+13055550100"),
        "span": [int(start.timestamp()), int(end.timestamp())],
        "seats": [[int(start.timestamp()), int(end.timestamp()), "weekend", seat, seat] for seat in (0, 1)],
    }
    sources = {
        "roster": "team: cas-support\n",
        "policy": packaged_policy_text(),
        "policy_source": "itopia-cas.policy.yaml",
        "policy_zone": "America/Chicago",
    }
    return replace(NewVersion(NOW - timedelta(days=20), PUBLISH, "mei", reason, document, sources), **changes)


def override(engineer: str = "ben", role: str = "primary") -> NewVersion:
    """Return an override that puts another engineer on call for an hour around NOW."""
    window = Window(NOW - minutes(30), NOW + minutes(30))
    return NewVersion(NOW - minutes(60), OVERRIDE, "mei", "Ana is ill", override_document(window, role, engineer))


def _week() -> list[list[Any]]:
    return [[str(span.kind), span.start_minute, span.end_minute] for span in packaged_policy().spans]


def _person(person_id: str, phone: str) -> Mapping[str, Any]:
    name = person_id.capitalize()
    return {"id": person_id, "name": name, "phone": phone, "email": None, "timezone": "America/New_York"}
