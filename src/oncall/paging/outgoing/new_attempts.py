"""New attempts: pages and notices that are not sent yet, and the context of the action that creates them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.people import DESK
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.support.changed_row import changed
from oncall.support.policy import ChannelName, Limits

LEASE = timedelta(seconds=30)
"""How long (real time) an attempt is reserved for its sender. A send is shorter, even with every network time-out."""
NOTICE_FOR = timedelta(minutes=30)
"""A notice that is older than this (policy time) is not sent any more."""


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Who acts, when, and whether this process sends at once.

    now: policy time; real_now: real time; both aware UTC. lease_until: until when (real time) this process has reserved
    the new attempts to send them itself; None: it sends none, and they are queued for any pager. can_call: True if this
    process can call people. is_answered: True if the person who acts reads the result at once, in the answering SMS or
    in the call. exact_now: policy time with its fraction of a second; None: the same as `now`.
    """

    by: str
    now: datetime
    real_now: datetime
    lease_until: datetime | None = None
    can_call: bool = False
    is_answered: bool = False
    exact_now: datetime | None = None

    @property
    def instant(self) -> datetime:
        """Return policy time with its fraction of a second."""
        return self.exact_now or self.now


def whole_second(at: datetime) -> datetime:
    """Return the time cut to whole seconds, as logs, deadlines and steps need it."""
    return at.replace(microsecond=0)


def new_attempt(
    ticket_id: str,
    *,
    to: str,
    channel: ChannelName,
    purpose: Purpose,
    body: str,
    context: ActionContext,
    is_immediate: bool = False,
    caller: str | None = None,
) -> Attempt:
    """Return a new attempt.

    It is delivered if it is for the desk's own queue, `sending` if it need not wait and this process sends it, else
    queued. caller: who posted the ticket, on the first page of an urgent ticket; None on every other attempt.
    """
    attempt = Attempt(
        id=uuid.uuid4().hex,
        ticket=ticket_id,
        at=context.now,
        to=to,
        channel=channel.value,
        purpose=purpose,
        body=body,
        status=AttemptStatus.QUEUED,
        written_at=context.real_now,
        retry_at=context.real_now,
        is_immediate=is_immediate,
        caller=caller,
    )
    if to == DESK:
        return changed(attempt, status=AttemptStatus.DELIVERED, retry_at=None)
    return attempt if attempt.may_wait else at_once(attempt, context)


def at_once(attempt: Attempt, context: ActionContext) -> Attempt:
    """Return a new attempt marked `sending`, so that this process sends it now.

    Unchanged if this process sends nothing.
    """
    if context.lease_until is None:
        return attempt
    sending = changed(attempt, status=AttemptStatus.SENDING, retry_at=None, lease_until=context.lease_until)
    return changed(sending, sent_at=context.instant)


def skips_queue(channel: ChannelName, limits: Limits) -> bool:
    """Return True if the first page of an urgent ticket never waits for other pages.

    That is a call, or any page if the policy sets no time for bundling urgent pages.
    """
    return channel is not ChannelName.SMS or not limits.bundle_urgent_for


def notice(ticket_id: str, person: str, body: str, context: ActionContext) -> Attempt:
    """Return a new notice by SMS, or for the desk's own queue. It is not sent any more after NOTICE_FOR."""
    channel = ChannelName.DESK if person == DESK else ChannelName.SMS
    attempt = new_attempt(ticket_id, to=person, channel=channel, purpose=Purpose.NOTICE, body=body, context=context)
    return changed(attempt, deadline=context.now + NOTICE_FOR)
