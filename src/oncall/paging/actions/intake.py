"""Intake: checks a posted ticket, gives a verdict, and stores it once, with its events and page, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.errors import Conflict
from oncall.paging.actions.posted_ticket import read_ticket
from oncall.paging.actions.ticket_warnings import ticket_warnings
from oncall.paging.clocks.clock_book import in_force
from oncall.paging.domain.decide import judged
from oncall.paging.domain.events import Received
from oncall.paging.domain.ticket import Attempt, StoredTicket, Ticket, TicketStatus
from oncall.paging.domain.ticket_answer import TicketAnswer
from oncall.paging.domain.verdict import Action, verdict
from oncall.paging.outgoing.advance import advance
from oncall.paging.outgoing.codes import free_code
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.store import TicketStore
from oncall.support.wording import span


@dataclass(frozen=True, slots=True)
class AcceptedTicket:
    """The result of posting a ticket.

    is_new: False if the same ticket was already stored; then nobody is paged again.
    """

    answer: TicketAnswer
    is_new: bool
    attempts: tuple[Attempt, ...]


def accept_posted(
    tx: TicketStore, body: object, context: ActionContext, *, reasons: Sequence[str] = ()
) -> AcceptedTicket:
    """Read and store a posted ticket. The `warnings` in the answer tell the sender which fields were ignored.

    reasons: sentences to put before the verdict's reasons, such as how an alert was routed. Raises FieldFaults as
    `read_ticket` does, and Conflict as `accept` does.
    """
    policy = tx.policy_at(context.now)
    read = read_ticket(body, policy, context.now)
    assert isinstance(body, Mapping)
    stored = tx.ticket(read.ticket.id)
    if stored is None:
        return _accept_new(tx, read.ticket, context, ticket_warnings(body, read, policy), reasons)
    # A time too far in the future was left out of the first post, so it is left out of a repeat too.
    return _first_answer(stored, read_ticket(body, policy, stored.received_at).ticket)


def accept(tx: TicketStore, ticket: Ticket, context: ActionContext) -> AcceptedTicket:
    """Store a ticket with its first events and page. If the same ticket is stored already, return its first answer.

    Raises Conflict if a ticket with this id and other content is stored.
    """
    stored = tx.ticket(ticket.id)
    return _accept_new(tx, ticket, context, []) if stored is None else _first_answer(stored, ticket)


def _first_answer(stored: StoredTicket, ticket: Ticket) -> AcceptedTicket:
    if stored.ticket.fingerprint() != ticket.fingerprint():
        raise Conflict(f"ticket {ticket.id} is already stored with other content; nothing was changed")
    assert stored.answer is not None, "every stored ticket was answered"
    return AcceptedTicket(stored.answer, is_new=False, attempts=())


def _posted_words(ticket: Ticket, now: datetime) -> str:
    """Return the reason in the event of receipt.

    It names the delay since `opened_at`, as SLA clocks start at the receipt.
    """
    if ticket.opened_at is None or now - ticket.opened_at < timedelta(minutes=1):
        return "posted"
    return f"posted {span(now - ticket.opened_at)} after it was opened"


def _accept_new(
    tx: TicketStore, ticket: Ticket, context: ActionContext, warnings: Sequence[str], reasons: Sequence[str] = ()
) -> AcceptedTicket:
    policy, schedule, now = tx.policy_at(context.now), tx.schedule(), context.now
    decided = verdict(ticket, policy, schedule, now)
    if reasons:
        decided = replace(decided, reasons=(*reasons, *decided.reasons))
    code = free_code(tx)
    answer: TicketAnswer = {"ticket": ticket.id, "verdict": decided.as_json(policy.zone)}
    if decided.action is Action.PAGE:
        answer["page"] = {"code": code}
    if warnings:
        answer["warnings"] = list(warnings)
    stored = StoredTicket(ticket, answer, code, now, TicketStatus.OPEN, ticket.impact, decided.action.value)
    terms, posted = in_force(tx, now), _posted_words(ticket, now)
    work = TicketWork(tx, stored, (), context, is_new=True)
    work.add(Received(ticket.id, now, context.by, posted, plan=ticket.plan, impact=ticket.impact, terms=terms))
    work.add(judged(decided, ticket_id=ticket.id, why="judged at receipt", terms=terms))
    advance(work)
    work.write()
    return AcceptedTicket(answer, is_new=True, attempts=tuple(work.sent))
