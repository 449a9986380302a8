"""Messages to webhooks and team channels about the events of tickets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from oncall.paging.domain.events import Event, EventKind, UnreadableLog
from oncall.paging.domain.pager_events import Breached, ClockEvent, StepFired
from oncall.paging.domain.people import DESK
from oncall.paging.domain.state import after
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.domain.verdict import Action
from oncall.paging.ports.relay import TEAM_CHANNEL, WEBHOOK, RelayMessage
from oncall.support.outward import TeamChannel, Topic, Webhook, WebhookEvent
from oncall.support.policy import Policy
from oncall.support.wording import full_time

_NAMESPACE = UUID("6f6e6361-6c6c-4000-8000-72656c617921")
_TYPES: Mapping[EventKind, WebhookEvent] = {
    EventKind.RECEIVED: WebhookEvent.ACCEPTED,
    EventKind.STEP_FIRED: WebhookEvent.PAGED,
    EventKind.ACKNOWLEDGED: WebhookEvent.ACKNOWLEDGED,
    EventKind.REPLIED: WebhookEvent.REPLIED,
    EventKind.UPDATED: WebhookEvent.UPDATED,
    EventKind.BREACHED: WebhookEvent.BREACHED,
    EventKind.WITHDRAWN: WebhookEvent.WITHDRAWN,
    EventKind.RESOLVED: WebhookEvent.RESOLVED,
    EventKind.PASSED: WebhookEvent.PASSED,
    EventKind.REOPENED: WebhookEvent.REOPENED,
    EventKind.MERGED: WebhookEvent.MERGED,
}
_CLOCKS = {"first_reply": "first reply", "next_reply": "next reply", "periodic_update": "periodic update"}
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a ticket, with the ticket's state before and after it. A state is None if the log cannot be read."""

    event: Event
    stored: StoredTicket
    before: TicketState | None
    now: TicketState | None


def message_id(to: str, source: str) -> str:
    """Return the id of a message, computed from its destination and its source: the same message gets the same id."""
    return f"msg_{uuid5(_NAMESPACE, f'{to}|{source}').hex}"


def happened(stored: StoredTicket, log: Sequence[Event], numbers: Iterable[int]) -> Iterator[Happened]:
    """Yield each event with one of these numbers, with the ticket's state before and after it. log: the whole log."""
    wanted = set(numbers)
    ticket = stored.ticket
    state: TicketState | None = TicketState(plan=ticket.plan, impact=ticket.impact)
    for event in log:
        before = state
        try:
            state = after(state, event) if state is not None else None
        except UnreadableLog:
            state = None
        if event.seq in wanted:
            yield Happened(event, stored, before, state)


def webhook_messages(found: Happened, webhooks: Iterable[Webhook], real_now: datetime) -> Iterator[RelayMessage]:
    """Yield a message for each webhook that wants this event. Drills and pages to the desk yield none."""
    kind = _TYPES.get(found.event.kind)
    if kind is None or found.stored.ticket.is_drill or _is_for_the_desk(found.event):
        return
    wanting = [each for each in webhooks if kind in each.events]
    if not wanting:
        return
    body = json.dumps(_document(kind, found), ensure_ascii=False, separators=(",", ":"))
    for webhook in wanting:
        yield _message(f"{WEBHOOK}:{webhook.name}", f"ticket.{kind.value}", found, body, real_now)


def _is_for_the_desk(event: Event) -> bool:
    return isinstance(event, StepFired) and event.to == DESK


def _document(kind: WebhookEvent, found: Happened) -> Json:
    event, ticket, state = found.event, found.stored.ticket, found.now
    facts: Json = {
        "ticket": ticket.id,
        "customer": ticket.customer,
        "plan": ticket.plan,
        "impact": state.impact if state is not None else found.stored.impact,
        "subject": ticket.subject,
        "url": ticket.url,
        "state": state.status.value if state is not None else found.stored.status.value,
        "owner": state.owner if state is not None else found.stored.owner,
        "by": event.by,
        "why": event.why,
        "event": event.seq,
    }
    if isinstance(event, StepFired):
        facts |= {"engineer": event.to, "channel": event.channel}
    if isinstance(event, ClockEvent):
        facts |= {"clock": event.metric.value, "due_at": _iso(event.due_at)}
    return {"type": f"ticket.{kind.value}", "timestamp": _iso(event.at), "data": facts}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def channel_messages(
    found: Happened, channels: Iterable[TeamChannel], policy: Policy, real_now: datetime
) -> Iterator[RelayMessage]:
    """Yield a message for each team channel with the event's topic: a breach, or a ticket that came to the desk."""
    told = _breach(found, policy) or _came_to_the_desk(found, policy)
    if told is None or found.stored.ticket.is_drill:
        return
    topic, text = told
    for channel in channels:
        if topic in channel.about:
            yield _message(f"{TEAM_CHANNEL}:{channel.name}", topic.value, found, text, real_now)


def _breach(found: Happened, policy: Policy) -> tuple[Topic, str] | None:
    event = found.event
    if not isinstance(event, Breached):
        return None
    due = f" was due {full_time(event.due_at, policy.zone)}" if event.due_at is not None else ""
    owner = found.now.owner if found.now is not None else None
    holder = f"{owner} has it" if owner is not None else "nobody has it"
    text = f"BREACH: the {_CLOCKS[event.metric.value]} on {_named(found)}{due}; {holder}."
    return Topic.BREACHES, text


def _came_to_the_desk(found: Happened, policy: Policy) -> tuple[Topic, str] | None:
    before, now = found.before, found.now
    if now is None or now.action is not Action.DESK or (before is not None and before.action is Action.DESK):
        return None
    due = found.stored.first_reply_due
    words = f" First reply due {full_time(due, policy.zone)}." if due is not None else ""
    return Topic.DESK, f"DESK: {_named(found)}.{words}"


def _named(found: Happened) -> str:
    ticket = found.stored.ticket
    impact = found.now.impact if found.now is not None else ticket.impact
    return f"{impact} ticket {ticket.id} of {ticket.customer} ({ticket.plan}): {ticket.subject}"


def _message(to: str, kind: str, found: Happened, body: str, real_now: datetime) -> RelayMessage:
    event = found.event
    # The number of the event alone would be the same in another database.
    source = f"{event.ticket}|{event.seq}|{event.kind.value}|{event.at.isoformat()}"
    return RelayMessage(message_id(to, source), to, kind, event.ticket, event.seq, body, real_now, real_now)
