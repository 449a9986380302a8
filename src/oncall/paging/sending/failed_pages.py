"""Decides what follows when a page fails: a call instead, a second send, or the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from oncall.errors import DeliveryError, Permanent
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.events import Reopened
from oncall.paging.domain.pager_events import (
    PageBundled,
    PageWaits,
    StepFailed,
    StepFired,
    StepRerouted,
    StepResent,
)
from oncall.paging.domain.reachability import Reach
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose, TicketStatus
from oncall.paging.outgoing.advance import advance
from oncall.paging.outgoing.busy_lines import was_ours
from oncall.paging.outgoing.new_attempts import ActionContext, new_attempt, skips_queue
from oncall.paging.outgoing.opt_out import note_opting, unreachable_by_text
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.channel import DeliveryFailure, Receipt
from oncall.paging.ports.store import TicketStore
from oncall.support.policy import ChannelName

MOST_CALLS = 4
"""How often one step calls a person if the line is busy with other calls of ours."""
_NOT_REACHED = (AttemptStatus.UNDELIVERED, AttemptStatus.FAILED)
_OF_A_PAGE = (StepFired, StepFailed, StepRerouted, StepResent, PageWaits, PageBundled)


def has_failed(attempt: Attempt) -> bool:
    """Return True for a page that did not reach its person."""
    return attempt.purpose is Purpose.PAGE and attempt.status in _NOT_REACHED


def failure_in(outcome: Receipt | DeliveryError) -> DeliveryFailure | None:
    """Return the failure that a receipt or an error reports; None if the message may still arrive."""
    if isinstance(outcome, Permanent):
        return DeliveryFailure(
            str(outcome), may_call=outcome.may_call, is_ours=outcome.is_ours, has_stopped=outcome.has_stopped
        )
    if isinstance(outcome, Receipt) and outcome.status in _NOT_REACHED:
        return outcome.failure or DeliveryFailure(f"the carrier reports {outcome.status.value}")
    return None


def follow_failure(tx: TicketStore, attempt: Attempt, failure: DeliveryFailure, context: ActionContext) -> None:
    """Record the consequences of a failed message: an opt-out, and for a page a call or the next step."""
    if failure.has_stopped and attempt.channel == ChannelName.SMS:
        person = tx.schedule().people.get(attempt.to)
        if person is not None:
            note_opting(
                tx, person, Reach.OPTED_OUT, why="the provider refuses texts: they have sent STOP", context=context
            )
    if has_failed(attempt):
        _fail_step(tx, attempt, failure, replace(context, by=PAGER, lease_until=None))


def _fail_step(tx: TicketStore, attempt: Attempt, failure: DeliveryFailure, context: ActionContext) -> None:
    """Call the person if a call may reach them; otherwise make the next step due at once.

    Does nothing if the ticket is not open, or was reopened since the page.
    """
    stored = tx.ticket(attempt.ticket)
    if stored is None or stored.status is not TicketStatus.OPEN:
        return
    work = TicketWork.on(tx, stored, context)
    if not _is_of_now(work, attempt):
        return
    others = [other for other in work.attempts if _is_of_round(other, attempt)]
    if _may_be_called_again(work, attempt, others, failure):
        _call_again(work, attempt)
    elif _may_be_called(work, attempt, others, failure):
        _call_instead(work, attempt)
    else:
        work.add(_step_failed(attempt, failure, context.now))
        advance(work)
        is_first = sum(other.channel == ChannelName.SMS for other in others) == 1
        is_sent_anew = any(_goes_the_same_way(other, attempt) for other in work.sent)
        if failure.may_pass and is_first and not is_sent_anew and not stored.ticket.is_drill:
            _send_once_more(work, attempt)
    work.write()


def _step_failed(attempt: Attempt, failure: DeliveryFailure, now: datetime) -> StepFailed:
    return StepFailed(
        attempt.ticket,
        now,
        PAGER,
        attempt.error or failure.why,
        round=attempt.round or 0,
        step=attempt.step or 0,
        to=attempt.to,
        attempt=attempt.id,
        channel=attempt.channel,
        for_good=not failure.may_pass,
    )


def _is_of_now(work: TicketWork, attempt: Attempt) -> bool:
    """Return True if the attempt's step fired after the ticket was last opened or reopened.

    A reopened ticket numbers its steps from the start again, so a late report about an older attempt must be ignored.
    """
    for event in reversed(work.log):
        if isinstance(event, _OF_A_PAGE) and event.attempt == attempt.id:
            return True
        if isinstance(event, Reopened) and not event.was_open:
            return False
    return True


def _is_of_round(other: Attempt, attempt: Attempt) -> bool:
    return other.purpose is Purpose.PAGE and (other.round, other.to) == (attempt.round, attempt.to)


def _goes_the_same_way(other: Attempt, attempt: Attempt) -> bool:
    return other.purpose is Purpose.PAGE and (other.to, other.channel) == (attempt.to, attempt.channel)


def _may_be_called(work: TicketWork, attempt: Attempt, others: Sequence[Attempt], failure: DeliveryFailure) -> bool:
    is_drill = work.stored.ticket.is_drill
    is_text = attempt.channel == ChannelName.SMS and attempt.round is not None and not is_drill
    was_called = any(other.channel == ChannelName.VOICE for other in others)
    return work.context.can_call and failure.may_call and is_text and not was_called


def _may_be_called_again(
    work: TicketWork, attempt: Attempt, others: Sequence[Attempt], failure: DeliveryFailure
) -> bool:
    """Return True if the person's line was busy, maybe with another call of ours, and MOST_CALLS is not reached."""
    calls = sum(other.channel == ChannelName.VOICE for other in others)
    has_time = attempt.deadline is None or work.now < attempt.deadline
    may_repeat = failure.is_busy and has_time and calls < MOST_CALLS
    return may_repeat and was_ours(work.tx, attempt.to, work.now, attempt_id=attempt.id)


def _call_again(work: TicketWork, attempt: Attempt) -> None:
    """Add another call to the person, which waits until the other call of ours is over."""
    call = replace(_again(work, attempt, ChannelName.VOICE), is_immediate=False)
    why = f"the line of {attempt.to} was busy, maybe with another call of ours, and is called again"
    _repeat(work, StepResent, call, instead_of=attempt, why=why)


def _call_instead(work: TicketWork, attempt: Attempt) -> None:
    why = f"no text reaches {attempt.to}, who is called instead"
    _repeat(work, StepRerouted, _again(work, attempt, ChannelName.VOICE), instead_of=attempt, why=why)


def _send_once_more(work: TicketWork, attempt: Attempt) -> None:
    why = f"the text did not reach {attempt.to}, for a reason that may pass: it is sent once more"
    _repeat(work, StepResent, _again(work, attempt, ChannelName.SMS), instead_of=attempt, why=why)


def _repeat(
    work: TicketWork, made: type[StepRerouted | StepResent], page: Attempt, *, instead_of: Attempt, why: str
) -> None:
    """Add `page`, which replaces the failed attempt `instead_of`, and the event that records this."""
    event = made(
        work.name,
        work.now,
        PAGER,
        why,
        round=instead_of.round or 0,
        step=instead_of.step or 0,
        to=instead_of.to,
        channel=page.channel,
        attempt=page.id,
        instead_of=instead_of.id,
    )
    work.add(event)
    work.add_attempts([page])


def _again(work: TicketWork, attempt: Attempt, channel: ChannelName) -> Attempt:
    """Return a new attempt with the same page by `channel`, queued for any pager, with the same deadline."""
    context, limits = work.context, work.policy.limits
    page = new_attempt(
        attempt.ticket,
        to=attempt.to,
        channel=channel,
        purpose=Purpose.PAGE,
        body=attempt.body,
        context=context,
        is_immediate=attempt.is_urgent and skips_queue(channel, limits),
        caller=(attempt.caller or context.by) if attempt.is_urgent else None,
    )
    return replace(page, round=attempt.round, step=attempt.step, deadline=attempt.deadline)


def text_instead(tx: TicketStore, attempt: Attempt, reason: str, context: ActionContext) -> Attempt | None:
    """Turn a call that cannot be made into a text and return it; None if no text reaches its person either.

    reason: why the call cannot be made. The text is queued unless it never waits.
    """
    failed = any(
        _is_of_round(other, attempt) and other.channel == ChannelName.SMS and other.status in _NOT_REACHED
        for other in tx.attempts(attempt.ticket)
    )
    if failed or attempt.to in unreachable_by_text(tx):
        return None
    is_immediate = attempt.is_immediate and skips_queue(ChannelName.SMS, tx.policy().limits)
    text = replace(attempt, channel=ChannelName.SMS.value, is_immediate=is_immediate)
    text = replace(text, error=f"sent as a text: {reason}")
    if text.may_wait:
        text = replace(text, status=AttemptStatus.QUEUED, lease_until=None, retry_at=context.real_now, sent_at=None)
    else:
        text = replace(text, sent_at=context.instant)
    tx.update_attempt(text)
    return text
