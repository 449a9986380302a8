"""Queries for attempts on one open transaction, the same for both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from sqlalchemy import Executable, and_, bindparam, case, func, insert, not_, select, text, update

from oncall.errors import NotFound
from oncall.paging.domain.ticket import Attempt, AttemptStatus
from oncall.store import rows
from oncall.store.queries import Queries
from oncall.store.tables import attempts, tickets, unresolved, waiting

ADD_ATTEMPT = insert(attempts)
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
SETTLE_ATTEMPT = _UPDATE_ATTEMPT.where(attempts.c.status == "sending", attempts.c.provider_id.is_(None))
_IS_DUE = and_(attempts.c.claimable_at.is_not(None), attempts.c.claimable_at <= bindparam("now"))
_IS_IN_SEND_QUEUE = and_(waiting, attempts.c.goes_alone.is_(False), attempts.c.channel != "desk")
_SEND_QUEUE_IS_DUE = select(attempts.c.id).where(_IS_DUE, _IS_IN_SEND_QUEUE).limit(1)
_CLAIMABLE = (
    select(attempts)
    .where(_IS_DUE)
    .order_by(attempts.c.claimable_at, attempts.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_GOES_AT_ONCE = and_(waiting, attempts.c.goes_alone.is_(True))
_CLAIMABLE_AT_ONCE = _CLAIMABLE.where(_GOES_AT_ONCE)
_CLAIMABLE_AFTER = _CLAIMABLE.where(not_(_GOES_AT_ONCE))
_CLAIMABLE_OUTSIDE_QUEUE = _CLAIMABLE_AFTER.where(not_(_IS_IN_SEND_QUEUE))
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
_QUEUED_PAGES = (
    select(attempts)
    .where(
        attempts.c.to == bindparam("person"),
        waiting,
        attempts.c.purpose == "page",
        attempts.c.channel.not_in(["voice", "desk"]),
        attempts.c.goes_alone.is_(False),
    )
    .order_by(attempts.c.written_at, attempts.c.id)
    .with_for_update(skip_locked=True)
)
_BUNDLE = (
    select(attempts)
    .where(attempts.c.bundle.is_not(None), attempts.c.bundle == bindparam("wanted"))
    .order_by(attempts.c.written_at, attempts.c.id)
)
_LAST_PAGE_TO = (
    select(attempts)
    .where(
        attempts.c.to == bindparam("person"),
        attempts.c.sent_at.is_not(None),
        attempts.c.channel != "voice",
        attempts.c.purpose == "page",
        attempts.c.status.not_in(["failed", "undelivered"]),
    )
    .order_by(attempts.c.sent_at.desc(), attempts.c.id.desc())
    .limit(1)
)
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
# Keys of advisory locks. All processes must use the same ones; keys below 2**32 are hashes of providers' ids.
_SEND_QUEUE_LOCK, _HANDOFF_LOCK = 500000651891, 500000651892
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_LAST_PAGED = (
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
        # In a bundle, the ticket that the message shows in full.
        func.max(case((attempts.c.sent_at.is_not(None), 1), else_=0)).desc(),
        func.max(attempts.c.written_at).desc(),
        attempts.c.ticket,
    )
)


class AttemptQueries(Queries):
    """The queries for attempts: single ones, due ones, the send queue, and what was sent lately."""

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Return every attempt for this ticket, oldest first."""
        return [rows.attempt(row) for row in self._run_on(ticket_id, _ATTEMPTS, {"wanted": ticket_id})]

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt with this id, or None. A write locks its row until the transaction ends."""
        query = _LOCK_ATTEMPT if self._writes else _ATTEMPT
        row = self._run_on(attempt_id, query, {"wanted": attempt_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """Return the newest attempt with the provider's id, or None.

        In a write, other writes that ask for the same id wait until this transaction ends.
        """
        if self._writes:
            # Two attempts may find the same message at the provider. The lock lets only one of them record it.
            self._lock(crc32(provider_id.encode()))
        row = self._run(_ATTEMPT_BY_PROVIDER, {"wanted": provider_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert attempts. Raises Conflict if an id is already stored or a ticket is unknown."""
        if attempts:
            names = {name for attempt in attempts for name in (attempt.id, attempt.ticket)}
            subject = f"attempt of ticket {attempts[0].ticket}"
            self._insert(ADD_ATTEMPT, [rows.attempt_row(attempt) for attempt in attempts], names=names, subject=subject)
            self.touched_pages = True

    def update_attempt(self, attempt: Attempt) -> None:
        """Store the columns of an attempt that can change. Raises NotFound if the attempt is not stored."""
        values = {"wanted": attempt.id, **rows.attempt_changes(attempt)}
        if self._run(_UPDATE_ATTEMPT, values).rowcount == 0:
            raise NotFound(f"attempt of ticket {attempt.ticket}: there is no such attempt")
        self.touched_pages = True

    def settle_attempt(self, attempt: Attempt) -> bool:
        """Store the provider's answer to a send. Return False if the attempt is no longer `sending`."""
        values = {"wanted": attempt.id, **rows.attempt_changes(attempt)}
        if self._unwritten is None or attempt.id in self._unwritten.names:
            settled = self._run_on(attempt.id, SETTLE_ATTEMPT, values).rowcount == 1
        else:
            # The attempt is nearly always still `sending`. If not, the group fails and each job runs again alone.
            self._put_off(self._unwritten, SETTLE_ATTEMPT, [values], (attempt.id, attempt.ticket))
            settled = True
        self.touched_pages = self.touched_pages or settled
        return settled

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Claim due attempts and return them as they are after the claim.

        Attempts that need no place in the send queue come first, then the longest overdue.
        """
        found = self._claimable(_CLAIMABLE_AT_ONCE, real_now, limit)
        # The transaction that holds the send queue composes bundles, and skips rows that are locked here. So queued
        # attempts are claimed only under the lock of the send queue; all others do not wait for it.
        is_due = self._run(_SEND_QUEUE_IS_DUE, {"now": real_now}).first() is not None
        query = _CLAIMABLE_AFTER if is_due and self.try_lock_send_queue() else _CLAIMABLE_OUTSIDE_QUEUE
        found += self._claimable(query, real_now, limit - len(found))
        if not found:
            return []
        self._run(_CLAIM, {"wanted": [attempt.id for attempt in found], "lease": lease_until})
        return [_claimed(attempt, lease_until) for attempt in found]

    def _claimable(self, query: Executable, real_now: datetime, most: int) -> list[Attempt]:
        return [rows.attempt(row) for row in self._run(query, {"now": real_now, "most": most})] if most > 0 else []

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Return attempts that no provider is known to have accepted, the longest overdue first.

        written_before: real time.
        """
        return [rows.attempt(row) for row in self._run(_UNSENT, {"before": written_before, "most": limit})]

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Return attempts written since `written_since` (real time), the newest first."""
        return [rows.attempt(row) for row in self._run(_RECENT_ATTEMPTS, {"since": written_since, "most": limit})]

    def next_attempt_at(self) -> datetime | None:
        """Return the earliest instant (real time) at which `claim_attempts` returns an attempt, or None."""
        claimable_at: datetime | None = self._run(_NEXT_CLAIM).scalar_one()
        return claimable_at

    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the `queued` and `retrying` texts that page this person, oldest first, and lock their rows.

        Rows that another transaction has locked are left out.
        """
        return [rows.attempt(row) for row in self._run(_QUEUED_PAGES, {"person": person})]

    def bundle(self, leader: str) -> list[Attempt]:
        """Return every attempt in the message that the attempt `leader` leads, oldest first."""
        return [rows.attempt(row) for row in self._run(_BUNDLE, {"wanted": leader})]

    def last_page_to(self, person: str) -> Attempt | None:
        """Return the last text that paged this person and is not known to have failed, or None."""
        row = self._run(_LAST_PAGE_TO, {"person": person}).one_or_none()
        return None if row is None else rows.attempt(row)

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Return the calls to this person that were handed to a provider since `since` (policy time), latest first."""
        return [rows.attempt(row) for row in self._run(_CALLS_TO, {"person": person, "since": since})]

    def has_delivered(self, person: str, channel: str) -> bool:
        """Return True if a message to this person by this channel was ever reported as delivered."""
        return self._run(_HAS_DELIVERED, {"person": person, "channel": channel}).first() is not None

    def lock_send_queue(self) -> None:
        """Wait for the lock of the send queue and hold it until the transaction ends. SQLite has one writer anyway."""
        self._lock(_SEND_QUEUE_LOCK)

    def try_lock_send_queue(self) -> bool:
        """Take the lock of the send queue without waiting. Return False if another transaction holds it."""
        if self._connection.dialect.name != "postgresql":
            return True
        return bool(self._run(_TRY_LOCK, {"key": _SEND_QUEUE_LOCK}).scalar_one())

    def lock_handoffs(self) -> None:
        """Wait for the lock of the handoff notices and hold it until the transaction ends."""
        self._lock(_HANDOFF_LOCK)

    def _lock(self, key: int) -> None:
        if self._connection.dialect.name == "postgresql":
            self._run(_LOCK, {"key": key})

    def paged_tickets(self, person: str) -> list[str]:
        """Return the ids of unresolved tickets that this person was paged for, the latest page first.

        A page that failed or waits to be sent does not count.
        """
        return list(self._run(_LAST_PAGED, {"person": person}).scalars())


def _claimed(attempt: Attempt, lease_until: datetime) -> Attempt:
    status = AttemptStatus.UNKNOWN if attempt.status is AttemptStatus.SENDING else attempt.status
    return replace(attempt, status=status, lease_until=lease_until)
