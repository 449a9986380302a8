"""Phone lines: a person takes one call at a time, so that two calls of ours never race for one phone."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall.paging.domain.ticket import FINAL_STATUSES, SENDABLE
from oncall.paging.ports.attempt_store import SentMessages

LONGEST_CALL = timedelta(minutes=3)
"""So long (policy time) a call may hold its line; one that its provider never ended holds it no longer."""


def is_under_way(tx: SentMessages, person: str, now: datetime) -> bool:
    """Whether a call of ours to this person may not be over yet. now: policy time."""
    calls = tx.calls_to(person, since=now - LONGEST_CALL)
    return any(call.status not in (*FINAL_STATUSES, *SENDABLE) for call in calls)


def was_ours(tx: SentMessages, person: str, now: datetime, *, attempt_id: str) -> bool:
    """Whether the line on which a call met the busy tone was, or may have been, held by another call of ours."""
    return any(call.id != attempt_id for call in tx.calls_to(person, since=now - LONGEST_CALL))
