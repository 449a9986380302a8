"""Merging: closes a duplicate and gives its clocks to the ticket that it is merged into."""

from __future__ import annotations

from dataclasses import replace

from oncall.errors import Refused
from oncall.paging.actions.consequences import ActionResult, follow
from oncall.paging.actions.posted_ticket import ID_PATTERN
from oncall.paging.actions.ticket_action import TicketAction, event_of, reported_times
from oncall.paging.domain.events import EventKind, Merged
from oncall.paging.domain.pager_events import Absorbed
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.support.policy import Coverage, Metric, Policy, Promise

_WIDTH = {Coverage.BUSINESS: 0, Coverage.FIVE_DAYS: 1, Coverage.ALWAYS: 2}


class DifferentTickets(Refused):
    """Raised if two tickets cannot be merged. The message names customers and plans, which programs must not read."""


def goes_on_as(work: TicketWork) -> TicketWork:
    """Return the ticket on which a duplicate continues, at the end of its chain of merges.

    A ticket that is not a duplicate is returned itself.
    """
    seen = {work.name}
    while work.stored.status is TicketStatus.RESOLVED:
        into = work.state.merged_into
        following = work.tx.ticket(into) if into is not None and into not in seen else None
        if following is None:
            return work
        seen.add(following.ticket.id)
        work = TicketWork.on(work.tx, following, work.context)
    return work


def merge(work: TicketWork, action: TicketAction) -> ActionResult:
    """Close a duplicate. The ticket that it is merged into gets its clocks, and its impact if that is more urgent.

    Raises Refused if the duplicate cannot be merged into that ticket.
    """
    target, now = _merge_target(work, action.into), work.now
    takes_over = absorbed(work, into=target.name, by=action.by)
    done = follow(work, _merged(work, action, into=target.name))
    if _raises_impact(work.stored, target.stored, work.policy):
        words = f"{work.name}, which is {work.stored.impact}, was merged into it"
        raised = TicketAction(EventKind.IMPACT_CHANGED, action.by, now, words, impact=work.stored.impact)
        follow(target, event_of(target, raised))
    first = target.book.clocks_after(takes_over, now).first_reply()
    due = first.due_at if first is not None else None
    follow(target, replace(takes_over, first_reply_due=due))
    return replace(done, attempts=(*work.sent, *target.sent))


def _merged(work: TicketWork, action: TicketAction, *, into: str) -> Merged:
    why = clean(action.why) or f"a duplicate of {into}"
    named = action.into if action.into != into else None
    reported = reported_times(action, work.now, work.context)
    return Merged(work.name, work.now, action.by, why, action.id, into=into, named=named, reported=reported)


def _merge_target(work: TicketWork, into: str) -> TicketWork:
    """Return the ticket that `work` is merged into: the ticket `into`, or the one that `into` was itself merged into.

    Raises Refused if `work` cannot be merged into that ticket.
    """
    name = work.name
    if into == name:
        raise Refused(f"{name} cannot be merged into itself")
    named = work.tx.ticket(into) if ID_PATTERN.fullmatch(into) else None
    if named is None:
        raise Refused(
            f"{name}: no ticket has the id {quoted(into)} to merge it into",
            on_page=f"{name}: there is no ticket {quoted(into)} to merge it into; write it as the board does",
        )
    target = goes_on_as(TicketWork.on(work.tx, named, work.context))
    if target.name == name:
        raise Refused(f"{name}: {into} is merged into {name} already")
    if target.stored.ticket.is_drill:
        raise Refused(f"{name}: {into} is a drill, and no ticket can be merged into it")
    if target.stored.status is TicketStatus.RESOLVED:
        raise Refused(f"{name}: {target.name} is resolved; reopen it first, or merge into an open ticket")
    _refuse_another_customer(work.stored, target.stored)
    _refuse_a_slower_plan(work.stored, target.stored, work.policy)
    return target


def _refuse_another_customer(stored: StoredTicket, target: StoredTicket) -> None:
    ours, theirs = stored.ticket.customer, target.ticket.customer
    if " ".join(ours.split()).casefold() != " ".join(theirs.split()).casefold():
        raise DifferentTickets(
            f"{stored.ticket.id} is a ticket of {ours} and {target.ticket.id} one of {theirs}: "
            "a reply to one customer does not answer the other, so they cannot be merged"
        )


def _refuse_a_slower_plan(stored: StoredTicket, target: StoredTicket, policy: Policy) -> None:
    """Raise Refused if the target ticket's plan is slower than the duplicate's.

    The target's plan would apply to everything that the customer writes later.
    """
    ours, theirs = stored.ticket.plan, target.ticket.plan
    if ours == theirs or ours not in policy.plans:
        return
    promises = policy.plans[theirs].promises if theirs in policy.plans else {}
    promised = policy.plans[ours].promises
    if any(impact not in promises or _is_slower(promises[impact], promised[impact]) for impact in promised):
        raise DifferentTickets(
            f"{stored.ticket.id} has the plan {ours} and {target.ticket.id} the slower {theirs}: "
            f"merge {target.ticket.id} into {stored.ticket.id} instead"
        )


def _is_slower(one: Promise, other: Promise) -> bool:
    return _WIDTH[one.coverage] < _WIDTH[other.coverage] or any(
        one.targets[metric].within > other.targets[metric].within for metric in Metric
    )


def _raises_impact(stored: StoredTicket, target: StoredTicket, policy: Policy) -> bool:
    """Return True if the duplicate is more urgent than the target ticket, which then gets the duplicate's impact."""
    return _urgency(stored.impact, target.ticket.plan, policy) < _urgency(target.impact, target.ticket.plan, policy)


def _urgency(impact: str, plan: str, policy: Policy) -> tuple[object, ...]:
    """Return a sort key that puts the most urgent impact first.

    Plans and impacts that the policy does not have come last.
    """
    promise = policy.plans[plan].promises.get(impact) if plan in policy.plans else None
    if promise is None or impact not in policy.impacts:
        return (2,)
    return (not policy.impacts[impact].pages, promise.targets[Metric.FIRST_REPLY].within, -_WIDTH[promise.coverage])


def absorbed(work: TicketWork, *, into: str, by: str) -> Absorbed:
    """Return the event by which the ticket `into` gets the clocks of a duplicate. by: the author of the merge."""
    clocks, alerts = work.book.carried(work.now), work.state.alerts
    why = f"{work.name} was merged into it"
    return Absorbed(into, work.now, by, why, duplicate=work.name, clocks=clocks, alerts=alerts)
