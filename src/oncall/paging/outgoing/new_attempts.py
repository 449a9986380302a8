"""Messages that are still to be sent: pages, and the notices that go out beside them or because time runs out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.paging.domain.decide import PAGER, Fire
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import AlertEvent, Breached, Chased, Warned
from oncall.paging.domain.people import DESK, name_of
from oncall.paging.domain.sla_alerts import SlaAlert
from oncall.paging.domain.state import TicketState
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose, StoredTicket, Ticket
from oncall.paging.domain.verdict import Action
from oncall.paging.outgoing.messages import copied_text, promised_text
from oncall.schedule.schedule import Schedule
from oncall.support.policy import ChannelName, Extra, Policy

LEASE = timedelta(seconds=30)
"""How long (real time) a try is its sender's own: longer than a send with every network time-out of a channel."""
NOTICE_FOR = timedelta(minutes=30)
"""A notice that could not be sent for so long (policy time) is not news any more."""


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Who acts, when, and whether the one who acts sends at once.

    now: policy time; real_now: real time; both aware UTC. lease_until (real time): the attempts written are this
    process's to send until then; None leaves them queued for any pager. can_call: whether this process can call people.
    """

    by: str
    now: datetime
    real_now: datetime
    lease_until: datetime | None = None
    can_call: bool = False


def whole_second(at: datetime) -> datetime:
    """Policy time as it is logged: deadlines and steps fall on whole seconds."""
    return at.replace(microsecond=0)


def new_attempt(
    ticket_id: str,
    *,
    to: str,
    channel: ChannelName,
    purpose: Purpose,
    body: str,
    context: ActionContext,
    goes_alone: bool = False,
) -> Attempt:
    """A try that is still to be made. What goes to the desk's own queue is delivered by being written, and what takes
    no turn (a page that goes alone) is its writer's to send at once, if the writer sends."""
    attempt = _queued(ticket_id, to, channel, purpose, body, context, goes_alone)
    if to == DESK:
        return replace(attempt, status=AttemptStatus.DELIVERED, retry_at=None)
    if context.lease_until is None or attempt.takes_turns:
        return attempt
    sending = replace(attempt, status=AttemptStatus.SENDING, retry_at=None, lease_until=context.lease_until)
    return replace(sending, sent_at=context.now)


def _queued(
    ticket_id: str, to: str, channel: ChannelName, purpose: Purpose, body: str, context: ActionContext, goes_alone: bool
) -> Attempt:
    return Attempt(
        id=uuid.uuid4().hex,
        ticket=ticket_id,
        at=context.now,
        to=to,
        channel=channel.value,
        purpose=purpose,
        body=body,
        status=AttemptStatus.QUEUED,
        written_at=context.real_now,
        retry_at=context.real_now,
        goes_alone=goes_alone,
    )


def promised_event(
    stored: StoredTicket,
    state: TicketState,
    promised: SlaAlert,
    policy: Policy,
    schedule: Schedule,
    context: ActionContext,
) -> tuple[AlertEvent, list[Attempt]]:
    """The event that records a warning, a chase or a breach, and the notice to whoever is told."""
    clock, name = promised.clock, stored.ticket.id
    told: list[Attempt] = []
    if promised.to is not None:
        owner = name_of(state.owner, schedule) if state.owner is not None else None
        body = promised_text(stored.ticket, impact=state.impact, promised=promised, owner=owner, policy=policy)
        told = [notice(name, promised.to, body, context)]
    event = _ALERTS[promised.kind](
        name,
        context.now,
        PAGER,
        promised.why,
        metric=clock.metric,
        since=clock.since,
        due_at=clock.due_at,
        to=promised.to,
        attempt=told[0].id if told else None,
    )
    return event, told


_ALERTS: dict[EventKind, type[Warned | Chased | Breached]] = {
    EventKind.WARNED: Warned,
    EventKind.CHASED: Chased,
    EventKind.BREACHED: Breached,
}


def copies(
    stored: StoredTicket,
    state: TicketState,
    decision: Fire,
    policy: Policy,
    schedule: Schedule,
    page: Attempt,
    context: ActionContext,
) -> list[Attempt]:
    """Who else hears of a first page: the people of the desk's channel, or the customer's account manager."""
    if not _is_first(state, decision):
        return []
    if decision.to == DESK:
        people, channel = policy.desk.notify, policy.desk.channel
        words = "came to the desk"
    else:
        people, channel = account_managers(stored.ticket, policy), ChannelName.SMS
        words = f"was paged to {name_of(decision.to, schedule)}"
    body = copied_text(stored.ticket, impact=state.impact, policy=policy, words=words)
    known = [person for person in people if person in schedule.people and person != page.to]
    return [replace(notice(stored.ticket.id, person, body, context), channel=channel.value) for person in known]


def _is_first(state: TicketState, decision: Fire) -> bool:
    """Whether it is the first page to the desk, or the first to an engineer, the desk having had it or not."""
    if decision.position.round != 0:
        return False
    desk_alone = state.action is Action.DESK and state.last_fired == (0, 0)
    return decision.position.step == 0 or state.last_fired is None or desk_alone


def account_managers(ticket: Ticket, policy: Policy) -> tuple[str, ...]:
    """Whom the customer's plan has copied on pages: ids of the roster."""
    if Extra.ACCOUNT_MANAGER not in policy.extras.get(ticket.plan, ()):
        return ()
    customer = policy.customer(ticket.customer)
    return (customer.account_manager,) if customer is not None and customer.account_manager is not None else ()


def notice(ticket_id: str, person: str, body: str, context: ActionContext) -> Attempt:
    """A message that only tells; not sent any more once it is no news."""
    channel = ChannelName.DESK if person == DESK else ChannelName.SMS
    attempt = new_attempt(ticket_id, to=person, channel=channel, purpose=Purpose.NOTICE, body=body, context=context)
    return replace(attempt, deadline=context.now + NOTICE_FOR)
