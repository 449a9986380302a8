"""Carries out what follows from an event that a person or caller reported: a new verdict, notices, the next steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from oncall.paging.actions.impact_raised import speed_up_escalation
from oncall.paging.actions.stand_down import tell_about_new_owner, tell_about_pass, tell_the_paged
from oncall.paging.actions.ticket_references import tickets_with_id
from oncall.paging.domain.decide import judged, verdict_again
from oncall.paging.domain.events import (
    Acknowledged,
    Event,
    EventKind,
    ImpactChanged,
    Merged,
    Passed,
    Reopened,
    SupportMessage,
)
from oncall.paging.domain.pager_events import Absorbed, Breached, Withdrawn
from oncall.paging.domain.people import name_of
from oncall.paging.domain.sla_alerts import mark_of, withdrawn_words
from oncall.paging.domain.ticket import Attempt, Purpose, StoredTicket, TicketStatus
from oncall.paging.outgoing.advance import advance
from oncall.paging.outgoing.codes import free_code
from oncall.paging.outgoing.messages import withdrawn_text
from oncall.paging.outgoing.new_attempts import notice
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.support.wording import short_time


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The result of a ticket action.

    changed: False for a repeat. sentence: for the person or caller who acted. attempts: the new attempts for every
    changed ticket. waited: how long (policy time) the ticket had waited until this action acknowledged it; None if it
    did not, and for a drill.
    """

    work: TicketWork
    changed: bool
    sentence: str
    attempts: tuple[Attempt, ...] = ()
    waited: timedelta | None = None

    @property
    def ticket(self) -> StoredTicket:
        """Return the ticket after the action."""
        return self.work.stored


def follow(work: TicketWork, event: Event, *more: Event) -> ActionResult:
    """Append an event, carry out its consequences, store the ticket and return the result.

    more: events to append after it, without consequences of their own.
    """
    before = work.state
    for one in (event, *more):
        work.add(one)
    _withdraw_breaches(work, event)
    if isinstance(event, Reopened | ImpactChanged) and work.state.status is not TicketStatus.RESOLVED:
        _judge_again(work, event)
    is_taken_over = isinstance(event, Acknowledged) and event.taken_from is not None
    if isinstance(event, Passed):
        tell_about_pass(work, event, before)
    if isinstance(event, Acknowledged) and is_taken_over:
        tell_about_new_owner(work, event)
    if before.status is TicketStatus.OPEN and work.state.status is not TicketStatus.OPEN:
        tell_the_paged(work)
    if isinstance(event, Reopened):
        _take_free_code(work)
    advance(work)
    work.write()
    if isinstance(event, ImpactChanged):
        speed_up_escalation(work)
    is_first = isinstance(event, Acknowledged) and not is_taken_over
    waited = event.at - work.stored.received_at if is_first else None
    return ActionResult(work, True, _sentence(work, event), tuple(work.sent), waited)


def _judge_again(work: TicketWork, event: Reopened | ImpactChanged) -> None:
    due = work.book.first_reply_due(work.now)
    decided = verdict_again(work.state, work.situation, due=due)
    if work.state.status is TicketStatus.ACKNOWLEDGED and work.state.owner is not None:
        decided = replace(decided, reasons=(*decided.reasons, f"{work.owner_name} has it, so nobody is paged now."))
    why = event.kind.value.replace("_", " ")
    work.add(judged(decided, ticket_id=work.name, why=why, terms=work.book.in_force(work.now)))


def _withdraw_breaches(work: TicketWork, event: Event) -> None:
    """Withdraw each reported breach that `event`, which was recorded late, disproves.

    Notifies the people who were notified of the breach.
    """
    told = {mark for mark in work.state.alerts if mark.kind is EventKind.BREACHED}
    if not told:
        return
    still = {mark_of(EventKind.BREACHED, clock) for clock in work.clocks.clocks if clock.breached_at is not None}
    for breach in [one for one in work.log if isinstance(one, Breached)]:
        if breach.mark not in told or breach.mark in still:
            continue
        told.remove(breach.mark)
        words = withdrawn_words(breach, event, work.policy.zone)
        if breach.to is not None:
            text = withdrawn_text(work.stored.ticket, impact=work.state.impact, words=words, policy=work.policy)
            work.add_attempts([notice(work.name, breach.to, text, work.context)])
        work.add(_withdrawal(breach, words, event, work))


def _withdrawal(breach: Breached, why: str, event: Event, work: TicketWork) -> Withdrawn:
    return Withdrawn(
        work.name, work.now, event.by, why, metric=breach.metric, since=breach.since, due_at=breach.due_at, to=breach.to
    )


def _take_free_code(work: TicketWork) -> None:
    """Give a reopened ticket a new code if its old code is now the code or the id of another ticket."""
    code = work.stored.code
    holders = [work.tx.ticket_by_code(code), *tickets_with_id(work.tx, code)]
    if any(holder is not None and holder.ticket.id != work.name for holder in holders):
        work.stored = replace(work.stored, code=free_code(work.tx))


def _sentence(work: TicketWork, event: Event) -> str:
    """Return what the event changed, as a sentence for the person or caller who acted."""
    name = work.name
    if work.stored.ticket.is_drill:
        return f"Thank you: {name} has arrived, the drill is over."
    match event:
        case Merged(into=into):
            return f"{name} is merged into {into}."
        case Absorbed(duplicate=duplicate):
            return f"{duplicate} is merged into {name}."
        case Acknowledged(taken_from=str(previous)):
            return f"{name} is yours, taken over from {name_of(previous, work.schedule)}."
        case Passed(to=str(person)):
            return f"{name} is passed to {name_of(person, work.schedule)}."
        case Passed() if not any(attempt.purpose is Purpose.PAGE for attempt in work.sent):
            return f"{name} is passed on, but {_nobody_left(work)}."
        case ImpactChanged():
            return f"{name} is {work.stored.impact} now."
        case SupportMessage() if not event.takes_ticket and work.state.status is TicketStatus.OPEN:
            return f"{_SENTENCES[event.kind].format(name)} Nobody has taken the ticket, so the escalation goes on."
        case _:
            return _SENTENCES[event.kind].format(name)


def _nobody_left(work: TicketWork) -> str:
    """Return words that say when the next page is sent, after a pass that paged nobody."""
    if work.stored.due_at is None:
        return "nobody else can be paged"
    return f"nobody else can be paged before {short_time(work.stored.due_at, work.policy.zone)}"


_SENTENCES = {
    EventKind.ACKNOWLEDGED: "{} is yours.",
    EventKind.REPLIED: "{}: the reply is recorded.",
    EventKind.CUSTOMER_REPLIED: "{}: the customer's message is recorded.",
    EventKind.UPDATED: "{}: the update is recorded.",
    EventKind.RESOLVED: "{} is resolved.",
    EventKind.REOPENED: "{} is open again.",
    EventKind.PASSED: "{} is passed on.",
    EventKind.WAITING: "{} waits for the customer.",
}
