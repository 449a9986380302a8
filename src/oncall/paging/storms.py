"""Storms: texts take turns, so that no phone and no sender is flooded, and pages that wait for a phone go as one. Calls
to one person are made one after the other.

The first page of an urgent ticket takes no turn; what goes out here makes room for it by the policy's limits. Spans are
policy time. Everything is decided inside one transaction at a time (`Transaction.take_turns`), whoever runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.paging.attempts import Hand
from oncall.paging.bundles import apart, compose, sending
from oncall.paging.decide import PAGER
from oncall.paging.lines import is_under_way
from oncall.paging.needed import REPLACED, UNNEEDED, ended, later_page, why_unneeded
from oncall.paging.ports import Clock, Transaction
from oncall.paging.ticket import Attempt, AttemptStatus, Event, EventKind, Purpose
from oncall.support.policy import Allowance, Limits
from oncall.support.wording import exact_span

BEFORE_ITS_STEP_ENDS = timedelta(seconds=5)
"""Policy time before the next step's instant at which a page waits for nothing any more."""
LONGEST_WAIT = timedelta(minutes=10)
"""Policy time after which a text that no step follows waits for nothing any more."""
_IN_FLIGHT = timedelta(seconds=1)
"""How soon it is looked again whether a provider has answered to the message before; policy time."""
_LINE_AGAIN = timedelta(seconds=5)
"""How soon it is looked again whether a call is over; policy time."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a text may go (policy time), and what it waits for until then, as the end of a sentence."""

    at: datetime
    why: str


class _Turns:
    """Whose turn it is in this transaction, by what went out before it and in it."""

    def __init__(self, tx: Transaction, limits: Limits, hand: Hand) -> None:
        self._tx, self._limits, self._hand = tx, limits, hand

    def of_page(self, to: str, *, waiting_since: datetime) -> Turn | None:
        """When the pages that wait for this phone may go; None: now. waiting_since: when the oldest was written."""
        waits = [self._after_the_last_page(to, waiting_since), self._of_phone(to), self._of_sender()]
        return max((turn for turn in waits if turn is not None), key=lambda turn: turn.at, default=None)

    def of_notice(self, to: str) -> Turn | None:
        """The same for a message that only tells."""
        waits = [self._of_phone(to), self._of_sender()]
        return max((turn for turn in waits if turn is not None), key=lambda turn: turn.at, default=None)

    def of_call(self, to: str) -> Turn | None:
        """When this person may be called: one call at a time."""
        if not is_under_way(self._tx, to, self._hand.now):
            return None
        return Turn(self._hand.now + _LINE_AGAIN, f"another call to {to} is under way")

    def _after_the_last_page(self, to: str, waiting_since: datetime) -> Turn | None:
        last = self._tx.last_page_to(to)
        if last is None or last.sent_at is None:
            return None
        now = self._hand.now
        # A machine whose clock is ahead must not hold anything up for longer than the span.
        paged_at = min(last.sent_at, now)
        # Urgent pages that keep coming put nothing off again and again.
        free_at = min(paged_at, waiting_since) + self._limits.bundle_for
        if now < free_at:
            ago = exact_span(timedelta(seconds=int((now - paged_at).total_seconds())))
            return Turn(free_at, f"{to} was paged {ago} ago")
        is_on_its_way = last.status is AttemptStatus.SENDING and not last.goes_alone
        if is_on_its_way and last.lease_until is not None and last.lease_until > self._hand.real_now:
            return Turn(now + _IN_FLIGHT, f"another page to {to} is on its way")
        return None

    def _of_phone(self, to: str) -> Turn | None:
        allowed = self._limits.per_phone
        free_at = self._free_at(allowed, self._tx.last_sent(most=allowed.most, to=to))
        return Turn(free_at, f"{to} had {_so_many(allowed)}") if free_at is not None else None

    def _of_sender(self) -> Turn | None:
        allowed = self._limits.sender
        free_at = self._free_at(allowed, self._tx.last_sent(most=allowed.most))
        return Turn(free_at, f"all phones together had {_so_many(allowed)}") if free_at is not None else None

    def _free_at(self, allowed: Allowance, sent: Sequence[datetime]) -> datetime | None:
        """When one more message is allowed, None: now. sent: the latest ones, the newest first."""
        if len(sent) < allowed.most:
            return None
        free_at = min(sent[-1], self._hand.now) + allowed.within
        return free_at if free_at > self._hand.now else None


def _so_many(allowed: Allowance) -> str:
    messages = "message" if allowed.most == 1 else "messages"
    return f"{allowed.most} {messages} in the last {exact_span(allowed.within)}"


def send_in_turn(tx: Transaction, claimed: Sequence[Attempt], hand: Hand, clock: Clock) -> list[Attempt]:
    """Of what was claimed and takes turns, mark what goes now as being sent; the others wait on.

    Pages go before notices. Gives what is to be sent: of each bundle the try that leads it.
    """
    if not claimed:
        return []
    tx.take_turns()
    turns = _Turns(tx, tx.policy().limits, hand)
    calls = [one for one in claimed if not one.is_text]
    pages = [one for one in claimed if one.is_text and one.purpose is Purpose.PAGE]
    going = [_call(tx, call, turns, hand, clock) for call in calls]
    going += [
        _pages_to(tx, person, [page for page in pages if page.to == person], turns, hand, clock)
        for person in dict.fromkeys(page.to for page in pages)
    ]
    waits = 0
    for notice in (one for one in claimed if one.is_text and one.purpose is not Purpose.PAGE):
        sent = _notice(tx, notice, turns, hand, clock, behind=waits)
        waits += sent is None
        going.append(sent)
    return [one for one in going if one is not None]


def send_again(tx: Transaction, attempt: Attempt, hand: Hand, clock: Clock) -> Attempt | None:
    """Send what its provider surely does not have, together with what has come to wait for that phone since.

    None when nobody needs it any more, or it has to wait.
    """
    tx.take_turns()
    turns = _Turns(tx, tx.policy().limits, hand)
    waiting = apart(tx, attempt, hand)
    if not attempt.is_text:
        return _call(tx, waiting[0], turns, hand, clock)
    if attempt.purpose is Purpose.PAGE:
        return _pages_to(tx, attempt.to, waiting, turns, hand, clock)
    return _notice(tx, waiting[0], turns, hand, clock, behind=0)


def _pages_to(
    tx: Transaction, person: str, due: Sequence[Attempt], turns: _Turns, hand: Hand, clock: Clock
) -> Attempt | None:
    turn = turns.of_page(person, waiting_since=min(page.at for page in due))
    latest = min(_latest(page) for page in due)
    if turn is not None and hand.now < latest:
        # It goes before its own step ends, whoever's turn it is; all others that wait then go with it.
        _put_off(tx, due, replace(turn, at=min(turn.at, latest)), hand, clock)
        return None
    owed = _still_owed(tx, tx.waiting_pages(person), hand)
    return compose(tx, owed, hand) if owed else None


def _still_owed(tx: Transaction, waiting: Sequence[Attempt], hand: Hand) -> list[Attempt]:
    """The pages that somebody still has to read, one of each ticket; the others are ended."""
    owed = []
    for page in waiting:
        why = why_unneeded(tx, page, hand.now)
        if why is None and later_page(page, waiting) is not None:
            why = REPLACED
        if why is None:
            owed.append(page)
        else:
            tx.update_attempt(ended(page, why))
    return owed


def _notice(
    tx: Transaction, notice: Attempt, turns: _Turns, hand: Hand, clock: Clock, *, behind: int
) -> Attempt | None:
    """behind: how many notices wait before this one; those that wait for one instant do not come back all at once."""
    why = why_unneeded(tx, notice, hand.now)
    if why is not None:
        tx.update_attempt(ended(notice, why))
        return None
    turn, latest = turns.of_notice(notice.to), _latest(notice)
    if turn is not None and hand.now < latest:
        sender = tx.policy().limits.sender
        at = turn.at + behind * sender.within / sender.most
        _put_off(tx, [notice], replace(turn, at=min(at, latest)), hand, clock)
        return None
    return sending(tx, notice, hand)


def _call(tx: Transaction, call: Attempt, turns: _Turns, hand: Hand, clock: Clock) -> Attempt | None:
    """One call to one person at a time. One that waits until its step is over is not made: the next step pages."""
    why = why_unneeded(tx, call, hand.now)
    if why is None and later_page(call, tx.attempts(call.ticket)) is not None:
        why = REPLACED
    turn = turns.of_call(call.to)
    if why is None and turn is not None and call.deadline is not None and hand.now >= call.deadline:
        why = f"{UNNEEDED}, its step is over: {turn.why}"
    if why is not None:
        tx.update_attempt(ended(call, why))
        return None
    if turn is not None and hand.now < (call.deadline or _latest(call)):
        _put_off(tx, [call], turn, hand, clock)
        return None
    return sending(tx, call, hand)


def _latest(attempt: Attempt) -> datetime:
    """The instant (policy time) at which a text waits for nothing any more."""
    if attempt.deadline is not None:
        return attempt.deadline - BEFORE_ITS_STEP_ENDS
    return attempt.at + LONGEST_WAIT


def _put_off(tx: Transaction, waiting: Sequence[Attempt], turn: Turn, hand: Hand, clock: Clock) -> None:
    """Let texts wait until their turn; the log of a page's ticket says so, once."""
    retry_at = hand.real_now + timedelta(seconds=clock.real_seconds_until(turn.at))
    for attempt in waiting:
        tx.update_attempt(replace(attempt, retry_at=retry_at, lease_until=None))
    fresh = [
        one for one in waiting if one.purpose is Purpose.PAGE and one.tries == 0 and one.retry_at == one.written_at
    ]
    tx.append([_waits(page, turn, hand) for page in fresh])


def _waits(page: Attempt, turn: Turn, hand: Hand) -> Event:
    details = {"to": page.to, "attempt": page.id, "until": turn.at.isoformat()}
    seconds = exact_span(timedelta(seconds=round((turn.at - hand.now).total_seconds())))
    what_for = f"to go with what else comes for {page.to}" if page.is_text else f"to call {page.to}"
    why = f"waits {seconds} {what_for}: {turn.why}"
    return Event(page.ticket, hand.now, EventKind.PAGE_WAITS, PAGER, why, details)
