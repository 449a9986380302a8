"""Keeps tickets in step with the help desk that owns them: impact, reopening, and states that arrive out of order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oncall.intake.routes import routed
from oncall.intake.signals import Became, Origin, Signal, Taken
from oncall.paging.actions.caller_actions import record_for
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.store import IntakeStore

_IMPACT_LABELS = ("impact", "severity", "priority")

MOST_AHEAD = timedelta(minutes=15)
"""A sender's clock may be this far ahead of ours. If it is further ahead, the time of arrival replaces its times."""


def without_future(signal: Signal, context: ActionContext) -> Signal:
    """Return the signal, with the time of its arrival as `said_at` if its sender's clock is far ahead.

    Otherwise the wrong time would make every later signal look outdated.
    """
    arrived_at = max(context.now, context.real_now)
    if signal.said_at is None or signal.said_at <= arrived_at + MOST_AHEAD:
        return signal
    return replace(signal, said_at=arrived_at)


def is_outdated(signal: Signal, row: SenderKey | None) -> bool:
    """Return True if the sender has already reported a newer state of the problem. row: the stored row of its key."""
    if signal.said_at is None or row is None or row.said_at is None:
        return False
    return signal.said_at < row.said_at


def remember_time(tx: IntakeStore, signal: Signal, origin: Origin, taken: Taken, context: ActionContext) -> None:
    """Store the time that the sender gave for a signal, so that an older signal that comes later changes nothing."""
    row = tx.sender_key(origin.caller.name, origin.sender, signal.key)
    if row is None:
        name = origin.caller.name
        new = SenderKey(name, origin.sender, signal.key, taken.ticket, 0, None, False, context.real_now, signal.said_at)
        tx.add_sender_key(new)
    elif row.said_at is None or (signal.said_at is not None and row.said_at < signal.said_at):
        tx.update_sender_key(replace(row, said_at=signal.said_at, changed_at=context.real_now))


def follow(
    tx: IntakeStore, signal: Signal, origin: Origin, row: SenderKey | None, stored: StoredTicket, context: ActionContext
) -> Taken:
    """Change a known ticket to the state that its help desk reports, and return the result.

    If an engineer changed the impact, that change stays until the help desk reports another impact. row: the stored row
    of the sender's key. stored: the ticket.
    """
    name = stored.ticket.id
    if stored.status is TicketStatus.RESOLVED:
        return _reopened(tx, signal, origin, row, stored, context)
    if not any(signal.labels.get(label) for label in _IMPACT_LABELS):
        return Taken(Became.UPDATED, name, "it is open already, so nobody is paged again")
    impact = routed(signal.labels, tx.policy_at(context.now)).impact
    before = row.impact if row is not None and row.impact is not None else stored.ticket.impact
    if impact == before:
        return Taken(Became.UPDATED, name, "it is open already, so nobody is paged again")
    _keep_row(tx, signal, origin, row, name, impact=impact, context=context)
    if impact == stored.impact:
        return Taken(Became.UPDATED, name, f"its impact is {impact} already")
    why = f"{origin.sender} reports another impact"
    action = TicketAction(EventKind.IMPACT_CHANGED, origin.caller.name, context.now, why, impact=impact)
    done = record_for(origin.caller, tx, name, action, context)
    return Taken(Became.UPDATED, name, f"the impact is {impact} now", done.attempts)


def _reopened(
    tx: IntakeStore, signal: Signal, origin: Origin, row: SenderKey | None, stored: StoredTicket, context: ActionContext
) -> Taken:
    """Reopen a resolved ticket if its help desk ended it and later, by its own clock, reports it as open."""
    name = stored.ticket.id
    is_newer = signal.said_at is not None and row is not None and row.said_at is not None and row.has_ended
    if not is_newer:
        return Taken(Became.IGNORED, name, "this ticket is resolved; only a reopening opens it again")
    why = f"{origin.sender} reports it as open again"
    action = TicketAction(EventKind.REOPENED, origin.caller.name, context.now, why)
    done = record_for(origin.caller, tx, name, action, context)
    _keep_row(tx, signal, origin, row, name, impact=row.impact if row is not None else None, context=context)
    return Taken(Became.UPDATED, name, why, done.attempts)


def _keep_row(
    tx: IntakeStore,
    signal: Signal,
    origin: Origin,
    row: SenderKey | None,
    ticket: str,
    *,
    impact: str | None,
    context: ActionContext,
) -> None:
    if row is None:
        name = origin.caller.name
        tx.add_sender_key(SenderKey(name, origin.sender, signal.key, ticket, 0, impact, False, context.real_now))
    else:
        tx.update_sender_key(replace(row, impact=impact, has_ended=False, changed_at=context.real_now))
