"""Occurrences of one problem. If an alert begins again while its ticket is open, it belongs to that ticket.

Alertmanager identifies an occurrence by its start. If it is restarted together with Prometheus, it forgets the
occurrence: the firing alert gets another start, and the end of the first one is never reported.
"""

from __future__ import annotations

from dataclasses import replace

from oncall.intake.signals import Origin, Signal
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.store import IntakeStore


def open_ticket_of_problem(tx: IntakeStore, signal: Signal, origin: Origin) -> StoredTicket | None:
    """Return the open ticket of an earlier occurrence of the signal's problem; None if there is none."""
    row = _row(tx, signal, origin)
    stored = tx.ticket(row.ticket) if row is not None and row.ticket is not None else None
    return stored if stored is not None and stored.status is not TicketStatus.RESOLVED else None


def remember_occurrence(tx: IntakeStore, signal: Signal, origin: Origin, ticket: str, context: ActionContext) -> None:
    """Store this occurrence of the problem as the latest one, which fires. ticket: the id of its ticket."""
    if not signal.problem:
        return
    before = _row(tx, signal, origin)
    if before is None:
        name, key = origin.caller.name, _key(signal)
        new = SenderKey(name, origin.sender, key, ticket, 0, None, False, context.real_now, signal.at)
        tx.add_sender_key(new)
    elif (before.ticket, before.said_at, before.has_ended) != (ticket, signal.at, False):
        after = replace(before, ticket=ticket, said_at=signal.at, has_ended=False, changed_at=context.real_now)
        tx.update_sender_key(after)


def another_fires(tx: IntakeStore, signal: Signal, origin: Origin, ticket: str) -> bool:
    """Return True if another occurrence of the ticket's problem fires, later than the one that this signal ends."""
    row = _row(tx, signal, origin)
    return row is not None and row.ticket == ticket and not row.has_ended and row.said_at != signal.at


def end_occurrence(tx: IntakeStore, signal: Signal, origin: Origin, context: ActionContext) -> None:
    """Store that the problem of the signal no longer fires."""
    row = _row(tx, signal, origin)
    if row is not None and not row.has_ended:
        tx.update_sender_key(replace(row, has_ended=True, changed_at=context.real_now))


def _row(tx: IntakeStore, signal: Signal, origin: Origin) -> SenderKey | None:
    return tx.sender_key(origin.caller.name, origin.sender, _key(signal)) if signal.problem else None


def _key(signal: Signal) -> str:
    return f"any start of {signal.problem}"
