"""Phone lines: the pager calls a person only if no other call of ours to this person may still run."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall.paging.domain.ticket import FINAL_STATUSES, SENDABLE
from oncall.paging.ports.attempt_store import SentMessages

LONGEST_CALL = timedelta(minutes=3)
"""How long (policy time) a call counts as running, even if the provider never reports its end."""


def is_under_way(tx: SentMessages, person: str, now: datetime) -> bool:
    """Return True if a call of ours to this person may still run. now: policy time."""
    calls = tx.calls_to(person, since=now - LONGEST_CALL)
    return any(call.status not in (*FINAL_STATUSES, *SENDABLE) for call in calls)


def was_ours(tx: SentMessages, person: str, now: datetime, *, attempt_id: str) -> bool:
    """Return True if a person's line may have been busy with another call of ours. now: policy time.

    attempt_id: the call that found the line busy.
    """
    return any(call.id != attempt_id for call in tx.calls_to(person, since=now - LONGEST_CALL))
