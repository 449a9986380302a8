"""Reads alerts in the form of Opsgenie's API: create, acknowledge, close, delete, priority, and adding of notes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from oncall.intake.posts import Post, json_object, labels_in, mapping_in, text_in
from oncall.intake.signals import Reading, Signal, SignalKind, Unreadable
from oncall.paging.domain.quoted_text import clean

_KINDS = {
    "acknowledge": SignalKind.ACKNOWLEDGE,
    "close": SignalKind.RESOLVE,
    "notes": SignalKind.NOTE,
    "unacknowledge": SignalKind.NOTE,
    "snooze": SignalKind.NOTE,
    "assign": SignalKind.NOTE,
    "escalate": SignalKind.NOTE,
}
ACTIONS = tuple(_KINDS)
"""The actions on an alert, as the last part of their paths."""
TEXTS = ("message", "description")
"""The texts of an alert that a client may change, named by the last part of the path."""
PRIORITY, DELETE = "priority", "delete"
"""The last parts of two paths: to change an alert's priority, and (only in our log) to delete an alert."""
_PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
_LABELS = ("entity", "source", "user")


def read_opsgenie(post: Post) -> Reading:
    """Return the signal of a request: a new alert, or an action on one.

    Raises Unreadable if it cannot be understood.
    """
    parts = [unquote(part) for part in urlsplit(f"/{post.path.lstrip('/')}").path.split("/") if part]
    document = json_object(post.body) if post.body.strip() else {}
    if len(parts) <= 2:
        return Reading((_created(document),))
    # A client that does not escape an alias sends its slashes as they are. An alias is compared as it was stored.
    identifier, action = clean("/".join(parts[2:-1])), parts[-1]
    if action in TEXTS:
        return Reading((_text_changed(identifier, action, document, post.path),))
    if action == PRIORITY:
        return Reading((_priority_changed(identifier, document, post.path),))
    if action == DELETE:
        user = parse_qs(urlsplit(post.path).query).get("user", [""])[0]
        why = f"deleted in Opsgenie{f' by {clean(user)}' if user else ''}"
        return Reading((Signal(SignalKind.RESOLVE, identifier, why=why, ticket_id=_ticket_id(identifier, post.path)),))
    return Reading((_acted_on(identifier, action, document, post.path),))


def _acted_on(identifier: str, action: str, document: Mapping[str, object], path: str) -> Signal:
    """Return the signal of an action on an alert. Raises Unreadable if Opsgenie's API has no such action.

    identifier: how the path names the alert.
    """
    if action not in _KINDS:
        raise Unreadable(f"the action {action!r} on an alert is not known")
    note, user = text_in(document, "note"), text_in(document, "user")
    by = f"{f' by {user}' if user else ''}{f': {note}' if note else ''}"
    owner = mapping_in(document, "owner")
    assignee = text_in(owner, "username") or text_in(owner, "id")
    words = {
        "acknowledge": note,
        "close": f"closed in Opsgenie{by}",
        "assign": f"Opsgenie reports assign{f' to {assignee}' if assignee else ''}{by}",
    }
    why = words.get(action, f"Opsgenie reports {action}{by}")
    return Signal(_KINDS[action], identifier, by=user, why=why, ticket_id=_ticket_id(identifier, path))


def _priority_changed(identifier: str, document: Mapping[str, object], path: str) -> Signal:
    """Return the signal of a changed priority. Raises Unreadable if the body has none of Opsgenie's five priorities."""
    priority = text_in(document, "priority").upper()
    if priority not in _PRIORITIES:
        raise Unreadable('the body has no "priority" from P1 to P5')
    return Signal(SignalKind.CHANGE, identifier, {"severity": priority}, ticket_id=_ticket_id(identifier, path))


def _ticket_id(identifier: str, path: str) -> str | None:
    """Return the id of the ticket that a path names; None if the path names an alias instead."""
    # Without a type, the identifier is the id of an alert: for us, of its ticket.
    return identifier if identifier_type(path) != "alias" else None


def _text_changed(identifier: str, name: str, document: Mapping[str, object], path: str) -> Signal:
    """Return a note that the message or description of an alert was changed. name: `message` or `description`.

    Alertmanager sends both with every repeated alert if its `update_alerts` is set.
    """
    words = text_in(document, name)
    why = f"Opsgenie reports the {name}: {words}" if words else f"Opsgenie reports an empty {name}"
    return Signal(SignalKind.NOTE, identifier, why=why, ticket_id=_ticket_id(identifier, path))


def _created(document: Mapping[str, object]) -> Signal:
    details, message = labels_in(document.get("details")), text_in(document, "message")
    alias, priority = text_in(document, "alias"), text_in(document, "priority") or "P3"
    description = text_in(document, "description")
    if not (message or alias or description):
        raise Unreadable('the alert has no "message"')
    labels = {**details, **{name: text for name in _LABELS if (text := text_in(document, name))}}
    if tags := labels_in({"tags": document.get("tags")}):
        labels |= tags
    labels.setdefault("severity", priority)
    return Signal(
        SignalKind.TRIGGER,
        # Without an alias Opsgenie itself makes one, so that each such request is an alert of its own.
        alias or uuid.uuid4().hex,
        labels,
        subject=message or description or alias,
    )


def identifier_type(path: str) -> str:
    """Return how a path identifies its alert: `id` (the default), `tiny` or `alias`."""
    return parse_qs(urlsplit(path).query).get("identifierType", ["id"])[0].lower()
