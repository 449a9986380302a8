"""Cancels attempts: decides whether an unsent attempt is still needed, and ends an attempt that is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from oncall.paging.domain.escalation import wakes_people
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import SENDABLE, Attempt, AttemptStatus, Purpose, StoredTicket, TicketStatus
from oncall.paging.domain.verdict import Action
from oncall.paging.outgoing.new_attempts import whole_second
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import TicketReads
from oncall.paging.ports.ticket_store import EventLog

UNNEEDED = "no longer needed"
REPLACED = "replaced by the page of a later step"
_NO_PASS = tuple(kind for kind in EventKind if kind is not EventKind.PASSED)


def why_unneeded(tx: TicketReads, attempt: Attempt, now: datetime) -> str | None:
    """Return why an unsent attempt is no longer needed; None if it is needed. now: policy time.

    A page is not needed if the ticket has an owner, is on hold or pages nobody now, or if its person has passed the
    ticket on. No attempt is sent again after its deadline.
    """
    if attempt.purpose is Purpose.PAGE:
        stored = tx.ticket(attempt.ticket)
        if stored is None or stored.status is not TicketStatus.OPEN or _wakes_nobody(tx, stored, now):
            return UNNEEDED
        if _was_on_its_way(attempt) and _was_passed_on(tx, attempt):
            return UNNEEDED
    is_over = attempt.sends > 0 and attempt.deadline is not None and now >= attempt.deadline
    return UNNEEDED if is_over else None


def _wakes_nobody(tx: Schedules, stored: StoredTicket, now: datetime) -> bool:
    is_left_to_desk = stored.action == Action.DESK and not wakes_people(stored.impact, tx.policy_at(now))
    return stored.action == Action.HOLD or is_left_to_desk


def _was_on_its_way(attempt: Attempt) -> bool:
    """Return True if the attempt was sent or delayed before. A pass itself cancels the attempts that were not."""
    return attempt.sends > 0 or attempt.retry_at != attempt.written_at


def _was_passed_on(tx: EventLog, attempt: Attempt) -> bool:
    log = tx.events_of([attempt.ticket], without=_NO_PASS).get(attempt.ticket, ())
    # An answer in the second of the page can only be about that page.
    return any(event.by == attempt.to and event.at >= whole_second(attempt.at) for event in log)


def ended(attempt: Attempt, why: str) -> Attempt:
    """Return the attempt with the status FAILED. why: the reason, which is put before its last error."""
    error = f"{why}; {attempt.error}" if attempt.error else why
    return replace(attempt, status=AttemptStatus.FAILED, error=error, lease_until=None, retry_at=None)


def later_page(attempt: Attempt, others: Sequence[Attempt]) -> Attempt | None:
    """Return the latest unsent page in `others` that makes this page superfluous; None if there is none.

    Such a page was written later, for the same ticket and person, and is a text if this page is one. A notice has none.
    """
    if attempt.purpose is not Purpose.PAGE:
        return None
    same = [other for other in others if _repeats(other, attempt)]
    return max(same, key=_when, default=None)


def _repeats(other: Attempt, attempt: Attempt) -> bool:
    is_same = (other.ticket, other.to, other.is_text) == (attempt.ticket, attempt.to, attempt.is_text)
    is_unsent = other.purpose is Purpose.PAGE and other.status in SENDABLE
    return is_same and is_unsent and other.id != attempt.id and _when(other) > _when(attempt)


def _when(attempt: Attempt) -> tuple[datetime, int, int, str]:
    return attempt.at, attempt.round or 0, attempt.step or 0, attempt.id
