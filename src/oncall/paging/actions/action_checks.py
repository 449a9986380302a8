"""Checks the fields of a ticket action before it is recorded. HTTP, the terminal, SMS and calls all use this check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant, no_time
from oncall.paging.actions.posted_ticket import EARLY
from oncall.paging.actions.ticket_action import FROM_PEOPLE, TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import clean_lines, nothing_shown
from oncall.paging.outgoing.new_attempts import ActionContext

OLDEST_EVENT = timedelta(days=366)
LONGEST_NAME = 60
LONGEST_WHY = 1000
LONGEST_MESSAGE = 10_000
"""The most characters of a message to or from a customer."""
EVENT_ID = re.compile(r"[\x21-\x7e]{1,100}")
NEEDED = {EventKind.IMPACT_CHANGED: "impact", EventKind.MERGED: "into"}
"""The field that each of these kinds of action requires."""

_NAME = re.compile(r"[\w.@ -]+")
_PHONE = re.compile(r"(?:\d[ ._@-]*){7}")
"""Matches a phone number: seven digits, with or without separators. No name and no id may have seven digits."""


_ON_PAGE = {"to": "choose a person from the list", "into": "write the ticket as the board does"}


def action_faults(fields: Mapping[str, object], *, caller: str, now: datetime) -> list[FieldFault]:
    """Return a fault for each wrong field of an action: `kind`, `by`, `at`, `why`, `id`, and the fields of its kind.

    fields: values of any type. A field that is absent or None is a fault only if the action needs it. caller: the name
    of the caller; `by` may always be this name. now: policy time, aware UTC.
    """
    kind, by, at, why, sent_id = (fields.get(name) for name in ("kind", "by", "at", "why", "id"))
    found = [
        ("kind", None if kind in FROM_PEOPLE else f"write one of {', '.join(FROM_PEOPLE)}"),
        ("by", None if by is None or by == caller else name_fault(by)),
        ("at", None if at is None else _time_fault(at, now)),
        ("why", None if why is None else _note_fault(why)),
        ("id", None if sent_id is None else _id_fault(sent_id)),
        ("message", None if fields.get("message") is None else message_fault(fields["message"])),
        *_faults_of_kind(kind, fields),
    ]
    return [FieldFault(name, message, _ON_PAGE.get(name)) for name, message in found if message is not None]


def refuse_unrecordable(action: TicketAction, context: ActionContext) -> None:
    """Raise FieldFaults if an action has wrong fields. Every way to act on a ticket calls this function."""
    fields = {
        "kind": action.kind,
        "by": action.by,
        "at": action.at,
        "why": action.why,
        "id": action.id,
        "impact": action.impact or None,
        "into": action.into or None,
        "to": action.to,
        "message": action.message or None,
    }
    faults = action_faults(fields, caller=context.by, now=context.now)
    if faults:
        raise FieldFaults(faults)


def name_fault(value: object) -> str | None:
    """Return why a value cannot be an author's id or name, as the end of a sentence; None if it can."""
    if isinstance(value, str) and len(value) <= LONGEST_NAME and _NAME.fullmatch(value) and not _PHONE.search(value):
        return None
    return f"is not an id or a name of 1 to {LONGEST_NAME} letters, and never a phone number"


def _time_fault(value: object, now: datetime) -> str | None:
    at = value if isinstance(value, datetime) else instant(value)
    if at is None:
        return no_time(value)
    return None if now - OLDEST_EVENT <= at <= now + EARLY else "is in the future or more than a year ago"


def _note_fault(value: object) -> str | None:
    is_short = isinstance(value, str) and len(value) <= LONGEST_WHY
    return None if is_short else f"is not text of at most {LONGEST_WHY} characters"


def message_fault(value: object) -> str | None:
    """Return why a value cannot be the text of a message, as the end of a sentence; None if it can."""
    if not isinstance(value, str):
        return f"is not text of at most {LONGEST_MESSAGE:,} characters"
    if len(value) > LONGEST_MESSAGE:
        return f"has {len(value):,} characters; write at most {LONGEST_MESSAGE:,}"
    return None if clean_lines(value).strip() else nothing_shown(value)


def _id_fault(value: object) -> str | None:
    is_id = isinstance(value, str) and EVENT_ID.fullmatch(value)
    return None if is_id else "is not text of 1 to 100 printable characters"


def _faults_of_kind(kind: object, fields: Mapping[str, object]) -> list[tuple[str, str | None]]:
    """Return the fields that only some kinds of action use, each with its fault; None for no fault.

    A wrong value is a fault even if the action is of another kind.
    """
    to = fields.get("to")
    fault = 'is not the id of a person; write one of the roster, like "ana"'
    found = [("to", None if to is None or name_fault(to) is None else fault)]
    found += [(name, _answer_fault(fields.get(name))) for name in ("needs_reply", "take_over", "mailed")]
    for needing, name in NEEDED.items():
        value = fields.get(name)
        missing = "missing" if kind == needing else None
        found.append((name, None if isinstance(value, str) else missing if value is None else "is not text"))
    return found


def _answer_fault(value: object) -> str | None:
    return None if value is None or isinstance(value, bool) else "write true or false"
