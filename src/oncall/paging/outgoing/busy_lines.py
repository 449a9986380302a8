"""Phone lines: a person takes one call at a time, so that two calls of ours never race for one phone."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall.paging.domain.ticket import FINAL_STATUSES, SENDABLE
from oncall.paging.ports.attempt_store import SentMessages

LONGEST_CALL = timedelta(minutes=3)
"""How long (policy time) a call may hold a line, also if the provider never reports its end."""


def is_under_way(tx: SentMessages, person: str, now: datetime) -> bool:
    """Return True if a call of ours to this person may still run. now: policy time."""
    calls = tx.calls_to(person, since=now - LONGEST_CALL)
    return any(call.status not in (*FINAL_STATUSES, *SENDABLE) for call in calls)


def was_ours(tx: SentMessages, person: str, now: datetime, *, attempt_id: str) -> bool:
    """Return True if another call of ours may have held the line that was busy."""
    return any(call.id != attempt_id for call in tx.calls_to(person, since=now - LONGEST_CALL))
