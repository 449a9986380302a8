"""Rate limits: when the policy's limits allow a text or a call. The limits count in policy time.

Every text from our number counts, segment by segment: pages, notices, alerts, and answers to SMS replies. The answers
themselves never wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.outgoing.busy_lines import is_under_way
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.sms_encoding import segments
from oncall.paging.ports.attempt_store import SentMessages
from oncall.support.policy import Limits, TextLimit
from oncall.support.wording import exact_span

LONGEST_WAIT = timedelta(minutes=10)
"""The longest wait of a text that no escalation step follows; in policy time, for an alert in real time."""
_IN_FLIGHT = timedelta(seconds=1)
"""Pause (policy time) before the next check whether the provider has answered for the previous page."""
_LINE_AGAIN = timedelta(seconds=5)
"""Pause (policy time) before the next check whether a call is over."""


@dataclass(frozen=True, slots=True)
class SendTime:
    """The earliest time (policy time) at which a text or call may go out.

    why: the reason for the wait, as the end of a sentence.
    """

    at: datetime
    why: str


class RateLimits:
    """The rate limits within one transaction. Messages that were sent earlier or in this transaction count."""

    def __init__(self, tx: SentMessages, limits: Limits, context: ActionContext) -> None:
        self._tx, self._limits, self._context = tx, limits, context

    @property
    def urgent_span(self) -> timedelta:
        """Return how long the first page of an urgent ticket waits after another page to the same phone."""
        return self._limits.bundle_urgent_for

    def of_page(self, to: str, texts: Sequence[str], *, waiting_since: datetime) -> SendTime | None:
        """Return when the pages that wait for a person may be sent, alone or in one bundle; None: now.

        to: the person's id. texts: the text of each page; the bundle is as long as the longest. waiting_since: when the
        oldest page was stored.
        """
        size = max(map(segments, texts))
        waits = [self._after_the_last_page(to, waiting_since), self._of_phone(to), self._of_sender(size)]
        return max((each for each in waits if each is not None), key=lambda each: each.at, default=None)

    def of_urgent_page(self, to: str) -> SendTime | None:
        """Return when the first pages of urgent tickets that wait for a person may be sent together; None: now."""
        last = self._tx.last_page_to(to)
        if last is None or last.sent_at is None:
            return None
        now = self._context.instant
        paged_at = min(last.sent_at, now)
        free_at = paged_at + self._limits.bundle_urgent_for
        return SendTime(free_at, f"{to} was paged {_ago(now - paged_at)}") if now < free_at else None

    def of_notice(self, to: str, text: str) -> SendTime | None:
        """Return when a notice may be sent to this person; None: now."""
        waits = [self._of_phone(to), self._of_sender(segments(text))]
        return max((each for each in waits if each is not None), key=lambda each: each.at, default=None)

    def of_call(self, to: str) -> SendTime | None:
        """Return when this person may be called; None: now. Only one call to a person runs at a time."""
        if not is_under_way(self._tx, to, self._context.now):
            return None
        return SendTime(self._context.now + _LINE_AGAIN, f"another call to {to} is under way")

    def _after_the_last_page(self, to: str, waiting_since: datetime) -> SendTime | None:
        last = self._tx.last_page_to(to)
        if last is None or last.sent_at is None:
            return None
        now = self._context.now
        # A machine whose clock is ahead must not delay a text for longer than the span.
        paged_at = min(last.sent_at, now)
        # A stream of urgent pages must not delay other texts again and again.
        free_at = min(paged_at, waiting_since) + self._limits.bundle_for
        if now < free_at:
            return SendTime(free_at, f"{to} was paged {_ago(now - paged_at)}")
        is_on_its_way = last.status is AttemptStatus.SENDING and not last.is_urgent
        if is_on_its_way and last.lease_until is not None and last.lease_until > self._context.real_now:
            return SendTime(now + _IN_FLIGHT, f"another page to {to} is on its way")
        return None

    def _of_phone(self, to: str) -> SendTime | None:
        allowed = self._limits.per_phone
        sent = self._tx.texts_sent(since=self._context.now - allowed.within, most=allowed.most, to=to)
        free_at = self._free_at(allowed, [(one.at, 1) for one in sent], wanted=1)
        return SendTime(free_at, f"{to} had {_so_many(allowed, 'message')}") if free_at is not None else None

    def _of_sender(self, wanted: int) -> SendTime | None:
        allowed = self._limits.sender
        sent = self._tx.texts_sent(since=self._context.now - allowed.within, most=allowed.most)
        # A message longer than the whole limit is sent when no other text has used any of the limit.
        wanted = min(wanted, allowed.most)
        free_at = self._free_at(allowed, [(one.at, segments(one.text)) for one in sent], wanted=wanted)
        return (
            SendTime(free_at, f"all phones together had {_so_many(allowed, 'segment')}")
            if free_at is not None
            else None
        )

    def _free_at(self, allowed: TextLimit, sent: Sequence[tuple[datetime, int]], *, wanted: int) -> datetime | None:
        """Return when the limit has room for `wanted` more units; None: now.

        sent: time and size of each earlier message, the newest first.
        """
        taken = wanted
        for at, size in sent:
            taken += size
            if taken > allowed.most:
                free_at = min(at, self._context.now) + allowed.within
                return free_at if free_at > self._context.now else None
        return None


def _ago(length: timedelta) -> str:
    whole = timedelta(seconds=int(length.total_seconds()))
    return f"{exact_span(whole)} ago" if whole else "just now"


def _so_many(allowed: TextLimit, what: str) -> str:
    things = what if allowed.most == 1 else f"{what}s"
    return f"{allowed.most} {things} in the last {exact_span(allowed.within)}"
