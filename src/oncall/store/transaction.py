"""Everything the pager reads and writes, as queries on one open transaction. The same on both databases."""

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
# As the driver gives them: to have each column converted by its type takes longer than all the rest of reading it.
_PLAIN_EVENT = [type_coerce(column, Text).label(column.name) for column in events.c]
_EVENTS_OF = (
    select(*_PLAIN_EVENT).where(events.c.ticket.in_(bindparam("wanted", expanding=True))).order_by(events.c.seq)
)
_NO_ANSWER = literal_column("'{}'", JsonText).label("answer")
# One statement takes only so many parameters.
_MOST_IDS = 500
DEFERRABLE = (_ADD_TICKET, _ADD_EVENT, ADD_ATTEMPT, SETTLE_ATTEMPT)
"""What may wait for others of its kind, in the order in which the rows hang on each other."""
_DRAWN_AT_ONCE = 16


class SqlTransaction(AttemptQueries, ReachQueries, CallerQueries):
    """`paging.ports.Transaction` on one connection. Made by the store, for one piece of work.

    A Conflict raised by the database spoils the work: nothing of it is kept even if the work goes on after it.
    """

    # The schedule ----------------------------------------------------------------------------------------------

    def schedule(self) -> Schedule:
        """The published schedule with every override."""
        view = self._published
        if view.highest is None:
            view.highest = self._run(_HIGHEST_VERSION).scalar_one() or 0
        return view.cache.schedule(view.highest, self._versions_after)

    def policy(self, version: int | None = None) -> Policy:
        """The policy of the latest publication, or of that one; the packaged one for 0 and when there is none."""
        wanted = self.policy_version() if version is None else version
        return self._published.cache.policy(wanted, self._sources)

    def policy_version(self) -> int:
        """The number of the latest publication; 0 when there is none."""
        view = self._published
        if view.highest_publication is None:
            view.highest_publication = int(self._run(_HIGHEST_PUBLICATION).scalar_one() or 0)
        return view.highest_publication

    def policy_sources(self) -> Mapping[str, str]:
        """The texts that the policy in force was published with; empty where nothing is."""
        version = self.policy_version()
        return self._sources(version) if version else {}

    def add_version(self, version: NewVersion) -> int:
        """Append a version; its number is the highest so far and one."""
        if self._connection.dialect.name == "postgresql":
            # Numbers have no hole, so two writers must take turns; readers are not held up.
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
        """The ticket; in a write its row stays locked until the end."""
        row = self._run_on(ticket_id, _LOCK_TICKET if self._writes else _TICKET, {"wanted": ticket_id}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """The unresolved ticket with this code; in a write its row stays locked until the end."""
        query = _LOCK_TICKET_BY_CODE if self._writes else _TICKET_BY_CODE
        row = self._run_on(code, query, {"wanted": code}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """The resolved ticket that had this code last, of those received since."""
        row = self._run(_RESOLVED_BY_CODE, {"wanted": code, "since": since}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Tickets, newest first; of two received at one instant the higher id first."""
        return [rows.stored_ticket(row) for row in self._run(_listing(wanted))]

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Tickets received in a span, oldest first; of two received at one instant the lower id first; no answers."""
        return list(rows.plain_tickets(self._plainly(_received_in(wanted))))

    def customer_names(self) -> list[str]:
        """The customers of all tickets, each spelling once, sorted."""
        return sorted(self._run(_CUSTOMER_NAMES).scalars())

    def code_count(self, length: int) -> int:
        """How many codes of this length unresolved tickets hold; in a write, how many did within the last second."""

        def count() -> int:
            return int(self._run(_CODE_COUNT, {"wanted": length}).scalar_one())

        return self._published.cache.code_counts.about(length, count) if self._writes else count()

    def unused_code(self, draw: Callable[[], str]) -> str:
        """A code that `draw` gave and no unresolved ticket holds; several are looked up at once where others, in the
        same commit, will ask as well."""
        spare = self._published.spare_codes
        while not spare:
            drawn = {draw() for _ in range(_DRAWN_AT_ONCE if self._unwritten is not None else 1)}
            waiting = self._unwritten.names if self._unwritten is not None else ()
            taken = {*self._execute(_CODES_IN_USE, {"wanted": list(drawn)}).scalars(), *waiting}
            spare.extend(drawn - taken)
        return spare.pop()

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert it. Raises Conflict when its id is there already, or its code is another unresolved ticket's."""
        ticket_id = ticket.ticket.id
        names = (ticket_id, ticket.code)
        self._insert(_ADD_TICKET, [rows.ticket_row(ticket)], names=names, subject=f"ticket {ticket_id}")
        self.touched_pages = True

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Write what changes in a ticket's life. Raises NotFound for a ticket that was never added."""
        subject = f"ticket {ticket.ticket.id}"
        values = {"wanted": ticket.ticket.id, **rows.ticket_changes(ticket)}
        if self._change(_UPDATE_TICKET, values, subject=subject).rowcount == 0:
            raise NotFound(f"{subject}: there is no such ticket")
        if ticket.code in self._published.spare_codes:
            # A ticket that is opened again has taken its old code back.
            self._published.spare_codes.remove(ticket.code)
        self.touched_pages = True

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Ids whose `due_at` has come, the longest overdue first."""
        query = _LOCK_DUE_TICKETS if self._writes else _DUE_TICKETS
        return list(self._run(query, {"now": now, "most": limit}).scalars())

    def next_due_at(self) -> datetime | None:
        """The earliest `due_at` of all."""
        due_at: datetime | None = self._run(_NEXT_DUE).scalar_one()
        return due_at

    def events(self, ticket_id: str) -> list[Event]:
        """The ticket's log in its order."""
        return [rows.event(row) for row in self._run_on(ticket_id, _EVENTS, {"wanted": ticket_id})]

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """The logs of many tickets, each in its order, but for the kinds in `without`."""
        found: dict[str, list[Event]] = {}
        for start in range(0, len(ticket_ids), _MOST_IDS):
            query = _EVENTS_OF.where(events.c.kind.not_in([kind.value for kind in without])) if without else _EVENTS_OF
            wanted = {"wanted": list(ticket_ids[start : start + _MOST_IDS])}
            for happened in rows.plain_events(self._plainly(query, wanted)):
                found.setdefault(happened.ticket, []).append(happened)
        return found

    def append(self, events: Sequence[Event]) -> None:
        """Append to the logs. Raises Conflict for a sender's id that is there already, and for an unknown ticket."""
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
