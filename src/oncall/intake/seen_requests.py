"""Remembers requests by the ids that senders give them, so that a retry or a replay changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oncall.intake.signals import Origin
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.store import IntakeStore

LONGEST_ID = 200
RETRIED_FOR = timedelta(hours=1)
"""How long (real time) a repeated id means a retry. After that, the sender may use the id again."""


def is_first_time(tx: IntakeStore, origin: Origin, request_id: str, context: ActionContext) -> bool:
    """Return True if no request with this id came before, and store the id. An empty id always counts as new.

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


def is_retry(tx: IntakeStore, origin: Origin, sent_id: str, context: ActionContext) -> bool:
    """Return True if a statement with this id was taken in within RETRIED_FOR. An empty id is never a retry."""
    row = tx.sender_key(origin.caller.name, _statement_of(origin), sent_id) if sent_id else None
    return row is not None and context.real_now - row.changed_at < RETRIED_FOR


def remember_statement(tx: IntakeStore, origin: Origin, sent_id: str, context: ActionContext) -> None:
    """Store the id of a statement that was taken in; an empty id is not stored.

    Raises Conflict if another process stores the same id at the same time.
    """
    if not sent_id:
        return
    row = tx.sender_key(origin.caller.name, _statement_of(origin), sent_id)
    if row is None:
        name = origin.caller.name
        tx.add_sender_key(SenderKey(name, _statement_of(origin), sent_id, None, 0, None, True, context.real_now))
    else:
        tx.update_sender_key(replace(row, changed_at=context.real_now))


def _statement_of(origin: Origin) -> str:
    return f"{origin.sender} statement"
