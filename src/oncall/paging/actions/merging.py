"""A duplicate is merged into the ticket that goes on: into which, whether it may be, and what that one takes over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from oncall.errors import Refused
from oncall.paging.actions.intake import ID_PATTERN
from oncall.paging.domain.pager_events import Absorbed, AbsorbedClock
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.domain.state import TicketState, fold
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.ports.store import Transaction
from oncall.support.policy import Coverage, Metric, Policy, Promise

_WIDTH = {Coverage.BUSINESS: 0, Coverage.FIVE_DAYS: 1, Coverage.ALWAYS: 2}


def goes_on_as(tx: Transaction, stored: StoredTicket) -> StoredTicket:
    """The ticket into which this one was merged, and that one in turn; itself when it is no duplicate."""
    seen = {stored.ticket.id}
    while stored.status is TicketStatus.RESOLVED:
        into = fold(stored.ticket, tx.events(stored.ticket.id)).merged_into
        following = tx.ticket(into) if into is not None and into not in seen else None
        if following is None:
            return stored
        seen.add(following.ticket.id)
        stored = following
    return stored


def merge_target(tx: Transaction, stored: StoredTicket, into: str) -> StoredTicket:
    """The ticket that goes on when `stored` is merged into `into`. Raises Refused for one that cannot."""
    name = stored.ticket.id
    if into == name:
        raise Refused(f"{name} cannot be merged into itself")
    named = tx.ticket(into) if ID_PATTERN.fullmatch(into) else None
    if named is None:
        raise Refused(f"{name}: no ticket has the id {quoted(into)} to merge it into")
    target = goes_on_as(tx, named)
    if target.ticket.id == name:
        raise Refused(f"{name}: {into} is merged into {name} already")
    if target.ticket.is_drill:
        raise Refused(f"{name}: {into} is a drill, and no ticket can be merged into it")
    if target.status is TicketStatus.RESOLVED:
        raise Refused(f"{name}: {target.ticket.id} is resolved; reopen it first, or merge into an open ticket")
    _refuse_another_customer(stored, target)
    _refuse_a_slower_plan(stored, target, tx.policy())
    return target


def _refuse_another_customer(stored: StoredTicket, target: StoredTicket) -> None:
    ours, theirs = stored.ticket.customer, target.ticket.customer
    if " ".join(ours.split()).casefold() != " ".join(theirs.split()).casefold():
        raise Refused(
            f"{stored.ticket.id} is a ticket of {ours} and {target.ticket.id} one of {theirs}: "
            "an answer to one customer is none to the other, so they stay two tickets"
        )


def _refuse_a_slower_plan(stored: StoredTicket, target: StoredTicket, policy: Policy) -> None:
    """What the customer writes from now on is promised by the plan of the ticket that goes on."""
    ours, theirs = stored.ticket.plan, target.ticket.plan
    if ours == theirs or ours not in policy.plans:
        return
    promises = policy.plans[theirs].promises if theirs in policy.plans else {}
    promised = policy.plans[ours].promises
    if any(impact not in promises or _is_slower(promises[impact], promised[impact]) for impact in promised):
        raise Refused(
            f"{stored.ticket.id} has the plan {ours} and {target.ticket.id} the slower {theirs}: "
            f"merge {target.ticket.id} into {stored.ticket.id} instead"
        )


def _is_slower(one: Promise, other: Promise) -> bool:
    return _WIDTH[one.coverage] < _WIDTH[other.coverage] or any(
        one.targets[metric].within > other.targets[metric].within for metric in Metric
    )


def raises_impact(stored: StoredTicket, target: StoredTicket, policy: Policy) -> bool:
    """Whether a duplicate is more urgent than the ticket that goes on, which then takes over its impact."""
    return _urgency(stored.impact, target.ticket.plan, policy) < _urgency(target.impact, target.ticket.plan, policy)


def _urgency(impact: str, plan: str, policy: Policy) -> tuple[Any, ...]:
    """Sorts the most urgent first; what the policy does not know comes last."""
    promise = policy.plans[plan].promises.get(impact) if plan in policy.plans else None
    if promise is None or impact not in policy.impacts:
        return (2,)
    return (not policy.impacts[impact].pages, promise.targets[Metric.FIRST_REPLY].within, -_WIDTH[promise.coverage])


def absorbed(
    duplicate: StoredTicket, state: TicketState, clocks: Iterable[AbsorbedClock], *, into: str, by: str, at: datetime
) -> Absorbed:
    """The event that hands a duplicate's clocks to the ticket `into`. state: the duplicate's, before the merge."""
    name = duplicate.ticket.id
    why = f"{name} was merged into it"
    return Absorbed(into, at, by, why, duplicate=name, clocks=tuple(clocks), alerts=state.alerts)
