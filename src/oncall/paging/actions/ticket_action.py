"""What somebody did to a ticket: whether its state allows that, and the event that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from oncall.errors import Conflict, Refused
from oncall.paging.clocks.clock_book import in_force
from oncall.paging.domain.people import DESK, name_of
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.state import TicketState
from oncall.paging.domain.ticket import Event, EventKind, StoredTicket, TicketStatus
from oncall.paging.domain.verdict import impact_named
from oncall.paging.outgoing.new_attempts import ActionContext, whole_second
from oncall.paging.ports.store import Transaction
from oncall.suggestions import suggestion

FROM_PEOPLE = (
    EventKind.ACKNOWLEDGED,
    EventKind.REPLIED,
    EventKind.CUSTOMER_REPLIED,
    EventKind.UPDATED,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.IMPACT_CHANGED,
    EventKind.PASSED,
    EventKind.WAITING,
    EventKind.MERGED,
)
"""The kinds that the API, the terminal and replies may add."""

FORWARDED = {
    EventKind.CUSTOMER_REPLIED: "the customer's message",
    EventKind.REPLIED: "the reply",
    EventKind.UPDATED: "the update",
}
"""What is written on a duplicate and counts on the ticket that goes on."""

RECORDED_LATE = timedelta(seconds=60)
"""From then on the log says when an event came, beside when it counts."""
_ENDS_A_DRILL = (EventKind.ACKNOWLEDGED, EventKind.REPLIED, EventKind.UPDATED, EventKind.PASSED, EventKind.RESOLVED)
_COUNTS_BEFORE_THE_END = (EventKind.REPLIED, EventKind.UPDATED, EventKind.WAITING, EventKind.IMPACT_CHANGED)


@dataclass(frozen=True, slots=True)
class TicketAction:
    """What somebody did. `at`: when, policy time, aware UTC; `id`: the sender's own id, for repeats."""

    kind: EventKind
    by: str
    at: datetime
    why: str = ""
    id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def refuse_another(tx: Transaction, ticket_id: str, before: Event, action: TicketAction) -> None:
    """An event that only has the id of one that is recorded is no repeat: to pass it over would lose it in silence.

    Raises Conflict.
    """
    what = before.kind.value
    if action.kind is before.kind is EventKind.IMPACT_CHANGED:
        what = f"{what} to {before.details['impact']}"
        said = str(action.details.get("impact", ""))
        if said == before.details["impact"] or impact_named(said, tx.policy()).name == before.details["impact"]:
            return
    elif action.kind is before.kind:
        return
    raise Conflict(f'{ticket_id}: the event "{action.id}" is recorded as {what} already')


def refuse_stranger(tx: Transaction, action: TicketAction, context: ActionContext) -> None:
    """A slip in a name must not stop an escalation: who acts for somebody else names somebody on the roster.

    Raises Refused.
    """
    people = tx.schedule().people
    if action.kind not in (EventKind.ACKNOWLEDGED, EventKind.PASSED) or action.by in (context.by, DESK) or not people:
        return
    if action.by not in people:
        hint = suggestion(clean(action.by), sorted(people))
        raise Refused(f"nobody on the published rosters has the id {quoted(action.by)}; {hint}")


def end_of_drill(action: TicketAction) -> TicketAction:
    """Whatever somebody answers to a test page shows that it arrived. Raises Refused for what answers nothing."""
    if action.kind not in _ENDS_A_DRILL:
        raise Refused("a drill is a test page: it can only be acknowledged")
    return replace(action, kind=EventKind.RESOLVED, why=clean(action.why) or "the test page was answered")


def nothing_to_do(
    tx: Transaction, stored: StoredTicket, state: TicketState, action: TicketAction, now: datetime
) -> str | None:
    """Why the deed changes nothing, or None when it does. Raises Refused for one that cannot be."""
    name, kind = stored.ticket.id, action.kind
    if state.merged_into is not None:
        if kind is EventKind.MERGED:
            return f"{name} is merged into {state.merged_into} already."
        if kind in FORWARDED:
            return None
        raise Refused(f"{name} is merged into {state.merged_into}; go on there")
    if kind is EventKind.RESOLVED and state.status is TicketStatus.RESOLVED:
        return f"{name} is resolved already."
    if kind is EventKind.REOPENED and state.status is not TicketStatus.RESOLVED:
        return f"{name} is not resolved: there is nothing to reopen."
    opens_it = kind in (EventKind.REOPENED, EventKind.CUSTOMER_REPLIED)
    if state.status is TicketStatus.RESOLVED and not opens_it and not _is_of_before_the_end(state, action, now):
        raise Refused(f"{name} is resolved; reopen it first")
    if kind is EventKind.ACKNOWLEDGED and state.status is TicketStatus.ACKNOWLEDGED and state.owner is not None:
        return (
            f"{name} is yours already."
            if state.owner == action.by
            else f"{name} is taken by {name_of(state.owner, tx.schedule())}."
        )
    return None


def _is_of_before_the_end(state: TicketState, action: TicketAction, now: datetime) -> bool:
    """Whether it happened before the resolution and was only told after it, as senders do that keep no order."""
    if action.kind not in _COUNTS_BEFORE_THE_END or state.resolved_at is None:
        return False
    return action.at < now and whole_second(action.at) <= state.resolved_at


def event_of(
    tx: Transaction, stored: StoredTicket, state: TicketState, action: TicketAction, context: ActionContext
) -> Event:
    """The event that the deed becomes, at the instant (policy time, to the second) at which it counts.

    Raises Refused for an impact that the policy does not know.
    """
    at = _when(state, action, context)
    details, why = dict(action.details) | clock_trouble(action, at, context), clean(action.why)
    if action.kind is EventKind.IMPACT_CHANGED:
        details["impact"] = impact_named(str(details.get("impact", "")), tx.policy()).name
        why = why or f"{state.impact} to {details['impact']}"
    if action.kind in (EventKind.IMPACT_CHANGED, EventKind.REOPENED):
        details |= in_force(tx, at)
    return Event(
        stored.ticket.id, at, action.kind, action.by, why or action.kind.value.replace("_", " "), details, action.id
    )


def _when(state: TicketState, action: TicketAction, context: ActionContext) -> datetime:
    """The instant at which a deed counts, to the second.

    A sender whose clock is ahead reports what has happened, not what will: nothing may wait for it. What opens or ends
    a ticket does so after what it undoes.
    """
    at = whole_second(min(action.at, context.now))
    if action.kind is EventKind.RESOLVED:
        return max(at, state.opened_at or at)
    if action.kind is EventKind.REOPENED:
        return max(at, state.resolved_at or at)
    return at


def clock_trouble(action: TicketAction, at: datetime, context: ActionContext) -> dict[str, str]:
    """What the log keeps where the time that an event counts at is not the one at which it came, or was said."""
    trouble = {}
    if context.now - at >= RECORDED_LATE:
        trouble["recorded_at"] = context.now.isoformat()
    if abs(action.at - at) >= timedelta(seconds=1):
        trouble["said_at"] = action.at.isoformat()
    return trouble
