"""Everything the pager reads and writes, as queries on one open transaction. The same on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Executable,
    Select,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from oncall.errors import NotFound
from oncall.paging.ports import InboundMessage, NewVersion, TicketFilter, TicketSpan, Token
from oncall.paging.ticket import Attempt, AttemptStatus, Event, EventKind, StoredTicket, TicketStatus
from oncall.schedule.document import VersionRow, window_of
from oncall.schedule.schedule import Schedule
from oncall.store import rows
from oncall.store.columns import JsonText
from oncall.store.conflicts import conflict
from oncall.store.published import PublishedView
from oncall.store.reach import ReachQueries
from oncall.store.tables import attempts, events, inbound, pagers, schedule_versions, tickets, tokens, unresolved
from oncall.support.policy import Policy

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]

# Rows of pagers that were silent for so long say nothing about tonight.
_FORGET_PAGERS_AFTER = timedelta(days=7)

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
_ADD_TICKET = insert(tickets)
_UPDATE_TICKET = update(tickets).where(tickets.c.id == bindparam("wanted"))
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
_ADD_ATTEMPT = insert(attempts)
_ATTEMPTS = (
    select(attempts).where(attempts.c.ticket == bindparam("wanted")).order_by(attempts.c.written_at, attempts.c.id)
)
_ATTEMPT = select(attempts).where(attempts.c.id == bindparam("wanted"))
_LOCK_ATTEMPT = _ATTEMPT.with_for_update()
_ATTEMPT_BY_PROVIDER = (
    select(attempts)
    .where(attempts.c.provider_id.is_not(None), attempts.c.provider_id == bindparam("wanted"))
    .order_by(attempts.c.written_at.desc(), attempts.c.id.desc())
    .limit(1)
)
_UPDATE_ATTEMPT = update(attempts).where(attempts.c.id == bindparam("wanted"))
_SETTLE_ATTEMPT = _UPDATE_ATTEMPT.where(attempts.c.status == "sending", attempts.c.provider_id.is_(None))
_CLAIMABLE = (
    select(attempts)
    .where(attempts.c.claimable_at.is_not(None), attempts.c.claimable_at <= bindparam("now"))
    .order_by(attempts.c.claimable_at, attempts.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(attempts)
    .where(attempts.c.id.in_(bindparam("wanted", expanding=True)))
    .values(
        status=case((attempts.c.status == "sending", "unknown"), else_=attempts.c.status),
        lease_until=bindparam("lease"),
        claimable_at=bindparam("lease"),
    )
)
_UNSENT = (
    select(attempts)
    .where(
        attempts.c.claimable_at.is_not(None),
        attempts.c.status.not_in(["accepted", "sent"]),
        attempts.c.written_at <= bindparam("before"),
    )
    .order_by(attempts.c.claimable_at, attempts.c.id)
    .limit(bindparam("most"))
)
_RECENT_ATTEMPTS = (
    select(attempts)
    .where(attempts.c.written_at >= bindparam("since"))
    .order_by(attempts.c.written_at.desc(), attempts.c.id.desc())
    .limit(bindparam("most"))
)
_NEXT_CLAIM = select(func.min(attempts.c.claimable_at)).where(attempts.c.claimable_at.is_not(None))
_LAST_PAGED = (
    select(attempts.c.ticket)
    .join(tickets, and_(tickets.c.id == attempts.c.ticket, unresolved))
    .where(
        attempts.c.to == bindparam("person"),
        attempts.c.purpose == "page",
        attempts.c.status.not_in(["failed", "queued", "retrying"]),
    )
    .group_by(attempts.c.ticket)
    .order_by(func.max(attempts.c.at).desc(), func.max(attempts.c.written_at).desc(), attempts.c.ticket)
)
_INBOUND = select(inbound).where(inbound.c.provider_id == bindparam("wanted"))
_TOKEN_BY_DIGEST = select(tokens).where(tokens.c.digest == bindparam("wanted"))
_TOKENS = select(tokens).order_by(tokens.c.name)
_LAST_BEAT = select(pagers.c.at, pagers.c.channel).order_by(pagers.c.at.desc()).limit(1)


class SqlTransaction(ReachQueries):
    """`paging.ports.Transaction` on one connection. Made by the store, for one piece of work.

    A Conflict raised by the database spoils the work: nothing of it is kept even if the work goes on after it.
    """

    def __init__(self, connection: Connection, published: PublishedView, *, writes: bool) -> None:
        super().__init__(connection, published)
        self._writes = writes

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
        row = self._run(_LOCK_TICKET if self._writes else _TICKET, {"wanted": ticket_id}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """The unresolved ticket with this code; in a write its row stays locked until the end."""
        row = self._run(_LOCK_TICKET_BY_CODE if self._writes else _TICKET_BY_CODE, {"wanted": code}).one_or_none()
        return None if row is None else rows.stored_ticket(row)

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Tickets, newest first; of two received at one instant the higher id first."""
        return [rows.stored_ticket(row) for row in self._run(_listing(wanted))]

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Tickets received in a span, oldest first; of two received at one instant the lower id first; no answers."""
        return [rows.stored_ticket(row) for row in self._run(_received_in(wanted)).all()]

    def code_count(self, length: int) -> int:
        """How many codes of this length unresolved tickets hold."""
        counts = self._published.code_counts
        if length not in counts:
            counts[length] = int(self._run(_CODE_COUNT, {"wanted": length}).scalar_one())
        return counts[length]

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert it. Raises Conflict when its id is there already, or its code is another unresolved ticket's."""
        self._change(_ADD_TICKET, rows.ticket_row(ticket), subject=f"ticket {ticket.ticket.id}")
        counts = self._published.code_counts
        if len(ticket.code) in counts:
            counts[len(ticket.code)] += 1
        self.touched_pages = True

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Write what changes in a ticket's life. Raises NotFound for a ticket that was never added."""
        subject = f"ticket {ticket.ticket.id}"
        values = {"wanted": ticket.ticket.id, **rows.ticket_changes(ticket)}
        if self._change(_UPDATE_TICKET, values, subject=subject).rowcount == 0:
            raise NotFound(f"{subject}: there is no such ticket")
        self._published.code_counts.clear()
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
        return [rows.event(row) for row in self._run(_EVENTS, {"wanted": ticket_id})]

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """The logs of many tickets, each in its order, but for the kinds in `without`."""
        found: dict[str, list[Event]] = {}
        for start in range(0, len(ticket_ids), _MOST_IDS):
            query = _EVENTS_OF.where(events.c.kind.not_in([kind.value for kind in without])) if without else _EVENTS_OF
            # All at once: row by row takes half as long again.
            for row in self._run(query, {"wanted": list(ticket_ids[start : start + _MOST_IDS])}).all():
                happened = rows.plain_event(row)
                found.setdefault(happened.ticket, []).append(happened)
        return found

    def append(self, events: Sequence[Event]) -> None:
        """Append to the logs. Raises Conflict for a sender's id that is there already, and for an unknown ticket."""
        if events:
            subject = f"ticket {events[0].ticket}"
            self._change(_ADD_EVENT, [rows.event_row(event) for event in events], subject=subject)
            self.touched_pages = True

    # Attempts --------------------------------------------------------------------------------------------------

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Every try for this ticket, oldest first."""
        return [rows.attempt(row) for row in self._run(_ATTEMPTS, {"wanted": ticket_id})]

    def attempt(self, attempt_id: str) -> Attempt | None:
        """The try with this delivery id; in a write its row stays locked until the end."""
        row = self._run(_LOCK_ATTEMPT if self._writes else _ATTEMPT, {"wanted": attempt_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """The newest try that carries the provider's id."""
        row = self._run(_ATTEMPT_BY_PROVIDER, {"wanted": provider_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert them. Raises Conflict for a delivery id that is there already, and for an unknown ticket."""
        if attempts:
            subject = f"attempt of ticket {attempts[0].ticket}"
            self._change(_ADD_ATTEMPT, [rows.attempt_row(attempt) for attempt in attempts], subject=subject)
            self.touched_pages = True

    def update_attempt(self, attempt: Attempt) -> None:
        """Write what changes in a try's life. Raises NotFound for one that was never added."""
        values = {"wanted": attempt.id, **rows.attempt_changes(attempt)}
        if self._run(_UPDATE_ATTEMPT, values).rowcount == 0:
            raise NotFound(f"attempt of ticket {attempt.ticket}: there is no such attempt")
        self.touched_pages = True

    def settle_attempt(self, attempt: Attempt) -> bool:
        """Write what a try's provider said at once; False when the try is not `sending` any more."""
        settled = self._run(_SETTLE_ATTEMPT, {"wanted": attempt.id, **rows.attempt_changes(attempt)}).rowcount == 1
        self.touched_pages = self.touched_pages or settled
        return settled

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Take over tries that are due, the longest overdue first, as they stand after the claim."""
        found = [rows.attempt(row) for row in self._run(_CLAIMABLE, {"now": real_now, "most": limit})]
        if not found:
            return []
        self._run(_CLAIM, {"wanted": [attempt.id for attempt in found], "lease": lease_until})
        return [_claimed(attempt, lease_until) for attempt in found]

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Tries that no provider is known to have taken, the longest overdue first."""
        return [rows.attempt(row) for row in self._run(_UNSENT, {"before": written_before, "most": limit})]

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Tries written since then, the newest first. Reads the whole table: for people who wait for an answer."""
        return [rows.attempt(row) for row in self._run(_RECENT_ATTEMPTS, {"since": written_since, "most": limit})]

    def next_attempt_at(self) -> datetime | None:
        """The earliest real instant at which `claim_attempts` would give something."""
        claimable_at: datetime | None = self._run(_NEXT_CLAIM).scalar_one()
        return claimable_at

    def last_paged(self, person: str) -> list[str]:
        """Ids of unresolved tickets that this person was paged for, the latest page first.

        A page that surely never left (failed, or still to be tried again) is none.
        """
        return list(self._run(_LAST_PAGED, {"person": person}).scalars())

    # Inbound messages, callers, pagers -------------------------------------------------------------------------

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """An SMS that came before."""
        row = self._run(_INBOUND, {"wanted": provider_id}).one_or_none()
        return None if row is None else InboundMessage(*tuple(row))

    def add_inbound(self, message: InboundMessage) -> None:
        """Keep it. Raises Conflict for a provider's id that is there already."""
        values = {name: getattr(message, name) for name in ("provider_id", "at", "by", "body", "answer")}
        self._change(insert(inbound), values, subject=f"inbound message {message.provider_id}")

    def add_token(self, token: Token) -> None:
        """Keep it. Raises Conflict when the name is taken."""
        self._change(insert(tokens), rows.token_row(token), subject=f'token "{token.name}"')

    def remove_token(self, name: str) -> None:
        """Forget it. Raises NotFound for a name that has none."""
        if self._run(delete(tokens).where(tokens.c.name == name)).rowcount == 0:
            raise NotFound(f'there is no token "{name[:60]}"; `oncall token list` shows them')

    def token_by_digest(self, digest: str) -> Token | None:
        """The caller whose secret has this digest."""
        row = self._run(_TOKEN_BY_DIGEST, {"wanted": digest}).one_or_none()
        return None if row is None else rows.token(row)

    def tokens(self) -> list[Token]:
        """Every caller, by name."""
        return [rows.token(row) for row in self._run(_TOKENS)]

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Say that this pager is alive; a new one sweeps away those that were silent for a week."""
        seen = update(pagers).where(pagers.c.worker == worker).values(at=real_now, channel=channel)
        if self._run(seen).rowcount == 0:
            self._run(delete(pagers).where(pagers.c.at < real_now - _FORGET_PAGERS_AFTER))
            values = {"worker": worker, "at": real_now, "channel": channel}
            self._change(insert(pagers), values, subject=f"pager {worker}")

    def last_beat(self) -> tuple[datetime, str] | None:
        """When (real time) a pager last said so, and its channel."""
        row = self._run(_LAST_BEAT).one_or_none()
        if row is None:
            return None
        at, channel = tuple(row)
        return at, channel

    # -----------------------------------------------------------------------------------------------------------

    def _run(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)

    def _change(self, statement: Executable, parameters: Parameters, *, subject: str) -> CursorResult[Any]:
        """Run a statement that the tables' rules may forbid; `subject` is whose fault that is in the Conflict."""
        try:
            return self._run(statement, parameters)
        except IntegrityError as error:
            self.spoiled = conflict(error, subject)
            raise self.spoiled from error


def _listing(wanted: TicketFilter) -> Select[Any]:
    query = select(tickets).order_by(tickets.c.received_at.desc(), tickets.c.id.desc()).limit(wanted.limit)
    if wanted.statuses:
        query = query.where(tickets.c.status.in_([status.value for status in wanted.statuses]))
        if TicketStatus.RESOLVED not in wanted.statuses:
            # Said once more in the words of the index that holds these alone.
            query = query.where(unresolved)
    if wanted.customer is not None:
        query = query.where(tickets.c.customer == wanted.customer)
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
    if wanted.customer is not None:
        query = query.where(tickets.c.customer == wanted.customer)
    if wanted.plan is not None:
        query = query.where(tickets.c.plan == wanted.plan)
    if wanted.after is not None:
        last = select(tickets.c.received_at).where(tickets.c.id == wanted.after).scalar_subquery()
        query = query.where(tuple_(tickets.c.received_at, tickets.c.id) > tuple_(last, wanted.after))
    return query


def _claimed(attempt: Attempt, lease_until: datetime) -> Attempt:
    status = AttemptStatus.UNKNOWN if attempt.status is AttemptStatus.SENDING else attempt.status
    return replace(attempt, status=status, lease_until=lease_until)
