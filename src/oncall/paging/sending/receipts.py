"""Records receipts: a provider's later reports about messages. They may come early, twice, in any order, or never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import FINAL_STATUSES, TAKEN, Attempt, AttemptStatus, Purpose
from oncall.paging.outgoing.bundles import members
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.attempt_store import Attempts
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.store import TicketStore
from oncall.paging.sending.alerts import note_undelivered
from oncall.paging.sending.failed_pages import failure_in, follow_failure

_RANK = {
    AttemptStatus.ACCEPTED: 1,
    AttemptStatus.SENT: 2,
    AttemptStatus.DELIVERED: 3,
    AttemptStatus.UNDELIVERED: 3,
    AttemptStatus.FAILED: 3,
}

ASK_AFTER = timedelta(seconds=60)
"""How long (real time) after a page was accepted the provider is asked about it, if no final receipt came."""


@dataclass(frozen=True, slots=True)
class Report:
    """A receipt as a provider posted it.

    delivery_id: our own id of the message; None if the receipt does not name it.
    """

    receipt: Receipt
    delivery_id: str | None


def first_ask(attempt: Attempt, real_now: datetime) -> datetime | None:
    """Return when (real time) to ask the provider about a page that it just accepted; None for any other attempt."""
    return real_now + ASK_AFTER if attempt.purpose is Purpose.PAGE and attempt.status in TAKEN else None


def note_receipt(tx: TicketStore, *, delivery_id: str | None, receipt: Receipt, context: ActionContext) -> bool:
    """Record a receipt for every attempt in its message. Returns True if it changed something.

    The attempt is found by our delivery id, or else by the provider's id. An earlier status never replaces a later one.
    If a page failed, the next step is due at once.
    """
    attempt = tx.attempt(delivery_id) if delivery_id is not None else None
    if attempt is None:
        attempt = tx.attempt_by_provider_id(receipt.provider_id)
    if attempt is None or not _is_about(receipt, attempt):
        return False
    changed = [one for each in members(tx, attempt) if (one := _noted(each, receipt, context.real_now)) is not None]
    tx.update_attempts(changed)
    failure = failure_in(receipt)
    if failure is not None:
        for one in changed:
            follow_failure(tx, one, failure, context)
    return bool(changed)


def note_failure(tx: TicketStore, report: Report, context: ActionContext) -> tuple[bool, Alert | None]:
    """Record a receipt that reports a failure. Returns two values.

    The first is True if the receipt changed an attempt. The second is the alert that was not delivered; None if the
    receipt is about no alert.
    """
    if note_receipt(tx, delivery_id=report.delivery_id, receipt=report.receipt, context=context):
        return True, None
    lost = note_undelivered(tx, report.receipt, delivery_id=report.delivery_id, real_now=context.real_now)
    return False, lost


def note_arrivals(tx: Attempts, reports: Sequence[Report], real_now: datetime) -> list[Attempt | None]:
    """Record several receipts that report no failure, with one query and one update for most of them.

    Returns for each report its attempt with the new status; None if the report changed nothing.
    """
    named = {report.delivery_id for report in reports if report.delivery_id is not None}
    stored = {attempt.id: attempt for attempt in tx.attempts_with_ids(sorted(named))}
    changed: dict[str, Attempt] = {}
    noted: list[Attempt | None] = []
    for report in reports:
        attempt, receipt = stored.get(report.delivery_id or ""), report.receipt
        if attempt is None:
            attempt = tx.attempt_by_provider_id(receipt.provider_id)
        if attempt is None or not _is_about(receipt, changed.get(attempt.id, attempt)):
            noted.append(None)
            continue
        current = [changed.get(one.id, one) for one in members(tx, attempt)]
        news = {one.id: one for each in current if (one := _noted(each, receipt, real_now)) is not None}
        changed |= news
        noted.append(news.get(attempt.id))
    tx.update_attempts([*changed.values()])
    return noted


def _is_about(receipt: Receipt, attempt: Attempt) -> bool:
    return attempt.provider_id in (None, receipt.provider_id)


def _noted(attempt: Attempt, receipt: Receipt, real_now: datetime) -> Attempt | None:
    """Return the attempt with the receipt's status; None if the receipt changes nothing."""
    if attempt.status in FINAL_STATUSES or _RANK.get(attempt.status, 0) >= _RANK.get(receipt.status, 0):
        return None
    failure = failure_in(receipt)
    changed = replace(
        attempt,
        status=receipt.status,
        provider_id=receipt.provider_id,
        error=failure.why if failure is not None else attempt.error,
        error_code=receipt.error_code,
        lease_until=None,
    )
    keeps = attempt.status in TAKEN and changed.status in TAKEN
    return replace(changed, retry_at=attempt.retry_at if keeps else first_ask(changed, real_now))
