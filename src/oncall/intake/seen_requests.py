"""Remembers requests by the sender's own id of each, so that a retry or a replay of one changes nothing."""

from __future__ import annotations

from oncall.intake.signals import Origin
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.store import IntakeStore

LONGEST_ID = 200


def is_first_time(tx: IntakeStore, origin: Origin, request_id: str, context: ActionContext) -> bool:
    """Return True if no request with this id came before, and remember it. An empty id is always the first.

    Raises Conflict if another process stores the same id at the same time.
    """
    if not request_id:
        return True
    sender, key = f"{origin.sender} request", request_id[:LONGEST_ID]
    if tx.sender_key(origin.caller.name, sender, key) is not None:
        return False
    # A key that has ended is forgotten with the intake log.
    tx.add_sender_key(SenderKey(origin.caller.name, sender, key, None, 0, None, True, context.real_now))
    return True
