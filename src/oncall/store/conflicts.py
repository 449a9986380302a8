"""Messages for broken table constraints. They show no value of a row."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from oncall.errors import Conflict

# SQLite reports the columns of a broken constraint, PostgreSQL its name.
_CONFLICTS = {
    "schedule_versions.version": "another change of the schedule was stored at the same moment; try again",
    "schedule_versions_pkey": "another change of the schedule was stored at the same moment; try again",
    "schedule_versions.undoes": "the version is taken back already",
    "schedule_versions_undoes": "the version is taken back already",
    "tickets.id": "it is stored already",
    "tickets_pkey": "it is stored already",
    "tickets.code": "another unresolved ticket holds its code",
    "tickets_code": "another unresolved ticket holds its code",
    "events.ticket, events.id": "an event with this id is in its log already",
    "events_sender_id": "an event with this id is in its log already",
    "attempts.id": "it is stored already",
    "attempts_pkey": "it is stored already",
    "inbound.provider_id": "it is stored already",
    "inbound_pkey": "it is stored already",
    "tokens.name": "the name is taken",
    "tokens_pkey": "the name is taken",
    "tokens.digest": "the secret is in use already",
    "tokens_digest_key": "the secret is in use already",
    "swap_requests.code": "it is stored already",
    "swap_requests_pkey": "it is stored already",
    "FOREIGN KEY constraint failed": "there is no such ticket",
    "events_ticket_fkey": "there is no such ticket",
    "attempts_ticket_fkey": "there is no such ticket",
}


def conflict(error: IntegrityError, subject: str) -> Conflict:
    """Return the error to raise for a broken constraint. subject: names the row for the message, like "ticket T-1"."""
    origin = error.orig
    diagnosis = getattr(origin, "diag", None)
    if diagnosis is not None:
        constraint = diagnosis.constraint_name
    else:
        constraint = str(origin).removeprefix("UNIQUE constraint failed: ")
    return Conflict(f"{subject}: {_CONFLICTS.get(constraint, 'it contradicts what is stored')}")
