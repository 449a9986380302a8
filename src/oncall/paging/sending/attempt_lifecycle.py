"""The steps of an attempt before its provider answers: claim, mark as sending, send again, adopt, give back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from oncall.paging.domain.ticket import SENDABLE, Attempt, AttemptStatus
from oncall.paging.outgoing.bundles import apart, members, sending
from oncall.paging.outgoing.cancellation import REPLACED, ended, later_page, why_unneeded
from oncall.paging.outgoing.new_attempts import LEASE
from oncall.paging.ports.attempt_store import Attempts
from oncall.paging.ports.store import AttemptReads
from oncall.paging.sending.pass_store import PassStore
from oncall.paging.sending.send_queue import send_again, send_in_turn
from oncall.paging.sending.send_work import SendWork
from oncall.support.policy import ChannelName

FRESH = timedelta(seconds=20)
"""A send begins only if the attempt's lease lasts at least this much longer."""
RECONCILE_AFTER_CRASH = timedelta(seconds=10)
"""How long (real time) the pager waits after a crash before it asks the provider about an attempt that was being sent.
No request takes that long."""
MOST_SENDS = 3
"""How often an attempt without a clear outcome is sent again at once. After that, the pauses grow."""
MOST_ADOPTED = 10_000
CALLS_BEFORE = timedelta(minutes=5)
"""How far back (real time) to look for other calls that could be mistaken for this one."""


def claim(work: SendWork, limit: int) -> list[Attempt]:
    """Claim due attempts and make them ready to send: `take_over`, then `ready`. limit: the most attempts to claim."""
    return ready(work, take_over(work, limit))


def take_over(work: SendWork, limit: int) -> list[Attempt]:
    """Claim due attempts under a lease, and return them, the longest due first.

    No other pager claims them before the lease ends. limit: the most attempts to claim.
    """
    return work.tx.claim_attempts(real_now=work.real_now, lease_until=work.real_now + LEASE, limit=limit)


def ready(work: SendWork, due: Sequence[Attempt]) -> list[Attempt]:
    """Mark claimed attempts as `sending`, delay those over a rate limit, and cancel those that are no longer needed.

    Returns the attempts to send, and those about which the provider must be asked. A bundle is returned as its leader.
    Commit the transaction before the first request to a provider.
    """
    unsent = [attempt for attempt in due if attempt.status in SENDABLE]
    queued = [attempt for attempt in unsent if attempt.may_wait]
    if queued:
        # Lock the send queue before any ticket's row: another pager may hold such a row and wait for this lock.
        work.tx.lock_send_queue()
    mine = _to_send(work, unsent, queued) if unsent else []
    for attempt in due:
        if attempt.status not in SENDABLE:
            _share(work.tx, attempt)
            mine.append(attempt)
    return mine


def _to_send(work: SendWork, unsent: Sequence[Attempt], queued: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts to send now, and put off or cancel the others.

    queued: the attempts of `unsent` that a rate limit may delay. To save queries, one query serves all attempts.
    """
    asked = PassStore(work.tx, people=(one.to for one in unsent), tickets=(one.ticket for one in unsent))
    together = work.on(asked.store())
    going: dict[str, Attempt] = {}
    for one in unsent:
        # A page that replaced an earlier one is on its way already.
        if not one.may_wait and one.id not in going and (sent := _sent_at_once(together, one)) is not None:
            going[sent.id] = sent
    waiting = [one for one in queued if one.id not in going]
    going |= {sent.id: sent for sent in send_in_turn(together, waiting)}
    asked.flush()
    return list(going.values())


def ready_again(work: SendWork, taken: Sequence[Attempt]) -> list[Attempt]:
    """Call `ready` for attempts that an earlier transaction claimed, without those whose lease this pager has lost."""
    return ready(work, [one for one in (_still_ours(work.tx, old) for old in taken) if one is not None])


def ready_alone(work: SendWork, taken: Attempt) -> list[Attempt]:
    """Return one attempt, ready to be sent at once and outside any bundle, as a list.

    The list is empty if the attempt is no longer needed, or if this pager has lost its lease.
    """
    current = _still_ours(work.tx, taken)
    return [] if current is None else ready(work, [replace(current, is_immediate=True)])


def _still_ours(tx: Attempts, taken: Attempt) -> Attempt | None:
    current = tx.attempt(taken.id)
    return current if current is not None and current.lease_until == taken.lease_until else None


def _sent_at_once(work: SendWork, attempt: Attempt) -> Attempt | None:
    """Mark an attempt that never waits as `sending` and return it. If it is no longer needed, end it and return None.

    If a page of a later step to the same person is queued, that newer page is sent instead.
    """
    tx = work.tx
    why = why_unneeded(tx, attempt, work.now)
    if why is not None:
        tx.update_attempt(ended(attempt, why))
        return None
    following = later_page(attempt, tx.attempts(attempt.ticket))
    current = tx.attempt(following.id) if following is not None else None
    if current is None or current.status not in SENDABLE:
        return sending(tx, attempt, work.context)
    tx.update_attempt(ended(attempt, REPLACED))
    return sending(tx, replace(current, is_immediate=True), work.context)


def _share(tx: Attempts, attempt: Attempt) -> None:
    """Mark the members of a bundle as unknown if its leader is unknown, because the pager that sent it died."""
    if attempt.bundle is not None and attempt.status is AttemptStatus.UNKNOWN:
        for member in members(tx, attempt)[1:]:
            tx.update_attempt(replace(member, status=AttemptStatus.UNKNOWN))


def mark_sending(work: SendWork, attempt: Attempt) -> Attempt | None:
    """Mark an attempt that its provider certainly does not have as `sending` again, under a new lease.

    Returns the attempt to send, which may now lead a bundle. Returns None if the attempt is no longer needed, must wait
    for a rate limit, or has changed in the meantime: a receipt may come before the provider's list shows the message.
    """
    current = _still_ours(work.tx, attempt)
    return None if current is None else _sent_again(work, current)


def _sent_again(work: SendWork, current: Attempt) -> Attempt | None:
    return send_again(work, current) if current.may_wait else _sent_at_once(work, current)


def renew(work: SendWork, attempt: Attempt) -> Attempt | None:
    """Give an attempt that waited before its send a new lease and return it.

    Returns None if the attempt was cancelled or another pager has it.
    """
    current = work.tx.attempt(attempt.id)
    if current is None or current.status is not AttemptStatus.SENDING or current.lease_until != attempt.lease_until:
        return None
    return _sent_again(work, current)


def adopt(work: SendWork) -> None:
    """Take over all attempts when the only pager starts: end every lease, and mark attempts being sent as unknown."""
    never, real_now = work.real_now + timedelta(days=3650), work.real_now
    for attempt in work.tx.claim_attempts(real_now=never, lease_until=real_now, limit=MOST_ADOPTED):
        if attempt.status is AttemptStatus.UNKNOWN:
            # An attempt that had to wait may have reached its provider just now.
            begun_at = attempt.written_at if attempt.sent_at == attempt.at else real_now
            attempt = replace(attempt, retry_at=max(real_now, begun_at + RECONCILE_AFTER_CRASH))
            _share(work.tx, attempt)
        work.tx.update_attempt(replace(attempt, lease_until=None))


def give_back(work: SendWork, attempt: Attempt) -> None:
    """Put an attempt back into the queue, because the pager stops before its send has begun."""
    current = work.tx.attempt(attempt.id)
    if current is not None and current.status is AttemptStatus.SENDING and current.lease_until == attempt.lease_until:
        apart(work.tx, current, work.context)


def provider_ids(tx: AttemptReads, attempt: Attempt) -> Sequence[str]:
    """Return the provider's ids of messages to this person that belong to other attempts.

    A provider does not show what a call said, so calls for other tickets are included.
    """
    others = tx.attempts(attempt.ticket)
    if attempt.channel == ChannelName.VOICE:
        recent = tx.recent_attempts(written_since=attempt.written_at - CALLS_BEFORE, limit=MOST_ADOPTED)
        others += [other for other in recent if other.to == attempt.to]
    return [other.provider_id for other in others if other.provider_id is not None]
