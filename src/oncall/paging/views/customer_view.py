"""Shows a ticket to its customer: its state in words, the promised times, who has it, and the conversation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol, TypedDict
from zoneinfo import ZoneInfo

from oncall.paging.actions.customer_actions import continued, graver_impact
from oncall.paging.domain.events import (
    Acknowledged,
    CustomerReplied,
    Event,
    ImpactChanged,
    Reopened,
    Replied,
    Resolved,
    Updated,
)
from oncall.paging.domain.people import first_name
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.relay import EventFeed
from oncall.paging.ports.store import TicketStore
from oncall.schedule.schedule import Schedule
from oncall.support.clocks import SlaClock
from oncall.support.policy import Coverage, Metric
from oncall.support.wording import full_time

_PROMISES = {
    Metric.FIRST_REPLY: "First reply",
    Metric.NEXT_REPLY: "Next reply",
    Metric.PERIODIC_UPDATE: "Next update",
}


class Said(TypedDict):
    """One entry of a conversation.

    at: its time in words. who: a first name, `You` for the customer, or the thing that changed. text: the message; None
    if the entry is no message, or if its text is not recorded.
    """

    at: str
    who: str
    what: str
    text: str | None


class CustomerView(TypedDict):
    """A ticket as its customer sees it.

    graver: the next graver impact, which the customer can report; None for the gravest. coverage: the hours in which
    our promises for this ticket hold.
    """

    id: str
    subject: str
    impact: str
    graver: str | None
    is_solved: bool
    state: str
    promises: list[str]
    coverage: Coverage
    conversation: list[Said]
    opened: str


class MarkStore(TicketStore, EventFeed, Protocol):
    """The queries that `page_mark` needs."""


def page_mark(tx: MarkStore, stored: StoredTicket, context: ActionContext) -> str:
    """Return a short text that changes whenever the customer's web page of the ticket would show something else.

    The text reveals nothing about other tickets, not even their number.
    """
    name = stored.ticket.id
    shown = continued(tx, stored, context).name if stored.status is TicketStatus.RESOLVED else name
    text = f"{name}|{stored.code}|{tx.last_event(name)}|{tx.last_event(shown)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def customer_view(tx: TicketStore, stored: StoredTicket, context: ActionContext) -> CustomerView:
    """Return a ticket as its customer sees it: without phones, our reasons, and other customers' tickets.

    A duplicate is shown as the ticket that it was merged into, if that ticket has the same customer.
    """
    work = continued(tx, stored, context)
    ticket, zone = work.stored.ticket, work.policy.zone
    return {
        "id": stored.ticket.id,
        "subject": ticket.subject,
        "impact": work.stored.impact,
        "graver": graver_impact(work.stored.impact, work.policy),
        "is_solved": work.stored.status is TicketStatus.RESOLVED,
        "state": _state(work, zone),
        "promises": [words for clock in _by_end(work.clocks.clocks) if (words := _promise(clock, zone)) is not None],
        "coverage": _coverage(work),
        "conversation": [said for event in work.log for said in _said(event, work.schedule, zone)],
        "opened": full_time(work.stored.received_at, zone),
    }


def _coverage(work: TicketWork) -> Coverage:
    """Return the hours in which the promises for an unsolved ticket hold; business hours for a solved one."""
    plan = work.policy.plans.get(work.stored.ticket.plan)
    promise = plan.promises.get(work.stored.impact) if plan is not None else None
    if promise is None or work.stored.status is TicketStatus.RESOLVED:
        return Coverage.BUSINESS
    return promise.coverage


def _state(work: TicketWork, zone: ZoneInfo) -> str:
    stored, who = work.stored, first_name(work.stored.owner, work.schedule)
    if stored.status is TicketStatus.RESOLVED:
        return "Solved."
    if work.clocks.is_waiting:
        return f"{who} waits for your answer."
    if stored.owner is not None:
        return f"{who} has your ticket."
    if stored.action == "hold" and stored.hold_until is not None:
        return f"We have your ticket. Work on it starts {full_time(stored.hold_until, zone)}."
    if stored.action == "page":
        return "We have your ticket, and are calling an engineer."
    return "Our support desk has your ticket."


_NEVER = datetime.max.replace(tzinfo=UTC)


def _by_end(clocks: Iterable[SlaClock]) -> list[SlaClock]:
    """Return the clocks, the one that ends first on top. Clocks without an end come last."""
    return sorted(clocks, key=lambda clock: (clock.due_at is None, clock.due_at or _NEVER))


def _promise(clock: SlaClock, zone: ZoneInfo) -> str | None:
    """Return a clock's deadline as a sentence for the customer; None if the clock has ended or has no deadline."""
    if not clock.is_running or clock.due_at is None:
        return None
    due = full_time(clock.due_at, zone)
    if clock.breached_at is not None:
        return f"{_PROMISES[clock.metric]} was promised by {due}. We are late."
    return f"{_PROMISES[clock.metric]} by {due}."


def _said(event: Event, schedule: Schedule, zone: ZoneInfo) -> Iterator[Said]:
    """Yield the entries that an event adds to the customer's conversation. Our internal work adds none."""
    at = full_time(event.at, zone)
    match event:
        case CustomerReplied():
            yield {"at": at, "who": "You", "what": "wrote", "text": event.text}
        case Replied() | Updated():
            yield {"at": at, "who": first_name(event.by, schedule), "what": "wrote to you", "text": event.text}
        case Acknowledged():
            yield {"at": at, "who": first_name(event.by, schedule), "what": "took your ticket", "text": None}
        case ImpactChanged():
            yield {"at": at, "who": "The impact", "what": f"is now {event.impact}", "text": None}
        case Resolved():
            yield {"at": at, "who": "The ticket", "what": "was solved", "text": None}
        case Reopened() if not event.was_open:
            yield {"at": at, "who": "The ticket", "what": "was opened again", "text": None}
        case _:
            return
