"""Queries for attempts in one open transaction, the same on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from sqlalchemy import (
    ColumnElement,
    Executable,
    FromClause,
    and_,
    bindparam,
    case,
    func,
    insert,
    not_,
    select,
    text,
    update,
)

from oncall.paging.domain.ticket import Attempt, AttemptStatus
from oncall.store import rows
from oncall.store.statements import Query, Statements
from oncall.store.tables import attempts, tickets, unresolved, waiting

ADD_ATTEMPT = insert(attempts)
_ATTEMPTS = (
    select(attempts).where(attempts.c.ticket == bindparam("wanted")).order_by(attempts.c.written_at, attempts.c.id)
)
_ATTEMPT = select(attempts).where(attempts.c.id == bindparam("wanted"))
_LOCK_ATTEMPT = _ATTEMPT.with_for_update()
_ATTEMPTS_WITH_IDS = (
    select(attempts).where(attempts.c.id.in_(bindparam("wanted", expanding=True))).order_by(attempts.c.id)
)
_LOCK_ATTEMPTS_WITH_IDS = _ATTEMPTS_WITH_IDS.with_for_update()
_ATTEMPT_BY_PROVIDER = (
    select(attempts)
    .where(attempts.c.provider_id.is_not(None), attempts.c.provider_id == bindparam("wanted"))
    .order_by(attempts.c.written_at.desc(), attempts.c.id.desc())
    .limit(1)
)
UPDATE_ATTEMPT = update(attempts).where(attempts.c.id == bindparam("wanted"))
SETTLE_ATTEMPT = UPDATE_ATTEMPT.where(attempts.c.status == "sending", attempts.c.provider_id.is_(None))
_HAS_LEFT = (AttemptStatus.ACCEPTED, AttemptStatus.SENT, AttemptStatus.DELIVERED)
_IS_DUE = and_(attempts.c.claimable_at.is_not(None), attempts.c.claimable_at <= bindparam("now"))
_IS_QUEUED = and_(waiting, attempts.c.goes_alone.is_(False), attempts.c.channel != "desk")
_ANY_QUEUED_DUE = select(attempts.c.id).where(_IS_DUE, _IS_QUEUED).limit(1)
_CLAIMABLE = (
    select(attempts)
    .where(_IS_DUE)
    .order_by(attempts.c.claimable_at, attempts.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_IS_IMMEDIATE = and_(waiting, attempts.c.goes_alone.is_(True))
_CLAIMABLE_IMMEDIATE = _CLAIMABLE.where(_IS_IMMEDIATE)
_CLAIMABLE_OTHERS = _CLAIMABLE.where(not_(_IS_IMMEDIATE))
_CLAIMABLE_UNQUEUED = _CLAIMABLE_OTHERS.where(not_(_IS_QUEUED))
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
QUEUED_PAGE = and_(
    waiting,
    attempts.c.purpose == "page",
    attempts.c.channel != "voice",
    attempts.c.goes_alone.is_(False),
)
_QUEUED_PAGES = (
    select(attempts)
    .where(attempts.c.to == bindparam("person"), QUEUED_PAGE)
    .order_by(attempts.c.written_at, attempts.c.id)
    .with_for_update(skip_locked=True)
)
_BUNDLE = (
    select(attempts)
    .where(attempts.c.bundle.is_not(None), attempts.c.bundle == bindparam("wanted"))
    .order_by(attempts.c.written_at, attempts.c.id)
)


def last_page(table: FromClause, person: ColumnElement[str]) -> Query:
    """Select the id of the latest text that paged a person and is not known to have failed.

    table: `attempts` or an alias of it.
    """
    return (
        select(table.c.id)
        .where(
            table.c.to == person,
            table.c.sent_at.is_not(None),
            table.c.channel != "voice",
            table.c.purpose == "page",
            table.c.status.not_in(["failed", "undelivered"]),
        )
        .order_by(table.c.sent_at.desc(), table.c.id.desc())
        .limit(1)
    )


_LAST_PAGE_TO = last_page(attempts, bindparam("person")).with_only_columns(attempts)
_CALLS_TO = (
    select(attempts)
    .where(
        attempts.c.to == bindparam("person"),
        attempts.c.sent_at.is_not(None),
        attempts.c.sent_at >= bindparam("since"),
        attempts.c.channel == "voice",
    )
    .order_by(attempts.c.sent_at.desc(), attempts.c.id.desc())
)
_HAS_DELIVERED = (
    select(attempts.c.id)
    .where(
        attempts.c.to == bindparam("person"),
        attempts.c.channel == bindparam("channel"),
        attempts.c.status == "delivered",
    )
    .limit(1)
)
# Keys of advisory locks: any numbers above 32 bits that all our processes share. Keys below lock provider ids.
_SEND_QUEUE, _HANDOFFS = 500000651891, 500000651892
_PHONES = 1 << 40
"""Keys of phones start above this number. The key of a phone is this plus a number made from its person's id."""
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_PAGED_TICKETS = (
    select(attempts.c.ticket)
    .join(tickets, and_(tickets.c.id == attempts.c.ticket, unresolved))
    .where(
        attempts.c.to == bindparam("person"),
        attempts.c.purpose == "page",
        attempts.c.status.not_in(["failed", "queued", "retrying"]),
    )
    .group_by(attempts.c.ticket)
    .order_by(
        func.max(func.coalesce(attempts.c.sent_at, attempts.c.at)).desc(),
        # Among the pages in one message, the leader comes first.
        func.max(case((attempts.c.sent_at.is_not(None), 1), else_=0)).desc(),
        func.max(attempts.c.written_at).desc(),
        attempts.c.ticket,
    )
)


class AttemptQueries(Statements):
    """The queries for attempts, and the locks of the send queue and the handoffs."""

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Return every attempt for this ticket, the oldest first."""
        return [rows.attempt(row) for row in self._run_on(ticket_id, _ATTEMPTS, {"wanted": ticket_id})]

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt with this id and lock its row; None if there is none."""
        query = _LOCK_ATTEMPT if self._writes else _ATTEMPT
        row = self._run_on(attempt_id, query, {"wanted": attempt_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def attempts_with_ids(self, attempt_ids: Sequence[str]) -> list[Attempt]:
        """Return the stored attempts with these ids, ordered by id, and lock their rows."""
        if not attempt_ids:
            return []
        query = _LOCK_ATTEMPTS_WITH_IDS if self._writes else _ATTEMPTS_WITH_IDS
        found = self._run_on_any(attempt_ids, query, {"wanted": list(attempt_ids)})
        return [rows.attempt(row) for row in found]

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """Return the newest attempt with this id of the provider; None if there is none.

        Other transactions that ask for the same id wait until this one ends.
        """
        if self._writes:
            # Otherwise two pagers could both find that no attempt has this message, and both take it.
            self._lock(crc32(provider_id.encode()))
        row = self._run(_ATTEMPT_BY_PROVIDER, {"wanted": provider_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert attempts. Raises Conflict if an id is already stored or a ticket is unknown."""
        if attempts:
            keys = {key for attempt in attempts for key in (attempt.id, attempt.ticket)}
            subject = f"attempt of ticket {attempts[0].ticket}"
            self._insert(ADD_ATTEMPT, [rows.attempt_row(attempt) for attempt in attempts], keys=keys, subject=subject)
            self.touched_pages = True

    def update_attempt(self, attempt: Attempt) -> None:
        """Update a stored attempt: write those of its columns that can change. Raises NotFound if it is not stored."""
        values = {"wanted": attempt.id, **rows.attempt_changes(attempt)}
        subject = f"attempt of ticket {attempt.ticket}"
        self._update(UPDATE_ATTEMPT, values, keys=(attempt.id, attempt.ticket), subject=subject)
        self.touched_pages = True

    def update_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Update several stored attempts as `update_attempt` does. This transaction must have read all of them."""
        if not attempts:
            return
        values = [{"wanted": attempt.id, **rows.attempt_changes(attempt)} for attempt in attempts]
        if self._deferred is None:
            self._run(UPDATE_ATTEMPT, values)
        else:
            keys = {key for attempt in attempts for key in (attempt.id, attempt.ticket)}
            self._defer(self._deferred, UPDATE_ATTEMPT, values, keys)
        # A text that has arrived makes nothing due.
        makes_due = any(not one.is_text or one.status not in _HAS_LEFT for one in attempts)
        self.touched_pages = self.touched_pages or makes_due

    def settle_attempt(self, attempt: Attempt) -> bool:
        """Store the provider's answer to a send. Returns False, and writes nothing, if the answer is already known.

        The answer counts as known unless the stored attempt is `sending` and has no provider's id.
        """
        values = {"wanted": attempt.id, **rows.attempt_changes(attempt)}
        if self._deferred is None or attempt.id in self._deferred.keys:
            settled = self._run_on(attempt.id, SETTLE_ATTEMPT, values).rowcount == 1
        else:
            # Assume that the attempt is `sending`. If not, the deferred write fails and each job runs again alone.
            self._defer(self._deferred, SETTLE_ATTEMPT, [values], (attempt.id, attempt.ticket))
            settled = True
        self.touched_pages = self.touched_pages or settled
        return settled

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Claim at most `limit` due attempts under a lease until `lease_until`, and return them. Times are real time.

        Immediate attempts come first, then the longest overdue.
        """
        found = self._claimable(_CLAIMABLE_IMMEDIATE, real_now, limit)
        # Claim queued pages only under the lock of the send queue: the pager that holds it bundles all pages of a
        # phone, and would miss rows that another pager locks here. Other attempts need no lock.
        has_queue = self._run(_ANY_QUEUED_DUE, {"now": real_now}).first() is not None and self.try_lock_send_queue()
        found += self._claimable(_CLAIMABLE_OTHERS if has_queue else _CLAIMABLE_UNQUEUED, real_now, limit - len(found))
        if not found:
            return []
        self._run(_CLAIM, {"wanted": [attempt.id for attempt in found], "lease": lease_until})
        return [_claimed(attempt, lease_until) for attempt in found]

    def _claimable(self, query: Executable, real_now: datetime, most: int) -> list[Attempt]:
        return [rows.attempt(row) for row in self._run(query, {"now": real_now, "most": most})] if most > 0 else []

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Return attempts that no provider is known to have accepted, the longest overdue first.

        written_before: real time; only attempts from before it.
        """
        return [rows.attempt(row) for row in self._run(_UNSENT, {"before": written_before, "most": limit})]

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Return attempts, the newest first. written_since: real time; only attempts from then on."""
        return [rows.attempt(row) for row in self._run(_RECENT_ATTEMPTS, {"since": written_since, "most": limit})]

    def next_attempt_at(self) -> datetime | None:
        """Return the earliest real time (aware UTC) at which an attempt can be claimed; None if no attempt waits."""
        claimable_at: datetime | None = self._run(_NEXT_CLAIM).scalar_one()
        return claimable_at

    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the texts that page this person and are `queued` or `retrying`, the oldest first, and lock their rows.

        Attempts that never wait, and rows that another transaction has locked, are left out.
        """
        return [rows.attempt(row) for row in self._run(_QUEUED_PAGES, {"person": person})]

    def try_lock_phone(self, person: str) -> bool:
        """Reserve a person's phone until the transaction ends. Returns False if another transaction has reserved it."""
        return self._try_lock(_PHONES + crc32(person.encode()))

    def bundle(self, leader: str) -> list[Attempt]:
        """Return every attempt of a bundle, with its leader, the oldest first. leader: the id of the leader."""
        return [rows.attempt(row) for row in self._run(_BUNDLE, {"wanted": leader})]

    def last_page_to(self, person: str) -> Attempt | None:
        """Return the latest text (by `sent_at`) that paged this person and is not known to have failed.

        None if there is none. For a bundle it is the leader.
        """
        row = self._run(_LAST_PAGE_TO, {"person": person}).one_or_none()
        return None if row is None else rows.attempt(row)

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Return the calls to this person that a provider got since `since` (policy time), the latest first."""
        return [rows.attempt(row) for row in self._run(_CALLS_TO, {"person": person, "since": since})]

    def has_delivered(self, person: str, channel: str) -> bool:
        """Return True if a provider ever reported that a message to this person by this channel was delivered."""
        return self._run(_HAS_DELIVERED, {"person": person, "channel": channel}).first() is not None

    def lock_send_queue(self) -> None:
        """Wait for the lock of the send queue, and keep it until the transaction ends. SQLite has only one writer."""
        self._lock(_SEND_QUEUE)

    def try_lock_send_queue(self) -> bool:
        """Take the lock of the send queue without waiting. Returns False if another transaction has the lock."""
        return self._try_lock(_SEND_QUEUE)

    def lock_handoffs(self) -> None:
        """Wait for the lock for writing handoff notices, and keep it until the transaction ends."""
        self._lock(_HANDOFFS)

    def _try_lock(self, key: int) -> bool:
        """Take the lock with this key until the transaction ends. Returns False if another transaction has it.

        On SQLite it does nothing and returns True, because SQLite has only one writer.
        """
        if self._connection.dialect.name != "postgresql":
            return True
        return bool(self._execute(_TRY_LOCK, {"key": key}).scalar_one())

    def _lock(self, key: int) -> None:
        if self._connection.dialect.name == "postgresql":
            self._run(_LOCK, {"key": key})

    def paged_tickets(self, person: str) -> list[str]:
        """Return the ids of the unresolved tickets for which this person was paged, that of the latest page first.

        Pages that were certainly not sent (failed, queued or waiting for a retry) do not count.
        """
        return list(self._run(_PAGED_TICKETS, {"person": person}).scalars())


def _claimed(attempt: Attempt, lease_until: datetime) -> Attempt:
    status = AttemptStatus.UNKNOWN if attempt.status is AttemptStatus.SENDING else attempt.status
    return replace(attempt, status=status, lease_until=lease_until)
