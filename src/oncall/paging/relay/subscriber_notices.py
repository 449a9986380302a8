"""Writes notices to subscribers from the log of the status page, a few at a time, so that no page waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.errors import OncallError
from oncall.paging.outgoing.subscriber_mail import notice_messages
from oncall.paging.ports.relay import RelayMessage
from oncall.paging.ports.subscribers import NoticeCursor, Subscribers
from oncall.status.status_events import StatusEvent
from oncall.status.status_record import StatusRecord, read_status
from oncall.status.subscribed_notice import Notice, notice_of, wants

MOST_AT_ONCE = 32
"""The most subscribers whose notices one transaction writes. A page may have to wait for it. SQLite writes so many rows
with one statement."""
GAP_LASTS = timedelta(seconds=60)
"""How long (real time) to wait for a missing number, which a transaction that began earlier may still write."""


@dataclass(frozen=True, slots=True)
class NoticeRound:
    """Notices that are written in one transaction. before, after: the cursor before and after they are written."""

    before: NoticeCursor
    after: NoticeCursor
    messages: tuple[RelayMessage, ...] = ()


@dataclass
class SubscriberNotices:
    """Finds the notices that subscribers must get. base: the web address of this service, for links.

    gap: the number of an event before which numbers are missing, and when (real time) it was first seen. told: the
    number of the event whose notices are being written, with the page and the notice as they were for the first
    subscriber, so that all subscribers read the same; None instead of these two if the event has no notice.
    """

    base: str
    gap: tuple[int, datetime] | None = None
    told: tuple[int, tuple[StatusRecord, Notice] | None] | None = None

    def find(self, tx: Subscribers, *, now: datetime, real_now: datetime) -> NoticeRound | None:
        """Return the notices to write now; None if there are none. Only reads. now: policy time."""
        cursor = tx.notice_cursor()
        event = tx.next_status_event(cursor.event) if cursor is not None else None
        if cursor is None or event is None or self._may_miss_one(cursor, event, real_now):
            return None
        if self.told is None or self.told[0] != event.seq:
            self.told = event.seq, _noticed(tx, event, now)
        if self.told[1] is None:
            return NoticeRound(cursor, NoticeCursor(event.seq))
        record, notice = self.told[1]
        return self._notices(tx, cursor, event, notice, record, real_now)

    def _notices(
        self,
        tx: Subscribers,
        cursor: NoticeCursor,
        event: StatusEvent,
        notice: Notice,
        record: StatusRecord,
        real_now: datetime,
    ) -> NoticeRound:
        asked = tx.confirmed_subscribers(after=cursor.subscriber, most=MOST_AT_ONCE)
        messages = tuple(
            message
            for each in asked
            if each.confirmed_at is not None
            and each.confirmed_at <= event.written_at
            and wants(each.components, notice, record.page)
            for message in notice_messages(notice, each, record, base=self.base, real_now=real_now)
        )
        is_last = len(asked) < MOST_AT_ONCE
        after = NoticeCursor(event.seq) if is_last else NoticeCursor(cursor.event, asked[-1].id)
        return NoticeRound(cursor, after, messages)

    def _may_miss_one(self, cursor: NoticeCursor, event: StatusEvent, real_now: datetime) -> bool:
        """Return True while an event with a lower number may still be written."""
        if event.seq == cursor.event + 1:
            return False
        if self.gap is None or self.gap[0] != event.seq:
            self.gap = (event.seq, real_now)
        return real_now - self.gap[1] < GAP_LASTS


def store_notices(tx: Subscribers, found: NoticeRound) -> bool:
    """Write the found notices and move the cursor.

    Returns False, and writes nothing, if another relay has moved the cursor. The next `find` then reads again.
    """
    if not tx.move_notice_cursor(found.before, found.after):
        return False
    tx.add_relay_messages(found.messages)
    return True


def _noticed(tx: Subscribers, event: StatusEvent, now: datetime) -> tuple[StatusRecord, Notice] | None:
    """Return the status page and the notice of an event; None if the event has no notice or no page is published."""
    try:
        record = read_status(tx, now)
    except OncallError:
        # No page is published any more, so there is nothing to tell.
        return None
    notice = notice_of(event, record)
    return (record, notice) if notice is not None else None
