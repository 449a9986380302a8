"""What the tables' rules say when something would break them, as sentences without a value of a row."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from oncall.errors import Conflict

# What a broken rule of the tables means. SQLite names the columns, PostgreSQL the constraint.
_CONFLICTS = {
    "schedule_versions.version": "the schedule was changed by somebody else at the same moment; try again",
    "schedule_versions_pkey": "the schedule was changed by somebody else at the same moment; try again",
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
    "FOREIGN KEY constraint failed": "there is no such ticket",
    "events_ticket_fkey": "there is no such ticket",
    "attempts_ticket_fkey": "there is no such ticket",
}


def conflict(error: IntegrityError, subject: str) -> Conflict:
    """What a broken rule of the tables says about `subject`, like "ticket T-1"."""
    origin = error.orig
    diagnosis = getattr(origin, "diag", None)
    if diagnosis is not None:
        rule = diagnosis.constraint_name
    else:
        rule = str(origin).removeprefix("UNIQUE constraint failed: ")
    return Conflict(f"{subject}: {_CONFLICTS.get(rule, 'it contradicts what is stored')}")
