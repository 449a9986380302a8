"""The send queue: makes texts wait for rate limits, bundles pages to one phone, and makes one call at a time.

The first page of an urgent ticket waits only for a page that was sent to the same phone less than `bundle_urgent_for`
ago. Times are policy time. In whichever process it runs, only one transaction at a time decides.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.pager_events import PageWaits
from oncall.paging.domain.ticket import Attempt, Purpose
from oncall.paging.outgoing.bundles import apart, compose, sending, summarise
from oncall.paging.outgoing.cancellation import REPLACED, UNNEEDED, ended, later_page, why_unneeded
from oncall.paging.outgoing.rate_limits import LONGEST_WAIT, SendTime
from oncall.paging.outgoing.urgent_pages import SUMMARY_EVERY, over_ceiling
from oncall.paging.sending.send_work import SendWork
from oncall.support.wording import exact_span

_WHOLE_SECOND = timedelta(seconds=1)
"""`Attempt.at` has no fraction of a second, so an attempt may have been written up to this much later."""
BEFORE_ITS_STEP_ENDS = timedelta(seconds=5)
"""A page is sent this long (policy time) before the next step fires, even if a rate limit is reached."""


def send_in_turn(work: SendWork, claimed: Sequence[Attempt]) -> list[Attempt]:
    """Mark the claimed attempts that the limits allow as being sent, and put off the others. Pages go before notices.

    Returns the attempts to send. A bundle is returned as its leader.
    """
    if not claimed:
        return []
    work.tx.lock_send_queue()
    calls = [one for one in claimed if not one.is_text]
    pages = [one for one in claimed if one.is_text and one.purpose is Purpose.PAGE]
    going = [_call(work, call) for call in calls]
    for person in dict.fromkeys(page.to for page in pages):
        going += _pages_to(work, person, [page for page in pages if page.to == person])
    waits = 0
    for notice in (one for one in claimed if one.is_text and one.purpose is not Purpose.PAGE):
        sent = _notice(work, notice, behind=waits)
        waits += sent is None
        going.append(sent)
    return [one for one in going if one is not None]


def send_again(work: SendWork, attempt: Attempt) -> Attempt | None:
    """Mark a message that its provider does not have as `sending` again. Returns the attempt to send.

    All pages that now wait for the same phone are sent in the same message. None if the message is not needed any more
    or must wait.
    """
    work.tx.lock_send_queue()
    waiting = apart(work.tx, attempt, work.context)
    if not attempt.is_text:
        return _call(work, waiting[0])
    if attempt.purpose is not Purpose.PAGE:
        return _notice(work, waiting[0], behind=0)
    return next((sent for sent in _pages_to(work, attempt.to, waiting) if sent is not None), None)


def _pages_to(work: SendWork, person: str, due: Sequence[Attempt]) -> list[Attempt | None]:
    """Mark the due pages to a person as being sent, or put them off. Returns the attempts to send."""
    urgent, others = [page for page in due if page.is_urgent], [page for page in due if not page.is_urgent]
    why = _ceilings(work, person, urgent)
    going = [
        _urgent_pages(work, person, [page for page in urgent if page.caller not in why], over=why),
        _beyond_ceiling(work, person, [page for page in urgent if page.caller in why], why=why),
    ]
    return going + ([_other_pages(work, person, others)] if others else [])


def _ceilings(work: SendWork, person: str, due: Sequence[Attempt]) -> dict[str | None, str]:
    """Return the callers whose urgent pages to this person exceed a ceiling, each with the reason.

    If an urgent page is due, all callers whose urgent pages wait for this phone are checked, else none.
    """
    waiting = [page for page in work.tx.queued_pages(person) if page.is_urgent] if due else []
    callers = dict.fromkeys(page.caller for page in (*due, *waiting) if page.caller is not None)
    policy = work.tx.policy()
    found = {caller: over_ceiling(work.tx, person, caller, policy, work.context) for caller in callers}
    return {caller: why for caller, why in found.items() if why is not None}


def _beyond_ceiling(
    work: SendWork, person: str, due: Sequence[Attempt], *, why: Mapping[str | None, str]
) -> Attempt | None:
    """Mark urgent pages that exceed a ceiling as being sent in one summary. Returns the attempt to send.

    If a summary was sent less than SUMMARY_EVERY ago, the pages are put off and the result is None. why: the reasons by
    caller.
    """
    if not due:
        return None
    last = work.tx.summarised_at(person, since=work.context.instant - SUMMARY_EVERY)
    words = "; ".join(dict.fromkeys(why[page.caller] for page in due))
    if last is not None:
        _put_off(work, due, SendTime(min(last, work.context.instant) + SUMMARY_EVERY, words))
        return None
    waiting = [page for page in work.tx.queued_pages(person) if page.is_urgent and page.caller in why]
    needed = _still_needed(work, waiting)
    return summarise(work.tx, needed, work.context, why=words) if needed else None


def _urgent_pages(
    work: SendWork, person: str, due: Sequence[Attempt], *, over: Container[str | None]
) -> Attempt | None:
    """Mark the first pages of urgent tickets to a person as being sent if the phone is free; otherwise put them off.

    Pages that have waited go together in one message. If none has waited yet, the oldest goes alone, and the others
    wait until `bundle_urgent_for` is over. over: the callers whose pages go in a summary instead. Returns the attempt
    to send.
    """
    if not due:
        return None
    span = work.limits.urgent_span
    until = work.limits.of_urgent_page(person)
    if until is None and not work.tx.try_lock_phone(person):
        until = SendTime(work.context.instant + span, f"{person} was paged just now")
    latest = min(page.at for page in due) + span + _WHOLE_SECOND
    if until is not None and work.context.instant < latest:
        _put_off(work, due, replace(until, at=min(until.at, latest)))
        return None
    waiting = [page for page in work.tx.queued_pages(person) if page.is_urgent and page.caller not in over]
    needed = _still_needed(work, waiting)
    if needed and span and all(_is_fresh(page) for page in needed):
        behind = SendTime(work.context.instant + span, f"{person} was paged just now")
        _put_off(work, needed[1:], behind)
        needed = needed[:1]
    return compose(work.tx, needed, work.context) if needed else None


def _other_pages(work: SendWork, person: str, due: Sequence[Attempt]) -> Attempt | None:
    until = work.limits.of_page(person, [page.text for page in due], waiting_since=min(page.at for page in due))
    latest = min(_latest(page) for page in due)
    if until is not None and work.now < latest:
        # A page goes before its own step ends, whatever the limits; all others that wait then go with it.
        _put_off(work, due, replace(until, at=min(until.at, latest)))
        return None
    needed = _still_needed(work, [page for page in work.tx.queued_pages(person) if not page.is_urgent])
    return compose(work.tx, needed, work.context) if needed else None


def _still_needed(work: SendWork, waiting: Sequence[Attempt]) -> list[Attempt]:
    """End the pages that are no longer needed. Returns the others, one for each ticket."""
    needed = []
    of_ticket: dict[str, list[Attempt]] = {}
    for page in waiting:
        of_ticket.setdefault(page.ticket, []).append(page)
    for page in waiting:
        why = why_unneeded(work.tx, page, work.now)
        if why is None and later_page(page, of_ticket[page.ticket]) is not None:
            why = REPLACED
        if why is None:
            needed.append(page)
        else:
            work.tx.update_attempt(ended(page, why))
    return needed


def _notice(work: SendWork, notice: Attempt, *, behind: int) -> Attempt | None:
    """Return the notice, marked as being sent, if the limits allow it now; otherwise put it off and return None.

    behind: how many notices were put off before this one. Each of them delays this one further, so that they are sent
    one after the other.
    """
    why = why_unneeded(work.tx, notice, work.now)
    if why is not None:
        work.tx.update_attempt(ended(notice, why))
        return None
    until, latest = work.limits.of_notice(notice.to, notice.body), _latest(notice)
    if until is not None and work.now < latest:
        sender = work.tx.policy().limits.sender
        at = until.at + behind * sender.within / sender.most
        _put_off(work, [notice], replace(until, at=min(at, latest)))
        return None
    return sending(work.tx, notice, work.context)


def _call(work: SendWork, call: Attempt) -> Attempt | None:
    """Return the call, marked as being sent, if the person's line is free; otherwise put it off and return None.

    A call is cancelled when its step is over.
    """
    why = why_unneeded(work.tx, call, work.now)
    if why is None and later_page(call, work.tx.attempts(call.ticket)) is not None:
        why = REPLACED
    until = work.limits.of_call(call.to)
    if why is None and until is not None and call.deadline is not None and work.now >= call.deadline:
        why = f"{UNNEEDED}, its step is over: {until.why}"
    if why is not None:
        work.tx.update_attempt(ended(call, why))
        return None
    if until is not None and work.now < (call.deadline or _latest(call)):
        _put_off(work, [call], until)
        return None
    return sending(work.tx, call, work.context)


def _latest(attempt: Attempt) -> datetime:
    """Return the latest time (policy time) at which a queued text must be sent."""
    if attempt.deadline is not None:
        return attempt.deadline - BEFORE_ITS_STEP_ENDS
    return attempt.at + LONGEST_WAIT


def _put_off(work: SendWork, waiting: Sequence[Attempt], until: SendTime) -> None:
    """Delay attempts until a time, and log the reason for each page that is delayed for the first time."""
    retry_at = work.real_time_of(until.at)
    for attempt in waiting:
        work.tx.update_attempt(replace(attempt, retry_at=retry_at, lease_until=None))
    fresh = [one for one in waiting if one.purpose is Purpose.PAGE and _is_fresh(one)]
    work.tx.append([_waits(page, until, work.now) for page in fresh])


def _is_fresh(attempt: Attempt) -> bool:
    """Return True if the attempt was neither sent nor delayed yet."""
    return attempt.sends == 0 and attempt.retry_at == attempt.written_at


def _waits(page: Attempt, until: SendTime, now: datetime) -> PageWaits:
    seconds = exact_span(timedelta(seconds=round((until.at - now).total_seconds())))
    what_for = f"to go with other pages for {page.to}" if page.is_text else f"to call {page.to}"
    why = f"waits {seconds} {what_for}: {until.why}"
    return PageWaits(page.ticket, now, PAGER, why, to=page.to, attempt=page.id, until=until.at)
