"""Handoff notices: at a handoff, the next person on call gets one notice about the open tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.escalation import wakes_people
from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.pager_events import HandedOver
from oncall.paging.domain.people import DESK, name_of
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.domain.verdict import Action
from oncall.paging.outgoing.briefings import Briefing
from oncall.paging.outgoing.handoffs import GRACE, Handoff, last_handoff
from oncall.paging.outgoing.messages import handoff_text
from oncall.paging.outgoing.new_attempts import ActionContext, notice
from oncall.paging.outgoing.open_tickets import OpenTicket, open_tickets
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import HandoffStore

_NOT_OF_A_HANDOFF = tuple(kind for kind in EventKind if kind is not EventKind.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class HandoffNotice:
    """A handoff, with the open tickets of which the next person must be notified.

    tickets: read from a snapshot, the most pressing first.
    """

    handoff: Handoff
    tickets: tuple[OpenTicket, ...]


def leaving(tx: HandoffStore, now: datetime) -> HandoffNotice:
    """Return the latest handoff with the open tickets of which the person it goes to was not yet notified.

    now: policy time. No tickets if the handoff is older than GRACE or goes to nobody. Reads every open ticket. Run it
    on a snapshot, so that no writer waits.
    """
    handoff = last_handoff(tx.schedule(), now)
    if handoff.to is None or now - handoff.at > GRACE:
        return HandoffNotice(handoff, ())

    def is_left(stored: StoredTicket, log: Sequence[Event]) -> bool:
        is_older = stored.received_at < handoff.at
        return is_older and not _was_told(log, handoff) and _is_for(stored, handoff, tx)

    return HandoffNotice(handoff, tuple(open_tickets(tx, now, is_left)))


def hand_over(
    tx: HandoffStore, context: ActionContext, found: HandoffNotice, briefing: Briefing | None = None
) -> tuple[Attempt, ...]:
    """Notify the person who came on call at the latest handoff of the open tickets, once. Returns the notices.

    found: the result of `leaving` on a recent snapshot. briefing: facts about the last shift that the notice adds. Each
    ticket's log records the person who got the notice, so that no other pager sends a second one.
    """
    policy, schedule = tx.policy_at(context.now), tx.schedule()
    if last_handoff(schedule, context.now) != found.handoff:
        # The schedule changed since the snapshot, or a handoff has just happened.
        found = leaving(tx, context.now)
    handoff = found.handoff
    if not found.tickets:
        return ()
    tx.lock_handoffs()
    logs = tx.events_of([each.stored.ticket.id for each in found.tickets], without=_NOT_OF_A_HANDOFF)
    left = [each for each in found.tickets if not _was_told(logs.get(each.stored.ticket.id, ()), handoff)]
    if not left or handoff.to is None:
        return ()
    first = left[0]
    owner = name_of(first.stored.owner, schedule) if first.stored.owner is not None else None
    also = briefing.also(handoff.to) if briefing is not None else ""
    body = handoff_text([each.stored for each in left], first.clock, policy, owner=owner, also=also)
    attempts = [notice(first.stored.ticket.id, handoff.to, body, context)]
    if handoff.to == DESK:
        known = [person for person in policy.desk.notify if person in schedule.people]
        attempts += [notice(first.stored.ticket.id, person, body, context) for person in known]
    tx.append([_handed_over(each.stored, handoff.at, attempts[0], context) for each in left])
    tx.add_attempts(attempts)
    return tuple(attempts)


def _was_told(log: Sequence[Event], handoff: Handoff) -> bool:
    told = [event for event in log if isinstance(event, HandedOver)]
    return any((event.to, event.handoff_at) == (handoff.to, handoff.at) for event in told)


def _is_for(stored: StoredTicket, handoff: Handoff, tx: Schedules) -> bool:
    """Return True if a handoff notice lists this ticket. Drills are never listed.

    The notice to the desk lists every other ticket. The notice to an engineer lists those that page and are not held.
    """
    if stored.ticket.is_drill:
        return False
    return handoff.to == DESK or (
        wakes_people(stored.impact, tx.policy_at(handoff.at)) and stored.action != Action.HOLD
    )


def _handed_over(stored: StoredTicket, handoff_at: datetime, told: Attempt, context: ActionContext) -> HandedOver:
    why = f"handed over to {'the support desk' if told.to == DESK else told.to}"
    return HandedOver(stored.ticket.id, context.now, PAGER, why, to=told.to, handoff_at=handoff_at, attempt=told.id)
