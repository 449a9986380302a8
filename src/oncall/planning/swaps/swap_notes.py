"""Tells people by SMS about requests to swap: at once, and a day before the shift if there is no answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.people_store import Alerts
from oncall.paging.ports.time_source import Clock
from oncall.planning.swaps.swap_texts import SwapWords
from oncall.schedule.swap_requests import SwapRequest

REMINDED_BEFORE = timedelta(days=1)
"""How long before the shift the asker gets a reminder that the other engineer has not answered."""


@dataclass(frozen=True, slots=True)
class NoteTimes:
    """Real times (aware UTC) for alerts. real_at: converts policy time to real time."""

    real_now: datetime
    real_at: Callable[[datetime], datetime]


def note_times(clock: Clock) -> NoteTimes:
    """Return the times for alerts, from this clock."""
    now = clock.real_now()
    return NoteTimes(now, lambda at: now + timedelta(seconds=clock.real_seconds_until(at)))


def times_in(context: ActionContext) -> NoteTimes:
    """Return the times for alerts, from the context of a request; policy time runs as fast as real time."""
    return NoteTimes(context.real_now, lambda at: context.real_now + (at - context.now))


def tell(tx: Alerts, to: str, about: str, body: str, times: NoteTimes) -> None:
    """Queue an SMS to a person. about: the subject. Nothing is queued if the subject already has an SMS."""
    tx.add_alert(Alert(uuid.uuid4().hex, about, to, body, times.real_now, times.real_now))


def tell_asked(tx: Alerts, request: SwapRequest, words: SwapWords, times: NoteTimes, *, again: bool = False) -> None:
    """Queue an SMS that asks the other engineer, and a reminder to the asker a day before the shift.

    There is no reminder if less than a day is left. again: the request was asked before, and its hours have changed.
    """
    subject = f"swap {request.code} asked" + (f" for {request.begins_at.isoformat()}" if again else "")
    tell(tx, request.other, subject, words.asked(request), times)
    at = request.begins_at - REMINDED_BEFORE
    if at > request.asked_at:
        body, due_at = words.unanswered(request), times.real_at(at)
        about = f"swap {request.code} unanswered {request.begins_at.isoformat()}"
        tx.add_alert(Alert(_reminder_id(request), about, request.engineer, body, times.real_now, due_at))


def cancel_reminder(tx: Alerts, request: SwapRequest, now: datetime, times: NoteTimes) -> None:
    """Cancel the reminder to the asker if its time has not come. now: policy time, aware UTC."""
    if now < request.begins_at - REMINDED_BEFORE:
        about = f"swap {request.code} unanswered {request.begins_at.isoformat()}"
        tx.update_alert(Alert(_reminder_id(request), about, request.engineer, "", times.real_now, due_at=None))


def _reminder_id(request: SwapRequest) -> str:
    """Return the delivery id of the reminder, computed from the request's code and the start of its shift."""
    name = f"oncall swap {request.code} unanswered {request.begins_at.isoformat()}"
    return uuid.uuid5(uuid.NAMESPACE_OID, name).hex
