"""Reads Zendesk's webhooks: bodies that an admin wrote for a trigger, and Zendesk's own events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from oncall.intake.damaged_json import rescued
from oncall.intake.posts import Post
from oncall.intake.signals import Reading, Signal, SignalKind, Unreadable
from oncall.intake.zendesk_ticket import SOLVED, TRIGGER_KEYS, ZendeskTicket, text_of, zendesk_ticket
from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.actions.field_faults import instant
from oncall.paging.actions.posted_json import BadJson, json_from
from oncall.paging.domain.quoted_text import clean

EVENT_TYPE = "zen:event-type:ticket."
_OPENING = ("created", "priority_changed", "undeleted")
"""The events that open a ticket if there is none yet. A comment on an old ticket opens none."""
_OPEN = ("new", "open")
_MOST_QUOTED = 300
"""The most characters of a comment that the log quotes."""

Fields = Mapping[str, object]


def read_zendesk_post(post: Post) -> Reading:
    """Return the signals in a request of Zendesk. Raises Unreadable for a body that names no ticket."""
    return read_zendesk(post.body)


def read_zendesk(raw: bytes) -> Reading:
    """Return the signals in a body of Zendesk. Reads it even if unescaped quotes make it invalid JSON.

    Events that do not concern support give no signals. Raises Unreadable for a body that names no ticket.
    """
    try:
        document = json_from(raw)
    except BadJson as refusal:
        fields = rescued(raw.decode("utf-8", "replace"), TRIGGER_KEYS)
        if not fields:
            raise Unreadable(f"the body {refusal}") from refusal
        why = f"the body {refusal}; the ticket has what could be read, so look at it in Zendesk"
        return Reading(_of_trigger(zendesk_ticket(fields)), (why,))
    if not isinstance(document, Mapping):
        raise Unreadable("the body is not a JSON object")
    kind = document.get("type")
    if isinstance(kind, str) and kind.startswith("zen:"):
        return Reading(_of_event(kind, document))
    ticket = document.get("ticket", document)
    if not isinstance(ticket, Mapping):
        raise Unreadable('the body has a "ticket" that is not a JSON object')
    return Reading(_of_trigger(zendesk_ticket(ticket)))


def _of_trigger(ticket: ZendeskTicket) -> tuple[Signal, ...]:
    """Return the signals of a body from a trigger, which describes the present state of a ticket."""
    if ticket.is_over:
        return (_over(ticket, f"{ticket.status} in Zendesk"),)
    return (_opened(ticket),)


def _of_event(kind: str, document: Fields) -> tuple[Signal, ...]:
    """Return the signals of one of Zendesk's own events; none for a kind that does not concern support."""
    read = _EVENTS.get(kind.removeprefix(EVENT_TYPE)) if kind.startswith(EVENT_TYPE) else None
    if read is None:
        return ()
    detail, event = document.get("detail"), document.get("event")
    if not isinstance(detail, Mapping):
        raise Unreadable('the body has no "detail" with the ticket of the event')
    ticket = zendesk_ticket(detail)
    name = kind.removeprefix(EVENT_TYPE)
    is_open = not ticket.is_over and (name in _OPENING or (name == "status_changed" and ticket.status in _OPEN))
    before = (_opened(ticket),) if is_open else ()
    return (*before, *read(ticket, event if isinstance(event, Mapping) else {}, document))


def _opened(ticket: ZendeskTicket) -> Signal:
    return Signal(
        SignalKind.TRIGGER,
        key=ticket.number,
        labels=ticket.labels,
        subject=ticket.subject,
        url=ticket.url,
        at=ticket.created_at,
        ticket_id=ticket.id,
        more={"contact": ticket.contact} if ticket.contact else {},
        said_at=ticket.updated_at,
        is_followed=True,
    )


def _over(ticket: ZendeskTicket, why: str) -> Signal:
    return Signal(
        SignalKind.RESOLVE, key=ticket.number, ticket_id=ticket.id, why=why, said_at=ticket.updated_at, is_followed=True
    )


def _event(ticket: ZendeskTicket, document: Fields, kind: str, why: str, **more: object) -> Signal:
    """Return the signal of an event on a ticket. It carries Zendesk's id of the event, so a repeat changes nothing."""
    sent_id = text_of(document.get("id"))[:100]
    event = {"kind": kind, "why": clean(why)[:LONGEST_WHY], **more}
    if sent_id:
        event["id"] = sent_id
    if (at := _time(document)) is not None:
        event["at"] = at.isoformat()
    return Signal(SignalKind.EVENT, key=ticket.number, ticket_id=ticket.id, event=event)


def _nothing(ticket: ZendeskTicket, event: Fields, document: Fields) -> tuple[Signal, ...]:
    return ()


def _status_changed(ticket: ZendeskTicket, event: Fields, document: Fields) -> tuple[Signal, ...]:
    status = text_of(event.get("current")).lower()
    if status in SOLVED:
        return (_over(ticket, f"{status} in Zendesk"),)
    if status == "pending":
        return (_event(ticket, document, "waiting", "pending in Zendesk: the customer's answer is awaited"),)
    return ()


def _comment_added(ticket: ZendeskTicket, event: Fields, document: Fields) -> tuple[Signal, ...]:
    """Return the signal of the customer's message or of support's reply; none for a private note."""
    comment = event.get("comment")
    comment = comment if isinstance(comment, Mapping) else event
    if comment.get("is_public") is False:
        return ()
    words = text_of(comment.get("body"))[:_MOST_QUOTED]
    author = comment.get("author")
    author = author if isinstance(author, Mapping) else {}
    if _is_staff(author, document):
        return (_event(ticket, document, "replied", words or "a public comment in Zendesk"),)
    return (_event(ticket, document, "customer_replied", words or "a comment of the customer in Zendesk"),)


def _is_staff(author: Fields, document: Fields) -> bool:
    """Return True if support wrote the comment.

    If Zendesk does not say, every author except the requester is support.
    """
    if isinstance(author.get("is_staff"), bool):
        return author["is_staff"] is True
    detail = document.get("detail")
    requester = text_of(detail.get("requester_id")) if isinstance(detail, Mapping) else ""
    writer = text_of(author.get("id"))
    return writer != "" and requester != "" and writer != requester


def _merged(ticket: ZendeskTicket, event: Fields, document: Fields) -> tuple[Signal, ...]:
    target = text_of(event.get("target_ticket_id")) or text_of(event.get("into")) or text_of(event.get("current"))
    if not target:
        return (_over(ticket, "merged in Zendesk"),)
    into = zendesk_ticket({"id": target}).id
    merged = _event(ticket, document, "merged", f"merged into {target} in Zendesk", into=into)
    # This ticket is over even if the other one is not known here.
    return (merged, _over(ticket, f"merged into {target} in Zendesk"))


def _deleted(ticket: ZendeskTicket, event: Fields, document: Fields) -> tuple[Signal, ...]:
    return (_over(ticket, "deleted in Zendesk"),)


def _time(document: Fields) -> datetime | None:
    time = document.get("time")
    # Zendesk writes nanoseconds, and Python keeps microseconds.
    return instant(time) if isinstance(time, str) else None


_EVENTS: Mapping[str, Callable[[ZendeskTicket, Fields, Fields], tuple[Signal, ...]]] = {
    "created": _nothing,
    "priority_changed": _nothing,
    "status_changed": _status_changed,
    "comment_added": _comment_added,
    "merged": _merged,
    "soft_deleted": _deleted,
    "permanently_deleted": _deleted,
    "undeleted": _nothing,
}
"""For each kind of event: the function that returns its signals, except that of the ticket's present state."""
