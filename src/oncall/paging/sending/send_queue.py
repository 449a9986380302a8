"""Storms: texts take turns, so that no phone and no sender is flooded, and pages that wait for a phone go as one. Calls
to one person are made one after the other.

Whose turn it is, `turns` knows. The first page of an urgent ticket takes no turn; what goes out here makes room for it
by the policy's limits. Spans are policy time. Everything is decided inside one transaction at a time
(`Transaction.take_turns`), whoever runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.pager_events import PageWaits
from oncall.paging.domain.ticket import Attempt, Purpose
from oncall.paging.outgoing.bundles import apart, compose, sending
from oncall.paging.outgoing.cancellation import REPLACED, UNNEEDED, ended, later_page, why_unneeded
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.rate_limits import LONGEST_WAIT, RateLimits, SendTime
from oncall.paging.ports.clock import Clock
from oncall.paging.ports.store import Transaction
from oncall.support.wording import exact_span

BEFORE_ITS_STEP_ENDS = timedelta(seconds=5)
"""Policy time before the next step's instant at which a page waits for nothing any more."""


def send_in_turn(tx: Transaction, claimed: Sequence[Attempt], context: ActionContext, clock: Clock) -> list[Attempt]:
    """Of what was claimed and takes turns, mark what goes now as being sent; the others wait on.

    Pages go before notices. Gives what is to be sent: of each bundle the try that leads it.
    """
    if not claimed:
        return []
    tx.take_turns()
    turns = RateLimits(tx, tx.policy().limits, context)
    calls = [one for one in claimed if not one.is_text]
    pages = [one for one in claimed if one.is_text and one.purpose is Purpose.PAGE]
    going = [_call(tx, call, turns, context, clock) for call in calls]
    going += [
        _pages_to(tx, person, [page for page in pages if page.to == person], turns, context, clock)
        for person in dict.fromkeys(page.to for page in pages)
    ]
    waits = 0
    for notice in (one for one in claimed if one.is_text and one.purpose is not Purpose.PAGE):
        sent = _notice(tx, notice, turns, context, clock, behind=waits)
        waits += sent is None
        going.append(sent)
    return [one for one in going if one is not None]


def send_again(tx: Transaction, attempt: Attempt, context: ActionContext, clock: Clock) -> Attempt | None:
    """Send what its provider surely does not have, together with what has come to wait for that phone since.

    None when nobody needs it any more, or it has to wait.
    """
    tx.take_turns()
    turns = RateLimits(tx, tx.policy().limits, context)
    waiting = apart(tx, attempt, context)
    if not attempt.is_text:
        return _call(tx, waiting[0], turns, context, clock)
    if attempt.purpose is Purpose.PAGE:
        return _pages_to(tx, attempt.to, waiting, turns, context, clock)
    return _notice(tx, waiting[0], turns, context, clock, behind=0)


def _pages_to(
    tx: Transaction, person: str, due: Sequence[Attempt], turns: RateLimits, context: ActionContext, clock: Clock
) -> Attempt | None:
    turn = turns.of_page(person, [page.text for page in due], waiting_since=min(page.at for page in due))
    latest = min(_latest(page) for page in due)
    if turn is not None and context.now < latest:
        # It goes before its own step ends, whoever's turn it is; all others that wait then go with it.
        _put_off(tx, due, replace(turn, at=min(turn.at, latest)), context, clock)
        return None
    owed = _still_owed(tx, tx.waiting_pages(person), context)
    return compose(tx, owed, context) if owed else None


def _still_owed(tx: Transaction, waiting: Sequence[Attempt], context: ActionContext) -> list[Attempt]:
    """The pages that somebody still has to read, one of each ticket; the others are ended."""
    owed = []
    of_ticket: dict[str, list[Attempt]] = {}
    for page in waiting:
        of_ticket.setdefault(page.ticket, []).append(page)
    for page in waiting:
        why = why_unneeded(tx, page, context.now)
        if why is None and later_page(page, of_ticket[page.ticket]) is not None:
            why = REPLACED
        if why is None:
            owed.append(page)
        else:
            tx.update_attempt(ended(page, why))
    return owed


def _notice(
    tx: Transaction, notice: Attempt, turns: RateLimits, context: ActionContext, clock: Clock, *, behind: int
) -> Attempt | None:
    """behind: how many notices wait before this one; those that wait for one instant do not come back all at once."""
    why = why_unneeded(tx, notice, context.now)
    if why is not None:
        tx.update_attempt(ended(notice, why))
        return None
    turn, latest = turns.of_notice(notice.to, notice.body), _latest(notice)
    if turn is not None and context.now < latest:
        sender = tx.policy().limits.sender
        at = turn.at + behind * sender.within / sender.most
        _put_off(tx, [notice], replace(turn, at=min(at, latest)), context, clock)
        return None
    return sending(tx, notice, context)


def _call(tx: Transaction, call: Attempt, turns: RateLimits, context: ActionContext, clock: Clock) -> Attempt | None:
    """One call to one person at a time. One that waits until its step is over is not made: the next step pages."""
    why = why_unneeded(tx, call, context.now)
    if why is None and later_page(call, tx.attempts(call.ticket)) is not None:
        why = REPLACED
    turn = turns.of_call(call.to)
    if why is None and turn is not None and call.deadline is not None and context.now >= call.deadline:
        why = f"{UNNEEDED}, its step is over: {turn.why}"
    if why is not None:
        tx.update_attempt(ended(call, why))
        return None
    if turn is not None and context.now < (call.deadline or _latest(call)):
        _put_off(tx, [call], turn, context, clock)
        return None
    return sending(tx, call, context)


def _latest(attempt: Attempt) -> datetime:
    """The instant (policy time) at which a text waits for nothing any more."""
    if attempt.deadline is not None:
        return attempt.deadline - BEFORE_ITS_STEP_ENDS
    return attempt.at + LONGEST_WAIT


def _put_off(tx: Transaction, waiting: Sequence[Attempt], turn: SendTime, context: ActionContext, clock: Clock) -> None:
    """Let texts wait until their turn; the log of a page's ticket says so, once."""
    retry_at = context.real_now + timedelta(seconds=clock.real_seconds_until(turn.at))
    for attempt in waiting:
        tx.update_attempt(replace(attempt, retry_at=retry_at, lease_until=None))
    fresh = [
        one for one in waiting if one.purpose is Purpose.PAGE and one.tries == 0 and one.retry_at == one.written_at
    ]
    tx.append([_waits(page, turn, context) for page in fresh])


def _waits(page: Attempt, turn: SendTime, context: ActionContext) -> PageWaits:
    seconds = exact_span(timedelta(seconds=round((turn.at - context.now).total_seconds())))
    what_for = f"to go with what else comes for {page.to}" if page.is_text else f"to call {page.to}"
    why = f"waits {seconds} {what_for}: {turn.why}"
    return PageWaits(page.ticket, context.now, PAGER, why, to=page.to, attempt=page.id, until=turn.at)
