"""What becomes of a try at delivering a message, step by step in the store: claimed, sent, in doubt, ended.

Every function runs inside a transaction and takes the two times from its caller's `Hand`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.errors import Ambiguous, DeliveryError, Temporary
from oncall.paging.advance import Hand
from oncall.paging.failing import failure_in, follow_failure, has_failed
from oncall.paging.ports import Clock, Receipt, Transaction
from oncall.paging.receipts import first_ask
from oncall.paging.ticket import FINAL_STATUSES, Attempt, AttemptStatus, Purpose, TicketStatus
from oncall.paging.verdict import Action
from oncall.support.policy import ChannelName

LEASE = timedelta(seconds=30)
"""How long (real time) a try is its sender's own: longer than a send with every network time-out of a channel."""
FRESH = timedelta(seconds=20)
"""A send begins only under a lease that lasts at least this much longer."""
RECONCILE_AFTER = timedelta(seconds=3)
"""How long (real time) an unknown try waits for a receipt before the provider is asked."""
RECONCILE_AFTER_CRASH = timedelta(seconds=10)
"""The same for a try whose sender died: longer than a request may have been on its way when it did."""
MOST_SENDS = 3
"""How often one try whose answers were in doubt is sent again at once; after that it is tried ever more slowly."""
LONGEST_BACK_OFF = timedelta(seconds=60)
MOST_ADOPTED = 10_000
CALLS_BEFORE = timedelta(minutes=5)
"""Calls for tries written so much earlier (real time) are known not to be this one's; a call may be made late."""
SENDABLE = (AttemptStatus.QUEUED, AttemptStatus.RETRYING)
"""A try that is claimed like this may be sent; of any other the provider is asked first."""


def claim(tx: Transaction, hand: Hand, limit: int) -> list[Attempt]:
    """Take over tries that are due. What may be sent is marked so before the network hears of it; what nobody needs
    any more is ended. What is in doubt, or was taken and not heard of since, comes back to be asked about."""
    mine = []
    lease_until = hand.real_now + LEASE
    for attempt in tx.claim_attempts(real_now=hand.real_now, lease_until=lease_until, limit=limit):
        claimed: Attempt | None = attempt
        if attempt.status in SENDABLE:
            claimed = mark_sending(tx, attempt, hand)
        if claimed is not None:
            mine.append(claimed)
    return mine


def mark_sending(tx: Transaction, attempt: Attempt, hand: Hand) -> Attempt | None:
    """Put a try under a new lease for sending; None when it was ended instead, because nobody needs it any more."""
    if _is_moot(tx, attempt, hand.now):
        tx.update_attempt(_ended(attempt, "no longer needed"))
        return None
    again = replace(attempt, status=AttemptStatus.SENDING, lease_until=hand.real_now + LEASE, retry_at=None)
    tx.update_attempt(again)
    return again


def renew(tx: Transaction, attempt: Attempt, hand: Hand) -> Attempt | None:
    """Lengthen the lease of a try that had to wait for its turn; None when it is no longer ours to send."""
    current = tx.attempt(attempt.id)
    if current is None or current.status is not AttemptStatus.SENDING or current.lease_until != attempt.lease_until:
        return None
    return mark_sending(tx, current, hand)


def adopt(tx: Transaction, hand: Hand) -> None:
    """When no other pager lives: tries that one was sending are unknown now, and every lease is over."""
    never = hand.real_now + timedelta(days=3650)
    for attempt in tx.claim_attempts(real_now=never, lease_until=hand.real_now, limit=MOST_ADOPTED):
        if attempt.status is AttemptStatus.UNKNOWN:
            attempt = replace(attempt, retry_at=max(hand.real_now, attempt.written_at + RECONCILE_AFTER_CRASH))
        tx.update_attempt(replace(attempt, lease_until=None))


def give_back(tx: Transaction, attempt: Attempt, hand: Hand) -> None:
    """Queue a try again whose sending had not begun when its pager was told to stop."""
    current = tx.attempt(attempt.id)
    if current is not None and current.status is AttemptStatus.SENDING and current.lease_until == attempt.lease_until:
        tx.update_attempt(replace(current, status=AttemptStatus.QUEUED, lease_until=None, retry_at=hand.real_now))


def provider_ids(tx: Transaction, attempt: Attempt) -> Sequence[str]:
    """Messages to this person that are known to be other tries. A call shows nothing of what it says, so that those
    of other tickets count as well."""
    tries = tx.attempts(attempt.ticket)
    if attempt.channel == ChannelName.VOICE:
        recent = tx.recent_attempts(written_since=attempt.written_at - CALLS_BEFORE, limit=MOST_ADOPTED)
        tries += [other for other in recent if other.to == attempt.to]
    return [other.provider_id for other in tries if other.provider_id is not None]


def write_outcome(
    tx: Transaction, attempt: Attempt, outcome: Receipt | DeliveryError, hand: Hand, clock: Clock
) -> Attempt | None:
    """Record what came of handing a try to its provider. Gives the try as it is now; None when it was known already.

    What a page that failed for good owes instead is written with it. A page that was taken is asked about later.
    """
    if isinstance(outcome, Receipt) and attempt.status is AttemptStatus.SENDING:
        taken = _after(attempt, outcome, hand.real_now, clock)
        if not has_failed(taken) and tx.settle_attempt(taken):
            return taken
    current = tx.attempt(attempt.id)
    if current is None or current.status in FINAL_STATUSES or current.provider_id is not None:
        return None
    is_found = attempt.status is not AttemptStatus.SENDING
    if isinstance(outcome, Receipt) and is_found and _may_be_anothers(tx, current, outcome):
        outcome = Ambiguous("the message that the provider has may belong to another try")
    changed = _after(current, outcome, hand.real_now, clock)
    tx.update_attempt(changed)
    failure = failure_in(outcome)
    if failure is not None:
        follow_failure(tx, changed, failure, hand)
    return changed


def _may_be_anothers(tx: Transaction, attempt: Attempt, receipt: Receipt) -> bool:
    """Whether a message that was found is known to be another try, or may be one that is just being sent: pages of one
    ticket to one person read alike."""
    if tx.attempt_by_provider_id(receipt.provider_id) is not None:
        return True
    return any(
        other.status is AttemptStatus.SENDING and other.to == attempt.to and other.id != attempt.id
        for other in tx.attempts(attempt.ticket)
    )


def _after(attempt: Attempt, outcome: Receipt | DeliveryError, real_now: datetime, clock: Clock) -> Attempt:
    tries = attempt.tries + 1 if attempt.status is AttemptStatus.SENDING else attempt.tries
    freed = replace(attempt, tries=tries, lease_until=None, retry_at=None)
    if isinstance(outcome, Receipt):
        failure = failure_in(outcome)
        taken = replace(
            freed,
            status=outcome.status,
            provider_id=outcome.provider_id,
            error=failure.why if failure is not None else freed.error,
            error_code=outcome.error_code,
        )
        return replace(taken, retry_at=first_ask(taken, real_now))
    freed = replace(freed, error=str(outcome), error_code=outcome.code)
    if isinstance(outcome, Temporary):
        return replace(freed, status=AttemptStatus.RETRYING, retry_at=real_now + _pause(freed, outcome, clock))
    if isinstance(outcome, Ambiguous):
        pause = _between(RECONCILE_AFTER, (real_now - attempt.written_at) / 2)
        return replace(freed, status=AttemptStatus.UNKNOWN, retry_at=real_now + pause)
    return replace(freed, status=AttemptStatus.FAILED)


def _pause(attempt: Attempt, error: Temporary, clock: Clock) -> timedelta:
    """Back off with jitter, honour the provider's wish, but try once more before the step is over (real time)."""
    back_off = timedelta(seconds=2 ** min(attempt.tries, 6)) * random.uniform(0.5, 1.0)  # noqa: S311
    wait = max(min(back_off, LONGEST_BACK_OFF), error.retry_after or timedelta(0))
    if attempt.deadline is None:
        return wait
    left = max(clock.real_seconds_until(attempt.deadline) - 1.0, 0.5)
    return min(wait, timedelta(seconds=left))


def _between(shortest: timedelta, wanted: timedelta) -> timedelta:
    return min(max(wanted, shortest), LONGEST_BACK_OFF)


def _is_moot(tx: Transaction, attempt: Attempt, now: datetime) -> bool:
    """Whether a try that the provider surely does not have need not be made: somebody has the ticket or it waits for
    its coverage again, or this try's time is over and a later step has fired."""
    if attempt.purpose is Purpose.PAGE:
        stored = tx.ticket(attempt.ticket)
        if stored is None or stored.status is not TicketStatus.OPEN or stored.action == Action.HOLD:
            return True
    return attempt.tries > 0 and attempt.deadline is not None and now >= attempt.deadline


def _ended(attempt: Attempt, why: str) -> Attempt:
    error = f"{why}; {attempt.error}" if attempt.error else why
    return replace(attempt, status=AttemptStatus.FAILED, error=error, lease_until=None, retry_at=None)
