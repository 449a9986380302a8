"""The tries at delivering messages, as queries on one open transaction. The same on both databases."""

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
_WAITS_ITS_TURN = and_(waiting, attempts.c.goes_alone.is_(False), attempts.c.channel != "desk")
_TURN_IS_DUE = select(attempts.c.id).where(_IS_DUE, _WAITS_ITS_TURN).limit(1)
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
_CLAIMABLE_OUT_OF_TURN = _CLAIMABLE_AFTER.where(not_(_WAITS_ITS_TURN))
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
_WAITING_PAGES = (
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
# Any numbers will do, as long as all our processes take the same ones: "turns" in ASCII, and the next one. Those of 32
# bits stand for providers' ids.
_TURNS, _HANDOVER = 500000651891, 500000651892
_ALONE = text("SELECT pg_advisory_xact_lock(:matter)")
_ALONE_AT_ONCE = text("SELECT pg_try_advisory_xact_lock(:matter)")
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
        # Of one message the ticket that stands in it in full.
        func.max(case((attempts.c.sent_at.is_not(None), 1), else_=0)).desc(),
        func.max(attempts.c.written_at).desc(),
        attempts.c.ticket,
    )
)


class AttemptQueries(Queries):
    """The part of a transaction that knows every try, and which of them are to be made."""

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Every try for this ticket, oldest first."""
        return [rows.attempt(row) for row in self._run_on(ticket_id, _ATTEMPTS, {"wanted": ticket_id})]

    def attempt(self, attempt_id: str) -> Attempt | None:
        """The try with this delivery id; in a write its row stays locked until the end."""
        query = _LOCK_ATTEMPT if self._writes else _ATTEMPT
        row = self._run_on(attempt_id, query, {"wanted": attempt_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """The newest try that carries the provider's id; in a write nobody else asks for that id until the end."""
        if self._writes:
            # Whether a message that was found is another try's is asked before either of them is known to have it.
            self._alone(crc32(provider_id.encode()))
        row = self._run(_ATTEMPT_BY_PROVIDER, {"wanted": provider_id}).one_or_none()
        return None if row is None else rows.attempt(row)

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert them. Raises Conflict for a delivery id that is there already, and for an unknown ticket."""
        if attempts:
            names = {name for attempt in attempts for name in (attempt.id, attempt.ticket)}
            subject = f"attempt of ticket {attempts[0].ticket}"
            self._insert(ADD_ATTEMPT, [rows.attempt_row(attempt) for attempt in attempts], names=names, subject=subject)
            self.touched_pages = True

    def update_attempt(self, attempt: Attempt) -> None:
        """Write what changes in a try's life. Raises NotFound for one that was never added."""
        values = {"wanted": attempt.id, **rows.attempt_changes(attempt)}
        if self._run(_UPDATE_ATTEMPT, values).rowcount == 0:
            raise NotFound(f"attempt of ticket {attempt.ticket}: there is no such attempt")
        self.touched_pages = True

    def settle_attempt(self, attempt: Attempt) -> bool:
        """Write what a try's provider said at once; False when the try is not `sending` any more."""
        values = {"wanted": attempt.id, **rows.attempt_changes(attempt)}
        if self._unwritten is None or attempt.id in self._unwritten.names:
            settled = self._run_on(attempt.id, SETTLE_ATTEMPT, values).rowcount == 1
        else:
            # Nearly always it is. When it was not after all, this transaction fails, and each looks anew.
            self._put_off(self._unwritten, SETTLE_ATTEMPT, [values], (attempt.id, attempt.ticket))
            settled = True
        self.touched_pages = self.touched_pages or settled
        return settled

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Take over tries that are due, those that wait for nobody and then the longest overdue first, as they stand
        after the claim."""
        found = self._claimable(_CLAIMABLE_AT_ONCE, real_now, limit)
        # Whoever puts together what waits for a phone would miss those whose rows are locked here, so they are left to
        # whoever has the turns; what is urgent goes on meanwhile, however long that one takes.
        in_turn = self._run(_TURN_IS_DUE, {"now": real_now}).first() is not None and self.try_lock_send_queue()
        found += self._claimable(_CLAIMABLE_AFTER if in_turn else _CLAIMABLE_OUT_OF_TURN, real_now, limit - len(found))
        if not found:
            return []
        self._run(_CLAIM, {"wanted": [attempt.id for attempt in found], "lease": lease_until})
        return [_claimed(attempt, lease_until) for attempt in found]

    def _claimable(self, query: Executable, real_now: datetime, most: int) -> list[Attempt]:
        return [rows.attempt(row) for row in self._run(query, {"now": real_now, "most": most})] if most > 0 else []

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Tries that no provider is known to have taken, the longest overdue first."""
        return [rows.attempt(row) for row in self._run(_UNSENT, {"before": written_before, "most": limit})]

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Tries written since then, the newest first."""
        return [rows.attempt(row) for row in self._run(_RECENT_ATTEMPTS, {"since": written_since, "most": limit})]

    def next_attempt_at(self) -> datetime | None:
        """The earliest real instant at which `claim_attempts` would give something."""
        claimable_at: datetime | None = self._run(_NEXT_CLAIM).scalar_one()
        return claimable_at

    def queued_pages(self, person: str) -> list[Attempt]:
        """Texts that page this person and are in no provider's hands, oldest first; another's locked rows are not
        waited for."""
        return [rows.attempt(row) for row in self._run(_WAITING_PAGES, {"person": person})]

    def bundle(self, leader: str) -> list[Attempt]:
        """Every try in the message that this try leads, oldest first."""
        return [rows.attempt(row) for row in self._run(_BUNDLE, {"wanted": leader})]

    def last_page_to(self, person: str) -> Attempt | None:
        """The text that paged this person last, if one ever did; one that is known not to have arrived did not."""
        row = self._run(_LAST_PAGE_TO, {"person": person}).one_or_none()
        return None if row is None else rows.attempt(row)

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Calls to this person that were handed to a provider since an instant (policy time), the latest first."""
        return [rows.attempt(row) for row in self._run(_CALLS_TO, {"person": person, "since": since})]

    def has_delivered(self, person: str, channel: str) -> bool:
        """Whether a message to this person by this channel was ever reported to have arrived."""
        return self._run(_HAS_DELIVERED, {"person": person, "channel": channel}).first() is not None

    def lock_send_queue(self) -> None:
        """Hold back every other transaction that asks for this; on SQLite there is only one at a time anyway."""
        self._alone(_TURNS)

    def try_lock_send_queue(self) -> bool:
        """As `lock_send_queue` without waiting: False, and nothing is taken, where another transaction has them."""
        if self._connection.dialect.name != "postgresql":
            return True
        return bool(self._run(_ALONE_AT_ONCE, {"matter": _TURNS}).scalar_one())

    def lock_handoffs(self) -> None:
        """As `lock_send_queue` for handovers."""
        self._alone(_HANDOVER)

    def _alone(self, matter: int) -> None:
        if self._connection.dialect.name == "postgresql":
            self._run(_ALONE, {"matter": matter})

    def paged_tickets(self, person: str) -> list[str]:
        """Ids of unresolved tickets that this person was paged for, the latest page first.

        A page that surely never left (failed, or still to be tried again) is none.
        """
        return list(self._run(_LAST_PAGED, {"person": person}).scalars())


def _claimed(attempt: Attempt, lease_until: datetime) -> Attempt:
    status = AttemptStatus.UNKNOWN if attempt.status is AttemptStatus.SENDING else attempt.status
    return replace(attempt, status=status, lease_until=lease_until)
