"""Messages that are still to be sent: pages, and the notices that go out beside them or because time runs out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.paging.domain.people import DESK
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.support.policy import ChannelName

LEASE = timedelta(seconds=30)
"""How long (real time) a try is its sender's own: longer than a send with every network time-out of a channel."""
NOTICE_FOR = timedelta(minutes=30)
"""A notice that could not be sent for so long (policy time) is not news any more."""


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Who acts, when, and whether the one who acts sends at once.

    now: policy time; real_now: real time; both aware UTC. lease_until (real time): the attempts written are this
    process's to send until then; None leaves them queued for any pager. can_call: whether this process can call people.
    is_answered: whether who acts reads the result at once, in an answer by SMS or in the call.
    """

    by: str
    now: datetime
    real_now: datetime
    lease_until: datetime | None = None
    can_call: bool = False
    is_answered: bool = False


def whole_second(at: datetime) -> datetime:
    """Policy time as it is logged: deadlines and steps fall on whole seconds."""
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
) -> Attempt:
    """A try that is still to be made. What goes to the desk's own queue is delivered by being written, and what takes
    no turn (a page that goes alone) is its writer's to send at once, if the writer sends."""
    attempt = _queued(ticket_id, to, channel, purpose, body, context, is_immediate)
    if to == DESK:
        return replace(attempt, status=AttemptStatus.DELIVERED, retry_at=None)
    if context.lease_until is None or attempt.may_wait:
        return attempt
    sending = replace(attempt, status=AttemptStatus.SENDING, retry_at=None, lease_until=context.lease_until)
    return replace(sending, sent_at=context.now)


def _queued(
    ticket_id: str,
    to: str,
    channel: ChannelName,
    purpose: Purpose,
    body: str,
    context: ActionContext,
    is_immediate: bool,
) -> Attempt:
    return Attempt(
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
    )


def notice(ticket_id: str, person: str, body: str, context: ActionContext) -> Attempt:
    """A message that only tells; not sent any more once it is no news."""
    channel = ChannelName.DESK if person == DESK else ChannelName.SMS
    attempt = new_attempt(ticket_id, to=person, channel=channel, purpose=Purpose.NOTICE, body=body, context=context)
    return replace(attempt, deadline=context.now + NOTICE_FOR)
