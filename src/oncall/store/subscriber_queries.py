"""Queries for subscribers to the status page, in one open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, text, update

from oncall.paging.ports.relay import SUBSCRIBER_CODES, SUBSCRIBER_HOOK, SUBSCRIBER_MAIL, SUBSCRIBER_SMS
from oncall.paging.ports.subscribers import NoticeCursor, Subscriber
from oncall.status.status_events import StatusEvent
from oncall.store.rows import Row, Values
from oncall.store.statements import Query, Statements
from oncall.store.status_queries import status_event_of
from oncall.store.tables import (
    notice_cursor,
    relay_messages,
    status_events,
    stopped_texts,
    subscribers,
    subscription_asks,
)

_BY_ADDRESS = select(subscribers).where(subscribers.c.address == bindparam("wanted"))
_BY_ID = select(subscribers).where(subscribers.c.id == bindparam("wanted"))
_BY_DIGEST = select(subscribers).where(subscribers.c.confirm_digest == bindparam("wanted"))
_BY_TOKEN = select(subscribers).where(subscribers.c.manage_token == bindparam("wanted"))
_IS_CONFIRMED = subscribers.c.confirmed_at.is_not(None)
_CONFIRMED = (
    select(subscribers)
    .where(_IS_CONFIRMED, subscribers.c.id > bindparam("after"))
    .order_by(subscribers.c.id)
    .limit(bindparam("most"))
)
_COUNT = (
    select(func.count())
    .select_from(subscribers)
    .where(_IS_CONFIRMED, subscribers.c.address.contains("@"), ~subscribers.c.address.contains("://", autoescape=True))
)
_ASKS = (
    select(func.count())
    .select_from(subscription_asks)
    .where(subscription_asks.c.key == bindparam("wanted"), subscription_asks.c.at > bindparam("since"))
)
_STOPPED = select(stopped_texts.c.at).where(stopped_texts.c.digest == bindparam("wanted"))
_CURSOR = select(notice_cursor.c.event, notice_cursor.c.subscriber)
_LAST_EVENT = select(func.max(status_events.c.seq))
_NEXT_EVENT = (
    select(status_events).where(status_events.c.seq > bindparam("after")).order_by(status_events.c.seq).limit(1)
)
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_REQUESTS = 500000651894
"""The key of the advisory lock of requests to subscribe; `attempt_queries` has the other keys."""
_THE_CURSOR = "notices"


class SubscriberQueries(Statements):
    """The queries for subscribers, for requests to subscribe, and for how far notices to subscribers are written."""

    def subscriber_at(self, address: str) -> Subscriber | None:
        """Return the subscriber with this address, confirmed or not; None if there is none."""
        return self._subscriber(_BY_ADDRESS, address)

    def subscriber(self, subscriber_id: str) -> Subscriber | None:
        """Return the subscriber with this id; None if there is none."""
        return self._subscriber(_BY_ID, subscriber_id)

    def subscriber_to_confirm(self, digest: str) -> Subscriber | None:
        """Return the subscriber with this `confirm_digest`; None if there is none."""
        return self._subscriber(_BY_DIGEST, digest)

    def subscriber_with(self, manage_token: str) -> Subscriber | None:
        """Return the subscriber with this `manage_token`; None if there is none."""
        return self._subscriber(_BY_TOKEN, manage_token)

    def put_subscriber(self, subscriber: Subscriber) -> None:
        """Store a new subscriber, or replace all columns of a stored one."""
        values = _values(subscriber)
        known = update(subscribers).where(subscribers.c.id == subscriber.id).values(values)
        if self._run(known).rowcount == 0:
            self._change(insert(subscribers), values, subject="subscriber")

    def remove_subscriber(self, subscriber_id: str) -> None:
        """Delete a subscriber, and the unsent messages to them."""
        self._run(delete(subscribers).where(subscribers.c.id == subscriber_id))
        places = (SUBSCRIBER_MAIL, SUBSCRIBER_SMS, SUBSCRIBER_CODES, f"{SUBSCRIBER_HOOK}:{subscriber_id}")
        about = (relay_messages.c.to.in_(places), relay_messages.c.ticket == subscriber_id)
        self._run(delete(relay_messages).where(*about, relay_messages.c.due_at.is_not(None)))

    def stop_texts(self, digest: str, at: datetime) -> None:
        """Record that the status page must never again send a text to the number with this digest. at: real time."""
        if not self.has_stopped_texts(digest):
            self._change(insert(stopped_texts), {"digest": digest, "at": at}, subject="STOP")

    def has_stopped_texts(self, digest: str) -> bool:
        """Return True if a text STOP came from the number with this digest."""
        return self._run(_STOPPED, {"wanted": digest}).one_or_none() is not None

    def forget_unconfirmed(self, *, ended_by: datetime) -> None:
        """Delete the unconfirmed subscribers whose token ended by an instant (real time)."""
        self._run(delete(subscribers).where(~_IS_CONFIRMED, subscribers.c.confirm_ends_at <= ended_by))

    def confirmed_subscribers(self, *, after: str, most: int) -> Sequence[Subscriber]:
        """Return at most `most` confirmed subscribers with an id above `after`, ordered by id."""
        return [_read(row) for row in self._run(_CONFIRMED, {"after": after, "most": most})]

    def count_subscribers(self) -> int:
        """Return how many confirmed subscribers get mail."""
        return int(self._run(_COUNT).scalar_one())

    def lock_subscription_asks(self) -> None:
        """Wait for the lock of requests to subscribe, and keep it until the transaction ends.

        SQLite has only one writer.
        """
        if self._connection.dialect.name == "postgresql":
            self._run(_LOCK, {"key": _REQUESTS})

    def subscription_asks(self, key: str, *, since: datetime) -> int:
        """Return how many requests to subscribe were counted under this key since an instant (real time)."""
        return int(self._run(_ASKS, {"wanted": key, "since": since}).scalar_one())

    def add_subscription_asks(self, keys: Sequence[str], at: datetime) -> None:
        """Count a request to subscribe under each of these keys. at: real time."""
        for key in keys:
            self._change(insert(subscription_asks), {"key": key, "at": at}, subject="ask for a subscription")

    def forget_subscription_asks(self, *, before: datetime) -> None:
        """Delete the counts of requests to subscribe from before an instant (real time)."""
        self._run(delete(subscription_asks).where(subscription_asks.c.at < before))

    def notice_cursor(self) -> NoticeCursor | None:
        """Return how far notices are written; None if no subscriber ever confirmed."""
        row = self._run(_CURSOR).one_or_none()
        return None if row is None else NoticeCursor(*tuple(row))

    def move_notice_cursor(self, before: NoticeCursor | None, after: NoticeCursor) -> bool:
        """Move the cursor from `before` to `after`.

        Returns False, and does nothing, if it is not at `before` any more.
        """
        values: Values = {"event": after.event, "subscriber": after.subscriber}
        if before is None:
            if self.notice_cursor() is not None:
                return False
            self._change(insert(notice_cursor), {"name": _THE_CURSOR, **values}, subject="place of notices")
            return True
        is_ours = (notice_cursor.c.event == before.event, notice_cursor.c.subscriber == before.subscriber)
        return self._run(update(notice_cursor).where(*is_ours).values(values)).rowcount == 1

    def last_status_event(self) -> int:
        """Return the number of the newest event of the status page; 0 if there is none."""
        return int(self._run(_LAST_EVENT).scalar_one() or 0)

    def next_status_event(self, after: int) -> StatusEvent | None:
        """Return the status page's first event with a number above `after`; None if there is none."""
        row = self._run(_NEXT_EVENT, {"after": after}).one_or_none()
        return None if row is None else status_event_of(row)

    def _subscriber(self, query: Query, wanted: str) -> Subscriber | None:
        row = self._run(query, {"wanted": wanted}).one_or_none()
        return None if row is None else _read(row)


def _values(subscriber: Subscriber) -> Values:
    found = {column.name: getattr(subscriber, column.name) for column in subscribers.columns}
    return {**found, "components": list(subscriber.components)}


def _read(row: Row) -> Subscriber:
    """Convert a row of `subscribers`, with its columns in the table's order, to a subscriber."""
    name, address, components, *rest = tuple(row)
    return Subscriber(name, address, tuple(components), *rest)
