"""What becomes of a try at delivering a message, step by step in the store: claimed, sent, in doubt, ended.

Every function runs inside a transaction and takes the two times from its caller's `ActionContext`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.errors import Ambiguous, DeliveryError, Temporary
from oncall.paging.domain.ticket import FINAL_STATUSES, SENDABLE, Attempt, AttemptStatus
from oncall.paging.outgoing.bundles import apart, members, own_text, sending
from oncall.paging.outgoing.cancellation import REPLACED, ended, later_page, why_unneeded
from oncall.paging.outgoing.new_attempts import LEASE, ActionContext
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.clock import Clock
from oncall.paging.ports.store import Transaction
from oncall.paging.sending.failed_pages import failure_in, follow_failure, has_failed
from oncall.paging.sending.receipts import first_ask
from oncall.paging.sending.send_queue import send_again, send_in_turn
from oncall.support.policy import ChannelName

FRESH = timedelta(seconds=20)
"""A send begins only under a lease that lasts at least this much longer."""
RECONCILE_AFTER = timedelta(seconds=3)
"""How long (real time) an unknown try waits for a receipt before the provider is asked."""
RECONCILE_AFTER_CRASH = timedelta(seconds=10)
"""The same for a try whose sender died: longer than a request may have been on its way when it did."""
MOST_SENDS = 3
"""How often one try whose answers were in doubt is sent again at once; after that it is tried ever more slowly."""
LONGEST_BACK_OFF = timedelta(seconds=60)
LONGEST_BACK_OFF_ALONE = timedelta(seconds=15)
"""For what waits for nobody: the first page of an urgent ticket goes out soon after its provider is back."""
MOST_ADOPTED = 10_000
CALLS_BEFORE = timedelta(minutes=5)
"""Calls for tries written so much earlier (real time) are known not to be this one's; a call may be made late."""


def claim(tx: Transaction, context: ActionContext, limit: int, clock: Clock) -> list[Attempt]:
    """Take over tries that are due, and ready them: see `take_over` and `ready`."""
    return ready(tx, take_over(tx, context, limit), context, clock)


def take_over(tx: Transaction, context: ActionContext, limit: int) -> list[Attempt]:
    """Tries that are due, the longest due first; until its lease ends no other pager takes one of them."""
    return tx.claim_attempts(real_now=context.real_now, lease_until=context.real_now + LEASE, limit=limit)


def ready(tx: Transaction, due: Sequence[Attempt], context: ActionContext, clock: Clock) -> list[Attempt]:
    """What may be sent is marked so before the network hears of it, or waits for its turn; what nobody needs any more
    is ended. What is in doubt, or was taken and not heard of since, comes back to be asked about. Of several pages in
    one message the one that leads it stands for all."""
    unsent = [attempt for attempt in due if attempt.status in SENDABLE]
    taking_turns = [attempt for attempt in unsent if attempt.takes_turns]
    if taking_turns:
        # While no ticket's row is locked yet: another pager may hold such a row and wait for its own turn.
        tx.take_turns()
    at_once = (_sent_at_once(tx, one, context) for one in unsent if not one.takes_turns)
    mine = [sent for sent in at_once if sent is not None]
    gone = {sent.id for sent in mine}
    mine += send_in_turn(tx, [one for one in taking_turns if one.id not in gone], context, clock)
    for attempt in due:
        if attempt.status not in SENDABLE:
            _share(tx, attempt)
            mine.append(attempt)
    return mine


def ready_again(tx: Transaction, taken: Sequence[Attempt], context: ActionContext, clock: Clock) -> list[Attempt]:
    """As `ready`, for tries taken over in a transaction before: as they are now, while they are still ours."""
    return ready(tx, [one for one in (_still_ours(tx, old) for old in taken) if one is not None], context, clock)


def ready_alone(tx: Transaction, taken: Attempt, context: ActionContext, clock: Clock) -> list[Attempt]:
    """As `ready_again`, for one that cannot be readied together with others: it waits for nobody and says its own."""
    current = _still_ours(tx, taken)
    return [] if current is None else ready(tx, [replace(current, goes_alone=True)], context, clock)


def _still_ours(tx: Transaction, taken: Attempt) -> Attempt | None:
    current = tx.attempt(taken.id)
    return current if current is not None and current.lease_until == taken.lease_until else None


def _sent_at_once(tx: Transaction, attempt: Attempt, context: ActionContext) -> Attempt | None:
    """Mark a try that takes no turn as being sent; None when it was ended instead, because nobody needs it any more.

    Where the page of a later step waits as well, that one is sent in its place: it says the same and is younger.
    """
    why = why_unneeded(tx, attempt, context.now)
    if why is not None:
        tx.update_attempt(ended(attempt, why))
        return None
    following = later_page(attempt, tx.attempts(attempt.ticket))
    current = tx.attempt(following.id) if following is not None else None
    if current is None or current.status not in SENDABLE:
        return sending(tx, attempt, context)
    tx.update_attempt(ended(attempt, REPLACED))
    return sending(tx, replace(current, goes_alone=True), context)


def _share(tx: Transaction, attempt: Attempt) -> None:
    """Those that ride in a message whose sender died are in doubt as well."""
    if attempt.bundle is not None and attempt.status is AttemptStatus.UNKNOWN:
        for rider in members(tx, attempt)[1:]:
            tx.update_attempt(replace(rider, status=AttemptStatus.UNKNOWN))


def mark_sending(tx: Transaction, attempt: Attempt, context: ActionContext, clock: Clock) -> Attempt | None:
    """Send what its provider surely does not have, under a new lease. Gives what is to be sent, which may be a bundle
    that another try leads; None when nobody needs it any more, it waits for its turn, or it is not ours any more: a
    receipt may have come while the provider's list, which lags behind, did not show it."""
    current = _still_ours(tx, attempt)
    return None if current is None else _sent_anew(tx, current, context, clock)


def _sent_anew(tx: Transaction, current: Attempt, context: ActionContext, clock: Clock) -> Attempt | None:
    return send_again(tx, current, context, clock) if current.takes_turns else _sent_at_once(tx, current, context)


def renew(tx: Transaction, attempt: Attempt, context: ActionContext, clock: Clock) -> Attempt | None:
    """Lengthen the lease of a try that had to wait for its turn; None when it is no longer ours to send."""
    current = tx.attempt(attempt.id)
    if current is None or current.status is not AttemptStatus.SENDING or current.lease_until != attempt.lease_until:
        return None
    return _sent_anew(tx, current, context, clock)


def adopt(tx: Transaction, context: ActionContext) -> None:
    """When no other pager lives: tries that one was sending are unknown now, and every lease is over."""
    never = context.real_now + timedelta(days=3650)
    for attempt in tx.claim_attempts(real_now=never, lease_until=context.real_now, limit=MOST_ADOPTED):
        if attempt.status is AttemptStatus.UNKNOWN:
            # What had to wait may have been handed over only now.
            begun_at = attempt.written_at if attempt.sent_at == attempt.at else context.real_now
            attempt = replace(attempt, retry_at=max(context.real_now, begun_at + RECONCILE_AFTER_CRASH))
            _share(tx, attempt)
        tx.update_attempt(replace(attempt, lease_until=None))


def give_back(tx: Transaction, attempt: Attempt, context: ActionContext) -> None:
    """Queue a try again whose sending had not begun when its pager was told to stop."""
    current = tx.attempt(attempt.id)
    if current is not None and current.status is AttemptStatus.SENDING and current.lease_until == attempt.lease_until:
        apart(tx, current, context)


def provider_ids(tx: Transaction, attempt: Attempt) -> Sequence[str]:
    """Messages to this person that are known to be other tries. A call shows nothing of what it says, so that those
    of other tickets count as well."""
    tries = tx.attempts(attempt.ticket)
    if attempt.channel == ChannelName.VOICE:
        recent = tx.recent_attempts(written_since=attempt.written_at - CALLS_BEFORE, limit=MOST_ADOPTED)
        tries += [other for other in recent if other.to == attempt.to]
    return [other.provider_id for other in tries if other.provider_id is not None]


def write_outcome(
    tx: Transaction, attempt: Attempt, outcome: Receipt | DeliveryError, context: ActionContext, clock: Clock
) -> list[Attempt]:
    """Record what came of handing a try to its provider, for every page in the message. Gives the tries as they are
    now, the leading one first; none when it was known already.

    What a page that failed for good owes instead is written with it. A page that was taken is asked about later.
    """
    if isinstance(outcome, Receipt) and attempt.status is AttemptStatus.SENDING and attempt.bundle is None:
        taken = _after(attempt, outcome, context.real_now)
        if not has_failed(taken) and tx.settle_attempt(taken):
            return [taken]
    current = tx.attempt(attempt.id)
    if current is None or current.status in FINAL_STATUSES or current.provider_id is not None:
        return []
    is_anothers = current.status is AttemptStatus.SENDING and current.lease_until != attempt.lease_until
    if is_anothers and isinstance(outcome, DeliveryError):
        # Its lease ran out and another pager is sending it: what our request came to says nothing of theirs.
        return []
    is_found = attempt.status is not AttemptStatus.SENDING
    if isinstance(outcome, Receipt) and is_found and _may_be_anothers(tx, current, outcome):
        outcome = Ambiguous("the message that the provider has may belong to another try")
    changed = [_after(one, outcome, context.real_now) for one in members(tx, current)]
    if isinstance(outcome, Temporary):
        pause = min(_pause(one, outcome, clock) for one in changed)
        # It was surely not sent: each page waits for itself again, and nothing went out.
        changed = [_refused(one, context.real_now + pause) for one in changed]
    for one in changed:
        tx.update_attempt(one)
    failure = failure_in(outcome)
    if failure is not None:
        for one in changed:
            follow_failure(tx, one, failure, context)
    return changed


def _refused(attempt: Attempt, retry_at: datetime) -> Attempt:
    return replace(attempt, retry_at=retry_at, bundle=None, sent_text=own_text(attempt), sent_at=None)


def _may_be_anothers(tx: Transaction, attempt: Attempt, receipt: Receipt) -> bool:
    """Whether a message that was found is known to be another try, or may be one that is just being sent: pages of one
    ticket to one person read alike."""
    if tx.attempt_by_provider_id(receipt.provider_id) is not None:
        return True
    return any(
        other.status is AttemptStatus.SENDING and other.to == attempt.to and other.id != attempt.id
        for other in tx.attempts(attempt.ticket)
    )


def _after(attempt: Attempt, outcome: Receipt | DeliveryError, real_now: datetime) -> Attempt:
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
        return replace(taken, retry_at=None if attempt.rides else first_ask(taken, real_now))
    freed = replace(freed, error=str(outcome), error_code=outcome.code)
    if isinstance(outcome, Temporary):
        return replace(freed, status=AttemptStatus.RETRYING)
    if isinstance(outcome, Ambiguous):
        pause = _between(RECONCILE_AFTER, (real_now - attempt.written_at) / 2)
        return replace(freed, status=AttemptStatus.UNKNOWN, retry_at=real_now + pause)
    return replace(freed, status=AttemptStatus.FAILED, sent_at=None)


def _pause(attempt: Attempt, error: Temporary, clock: Clock) -> timedelta:
    """Back off with jitter, honour the provider's wish, but try once more before the step is over (real time)."""
    back_off = timedelta(seconds=2 ** min(attempt.tries, 6)) * random.uniform(0.5, 1.0)  # noqa: S311
    longest = LONGEST_BACK_OFF_ALONE if attempt.goes_alone else LONGEST_BACK_OFF
    wait = max(min(back_off, longest), error.retry_after or timedelta(0))
    if attempt.deadline is None:
        return wait
    left = max(clock.real_seconds_until(attempt.deadline) - 1.0, 0.5)
    return min(wait, timedelta(seconds=left))


def _between(shortest: timedelta, wanted: timedelta) -> timedelta:
    return min(max(wanted, shortest), LONGEST_BACK_OFF)
