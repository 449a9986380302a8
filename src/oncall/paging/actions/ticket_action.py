"""Ticket actions: checks whether a ticket's state allows an action, and builds its event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.errors import Conflict, Refused
from oncall.paging.clocks.clock_book import in_force
from oncall.paging.domain.events import (
    Acknowledged,
    CustomerReplied,
    Event,
    EventKind,
    ImpactChanged,
    Passed,
    Reopened,
    Replied,
    ReportedTimes,
    Resolved,
    Updated,
    Waiting,
)
from oncall.paging.domain.people import DESK
from oncall.paging.domain.quoted_text import clean, clean_lines, quoted
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.domain.verdict import impact_named
from oncall.paging.outgoing.new_attempts import ActionContext, whole_second
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.schedule.versions import Person
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
"""The kinds of event that the API, the terminal and replies may add."""

FORWARDED = {
    EventKind.CUSTOMER_REPLIED: "the customer's message",
    EventKind.REPLIED: "the reply",
    EventKind.UPDATED: "the update",
}
"""The actions on a duplicate that count for the ticket that it was merged into, each with its name in messages."""

_PLAIN_EVENTS: dict[EventKind, type[Resolved | Waiting]] = {
    EventKind.RESOLVED: Resolved,
    EventKind.WAITING: Waiting,
}
RECORDED_LATE = timedelta(seconds=60)
"""An event that was reported at least this long after it happened is shown with the time at which it was recorded."""
_ENDS_A_DRILL = (EventKind.ACKNOWLEDGED, EventKind.REPLIED, EventKind.UPDATED, EventKind.PASSED, EventKind.RESOLVED)
_COUNTS_BEFORE_THE_END = (EventKind.REPLIED, EventKind.UPDATED, EventKind.WAITING, EventKind.IMPACT_CHANGED)


@dataclass(frozen=True, slots=True)
class TicketAction:
    """What a person or caller does to a ticket. by: the author. at: policy time, aware UTC.

    id: the sender's own id, by which a repeat is recognised; None: none. impact: for IMPACT_CHANGED, the new one. into:
    for MERGED, the ticket to merge into. needs_reply: False for a customer's message that needs no reply.
    forwarded_from: the duplicate on which a message was written. take_over: for ACKNOWLEDGED, take the ticket even if
    it has an owner. to: for PASSED, the id of the person who is paged next; None: the next person of the escalation.
    takes_ticket: False for a message to the customer that a program reports, because a program cannot take a ticket.
    message: the text to or from the customer; empty: only the fact is known. is_mailed: True if the customer already
    got the text by mail.
    """

    kind: EventKind
    by: str
    at: datetime
    why: str = ""
    id: str | None = None
    impact: str = ""
    into: str = ""
    needs_reply: bool = True
    forwarded_from: str | None = None
    take_over: bool = False
    to: str | None = None
    takes_ticket: bool = True
    message: str = ""
    is_mailed: bool = False


def refuse_another(work: TicketWork, before: Event, action: TicketAction) -> None:
    """Raise Conflict if the action differs from `before`, the recorded event with the same id.

    If both are equal, the action is a repeat, and nothing is raised.
    """
    what = before.kind.value
    if action.kind is EventKind.IMPACT_CHANGED and isinstance(before, ImpactChanged):
        what = f"{what} to {before.impact}"
        if action.impact == before.impact or impact_named(action.impact, work.policy).name == before.impact:
            return
    elif action.kind is before.kind:
        return
    raise Conflict(
        f'{work.name}: the event "{action.id}" is recorded as {what} already',
        on_page=f"this form was sent already and recorded on {work.name}, with another choice; open the ticket again",
    )


def refuse_stranger(work: TicketWork, action: TicketAction) -> None:
    """Raise Refused if the author of an acknowledgement or pass is neither the caller nor on the roster.

    A typing error must not stop an escalation.
    """
    people = work.schedule.people
    if action.kind not in (EventKind.ACKNOWLEDGED, EventKind.PASSED) or not people:
        return
    if action.by not in (work.context.by, DESK):
        _refuse_unknown(action.by, people)


def refuse_pass(work: TicketWork, action: TicketAction) -> None:
    """Raise Refused if the ticket cannot be passed to the person whom the action names."""
    state, people = work.state, work.schedule.people
    if action.kind is not EventKind.PASSED or action.to is None or state.status is TicketStatus.RESOLVED:
        return
    _refuse_unknown(action.to, people)
    if action.to == action.by:
        name = work.schedule.name_of(action.to)
        raise Refused(
            f"{work.name}: {action.to} cannot pass it to themselves; name another person of the roster",
            on_page=f"{work.name}: {name} cannot pass it to themselves; choose another person",
        )
    if action.to == state.owner and state.status is TicketStatus.ACKNOWLEDGED:
        raise Refused(f"{work.name} is taken by {work.owner_name} already")


def _refuse_unknown(person: str, people: Mapping[str, Person]) -> None:
    if person not in people:
        hint = suggestion(clean(person), sorted(people))
        raise Refused(
            f"nobody on the published rosters has the id {quoted(person)}; {hint}",
            on_page="this person is on no published roster; open the page again and choose from its list",
        )


def end_of_drill(action: TicketAction) -> TicketAction:
    """Return the action that resolves a drill: any answer proves that its page arrived.

    Raises Refused for an action that is no answer.
    """
    if action.kind not in _ENDS_A_DRILL:
        raise Refused("a drill is a test page: it can only be acknowledged")
    return replace(action, kind=EventKind.RESOLVED, why=clean(action.why) or "the test page was answered")


def nothing_to_do(work: TicketWork, action: TicketAction) -> str | None:
    """Return why the action changes nothing; None if it changes something. Raises Refused if the state forbids it."""
    name, kind, state = work.name, action.kind, work.state
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
    if state.status is TicketStatus.RESOLVED and not opens_it and not _is_of_before_the_end(state, action, work.now):
        raise Refused(f"{name} is resolved; reopen it first")
    if kind is EventKind.ACKNOWLEDGED and state.status is TicketStatus.ACKNOWLEDGED and state.owner is not None:
        if state.owner == action.by:
            return f"{name} is yours already."
        return None if action.take_over else f"{name} is taken by {work.owner_name}."
    return None


def _is_of_before_the_end(state: TicketState, action: TicketAction, now: datetime) -> bool:
    """Return True if the action happened before the ticket was resolved, but was reported afterwards."""
    if action.kind not in _COUNTS_BEFORE_THE_END or state.resolved_at is None:
        return False
    return action.at < now and whole_second(action.at) <= state.resolved_at


def event_of(work: TicketWork, action: TicketAction) -> Event:
    """Return the event of an action. Its time is policy time in whole seconds.

    Raises Refused for an impact that the policy does not have.
    """
    at = _when(work, action)
    reported = reported_times(action, at, work.context)
    why = clean(action.why) or action.kind.value.replace("_", " ")
    if action.kind in FORWARDED:
        return message_of(work.name, action, at, why=why, reported=reported)
    if action.kind is EventKind.ACKNOWLEDGED:
        return _acknowledged(work, action, at)
    if action.kind is EventKind.PASSED:
        why = clean(action.why) or (f"passed to {action.to}" if action.to is not None else "passed")
        return Passed(work.name, at, action.by, why, action.id, reported=reported, to=action.to)
    if action.kind is EventKind.IMPACT_CHANGED:
        return _impact_changed(work, action, at)
    if action.kind is EventKind.REOPENED:
        terms = in_force(work.tx, at)
        return Reopened(work.name, at, action.by, why, action.id, reported=reported, terms=terms)
    return _PLAIN_EVENTS[action.kind](work.name, at, action.by, why, action.id, reported=reported)


def _acknowledged(work: TicketWork, action: TicketAction, at: datetime) -> Acknowledged:
    owner = work.state.owner
    taken_from = owner if work.state.status is TicketStatus.ACKNOWLEDGED and owner != action.by else None
    why = clean(action.why) or (f"taken over from {taken_from}" if taken_from is not None else "acknowledged")
    reported = reported_times(action, at, work.context)
    return Acknowledged(work.name, at, action.by, why, action.id, reported=reported, taken_from=taken_from)


def message_of(
    ticket_id: str,
    action: TicketAction,
    at: datetime,
    *,
    why: str,
    reported: ReportedTimes | None = None,
    forwarded_to: str | None = None,
) -> Replied | Updated | CustomerReplied:
    """Return the event of a message to or from the customer.

    forwarded_to: the ticket for which the message counts, if `ticket_id` is a duplicate.
    """
    common = (ticket_id, at, action.by, why, action.id)
    from_, text = action.forwarded_from, clean_lines(action.message) or None
    if action.kind is EventKind.CUSTOMER_REPLIED:
        return CustomerReplied(
            *common,
            reported=reported,
            forwarded_to=forwarded_to,
            forwarded_from=from_,
            needs_reply=action.needs_reply,
            text=text,
        )
    made = Replied if action.kind is EventKind.REPLIED else Updated
    return made(
        *common,
        reported=reported,
        forwarded_to=forwarded_to,
        forwarded_from=from_,
        takes_ticket=action.takes_ticket,
        is_mailed=action.is_mailed,
        text=text,
    )


def _impact_changed(work: TicketWork, action: TicketAction, at: datetime) -> ImpactChanged:
    impact = impact_named(action.impact, work.policy).name
    return ImpactChanged(
        work.name,
        at,
        action.by,
        clean(action.why) or f"{work.state.impact} to {impact}",
        action.id,
        impact=impact,
        terms=in_force(work.tx, at),
        reported=reported_times(action, at, work.context),
    )


def counted_at(work: TicketWork, action: TicketAction) -> datetime:
    """Return the time of an action in whole seconds, moved to lie between the ticket's receipt and now.

    The sender's clock may be ahead or behind. A message that was forwarded from a duplicate may be older than this
    ticket.
    """
    at = whole_second(min(action.at, work.now))
    return at if action.forwarded_from is not None else max(at, work.stored.received_at)


def _when(work: TicketWork, action: TicketAction) -> datetime:
    """Return the time of an action's event. A resolution or reopening is never before the event that it undoes."""
    at, state = counted_at(work, action), work.state
    if action.kind is EventKind.RESOLVED:
        return max(at, state.opened_at or at)
    if action.kind is EventKind.REOPENED:
        return max(at, state.resolved_at or at)
    return at


def reported_times(action: TicketAction, at: datetime, context: ActionContext) -> ReportedTimes | None:
    """Return when an action was recorded and which time its sender gave; None if both are `at`."""
    is_late, is_said_otherwise = context.now - at >= RECORDED_LATE, abs(action.at - at) >= timedelta(seconds=1)
    if not is_late and not is_said_otherwise:
        return None
    return ReportedTimes(context.now if is_late else None, action.at if is_said_otherwise else None)
