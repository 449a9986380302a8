"""Notices about a ticket, apart from its pages: SLA alerts, and copies of its first page.

An SLA alert is a warning, a chase or a breach of an SLA clock. The copies go to the account manager or to the people in
`desk.notify` of the policy.
"""

from __future__ import annotations

from dataclasses import replace

from oncall.paging.domain.decide import PAGER, Fire
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import Breached, Chased, Warned
from oncall.paging.domain.people import DESK, name_of
from oncall.paging.domain.sla_alerts import SlaAlert
from oncall.paging.domain.ticket import Attempt, Ticket
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.domain.verdict import Action
from oncall.paging.outgoing.messages import copied_text, promised_text
from oncall.paging.outgoing.new_attempts import notice
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.support.policy import ChannelName, Extra, Policy

_ALERT_EVENTS: dict[EventKind, type[Warned | Chased | Breached]] = {
    EventKind.WARNED: Warned,
    EventKind.CHASED: Chased,
    EventKind.BREACHED: Breached,
}


def add_alert(work: TicketWork, alert: SlaAlert) -> None:
    """Add the event of an SLA alert to a ticket, and a notice to the alert's recipient if it has one."""
    clock, told = alert.clock, None
    if alert.to is not None:
        text = promised_text(
            work.stored.ticket, impact=work.state.impact, promised=alert, owner=work.owner_name, policy=work.policy
        )
        told = notice(work.name, alert.to, text, work.context)
        work.add_attempts([told])
    event = _ALERT_EVENTS[alert.kind](
        work.name,
        work.now,
        PAGER,
        alert.why,
        metric=clock.metric,
        since=clock.since,
        due_at=clock.due_at,
        to=alert.to,
        attempt=told.id if told is not None else None,
    )
    work.add(event)


def copies(work: TicketWork, decision: Fire, page: Attempt) -> list[Attempt]:
    """Return the copies of a ticket's first page; none for a later page.

    Copies of a page to the desk go to the people in `desk.notify` of the policy, other copies to the customer's account
    manager.
    """
    if not _is_first(work.state, decision):
        return []
    ticket, policy, schedule = work.stored.ticket, work.policy, work.schedule
    if decision.to == DESK:
        people, channel = policy.desk.notify, policy.desk.channel
        words = "came to the desk"
    else:
        people, channel = account_managers(ticket, policy), ChannelName.SMS
        words = f"was paged to {name_of(decision.to, schedule)}"
    known = [person for person in people if person in schedule.people and person != page.to]
    if not known:
        return []
    body = copied_text(ticket, impact=work.state.impact, policy=policy, words=words)
    return [replace(notice(ticket.id, person, body, work.context), channel=channel.value) for person in known]


def _is_first(state: TicketState, decision: Fire) -> bool:
    """Return True if this is the ticket's first page to the desk, or its first page to an engineer."""
    if decision.position.round != 0:
        return False
    desk_alone = state.action is Action.DESK and state.last_fired == (0, 0)
    return decision.position.step == 0 or state.last_fired is None or desk_alone


def account_managers(ticket: Ticket, policy: Policy) -> tuple[str, ...]:
    """Return the id of the customer's account manager, who gets a copy of the ticket's first page.

    Empty if the customer has none, or if the ticket's plan does not include one.
    """
    if Extra.ACCOUNT_MANAGER not in policy.extras.get(ticket.plan, ()):
        return ()
    customer = policy.customer(ticket.customer)
    return (customer.account_manager,) if customer is not None and customer.account_manager is not None else ()
