"""Handoff notices: at a handoff the next person on call is notified once of the open tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.errors import FileFaults, NotFound
from oncall.paging.clocks.clock_book import COUNTS_FOR_CLOCKS, TermsOf, sla_events, terms_in
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.escalation import wakes_people
from oncall.paging.domain.events import Event, EventKind, UnreadableLog
from oncall.paging.domain.pager_events import HandedOver
from oncall.paging.domain.people import DESK, first_responder, name_of
from oncall.paging.domain.ticket import Attempt, StoredTicket, TicketStatus
from oncall.paging.domain.verdict import Action
from oncall.paging.outgoing.messages import handover_text
from oncall.paging.outgoing.new_attempts import ActionContext, notice
from oncall.paging.outgoing.ticket_work import known_clocks
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import HandoffStore
from oncall.schedule.schedule import Schedule
from oncall.support.clocks import SlaClock, next_due, sla
from oncall.support.windows import WindowKind

GRACE = timedelta(hours=1)
"""How long after a handoff a notice may still be sent."""

_OWED = (TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED)
_PAGE = 500
_UNNEEDED = tuple(kind for kind in EventKind if kind not in (*COUNTS_FOR_CLOCKS, EventKind.HANDED_OVER))
_NOT_OF_A_HANDOVER = tuple(kind for kind in EventKind if kind is not EventKind.HANDED_OVER)
_INSTANT = timedelta(microseconds=1)
_LONGEST_WINDOW = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Handoff:
    """The latest handoff. to: a person's id, `desk`, or None if nobody is on call."""

    at: datetime
    to: str | None


@dataclass(frozen=True, slots=True)
class _Left:
    """A ticket to hand over, and its clock that ends first."""

    stored: StoredTicket
    clock: SlaClock | None


@dataclass(frozen=True, slots=True)
class HandoffNotice:
    """The tickets to hand over at a handoff, as read from a snapshot, the most pressing first."""

    handoff: Handoff
    tickets: tuple[_Left, ...]


def last_handoff(schedule: Schedule, now: datetime) -> Handoff:
    """Return the latest handoff at or before `now` (aware UTC)."""
    window = schedule.calendar_at(now).window_at(now)
    if window.kind is WindowKind.BUSINESS:
        return Handoff(window.start, DESK)
    to = first_responder(schedule, schedule.who(now))
    begins = [one.window.start for one in schedule.assignments(now, now + _INSTANT) if one.engineer == to]
    return Handoff(max([window.start, *begins]), to)


def next_handoff(schedule: Schedule, now: datetime) -> datetime:
    """Return the time of the next handoff after `now` (aware UTC), by the present schedule."""
    window = schedule.calendar_at(now).window_at(now)
    starts = [one.window.start for one in schedule.assignments(now, now + _LONGEST_WINDOW) if one.window.start > now]
    return min([window.end, *starts])


def leaving(tx: HandoffStore, now: datetime) -> HandoffNotice:
    """Return the open tickets that were not handed over at the latest handoff. now: policy time.

    Reads every open ticket. Run it on a snapshot, so that no writer waits.
    """
    handoff = last_handoff(tx.schedule(), now)
    if handoff.to is None or now - handoff.at > GRACE:
        return HandoffNotice(handoff, ())
    left = [each for each in _left(tx, handoff, now) if _is_for(each.stored, handoff, tx)]
    return HandoffNotice(handoff, tuple(sorted(left, key=_urgency)))


def hand_over(tx: HandoffStore, context: ActionContext, found: HandoffNotice) -> tuple[Attempt, ...]:
    """Notify the person who came on call at the latest handoff of the open tickets, once. Returns the notices.

    found: the result of `leaving` on a recent snapshot. Each ticket's log records to whom it was handed over, so that
    no other pager sends a second notice.
    """
    policy, schedule = tx.policy(), tx.schedule()
    if last_handoff(schedule, context.now) != found.handoff:
        # The schedule changed since the snapshot, or a handoff has just happened.
        found = leaving(tx, context.now)
    handoff = found.handoff
    if not found.tickets:
        return ()
    tx.lock_handoffs()
    logs = tx.events_of([each.stored.ticket.id for each in found.tickets], without=_NOT_OF_A_HANDOVER)
    left = [each for each in found.tickets if not _was_told(logs.get(each.stored.ticket.id, ()), handoff)]
    if not left or handoff.to is None:
        return ()
    first = left[0]
    owner = name_of(first.stored.owner, schedule) if first.stored.owner is not None else None
    body = handover_text([each.stored for each in left], first.clock, policy, owner=owner)
    attempts = [notice(first.stored.ticket.id, handoff.to, body, context)]
    if handoff.to == DESK:
        known = [person for person in policy.desk.notify if person in schedule.people]
        attempts += [notice(first.stored.ticket.id, person, body, context) for person in known]
    tx.append([_handed_over(each.stored, handoff.at, attempts[0], context) for each in left])
    tx.add_attempts(attempts)
    return tuple(attempts)


def _urgency(left: _Left) -> tuple[bool, float]:
    due = left.clock.due_at if left.clock is not None else None
    return due is None, due.timestamp() if due is not None else left.stored.received_at.timestamp()


def _left(tx: HandoffStore, handoff: Handoff, now: datetime) -> list[_Left]:
    """Return the unresolved tickets from before the handoff that were not handed over at it."""
    found: list[_Left] = []
    terms_of = terms_in(tx)
    after: str | None = None
    while True:
        page = tx.tickets(TicketFilter(_OWED, after=after, limit=_PAGE))
        logs = tx.events_of([stored.ticket.id for stored in page], without=_UNNEEDED)
        for stored in page:
            log = logs.get(stored.ticket.id, [])
            if stored.received_at < handoff.at and not _was_told(log, handoff):
                known = known_clocks(tx, stored.ticket.id, now)
                clock = next_due(known) if known is not None else _first_clock(stored, log, terms_of, now)
                found.append(_Left(stored, clock))
        if len(page) < _PAGE:
            return found
        after = page[-1].ticket.id


def _first_clock(stored: StoredTicket, log: Sequence[Event], terms_of: TermsOf, now: datetime) -> SlaClock | None:
    """Return the clock that ends first; None if the ticket's policy or log cannot be read. The notice names such a
    ticket, too.
    """
    try:
        return next_due(sla(sla_events(stored.ticket, log, terms_of), now))
    except (NotFound, FileFaults, UnreadableLog):
        return None


def _was_told(log: Sequence[Event], handoff: Handoff) -> bool:
    told = [event for event in log if isinstance(event, HandedOver)]
    return any((event.to, event.handoff_at) == (handoff.to, handoff.at) for event in told)


def _is_for(stored: StoredTicket, handoff: Handoff, tx: Schedules) -> bool:
    """Return True if the ticket goes to this target: the desk gets every ticket, an engineer those that page and are
    not held.
    """
    if stored.ticket.is_drill:
        return False
    return handoff.to == DESK or (wakes_people(stored.impact, tx.policy()) and stored.action != Action.HOLD)


def _handed_over(stored: StoredTicket, handoff_at: datetime, told: Attempt, context: ActionContext) -> HandedOver:
    why = f"handed over to {'the support desk' if told.to == DESK else told.to}"
    return HandedOver(stored.ticket.id, context.now, PAGER, why, to=told.to, handoff_at=handoff_at, attempt=told.id)
