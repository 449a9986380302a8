"""Records the outcome of a send for the attempt, and for every other attempt in the same message."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.errors import Ambiguous, DeliveryError, Temporary
from oncall.paging.domain.ticket import FINAL_STATUSES, Attempt, AttemptStatus
from oncall.paging.outgoing.bundles import members, own_text
from oncall.paging.ports.attempt_store import Attempts
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.failed_pages import failure_in, follow_failure, has_failed
from oncall.paging.sending.receipts import first_ask
from oncall.paging.sending.send_work import SendWork

RECONCILE_AFTER = timedelta(seconds=3)
"""How long (real time) the pager waits for a receipt about an unknown attempt before it asks the provider."""
LONGEST_BACK_OFF = timedelta(seconds=60)
LONGEST_BACK_OFF_URGENT = timedelta(seconds=15)
"""The longest pause (real time) before a retry of the first page of an urgent ticket. It is short, so that the page is
sent soon after its provider works again."""


def write_outcome(work: SendWork, attempt: Attempt, outcome: Receipt | DeliveryError) -> list[Attempt]:
    """Record the outcome of a send for every attempt in the message, and the consequences of a failure.

    attempt: as it was sent. Returns the attempts with their new status, the leader first; an empty list if the outcome
    changes nothing.
    """
    tx, real_now = work.tx, work.real_now
    if isinstance(outcome, Receipt) and attempt.status is AttemptStatus.SENDING and attempt.bundle is None:
        taken = _after(attempt, outcome, real_now)
        if not has_failed(taken) and tx.settle_attempt(taken):
            return [taken]
    current = tx.attempt(attempt.id)
    if current is None or _is_settled(current, attempt, outcome):
        return []
    is_found = attempt.status is not AttemptStatus.SENDING
    if isinstance(outcome, Receipt) and is_found and _may_be_anothers(tx, current, outcome):
        outcome = Ambiguous("the message that the provider has may belong to another attempt")
    changed = [_after(one, outcome, real_now) for one in members(tx, current)]
    if isinstance(outcome, Temporary):
        pause = min(_pause(one, outcome, work.clock) for one in changed)
        # The provider does not have the message: each page waits by itself again.
        changed = [_refused(one, real_now + pause) for one in changed]
    for one in changed:
        tx.update_attempt(one)
    _follow_failures(work, changed, outcome)
    return changed


def _is_settled(current: Attempt, attempt: Attempt, outcome: Receipt | DeliveryError) -> bool:
    """Return True if the outcome changes nothing. current: the attempt as stored; attempt: as it was sent."""
    if current.status in FINAL_STATUSES or current.provider_id is not None:
        return True
    # The lease expired and another pager is sending it: our failure says nothing about its send.
    is_anothers = current.status is AttemptStatus.SENDING and current.lease_until != attempt.lease_until
    return is_anothers and isinstance(outcome, DeliveryError)


def _follow_failures(work: SendWork, changed: list[Attempt], outcome: Receipt | DeliveryError) -> None:
    failure = failure_in(outcome)
    if failure is not None:
        for one in changed:
            follow_failure(work.tx, one, failure, work.context)


def _refused(attempt: Attempt, retry_at: datetime) -> Attempt:
    return replace(attempt, retry_at=retry_at, bundle=None, is_summary=False, sent_text=own_text(attempt), sent_at=None)


def _may_be_anothers(tx: Attempts, attempt: Attempt, receipt: Receipt) -> bool:
    """Return True if a message at the provider belongs to another attempt, or may belong to one that is being sent.

    Pages for one ticket to one person have the same text, so the text does not tell them apart.
    """
    if tx.attempt_by_provider_id(receipt.provider_id) is not None:
        return True
    return any(
        other.status is AttemptStatus.SENDING and other.to == attempt.to and other.id != attempt.id
        for other in tx.attempts(attempt.ticket)
    )


def _after(attempt: Attempt, outcome: Receipt | DeliveryError, real_now: datetime) -> Attempt:
    sends = attempt.sends + 1 if attempt.status is AttemptStatus.SENDING else attempt.sends
    freed = replace(attempt, sends=sends, lease_until=None, retry_at=None)
    if isinstance(outcome, Receipt):
        failure = failure_in(outcome)
        taken = replace(
            freed,
            status=outcome.status,
            provider_id=outcome.provider_id,
            error=failure.why if failure is not None else freed.error,
            error_code=outcome.error_code,
        )
        return replace(taken, retry_at=None if attempt.is_member else first_ask(taken, real_now))
    freed = replace(freed, error=str(outcome), error_code=outcome.code)
    if isinstance(outcome, Temporary):
        return replace(freed, status=AttemptStatus.RETRYING)
    if isinstance(outcome, Ambiguous):
        pause = _between(RECONCILE_AFTER, (real_now - attempt.written_at) / 2)
        return replace(freed, status=AttemptStatus.UNKNOWN, retry_at=real_now + pause)
    return replace(freed, status=AttemptStatus.FAILED, sent_at=None)


def _pause(attempt: Attempt, error: Temporary, clock: Clock) -> timedelta:
    """Return how long (real time) to wait before the next send.

    The wait grows with each send, varies at random, and is at least the provider's Retry-After. It leaves time for one
    more send before the next step.
    """
    back_off = timedelta(seconds=2 ** min(attempt.sends, 6)) * random.uniform(0.5, 1.0)  # noqa: S311
    longest = LONGEST_BACK_OFF_URGENT if attempt.is_urgent else LONGEST_BACK_OFF
    wait = max(min(back_off, longest), error.retry_after or timedelta(0))
    if attempt.deadline is None:
        return wait
    left = max(clock.real_seconds_until(attempt.deadline) - 1.0, 0.5)
    return min(wait, timedelta(seconds=left))


def _between(shortest: timedelta, wanted: timedelta) -> timedelta:
    return min(max(wanted, shortest), LONGEST_BACK_OFF)
