"""Appends to the status page's log what happens at a set time, such as the start of a maintenance.

`status.due_events` lists these events.
"""

from __future__ import annotations

from datetime import datetime

from oncall.status.due_events import due_events
from oncall.status.status_events import StatusEvent, StatusLog
from oncall.status.status_record import read_status


def note_due_events(tx: StatusLog, now: datetime) -> list[StatusEvent]:
    """Append the status page's events that are due at `now` (policy time, aware UTC), each once.

    Returns the new events.
    """
    if not tx.status_files():
        return []
    # Without the lock, two pagers at the same time would both find it missing.
    tx.lock_status_log()
    found = due_events(read_status(tx, now), tx.status_events())
    for event in found:
        tx.add_status_event(event)
    return found
