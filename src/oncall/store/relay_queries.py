"""Queries for messages to webhooks, team channels, subscribers and customers, in one open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, bindparam, case, delete, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.ports.relay import (
    CUSTOMER_MAIL,
    EVENTS_RELAYED,
    SUBSCRIBER_HOOK,
    SUBSCRIBER_MAIL,
    SUBSCRIBER_SMS,
    RelayBacklog,
    RelayFilter,
    RelayMessage,
    RelayState,
)
from oncall.store import rows
from oncall.store.rows import Row, Values
from oncall.store.statements import Statements
from oncall.store.tables import events, relay_cursor, relay_messages

_CURSOR = select(relay_cursor.c.event).where(relay_cursor.c.name == bindparam("name"))
_LAST_EVENT = select(func.max(events.c.seq))
_LAST_EVENT_OF = _LAST_EVENT.where(events.c.ticket == bindparam("ticket"))
_EVENTS_AFTER = select(events).where(events.c.seq > bindparam("number")).order_by(events.c.seq).limit(bindparam("most"))
_NUMBERS_AFTER = (
    select(events.c.seq).where(events.c.seq > bindparam("number")).order_by(events.c.seq).limit(bindparam("most"))
)
_TO_CUSTOMERS = (
    select(events)
    .where(
        events.c.seq > bindparam("after"),
        events.c.seq <= bindparam("until"),
        events.c.kind.in_([EventKind.REPLIED.value, EventKind.UPDATED.value]),
    )
    .order_by(events.c.seq)
)
_earlier = relay_messages.alias("earlier")
_IS_SECOND = exists().where(
    _earlier.c.to == relay_messages.c.to,
    _earlier.c.ticket == relay_messages.c.ticket,
    _earlier.c.position < relay_messages.c.position,
    _earlier.c.due_at.is_not(None),
)
_DUE = (
    select(relay_messages)
    .where(relay_messages.c.to == bindparam("wanted"), relay_messages.c.due_at <= bindparam("now"), ~_IS_SECOND)
    .order_by(relay_messages.c.due_at, relay_messages.c.position)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=relay_messages)
)
# Thousands of mails may be due, and each is about another subscriber, so only webhooks of subscribers are looked into.
_DUE_DESTINATIONS = (
    select(relay_messages.c.to)
    .where(
        relay_messages.c.due_at <= bindparam("now"),
        or_(~relay_messages.c.to.startswith(f"{SUBSCRIBER_HOOK}:"), ~_IS_SECOND),
    )
    .distinct()
    .order_by(relay_messages.c.to)
)
_CLAIM = (
    update(relay_messages)
    .where(relay_messages.c.id.in_(bindparam("wanted", expanding=True)))
    .values(due_at=bindparam("lease"))
)
_MESSAGE = select(relay_messages).where(relay_messages.c.id == bindparam("wanted"))
_UPDATE = update(relay_messages).where(relay_messages.c.id == bindparam("wanted"))
_CHANGING = ("written_at", "due_at", "sends", "sent_at", "error")
_IS_WAITING = relay_messages.c.due_at.is_not(None)
_IS_QUARANTINED = and_(relay_messages.c.due_at.is_(None), relay_messages.c.sent_at.is_(None))
_BACKLOGS = (
    select(
        relay_messages.c.to,
        func.count(relay_messages.c.due_at),
        func.min(case((_IS_WAITING, relay_messages.c.written_at))),
        func.sum(case((_IS_QUARANTINED, 1), else_=0)),
    )
    .where(relay_messages.c.sent_at.is_(None))
    .group_by(relay_messages.c.to)
)
_PERSONAL = (SUBSCRIBER_HOOK, SUBSCRIBER_MAIL.partition(":")[0], SUBSCRIBER_SMS.partition(":")[0])
"""The destinations of a single subscriber or customer start with one of these words."""
_PLACE = (relay_messages.c.written_at, relay_messages.c.position, relay_messages.c.id)
_IN_STATE = {
    RelayState.WAITING: _IS_WAITING,
    RelayState.SENT: relay_messages.c.sent_at.is_not(None),
    RelayState.QUARANTINED: _IS_QUARANTINED,
}


class RelayQueries(Statements):
    """The queries for the messages that the relay sends, and for the log of events from which it writes them."""

    def last_event(self, ticket: str | None = None) -> int:
        """Return the number of the newest event of a ticket, or of all tickets; 0 if there is none."""
        found = self._run(_LAST_EVENT) if ticket is None else self._run(_LAST_EVENT_OF, {"ticket": ticket})
        return int(found.scalar_one() or 0)

    def events_after(self, number: int, *, most: int) -> list[Event]:
        """Return at most `most` events with numbers above `number`, in order."""
        return [rows.event(row) for row in self._run(_EVENTS_AFTER, {"number": number, "most": most})]

    def event_numbers_after(self, number: int, *, most: int) -> list[int]:
        """Return the numbers of at most `most` events above `number`, in order."""
        return list(self._run(_NUMBERS_AFTER, {"number": number, "most": most}).scalars())

    def messages_to_customers(self, *, after: int, until: int) -> list[Event]:
        """Return the replies and updates to customers with numbers above `after` and up to `until`, in order."""
        return [rows.event(row) for row in self._run(_TO_CUSTOMERS, {"after": after, "until": until})]

    def relay_cursor(self, name: str = EVENTS_RELAYED) -> int | None:
        """Return the number of the event up to which messages are written; None if this cursor is not set."""
        found: int | None = self._run(_CURSOR, {"name": name}).scalar_one_or_none()
        return found

    def move_relay_cursor(self, before: int | None, after: int | None, name: str = EVENTS_RELAYED) -> bool:
        """Move a cursor from `before` to `after`.

        Returns False, and does nothing, if it is not at `before` any more.
        """
        if before is None:
            if after is not None:
                row = {"name": name, "event": after}
                # PostgreSQL's driver counts no rows of such an insert.
                stored = self._ignoring(relay_cursor).values(row).returning(relay_cursor.c.event)
                return self._run(stored).first() is not None
            return True
        is_ours = and_(relay_cursor.c.name == name, relay_cursor.c.event == before)
        if after is None:
            return self._run(delete(relay_cursor).where(is_ours)).rowcount == 1
        return self._run(update(relay_cursor).where(is_ours).values(event=after)).rowcount == 1

    def add_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Store messages. A message whose id is stored already is left out."""
        if messages:
            self._write_many(self._ignoring(relay_messages), [_row(each) for each in messages])

    def _ignoring(self, table: Table) -> Any:  # The two dialects have no common type for such inserts.
        """Return an insert statement that leaves out rows whose key is already stored."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        return dialect.insert(table).on_conflict_do_nothing()

    def claim_relay_messages(
        self, to: str, *, real_now: datetime, lease_until: datetime, most: int
    ) -> list[RelayMessage]:
        """Claim at most `most` due messages to one destination, the oldest first, under a lease until `lease_until`.

        Times are real time, aware UTC. Of the unsent messages about one ticket, only the first can be due.
        """
        found = [_message(row) for row in self._run(_DUE, {"wanted": to, "now": real_now, "most": most})]
        if found:
            self._run(_CLAIM, {"wanted": [message.id for message in found], "lease": lease_until})
        return found

    def relay_due(self, real_now: datetime) -> list[str]:
        """Return the destinations that have a due message, sorted.

        A subscriber's webhook is left out while its first message waits for its next send.
        """
        return list(self._run(_DUE_DESTINATIONS, {"now": real_now}).scalars())

    def update_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Update stored messages: write written_at, due_at, sends, sent_at and error.

        The text of a mail or of a message to a subscriber is deleted once it is sent, because it contains secret links.
        """
        emptied = [each for each in messages if each.sent_at is not None and each.to.partition(":")[0] in _PERSONAL]
        others = [each for each in messages if each not in emptied]
        for chosen, more in ((emptied, {"body": ""}), (others, {})):
            if chosen:
                self._write_many(_UPDATE, [_changed(each) | more for each in chosen])

    def relay_message(self, message_id: str) -> RelayMessage | None:
        """Return the relay message with this id; None if there is none."""
        row = self._run(_MESSAGE, {"wanted": message_id}).one_or_none()
        return None if row is None else _message(row)

    def relay_messages(self, wanted: RelayFilter) -> list[RelayMessage]:
        """Return the messages that a filter selects, the newest first."""
        query = select(relay_messages).order_by(*(column.desc() for column in _PLACE))
        if wanted.to is not None:
            query = query.where(relay_messages.c.to == wanted.to)
        if wanted.after is not None:
            place = (wanted.after.written_at, wanted.after.position, wanted.after.id)
            literals = (literal(value, column.type) for value, column in zip(place, _PLACE, strict=True))
            query = query.where(tuple_(*_PLACE) < tuple_(*literals))
        for state in RelayState:
            if wanted.states and state not in wanted.states:
                query = query.where(~_IN_STATE[state])
        return [_message(row) for row in self._run(query.limit(wanted.limit))]

    def relay_backlogs(self) -> dict[str, RelayBacklog]:
        """Return the backlogs by destination."""
        found: dict[str, RelayBacklog] = {}
        for row in self._run(_BACKLOGS):
            to, waiting, oldest, given_up = tuple(row)
            found[to] = RelayBacklog(waiting, oldest, int(given_up))
        return found

    def quarantine_relay_messages(self, to: str, *, written_before: datetime, error: str) -> int:
        """Quarantine the waiting messages to a destination that were written before an instant (real time).

        error: the reason, which is stored in each message. Returns how many messages were quarantined.
        """
        old = update(relay_messages).where(
            relay_messages.c.to == to, _IS_WAITING, relay_messages.c.written_at <= written_before
        )
        return self._run(old.values(due_at=None, error=error)).rowcount

    def forget_relay_messages(self, *, written_before: datetime) -> None:
        """Delete sent and quarantined messages written before an instant (real time), except mails about a ticket.

        Those are kept because the ticket's timeline shows how its mails were delivered.
        """
        is_kept = and_(relay_messages.c.to == CUSTOMER_MAIL, relay_messages.c.ticket.is_not(None))
        is_old = and_(~_IS_WAITING, relay_messages.c.written_at < written_before)
        self._run(delete(relay_messages).where(is_old, ~is_kept))


def _row(message: RelayMessage) -> Values:
    return {column.name: getattr(message, column.name) for column in relay_messages.columns}


def _changed(message: RelayMessage) -> Values:
    values = _row(message)
    return {"wanted": message.id, **{name: values[name] for name in _CHANGING}}


def _message(row: Row) -> RelayMessage:
    return RelayMessage(*row)
