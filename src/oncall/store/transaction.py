"""The transaction: every query of the pager on one open connection, the same for both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, bindparam, func, insert, literal_column, select, tuple_, type_coerce, update
from sqlalchemy import text as sql

from oncall.errors import NotFound
from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.ports.records import NewVersion, TicketFilter, TicketSpan
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import VersionRow, window_of
from oncall.store import rows
from oncall.store.attempt_rows import ADD_ATTEMPT, SETTLE_ATTEMPT, AttemptQueries
from oncall.store.columns import JsonText
from oncall.store.reachability_rows import ReachQueries
from oncall.store.tables import events, schedule_versions, tickets, unresolved
from oncall.store.token_rows import CallerQueries
from oncall.support.policy import Policy

_HIGHEST_VERSION = select(func.max(schedule_versions.c.version))
_HIGHEST_PUBLICATION = _HIGHEST_VERSION.where(schedule_versions.c.kind == "publish")
_VERSIONS_AFTER = (
    select(*(schedule_versions.c[name] for name in ("version", "at", "kind", "by", "reason", "document")))
    .where(schedule_versions.c.version > bindparam("known"))
    .order_by(schedule_versions.c.version)
)
_SOURCES = select(schedule_versions.c.sources).where(schedule_versions.c.version == bindparam("wanted"))
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
_ADD_TICKET = insert(tickets)
_UPDATE_TICKET = update(tickets).where(tickets.c.id == bindparam("wanted"))
_CUSTOMER_NAMES = select(tickets.c.customer).distinct()
_CODES_IN_USE = select(tickets.c.code).where(tickets.c.code.in_(bindparam("wanted", expanding=True)), unresolved)
_CODE_COUNT = select(func.count()).where(unresolved, func.length(tickets.c.code) == bindparam("wanted"))
_DUE_TICKETS = (
    select(tickets.c.id)
    .where(tickets.c.due_at.is_not(None), tickets.c.due_at <= bindparam("now"))
    .order_by(tickets.c.due_at, tickets.c.id)
    .limit(bindparam("most"))
)
_LOCK_DUE_TICKETS = _DUE_TICKETS.with_for_update(skip_locked=True)
_NEXT_DUE = select(func.min(tickets.c.due_at)).where(tickets.c.due_at.is_not(None))
_ADD_EVENT = insert(events)
_EVENTS = select(events).where(events.c.ticket == bindparam("wanted")).order_by(events.c.seq)
# Columns without conversion by their type, which would take longer than the rest of the read.
_PLAIN_EVENT = [type_coerce(column, Text).label(column.name) for column in events.c]
_EVENTS_OF = (
    select(*_PLAIN_EVENT).where(events.c.ticket.in_(bindparam("wanted", expanding=True))).order_by(events.c.seq)
)
_NO_ANSWER = literal_column("'{}'", JsonText).label("answer")
# One statement takes only so many parameters.
_MOST_IDS = 500
DEFERRABLE = (_ADD_TICKET, _ADD_EVENT, ADD_ATTEMPT, SETTLE_ATTEMPT)
"""Statements that may be deferred, in the order of their foreign keys."""
_DRAWN_AT_ONCE = 16


class SqlTransaction(AttemptQueries, ReachQueries, CallerQueries):
    """`paging.ports.Transaction` on one connection. Made by the store, for one piece of work.

    After a Conflict from the database nothing of the work is stored, even if the work catches the error.
    """

    # The schedule ----------------------------------------------------------------------------------------------

    def schedule(self) -> Schedule:
        """Return the published schedule with every override."""
        view = self._published
        if view.highest is None:
            view.highest = self._run(_HIGHEST_VERSION).scalar_one() or 0
        return view.cache.schedule(view.highest, self._versions_after)

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of publication `version`; None: of the latest. The packaged policy if that is 0."""
        wanted = self.policy_version() if version is None else version
        return self._published.cache.policy(wanted, self._sources)

    def policy_version(self) -> int:
        """Return the version of the latest publication; 0 if nothing is published."""
        view = self._published
        if view.highest_publication is None:
            view.highest_publication = int(self._run(_HIGHEST_PUBLICATION).scalar_one() or 0)
        return view.highest_publication

    def policy_sources(self) -> Mapping[str, str]:
        """Return the texts that were published with the latest policy; empty if nothing is published."""
        version = self.policy_version()
        return self._sources(version) if version else {}

    def add_version(self, version: NewVersion) -> int:
        """Append a version and return its number, which is the highest number plus one."""
        if self._connection.dialect.name == "postgresql":
            # Numbers have no gaps, so the lock allows one writer at a time; it does not block readers.
            self._run(sql("LOCK TABLE schedule_versions IN SHARE ROW EXCLUSIVE MODE"))
        number = (self._run(_HIGHEST_VERSION).scalar_one() or 0) + 1
        span = window_of(version.document)
        values = {
            "version": number,
            "at": version.at,
            "kind": version.kind,
            "by": version.by,
            "reason": version.reason,
            "starts_at": span.start,
            "ends_at": span.end,
            "document": dict(version.document),
            "sources": dict(version.sources),
        }
        self._change(insert(schedule_versions), values, subject=f"schedule version {number}")
        self._published.detach()
        self.touched_pages = True
        return number

    def _versions_after(self, known: int) -> list[VersionRow]:
        return [VersionRow(*tuple(row)) for row in self._run(_VERSIONS_AFTER, {"known": known})]

    def _sources(self, version: int) -> Mapping[str, str]:
        sources: Mapping[str, str] | None = self._run(_SOURCES, {"wanted": version}).scalar_one_or_none()
        if not sources:
            raise NotFound(f"schedule version {version} brought no policy")
        return sources

    # Tickets ---------------------------------------------------------------------------------------------------

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """Return the ticket, or None. A write locks its row until the transaction ends."""
        row = self._run_on(ticket_id, _LOCK_TICKET if self._writes else _TICKET, {"wanted": ticket_id}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """Return the unresolved ticket with this code, or None. A write locks its row until the transaction ends."""
        query = _LOCK_TICKET_BY_CODE if self._writes else _TICKET_BY_CODE
        row = self._run_on(code, query, {"wanted": code}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """Return the last resolved ticket with this code that was received since `since` (policy time), or None."""
        row = self._run(_RESOLVED_BY_CODE, {"wanted": code, "since": since}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Return tickets, newest first. If two were received at the same instant, the higher id comes first."""
        return [rows.stored_ticket(row) for row in self._run(_listing(wanted))]

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Return the tickets received in a span, without their answers, by time of receipt and id, oldest first."""
        return list(rows.plain_tickets(self._plainly(_received_in(wanted))))

    def customer_names(self) -> list[str]:
        """Return the customer names of all tickets, each spelling once, sorted."""
        return sorted(self._run(_CUSTOMER_NAMES).scalars())

    def code_count(self, length: int) -> int:
        """Return how many unresolved tickets have a code of this length. In a write the count may be a second old."""

        def count() -> int:
            return int(self._run(_CODE_COUNT, {"wanted": length}).scalar_one())

        return self._published.cache.code_counts.about(length, count) if self._writes else count()

    def unused_code(self, draw: Callable[[], str]) -> str:
        """Return a code from `draw` that no unresolved ticket has.

        In a group it looks up several codes with one query, for the other jobs of the group.
        """
        spare = self._published.spare_codes
        while not spare:
            drawn = {draw() for _ in range(_DRAWN_AT_ONCE if self._unwritten is not None else 1)}
            waiting = self._unwritten.names if self._unwritten is not None else ()
            taken = {*self._execute(_CODES_IN_USE, {"wanted": list(drawn)}).scalars(), *waiting}
            spare.extend(drawn - taken)
        return spare.pop()

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert a ticket. Raises Conflict if its id is stored or another unresolved ticket has its code."""
        ticket_id = ticket.ticket.id
        names = (ticket_id, ticket.code)
        self._insert(_ADD_TICKET, [rows.ticket_row(ticket)], names=names, subject=f"ticket {ticket_id}")
        self.touched_pages = True

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Store the columns of a ticket that can change. Raises NotFound if the ticket is not stored."""
        subject = f"ticket {ticket.ticket.id}"
        values = {"wanted": ticket.ticket.id, **rows.ticket_changes(ticket)}
        if self._change(_UPDATE_TICKET, values, subject=subject).rowcount == 0:
            raise NotFound(f"{subject}: there is no such ticket")
        if ticket.code in self._published.spare_codes:
            # A reopened ticket takes its old code back.
            self._published.spare_codes.remove(ticket.code)
        self.touched_pages = True

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Return the ids of at most `limit` due tickets, the longest overdue first. A write locks their rows."""
        query = _LOCK_DUE_TICKETS if self._writes else _DUE_TICKETS
        return list(self._run(query, {"now": now, "most": limit}).scalars())

    def next_due_at(self) -> datetime | None:
        """Return the earliest `due_at` of all tickets, or None."""
        due_at: datetime | None = self._run(_NEXT_DUE).scalar_one()
        return due_at

    def events(self, ticket_id: str) -> list[Event]:
        """Return the ticket's events in log order."""
        return [rows.event(row) for row in self._run_on(ticket_id, _EVENTS, {"wanted": ticket_id})]

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """Return the events of many tickets by id, each in log order, except the kinds in `without`."""
        found: dict[str, list[Event]] = {}
        for start in range(0, len(ticket_ids), _MOST_IDS):
            query = _EVENTS_OF.where(events.c.kind.not_in([kind.value for kind in without])) if without else _EVENTS_OF
            wanted = {"wanted": list(ticket_ids[start : start + _MOST_IDS])}
            for happened in rows.plain_events(self._plainly(query, wanted)):
                found.setdefault(happened.ticket, []).append(happened)
        return found

    def append(self, events: Sequence[Event]) -> None:
        """Append events to the logs. Raises Conflict if an event's own id is already stored or a ticket is unknown."""
        if events:
            names, subject = {event.ticket for event in events}, f"ticket {events[0].ticket}"
            self._insert(_ADD_EVENT, [rows.event_row(event) for event in events], names=names, subject=subject)
            self.touched_pages = True


def _listing(wanted: TicketFilter) -> Select[Any]:
    query = select(tickets).order_by(tickets.c.received_at.desc(), tickets.c.id.desc()).limit(wanted.limit)
    if wanted.statuses:
        query = query.where(tickets.c.status.in_([status.value for status in wanted.statuses]))
        if TicketStatus.RESOLVED not in wanted.statuses:
            # Said once more in the words of the index that holds these alone.
            query = query.where(unresolved)
    if wanted.customers:
        query = query.where(tickets.c.customer.in_(wanted.customers))
    if wanted.after is not None:
        last = select(tickets.c.received_at).where(tickets.c.id == wanted.after).scalar_subquery()
        query = query.where(tuple_(tickets.c.received_at, tickets.c.id) < tuple_(last, wanted.after))
    return query


def _received_in(wanted: TicketSpan) -> Select[Any]:
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
