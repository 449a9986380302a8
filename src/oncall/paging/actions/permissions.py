"""The table of what each role may do. The API checks requests with it, and `docs/callers.md` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from oncall.paging.domain.events import EventKind
from oncall.paging.ports.callers import CallerRole, Scope, Token


class Access(StrEnum):
    """Whether a role may do something. The documents print the value."""

    YES = "yes"
    NO = "no"
    AS_ITSELF = "as itself"
    """An engineer acts only in their own name, and only while they are on a published roster."""
    FOR_A_PERSON = "for a person, with `--may-acknowledge`"
    """A program may act for a person on the roster if its token allows that. `by` names the person."""
    WITHOUT_TAKING = "without taking the ticket"
    """A program may report the message. It takes the ticket only for a person, as with `FOR_A_PERSON`."""


class Operation(StrEnum):
    """A request of a caller that is not an event of a ticket. The documents print the value."""

    POST_TICKET = "post a ticket (`POST /v1/tickets`)"
    EXPLAIN = "ask what a ticket would cause (`POST /v1/explain`, `POST /v1/triage`)"
    READ = "read tickets, schedule, policy, reports and the doctor's findings (every `GET /v1/...`)"
    START_DRILL = "start a drill (`POST /v1/drills`)"
    LINK_CALENDAR = "make and revoke calendar links (`POST /v1/calendar/links`, `/v1/calendar/links/revoke`)"
    LINK_TICKET = "make and revoke links to a customer's ticket page (`POST /v1/tickets/ID/links`, `.../links/revoke`)"
    ADD_CALLER = "make a token (`POST /v1/tokens`)"
    MAKE_LOGIN_LINK = "make a link that signs a person or a customer in (`POST /v1/login-links`, `/v1/portal/links`)"
    CHANGE_CALLER = "rotate and revoke tokens (`POST /v1/tokens/rotate`, `/v1/tokens/revoke`)"
    CHANGE_SCHEDULE = (
        "change who is on call (`POST /v1/schedule/overrides`, `/v1/schedule/covers`, `/v1/schedule/versions/N/undo`)"
    )
    SWAP = (
        "swap shifts and enter absences (`POST /v1/schedule/swaps`, `/v1/schedule/swaps/ID/accept|decline|withdraw`, "
        "`/v1/schedule/absences`)"
    )
    PUBLISH = "publish a plan (`POST /v1/schedule/publications`)"
    RETRY_MESSAGE = "send a message to a webhook or team channel again (`POST /v1/webhooks/ID/retry`)"
    NOTE_HANDOFF = "write a note for the next shift (`POST /v1/handoff/notes`)"
    CHOOSE_REMINDERS = "choose reminders and courtesy notices (`POST /v1/reminders`)"
    WRITE_STATUS = "write on the status page (`POST /v1/status/events`); only a manager about the past"
    MANAGE_INTAKE = (
        "replay and drop what could not be understood (`POST /v1/intake/failures/ID/...`), make and delete heartbeats "
        "(`POST /v1/heartbeats`)"
    )
    POST_EVENT = "record an event of a ticket (`POST /v1/tickets/ID/events`), each kind as below"


Row = tuple[Access, Access, Access]
"""The access of the roles intake, engineer and manager, in the order of CallerRole."""

_YES, _NO, _AS_ITSELF = Access.YES, Access.NO, Access.AS_ITSELF

PERMISSIONS: Mapping[Operation | EventKind, Row] = {
    Operation.POST_TICKET: (_YES, _YES, _YES),
    Operation.EXPLAIN: (_YES, _YES, _YES),
    Operation.READ: (_NO, _YES, _YES),
    Operation.START_DRILL: (_NO, _AS_ITSELF, _YES),
    Operation.LINK_CALENDAR: (_NO, _AS_ITSELF, _YES),
    Operation.LINK_TICKET: (_NO, _YES, _YES),
    Operation.ADD_CALLER: (_NO, _NO, _YES),
    Operation.MAKE_LOGIN_LINK: (_NO, _NO, _YES),
    Operation.CHANGE_CALLER: (_NO, _AS_ITSELF, _YES),
    Operation.CHANGE_SCHEDULE: (_NO, _AS_ITSELF, _YES),
    Operation.SWAP: (_NO, _AS_ITSELF, _YES),
    Operation.PUBLISH: (_NO, _NO, _YES),
    Operation.RETRY_MESSAGE: (_NO, _NO, _YES),
    Operation.NOTE_HANDOFF: (_NO, _AS_ITSELF, _YES),
    Operation.CHOOSE_REMINDERS: (_NO, _AS_ITSELF, _YES),
    Operation.WRITE_STATUS: (_NO, _YES, _YES),
    Operation.MANAGE_INTAKE: (_NO, _YES, _YES),
    Operation.POST_EVENT: (_YES, _YES, _YES),
    EventKind.ACKNOWLEDGED: (Access.FOR_A_PERSON, _AS_ITSELF, _YES),
    EventKind.PASSED: (_NO, _AS_ITSELF, _YES),
    EventKind.REPLIED: (Access.WITHOUT_TAKING, _AS_ITSELF, _YES),
    EventKind.UPDATED: (Access.WITHOUT_TAKING, _AS_ITSELF, _YES),
    EventKind.CUSTOMER_REPLIED: (_YES, _AS_ITSELF, _YES),
    EventKind.WAITING: (_YES, _AS_ITSELF, _YES),
    EventKind.IMPACT_CHANGED: (_YES, _AS_ITSELF, _YES),
    EventKind.RESOLVED: (_YES, _AS_ITSELF, _YES),
    EventKind.REOPENED: (_YES, _AS_ITSELF, _YES),
    EventKind.MERGED: (_YES, _AS_ITSELF, _YES),
}


def access(role: CallerRole, action: Operation | EventKind) -> Access:
    """Return what the table says about a role and an action, event or request."""
    return dict(zip(CallerRole, PERMISSIONS[action], strict=True))[role]


def roles_for(action: Operation | EventKind) -> frozenset[CallerRole]:
    """Return the roles that may do something, with or without a condition."""
    return frozenset(role for role in CallerRole if access(role, action) is not Access.NO)


_SCOPES: Mapping[Operation, Scope] = {
    Operation.POST_TICKET: Scope.TICKETS,
    Operation.EXPLAIN: Scope.TICKETS,
    Operation.POST_EVENT: Scope.EVENTS,
    Operation.READ: Scope.READ,
}


def scope_of(operation: Operation) -> Scope:
    """Return the scope that a token with scopes needs for an operation; `change` if no other scope is set for it."""
    return _SCOPES.get(operation, Scope.CHANGE)


def why_forbidden(token: Token, operation: Operation) -> str | None:
    """Return why this token never allows this operation, by its role or its scopes; None if it does."""
    if token.role not in roles_for(operation):
        return f"a token of role {token.role.value} may not do this"
    scope = scope_of(operation)
    if token.scopes and scope not in token.scopes:
        return f"this token may not do this: it has no scope {scope.value}"
    return None


def why_ended(token: Token, digest: str, real_now: datetime) -> str | None:
    """Return why the secret with this digest is no longer valid; None if it is valid. real_now: aware UTC."""
    if token.expires_at is not None and token.is_expired(real_now):
        ended = f"{token.expires_at:%Y-%m-%d %H:%M} UTC"
        return f"this token expired at {ended}; `oncall token create` makes another one"
    if token.old_ends_at is not None and token.is_replaced(digest, real_now):
        ended = f"{token.old_ends_at:%Y-%m-%d %H:%M} UTC"
        return (
            f"this token was rotated and ended at {ended}; use the new one, or `oncall token rotate` makes another one"
        )
    return None


def permissions_table() -> str:
    """Return the table of permissions in Markdown."""
    lines = ["| action | intake | engineer | manager |", "|---|---|---|---|"]
    for action, row in PERMISSIONS.items():
        name = action.value if isinstance(action, Operation) else f"event `{action.value}`"
        lines.append(f"| {name} | {' | '.join(cell.value for cell in row)} |")
    return "\n".join(lines)
