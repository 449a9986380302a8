"""Converts the pager's values to rows of the tables, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from oncall.paging.domain.events import Event
from oncall.paging.domain.people import DESK
from oncall.paging.domain.reachability import Alert, Reach, Reachability
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose, StoredTicket, Ticket, TicketStatus
from oncall.paging.ports.callers import CallerRole, Scope, Token
from oncall.paging.ports.event_json import details_of, event_from
from oncall.paging.ports.records import InboundMessage

Row = Sequence[Any]  # As the driver delivers it: SQLAlchemy does not tell the types of its values.
"""The values in a row that was read, one for each column. Their types differ, which a sequence cannot express."""
Values = dict[str, object]
"""The columns of a row to be written, by name."""

_STATUSES = {status.value: status for status in TicketStatus}


def ticket_row(stored: StoredTicket) -> Values:
    """Return all columns of a ticket, by name."""
    ticket = stored.ticket
    return {
        "id": ticket.id,
        "customer": ticket.customer,
        "plan": ticket.plan,
        "posted_impact": ticket.impact,
        "subject": ticket.subject,
        "url": ticket.url,
        "opened_at": ticket.opened_at,
        "contact": ticket.contact,
        "answer": stored.answer if stored.answer is not None else {},
        "received_at": stored.received_at,
        **ticket_changes(stored),
    }


def ticket_changes(stored: StoredTicket) -> Values:
    """Return the columns of a ticket that can change, by name."""
    return {
        "code": stored.code,
        "status": stored.status.value,
        "impact": stored.impact,
        "action": stored.action,
        "hold_until": stored.hold_until,
        "due_at": stored.due_at,
        "first_reply_due": stored.first_reply_due,
        "owner": stored.owner,
    }


def stored_ticket(row: Row) -> StoredTicket:
    """Convert a row of `tickets`, with its columns in the table's order, to a ticket."""
    answer, code, received_at, status, *rest = row[8:]
    return StoredTicket(Ticket(*row[:8]), answer, code, received_at, TicketStatus(status), *rest)


def event_row(event: Event) -> Values:
    """Return all columns of an event by name, except `seq`, which the database sets."""
    return {
        "ticket": event.ticket,
        "at": event.at,
        "kind": event.kind.value,
        "by": event.by,
        "why": event.why,
        "details": details_of(event),
        "id": event.id,
    }


def event(row: Row) -> Event:
    """Convert a row of `events`, with its columns in the table's order, to an event."""
    seq, ticket, at, kind, by, why, details, sender_id = row
    return event_from(kind, (ticket, at, by, why, sender_id, seq), details)


def plain_tickets(found: Iterable[Row]) -> Iterator[StoredTicket]:
    """Convert rows of `tickets` with the driver's own values to tickets. Their `answer` is None."""
    for row in found:
        name, customer, plan, impact, subject, url, opened_at, contact = row[:8]
        ticket = Ticket(name, customer, plan, impact, subject, url, opened_at and _plain_time(opened_at), contact)
        _, code, received_at, status, impact, action, hold_until, due_at, first_reply_due, owner = row[8:]
        yield StoredTicket(
            ticket,
            None,
            code,
            _plain_time(received_at),
            _STATUSES[status],
            impact,
            action,
            hold_until and _plain_time(hold_until),
            due_at and _plain_time(due_at),
            first_reply_due and _plain_time(first_reply_due),
            owner,
        )


def _plain_time(value: str | datetime) -> datetime:
    """Convert a time as the driver delivers it to aware UTC."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def plain_events(found: Iterable[Row]) -> Iterator[Event]:
    """Convert rows of `events` with the driver's own values to events. A report reads hundreds of thousands."""
    # The details of most events are equal, so each text is parsed only once.
    told: dict[str, Mapping[str, object]] = {"{}": {}}
    read = datetime.fromisoformat
    for seq, ticket, at, kind, by, why, details, sender_id in found:
        if details not in told:
            told[details] = json.loads(details)
        when = read(at) if isinstance(at, str) else at
        when = when if when.tzinfo is UTC else when.astimezone(UTC)
        yield event_from(kind, (ticket, when, by, why, sender_id, seq), told[details])


def attempt_row(attempt: Attempt) -> Values:
    """Return all columns of an attempt, by name."""
    return {
        "id": attempt.id,
        "ticket": attempt.ticket,
        "at": attempt.at,
        "to": attempt.to,
        "purpose": attempt.purpose.value,
        "body": attempt.body,
        "written_at": attempt.written_at,
        "step": attempt.step,
        "round": attempt.round,
        "deadline": attempt.deadline,
        **attempt_changes(attempt),
    }


def attempt_changes(attempt: Attempt) -> Values:
    """Return the columns of an attempt that can change, by name."""
    return {
        "channel": attempt.channel,
        "status": attempt.status.value,
        "provider_id": attempt.provider_id,
        "error": attempt.error,
        "error_code": attempt.error_code,
        "tries": attempt.sends,
        "retry_at": attempt.retry_at,
        "lease_until": attempt.lease_until,
        "claimable_at": attempt.claimable_at,
        "goes_alone": attempt.is_immediate,
        "bundle": attempt.bundle,
        "sent_text": attempt.sent_text,
        "sent_at": attempt.sent_at,
        "caller": attempt.caller,
        "summary": attempt.is_summary or None,
    }


def attempt(row: Row) -> Attempt:
    """Convert a row of `attempts`, with its columns in the table's order, to an attempt."""
    key, ticket, at, to, written_channel, purpose, body, status, written_at, *middle = row[:-7]
    channel = _delivered_by(written_channel, to)
    # The column is empty in rows from before there were rate limits: such an attempt never waits.
    is_immediate = row[-6] is None or bool(row[-6])
    rest = (*middle, is_immediate, *row[-5:-1], bool(row[-1]))
    return Attempt(key, ticket, at, to, channel, Purpose(purpose), body, AttemptStatus(status), written_at, *rest)


def _delivered_by(channel: str, to: str) -> str:
    """Return the channel that delivers an attempt. Version 0.1.0 stored `email` or `desk` for people, and sent SMS."""
    return "sms" if channel == "email" or (channel == "desk" and to != DESK) else channel


def inbound_message(row: Row) -> InboundMessage:
    """Convert a row of `inbound`, with its columns in the table's order, to an SMS."""
    provider_id, at, by, body, answer, unhelpful = row
    return InboundMessage(provider_id, at, by, body, answer, is_unhelpful=bool(unhelpful))


def reachability(row: Row) -> Reachability:
    """Convert a row of `reachability`, with its columns in the table's order, to a record of an opt-out or opt-in."""
    _, person, channel, state, since, why, phone = row
    return Reachability(person, channel, Reach(state), since, why, phone)


def reachability_row(mark: Reachability) -> Values:
    """Return all columns of a record of an opt-out or opt-in by name, except `seq`, which the database sets."""
    return {
        "person": mark.person,
        "channel": mark.channel,
        "state": mark.state.value,
        "since": mark.since,
        "why": mark.why,
        "phone": mark.phone,
    }


def alert_row(alert: Alert) -> Values:
    """Return all columns of an alert, by name."""
    return {
        "id": alert.id,
        "about": alert.about,
        "to": alert.to,
        "body": alert.body,
        "written_at": alert.written_at,
        **alert_changes(alert),
    }


def alert_changes(alert: Alert) -> Values:
    """Return the columns of an alert that can change, by name."""
    return {
        "due_at": alert.due_at,
        "tries": alert.sends,
        "provider_id": alert.provider_id,
        "error": alert.error,
        "sent_at": alert.sent_at,
    }


def alert(row: Row) -> Alert:
    """Convert a row of `alerts`, with its columns in the table's order, to an alert."""
    return Alert(*row)


def token_row(token: Token) -> Values:
    """Return all columns of a token, by name."""
    return {
        "name": token.handle,
        "role": token.role.value,
        "digest": token.digest,
        "created_at": token.created_at,
        "may_acknowledge": token.may_acknowledge,
        "expires_at": token.expires_at,
        "scopes": " ".join(sorted(token.scopes)) or None,
        "last_used_at": token.last_used_at,
        "old_digest": token.old_digest,
        "old_ends_at": token.old_ends_at,
    }


def token(row: Row) -> Token:
    """Convert a row of `tokens`, with its columns in the table's order, to a token."""
    handle, role, digest, created_at, may_acknowledge, expires_at, scopes, last_used_at, old_digest, old_ends_at = row
    name, _, label = handle.partition(":")
    return Token(
        name,
        CallerRole(role),
        digest,
        created_at,
        # The column is empty in rows from before it existed.
        bool(may_acknowledge),
        expires_at,
        label,
        frozenset(map(Scope, (scopes or "").split())),
        last_used_at,
        old_digest,
        old_ends_at,
    )
