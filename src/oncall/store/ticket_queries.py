"""Queries for tickets and their logs in one open transaction, the same on both databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
    union_all,
    update,
)

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import Purpose, StoredTicket, TicketStatus
from oncall.paging.outgoing.codes import spellings
from oncall.paging.ports.records import TicketFilter, TicketSpan
from oncall.paging.ports.ticket_store import Memo
from oncall.store import rows
from oncall.store.columns import JsonText
from oncall.store.statements import Query, Statements
from oncall.store.tables import attempts, events, swap_requests, tickets, unresolved

_TICKET = select(tickets).where(tickets.c.id == bindparam("wanted"))
_LOCK_TICKET = _TICKET.with_for_update()
_TICKET_BY_CODE = select(tickets).where(tickets.c.code == bindparam("wanted"), unresolved)
_LOCK_TICKET_BY_CODE = _TICKET_BY_CODE.with_for_update()
_RESOLVED_BY_CODE = (
    select(tickets)
    .where(
        tickets.c.code == bindparam("wanted"),
        tickets.c.received_at >= bindparam("since"),
        tickets.c.status == TicketStatus.RESOLVED.value,
    )
    .order_by(tickets.c.received_at.desc(), tickets.c.id.desc())
    .limit(1)
)
ADD_TICKET = insert(tickets)
UPDATE_TICKET = update(tickets).where(tickets.c.id == bindparam("wanted"))
_CUSTOMER_NAMES = select(tickets.c.customer).distinct()
_CODES_IN_USE = union_all(
    select(tickets.c.code).where(tickets.c.code.in_(bindparam("wanted", expanding=True)), unresolved),
    select(swap_requests.c.code).where(swap_requests.c.code.in_(bindparam("wanted", expanding=True))),
)
_IDS_STORED = select(tickets.c.id).where(tickets.c.id.in_(bindparam("wanted", expanding=True)))
_CODE_COUNT = select(func.count()).where(unresolved, func.length(tickets.c.code) == bindparam("wanted"))
_DUE_TICKETS = (
    select(tickets.c.id)
    .where(tickets.c.due_at.is_not(None), tickets.c.due_at <= bindparam("now"))
    .order_by(tickets.c.due_at, tickets.c.id)
    .limit(bindparam("most"))
)
_LOCK_DUE_TICKETS = _DUE_TICKETS.with_for_update(skip_locked=True)
_NEXT_DUE = select(func.min(tickets.c.due_at)).where(tickets.c.due_at.is_not(None))
ADD_EVENT = insert(events)
_EVENTS = select(events).where(events.c.ticket == bindparam("wanted")).order_by(events.c.seq)
# Read without conversion by column type, which takes longer than the rest of reading.
_PLAIN_EVENT = [type_coerce(column, Text).label(column.name) for column in events.c]
_EVENTS_OF = (
    select(*_PLAIN_EVENT).where(events.c.ticket.in_(bindparam("wanted", expanding=True))).order_by(events.c.seq)
)
_NO_ANSWER = literal_column("'{}'", JsonText).label("answer")
_MOST_IDS = 500
"""The most ids in one query: databases limit the number of parameters."""
_CODES_PER_QUERY = 16


class TicketQueries(Statements):
    """The queries for tickets and their logs."""

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """Return the ticket with this id and lock its row until the transaction ends; None if there is none."""
        row = self._run_on(ticket_id, _LOCK_TICKET if self._writes else _TICKET, {"wanted": ticket_id}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """Return the unresolved ticket with this code; None if there is none."""
        query = _LOCK_TICKET_BY_CODE if self._writes else _TICKET_BY_CODE
        row = self._run_on(code, query, {"wanted": code}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """Return the resolved ticket that last had this code; None if there is none.

        since: policy time; only tickets received since then.
        """
        row = self._run(_RESOLVED_BY_CODE, {"wanted": code, "since": since}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Return the tickets that a filter selects, at most `wanted.limit`, the newest first."""
        return [rows.stored_ticket(row) for row in self._run(_listing(wanted))]

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Return at most `wanted.limit` tickets received in a span, ordered by time and id. Their `answer` is None."""
        return list(rows.plain_tickets(self._unconverted(_received_in(wanted))))

    def customer_names(self) -> list[str]:
        """Return the customers' names in all tickets, sorted, each spelling once."""
        return sorted(self._run(_CUSTOMER_NAMES).scalars())

    def code_count(self, length: int) -> int:
        """Return how many unresolved tickets have a code of this length. In a write the count may be a second old."""

        def count() -> int:
            return int(self._run(_CODE_COUNT, {"wanted": length}).scalar_one())

        return self._published.cache.code_counts.about(length, count) if self._writes else count()

    def unused_code(self, draw: Callable[[], str]) -> str:
        """Return a code from `draw` that no unresolved ticket and no request to swap has, and that is no ticket's id.

        draw: returns a random code; it may be called more often than needed.
        """
        spare = self._published.spare_codes
        while not spare:
            drawn = {draw() for _ in range(_CODES_PER_QUERY if self._deferred is not None else 1)}
            waiting = self._deferred.keys if self._deferred is not None else ()
            ids = self._execute(_IDS_STORED, {"wanted": [one for code in drawn for one in spellings(code)]}).scalars()
            taken = {*self._execute(_CODES_IN_USE, {"wanted": list(drawn)}).scalars(), *ids, *waiting}
            spare.extend(drawn - {name.upper() for name in taken})
        return spare.pop()

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert a ticket. Raises Conflict if its id is already stored or another unresolved ticket has its code."""
        ticket_id = ticket.ticket.id
        keys = (ticket_id, ticket.code)
        self._insert(ADD_TICKET, [rows.ticket_row(ticket)], keys=keys, subject=f"ticket {ticket_id}")
        self._drop_spare_code(ticket_id.upper())
        self.touched_pages = True

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Update a stored ticket: write those of its columns that can change. Raises NotFound if it is not stored."""
        subject = f"ticket {ticket.ticket.id}"
        values = {"wanted": ticket.ticket.id, **rows.ticket_changes(ticket)}
        self._update(UPDATE_TICKET, values, keys=(ticket.ticket.id, ticket.code), subject=subject)
        # A reopened ticket may have taken its old code back.
        self._drop_spare_code(ticket.code)
        self.touched_pages = True

    def _drop_spare_code(self, code: str) -> None:
        if code in self._published.spare_codes:
            self._published.spare_codes.remove(code)

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Return the ids of at most `limit` tickets that are due at `now` (policy time), the longest overdue first.

        In a write transaction, rows that another pager has locked are left out.
        """
        query = _LOCK_DUE_TICKETS if self._writes else _DUE_TICKETS
        return list(self._run(query, {"now": now, "most": limit}).scalars())

    def next_due_at(self) -> datetime | None:
        """Return the earliest `due_at` of all tickets (policy time); None if no ticket has one."""
        due_at: datetime | None = self._run(_NEXT_DUE).scalar_one()
        return due_at

    def events(self, ticket_id: str) -> list[Event]:
        """Return the ticket's events in the order of its log."""
        return [rows.event(row) for row in self._run_on(ticket_id, _EVENTS, {"wanted": ticket_id})]

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """Return the logs of many tickets by ticket id, each in its order, without events of the kinds in `without`.

        A ticket without other events is absent.
        """
        found: dict[str, list[Event]] = {}
        for start in range(0, len(ticket_ids), _MOST_IDS):
            query = _EVENTS_OF.where(events.c.kind.not_in([kind.value for kind in without])) if without else _EVENTS_OF
            wanted = {"wanted": list(ticket_ids[start : start + _MOST_IDS])}
            for happened in rows.plain_events(self._unconverted(query, wanted)):
                found.setdefault(happened.ticket, []).append(happened)
        return found

    def memo(self, ticket_id: str) -> Memo:
        """Return an empty dict.

        Nothing that callers store in it is kept, because another process may change the log.
        """
        return {}

    def append(self, events: Sequence[Event]) -> None:
        """Append events to their tickets' logs.

        Raises Conflict if an event's `id` is stored or its ticket is unknown.
        """
        if events:
            keys, subject = {event.ticket for event in events}, f"ticket {events[0].ticket}"
            self._insert(ADD_EVENT, [rows.event_row(event) for event in events], keys=keys, subject=subject)
            self.touched_pages = True


def _listing(wanted: TicketFilter) -> Query:
    query = select(tickets).order_by(tickets.c.received_at.desc(), tickets.c.id.desc()).limit(wanted.limit)
    if wanted.statuses:
        query = query.where(tickets.c.status.in_([status.value for status in wanted.statuses]))
        if TicketStatus.RESOLVED not in wanted.statuses:
            # The same condition again, in the form that lets the planner use the partial index.
            query = query.where(unresolved)
    if wanted.customers:
        query = query.where(tickets.c.customer.in_(wanted.customers))
    if wanted.owner is not None:
        query = query.where(tickets.c.owner == wanted.owner)
    if wanted.engineer is not None:
        query = query.where(_concerns(wanted.engineer, wanted.since))
    elif wanted.since is not None:
        query = query.where(tickets.c.received_at >= wanted.since)
    if wanted.held is not None:
        query = query.where(tickets.c.hold_until >= wanted.held.start, tickets.c.hold_until < wanted.held.end)
    if wanted.after is not None:
        last = select(tickets.c.received_at).where(tickets.c.id == wanted.after).scalar_subquery()
        query = query.where(tuple_(tickets.c.received_at, tickets.c.id) < tuple_(last, wanted.after))
    return query


def _concerns(engineer: str, since: datetime | None) -> ColumnElement[bool]:
    """Return the SQL condition that a person owns a ticket or was paged for it.

    since: only tickets received or paged from this instant on; None: all.
    """
    owned = tickets.c.owner == engineer
    paged = select(attempts.c.ticket).where(attempts.c.to == engineer, attempts.c.purpose == Purpose.PAGE.value)
    if since is not None:
        owned, paged = and_(owned, tickets.c.received_at >= since), paged.where(attempts.c.at >= since)
    return or_(owned, tickets.c.id.in_(paged))


def _received_in(wanted: TicketSpan) -> Query:
    query = (
        select(*(_NO_ANSWER if column.name == "answer" else column for column in tickets.c))
        .where(tickets.c.received_at >= wanted.start, tickets.c.received_at < wanted.end)
        .order_by(tickets.c.received_at, tickets.c.id)
        .limit(wanted.limit)
    )
    if wanted.customers:
        query = query.where(tickets.c.customer.in_(wanted.customers))
    if wanted.plan is not None:
        query = query.where(tickets.c.plan == wanted.plan)
    if wanted.after is not None:
        last = select(tickets.c.received_at).where(tickets.c.id == wanted.after).scalar_subquery()
        query = query.where(tuple_(tickets.c.received_at, tickets.c.id) > tuple_(last, wanted.after))
    return query
