"""A second pair of eyes: from the event log alone, what should have gone out by now, and whether it did.

The engine goes by each ticket's row; the auditor folds the log anew and asks what a provider really took, so that a
row that says "nothing is owed" by mistake, or a pager that hangs, does not stay unseen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import structlog

from oncall.errors import StoreError
from oncall.paging.bundles import members
from oncall.paging.ports import Clock, TicketFilter, Transaction
from oncall.paging.state import fold
from oncall.paging.ticket import TAKEN, Attempt, AttemptStatus, Event, EventKind, Purpose, StoredTicket, TicketStatus

GRACE = timedelta(seconds=60)
"""How late (real time) a step or a try may be before an operator is called."""
SECOND_LOOK = timedelta(seconds=5)
"""A pager that is only busy has caught up when it is looked at again so much later (real time)."""
LONGEST_TURN = timedelta(hours=1)
"""So long after a page was written (real time) no turn is an excuse any more, whatever the limits are."""
REMIND_EVERY = timedelta(minutes=5)
"""How often (real time) an alarm that lasts is raised again."""
BLIND_AFTER = timedelta(seconds=60)
"""An auditor that could not read the store for so long (real time) raises an alarm of its own."""
PER_LOOK = 200
"""Tickets: so many of the newest open ones are audited at every look, and as many of the others in turns."""
MOST_TRIES = 1000
MOST_NAMED = 5

Sink = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Takes an alarm, as a JSON object, to a person by another way than the pager's. Must not raise."""


class Kind(StrEnum):
    """What is overdue."""

    STEP = "step"
    """The log says that a step, or the end of a hold, was due, and nothing was done."""
    TRY = "try"
    """A page was written and no provider has taken it."""
    LOST = "lost"
    """The log says that a page was written, and there is none."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """One thing that should have happened. `late`: by how much; policy time for a step, real time for the others."""

    ticket: str
    kind: Kind
    late: timedelta

    def __str__(self) -> str:
        seconds = int(self.late.total_seconds())
        words = {
            Kind.STEP: f"{self.ticket}: its next step has been due for {seconds} s and did not fire",
            Kind.TRY: f"{self.ticket}: a page was written {seconds} s ago and no provider has taken it",
            Kind.LOST: f"{self.ticket}: the log has a page of {seconds} s ago that is not stored",
        }
        return words[self.kind]

    def as_json(self) -> dict[str, Any]:
        """For an alarm."""
        return {"ticket": self.ticket, "kind": self.kind.value, "late_seconds": int(self.late.total_seconds())}


@dataclass(frozen=True, slots=True)
class Audit:
    """What one look found. pages: of the open tickets looked at, by status; written is not accepted."""

    overdue: tuple[Overdue, ...]
    pages: Mapping[str, int]
    tickets: int
    last: str | None


def audit(
    tx: Transaction, *, now: datetime, real_now: datetime, after: str | None = None, grace: timedelta = GRACE
) -> Audit:
    """Audit the newest open tickets, as many of those that come after the ticket `after`, and every try that waits.

    now: policy time; real_now: real time; both aware UTC. grace: how late a step may be, policy time. The answer's
    `last` is the next look's `after`.
    """
    newest = tx.tickets(TicketFilter((TicketStatus.OPEN,), limit=PER_LOOK))
    start = after if after is not None else newest[-1].ticket.id if len(newest) == PER_LOOK else None
    others = tx.tickets(TicketFilter((TicketStatus.OPEN,), after=start, limit=PER_LOOK)) if start is not None else []
    known = {stored.ticket.id for stored in newest}
    looked = [*newest, *(stored for stored in others if stored.ticket.id not in known)]
    logs = tx.events_of([stored.ticket.id for stored in looked])
    found: list[Overdue] = []
    pages: Counter[str] = Counter()
    for stored in looked:
        log, tries = logs.get(stored.ticket.id, []), tx.attempts(stored.ticket.id)
        pages.update(attempt.status.value for attempt in tries if attempt.purpose is Purpose.PAGE)
        found += overdue_steps(stored, log, tries, now, grace)
    waiting = tx.unsent_attempts(written_before=real_now - GRACE, limit=MOST_TRIES)
    found += [late for attempt in waiting for late in _overdue_tries(tx, attempt, now, real_now)]
    last = others[-1].ticket.id if len(others) == PER_LOOK else None
    return Audit(tuple(found), dict(pages), len(looked), last)


def overdue_steps(
    stored: StoredTicket, log: Sequence[Event], tries: Sequence[Attempt], now: datetime, grace: timedelta = GRACE
) -> list[Overdue]:
    """What the log of an open ticket says is overdue at `now` by more than `grace` (policy time). Pure."""
    name, found = stored.ticket.id, []
    due_at = fold(stored.ticket, log).due_at
    if due_at is not None and now - due_at > grace:
        found.append(Overdue(name, Kind.STEP, now - due_at))
    stored_tries = {attempt.id for attempt in tries}
    for event in log:
        if event.kind is EventKind.STEP_FIRED and event.details.get("attempt") not in stored_tries:
            found.append(Overdue(name, Kind.LOST, now - event.at))
    return found


def _overdue_tries(tx: Transaction, attempt: Attempt, now: datetime, real_now: datetime) -> list[Overdue]:
    """The pages of a message that somebody still waits for."""
    due_since = _due_since(attempt, now)
    if attempt.purpose is not Purpose.PAGE or real_now - due_since < GRACE:
        return []
    waited_for = (page for page in members(tx, attempt) if _is_waited_for(tx, page))
    return [Overdue(page.ticket, Kind.TRY, real_now - due_since) for page in waited_for]


def _due_since(attempt: Attempt, now: datetime) -> datetime:
    """From which instant on (real time) a try should have gone out: one that takes its turn, from that on, as long as
    its step is not over."""
    is_waiting = attempt.status is AttemptStatus.QUEUED and attempt.retry_at is not None
    is_over = attempt.deadline is not None and now >= attempt.deadline
    if not is_waiting or is_over or attempt.retry_at is None:
        return attempt.written_at
    return min(attempt.retry_at, attempt.written_at + LONGEST_TURN)


def _is_waited_for(tx: Transaction, attempt: Attempt) -> bool:
    """One that a later step has replaced calls nobody."""
    stored = tx.ticket(attempt.ticket)
    if stored is None or stored.status is not TicketStatus.OPEN:
        return False
    taken = (*TAKEN, AttemptStatus.DELIVERED)
    later = [other for other in tx.attempts(attempt.ticket) if other.written_at > attempt.written_at]
    return not any(other.purpose is Purpose.PAGE and other.status in taken for other in later)


class AuditObserver(Protocol):
    """Counts what the auditor sees. Must neither fail nor block."""

    def alarmed(self, kind: str) -> None:
        """An operator is needed."""

    def audited(self, *, overdue: int, pages: Mapping[str, int], at: datetime) -> None:
        """It looked, at `at` (real time)."""


Read = Callable[[Callable[[Transaction], Audit]], Awaitable[Audit]]


@dataclass
class Auditor:
    """Looks again and again, and raises an alarm for what two looks find overdue. Times are real unless said otherwise.

    read: runs work on a consistent snapshot of the store. sink: the other way to a person; None: only the log.
    """

    read: Read
    clock: Clock
    worker: str
    observer: AuditObserver
    sink: Sink | None = None
    confirmed: tuple[Overdue, ...] = field(default=(), init=False)
    _suspects: dict[tuple[str, Kind], datetime] = field(default_factory=dict, init=False)
    _after: str | None = field(default=None, init=False)
    _looked_at: datetime | None = field(default=None, init=False)
    _raised_at: datetime | None = field(default=None, init=False)
    _raised: frozenset[tuple[str, Kind]] = field(default=frozenset(), init=False)
    _trouble: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._log = structlog.get_logger("oncall.auditor").bind(worker=self.worker)
        self._looked_at = self.clock.real_now()

    @property
    def problems(self) -> list[str]:
        """What should have gone out and did not, a sentence each; for /readyz."""
        named = [f"overdue: {late}" for late in self.confirmed[:MOST_NAMED]]
        rest = len(self.confirmed) - len(named)
        return [*named, f"overdue: {rest} more"] if rest > 0 else named

    @property
    def is_suspicious(self) -> bool:
        """Whether something was overdue at one look only, so that the next one should come soon."""
        return len(self._suspects) > len(self.confirmed)

    async def look(self, trouble: str | None = None) -> None:
        """Audit once and raise what must be raised. trouble: why the provider refuses this pager, when it does."""
        now, real_now, grace = self.clock.now(), self.clock.real_now(), self._grace()
        try:
            found = await self.read(lambda tx: audit(tx, now=now, real_now=real_now, after=self._after, grace=grace))
        except StoreError as error:
            await self._blind(error, real_now)
            return
        self._looked_at, self._after = real_now, found.last
        self._confirm(found.overdue, real_now)
        self.observer.audited(overdue=len(self.confirmed), pages=found.pages, at=real_now)
        await self._raise_overdue(real_now)
        await self._raise_trouble(trouble)

    def _grace(self) -> timedelta:
        """A minute of real time, as policy time: at a hundred times its pace a pager is a minute late all the time."""
        hour = timedelta(hours=1)
        return GRACE * (hour.total_seconds() / max(self.clock.real_seconds_until(self.clock.now() + hour), 1e-6))

    def _confirm(self, overdue: Sequence[Overdue], real_now: datetime) -> None:
        keys = {(late.ticket, late.kind) for late in overdue}
        first_seen = {key: self._suspects.get(key, real_now) for key in keys}
        self._suspects = first_seen
        self.confirmed = tuple(late for late in overdue if real_now - first_seen[late.ticket, late.kind] >= SECOND_LOOK)

    async def _raise_overdue(self, real_now: datetime) -> None:
        keys = frozenset((late.ticket, late.kind) for late in self.confirmed)
        if not keys:
            if self._raised:
                self._log.info("nothing is overdue any more", action="audit_clear")
                await self._send({"alarm": "audit_clear", "worker": self.worker})
            self._raised, self._raised_at = frozenset(), None
            return
        is_due = self._raised_at is None or real_now - self._raised_at >= REMIND_EVERY
        if not (keys - self._raised or is_due):
            return
        self._raised, self._raised_at = keys, real_now
        self.observer.alarmed("audit")
        named = [late.as_json() for late in self.confirmed[:MOST_NAMED]]
        self._log.critical("pages are overdue", action="audit_overdue", count=len(self.confirmed), overdue=named)
        await self._send(
            {
                "alarm": "audit_overdue",
                "worker": self.worker,
                "text": "; ".join(self.problems),
                "count": len(self.confirmed),
                "overdue": named,
            }
        )

    async def _raise_trouble(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self._trouble:
            await self._send({"alarm": "operator_alarm", "worker": self.worker, "text": trouble})
        self._trouble = trouble

    async def _blind(self, error: StoreError, real_now: datetime) -> None:
        """The store is away: nobody can be paged, and nobody can tell who should be."""
        self._log.error("the auditor cannot read the store", action="audit_failed", error=str(error))
        blind_for = real_now - (self._looked_at or real_now)
        is_due = self._raised_at is None or real_now - self._raised_at >= REMIND_EVERY
        if blind_for >= BLIND_AFTER and is_due:
            self._raised_at = real_now
            self.observer.alarmed("audit")
            text = f"the database could not be read for {blind_for.seconds} s: nobody can be paged"
            self._log.critical("the store is away", action="audit_blind", seconds=blind_for.seconds)
            await self._send({"alarm": "audit_blind", "worker": self.worker, "text": text})

    async def _send(self, alarm: Mapping[str, Any]) -> None:
        if self.sink is not None:
            await self.sink(alarm)
