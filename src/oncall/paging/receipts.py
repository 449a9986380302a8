"""What a provider reports of a message later: receipts may come early, twice, in any order, or never."""

from __future__ import annotations

from dataclasses import replace

from oncall.paging.advance import Hand
from oncall.paging.ports import Receipt, Transaction
from oncall.paging.ticket import FINAL_STATUSES, AttemptStatus
from oncall.paging.tries import fail_step, has_failed

_RANK = {
    AttemptStatus.ACCEPTED: 1,
    AttemptStatus.SENT: 2,
    AttemptStatus.DELIVERED: 3,
    AttemptStatus.UNDELIVERED: 3,
    AttemptStatus.FAILED: 3,
}

_NOT_REACHED = (AttemptStatus.UNDELIVERED, AttemptStatus.FAILED)


def note_receipt(tx: Transaction, *, delivery_id: str | None, receipt: Receipt, hand: Hand) -> bool:
    """Record a receipt for the try with our delivery id, or else with the provider's. True when it changed something.

    An older status never overwrites a newer one. A page that did not reach its person makes the next step due at once.
    """
    attempt = tx.attempt(delivery_id) if delivery_id is not None else None
    if attempt is None:
        attempt = tx.attempt_by_provider_id(receipt.provider_id)
    if attempt is None or attempt.provider_id not in (None, receipt.provider_id):
        return False
    if attempt.status in FINAL_STATUSES or _RANK.get(attempt.status, 0) >= _RANK.get(receipt.status, 0):
        return False
    error = f"the carrier reports {receipt.status.value}" if receipt.status in _NOT_REACHED else attempt.error
    changed = replace(
        attempt,
        status=receipt.status,
        provider_id=receipt.provider_id,
        error=error,
        error_code=receipt.error_code,
        retry_at=None,
        lease_until=None,
    )
    tx.update_attempt(changed)
    if has_failed(changed):
        fail_step(tx, changed, hand)
    return True
