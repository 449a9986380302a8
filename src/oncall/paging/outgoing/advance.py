"""Does what is due for a ticket: decides, logs, and adds attempts until nothing is due."""

from __future__ import annotations

from datetime import datetime

from oncall.paging.domain.decide import Fire, Judge, Skip, Wait, fired, judged, next_decision, skipped, verdict_again
from oncall.paging.domain.escalation import urgency
from oncall.paging.domain.people import DESK
from oncall.paging.domain.sla_alerts import ComingAlert, coming_alerts, due_alert, next_alert_at
from oncall.paging.domain.ticket import Attempt, Purpose
from oncall.paging.outgoing.messages import page_text, promise_of
from oncall.paging.outgoing.new_attempts import ActionContext, at_once, new_attempt, skips_queue
from oncall.paging.outgoing.notices import add_alert, copies
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.outgoing.urgent_pages import over_ceiling, posted_by, reserve_phone
from oncall.paging.ports.store import TicketStore
from oncall.support.changed_row import changed
from oncall.support.clocks import next_due
from oncall.support.policy import ChannelName

MOST_DECISIONS = 50
"""The most decisions for one ticket in one call, more than any round has steps. The next run of the pager continues."""


def advance_ticket(tx: TicketStore, ticket_id: str, context: ActionContext) -> tuple[Attempt, ...]:
    """Do everything that is due for a stored ticket and store the result. Returns the new attempts."""
    stored = tx.ticket(ticket_id)
    if stored is None or stored.due_at is None:
        return ()
    work = TicketWork.on(tx, stored, context)
    advance(work)
    work.write()
    return tuple(work.sent)


def advance(work: TicketWork) -> None:
    """Do everything that is due for the ticket, one decision after the other. Stores nothing."""
    coming = _do_what_is_due(work)
    work.set_row(wakes_at=_earlier(work.state.due_at, next_alert_at(coming)))


def _do_what_is_due(work: TicketWork) -> list[ComingAlert]:
    """Do what is due. Returns the SLA alerts of the ticket that come later."""
    for _ in range(MOST_DECISIONS):
        decision = next_decision(work.state, work.situation)
        if isinstance(decision, Wait):
            # The person who must act is paged before others learn that time has run out.
            coming = coming_alerts(work.state, work.clocks, work.policy)
            alert = due_alert(coming, work.state, work.situation)
            if alert is None:
                return coming
            add_alert(work, alert)
        elif isinstance(decision, Judge):
            _judge_again(work, decision)
        elif isinstance(decision, Skip):
            work.add(skipped(decision, ticket_id=work.name, at=work.now))
        else:
            _fire(work, decision)
    return coming_alerts(work.state, work.clocks, work.policy)


def _judge_again(work: TicketWork, decision: Judge) -> None:
    """Give a new verdict on a ticket whose hold has ended. The ticket's clock tells when the first reply is due."""
    due = work.book.first_reply_due(work.now)
    decided = verdict_again(work.state, work.situation, counts_from=work.state.hold_until, due=due)
    work.add(judged(decided, ticket_id=work.name, why=decision.why, terms=work.book.in_force(work.now)))


def _fire(work: TicketWork, decision: Fire) -> None:
    """Add the page of a step, copies of that page for other people, and the event that records the step."""
    page = _page(work, decision)
    work.add_attempts([page, *copies(work, decision, page)])
    work.add(fired(decision, ticket_id=work.name, at=work.now, attempt=page.id))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _page(work: TicketWork, decision: Fire) -> Attempt:
    state = work.state
    due, promised = promise_of(next_due(work.clocks), state.first_reply_due)
    text = page_text(
        work.stored.ticket,
        impact=state.impact,
        code=work.stored.code,
        policy=work.policy,
        due=due,
        promised=promised,
        owner=work.owner_name if state.is_chased else None,
    )
    caller = posted_by(work) if _is_urgent(work) and decision.to != DESK else None
    goes_at_once = caller is not None and _goes_at_once(work, decision, caller)
    channel = decision.step.channel
    if caller is not None and not goes_at_once and decision.to not in work.situation.opted_out:
        # Beyond the ceiling a text replaces a call, because calls cannot be summarised.
        channel = ChannelName.SMS
    attempt = new_attempt(
        work.name,
        to=decision.to,
        channel=channel,
        purpose=Purpose.PAGE,
        body=text,
        context=work.context,
        is_immediate=goes_at_once and skips_queue(channel, work.policy.limits),
        caller=caller,
    )
    if goes_at_once and attempt.may_wait:
        attempt = at_once(attempt, work.context)
    return changed(
        attempt,
        round=decision.position.round,
        step=decision.position.step,
        deadline=decision.following.due_at if decision.following is not None else None,
        why=decision.why,
    )


def _goes_at_once(work: TicketWork, decision: Fire, caller: str) -> bool:
    """Return True if the first page of an urgent ticket is sent at once: no rate limit and no ceiling applies to it."""
    tx, to, policy, context = work.tx, decision.to, work.policy, work.context
    skips = skips_queue(decision.step.channel, policy.limits) or reserve_phone(tx, to, policy, context)
    return skips and over_ceiling(tx, to, caller, policy, context) is None


def _is_urgent(work: TicketWork) -> bool:
    """Return True if the next page is the first one of an urgent ticket since it was opened or reopened.

    No rate limit delays such a page.
    """
    is_first = not work.state.paged or work.state.last_fired is None
    return is_first and urgency(work.state.impact, work.policy) == 0
