"""The audit: finds steps, pages and SLA alerts that are overdue.

The engine trusts each ticket's row. The audit computes the state again from the event log, so that it finds a wrong row
and a pager that hangs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oncall.errors import StoreError
from oncall.paging.clocks.clock_book import clocks
from oncall.paging.domain.events import Event
from oncall.paging.domain.pager_events import Breached, StepFired, Warned
from oncall.paging.domain.sla_alerts import coming_alerts, next_alert_at
from oncall.paging.domain.state import after, fold
from oncall.paging.domain.ticket import SENDABLE, TAKEN, Attempt, AttemptStatus, Purpose, StoredTicket, TicketStatus
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.outgoing.bundles import members
from oncall.paging.ports.attempt_store import AttemptLists, Attempts
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import AuditStore, BundleStore
from oncall.paging.ports.time_source import Clock

GRACE = timedelta(seconds=60)
"""How late (real time) a step, a send or a delivery may be before the audit finds it overdue."""
ARRIVES_WITHIN = timedelta(seconds=60)
"""How long (real time) a delivery may take after the provider accepted the page."""
LONGEST_TURN = timedelta(hours=1)
"""How long (real time) a page may wait for rate limits, whatever the limits are."""
PER_AUDIT = 200
"""The most tickets of each group that one audit reads: the newest open ones in every audit, the others in parts."""
MOST_ATTEMPTS = 1000
_UNSENT = (*SENDABLE, AttemptStatus.SENDING, AttemptStatus.UNKNOWN)


class Kind(StrEnum):
    """A kind of finding: work that is overdue."""

    STEP = "step"
    """A step or the end of a hold was due, and nothing happened."""
    UNSENT = "unsent"
    """A page is stored, and no provider has accepted it."""
    LOST = "lost"
    """The log names a page that is not stored."""
    ARRIVAL = "arrival"
    """A provider accepted a page, and then reported neither a delivery nor a failure."""
    SLA_ALERT = "sla_alert"
    """A warning, chase or breach was due, and the pager did not give it."""
    NOTICE = "notice"
    """The notice of an SLA alert is stored, and no provider has accepted it."""
    UNREADABLE = "unreadable"
    """The log cannot be read, or it needs a policy that cannot be read."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """An overdue step, page, delivery or SLA alert, or a log that cannot be read.

    late: how late it is: policy time for steps and SLA alerts, real time for the others. For a log that cannot be read,
    the policy time since the ticket's receipt.
    """

    ticket: str
    kind: Kind
    late: timedelta

    def __str__(self) -> str:
        seconds = int(self.late.total_seconds())
        words = {
            Kind.STEP: f"{self.ticket}: its next step has been due for {seconds} s and did not fire",
            Kind.UNSENT: f"{self.ticket}: a page was written {seconds} s ago and no provider has accepted it",
            Kind.LOST: f"{self.ticket}: the log has a page of {seconds} s ago that is not stored",
            Kind.ARRIVAL: f"{self.ticket}: a provider accepted a page {seconds} s ago and has not delivered it",
            Kind.SLA_ALERT: f"{self.ticket}: an SLA alert has been due for {seconds} s and was not written",
            Kind.NOTICE: f"{self.ticket}: an SLA alert was written {seconds} s ago and no provider has accepted it",
            Kind.UNREADABLE: f"{self.ticket}: its log cannot be read, so its next step is not known",
        }
        return words[self.kind]

    def as_json(self) -> dict[str, str | int]:
        """Return this item as JSON for an alarm."""
        return {"ticket": self.ticket, "kind": self.kind.value, "late_seconds": int(self.late.total_seconds())}


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of one audit.

    pages: how many pages of open tickets have each status. tickets: how many open tickets were read. last, last_taken:
    the `after` and `after_taken` of the next audit; None: it starts from the newest ticket.
    """

    overdue: tuple[Overdue, ...]
    pages: Mapping[str, int]
    tickets: int
    last: str | None
    last_taken: str | None


@dataclass(frozen=True, slots=True)
class _SeenTicket:
    """A ticket as one audit found it. attempts: its messages; empty unless its row says that it is open."""

    stored: StoredTicket
    log: Sequence[Event]
    attempts: Sequence[Attempt]

    @property
    def is_open(self) -> bool:
        """Return True if the ticket's row says that it is open."""
        return self.stored.status is TicketStatus.OPEN

    def overdue(self, kind: Kind, late: timedelta) -> Overdue:
        """Return a finding about this ticket."""
        return Overdue(self.stored.ticket.id, kind, late)


@dataclass(frozen=True, slots=True)
class _AuditRun:
    """One audit of the store. now, grace: policy time. real_now: real time."""

    tx: AuditStore
    now: datetime
    real_now: datetime
    grace: timedelta

    def at_ticket(self, seen: _SeenTicket) -> list[Overdue]:
        """Return the findings from a ticket's log, even if its row differs.

        A log that cannot be read is itself a finding.
        """
        try:
            found = self._steps(seen)
            if seen.is_open:
                found += self._lost_pages(seen) + self._pages_not_arrived(seen)
            if seen.stored.status is not TicketStatus.RESOLVED:
                found += self._sla_alerts(seen)
        except StoreError:
            raise
        except Exception:
            if seen.stored.status is TicketStatus.RESOLVED:
                return []
            return [seen.overdue(Kind.UNREADABLE, self.now - seen.stored.received_at)]
        return found

    def at_attempts(self, pages: Sequence[Attempt]) -> list[Overdue]:
        """Return a finding for each overdue attempt, including those of `pages` that no pager would claim."""
        waiting = self.tx.unsent_attempts(written_before=self.real_now - GRACE, limit=MOST_ATTEMPTS)
        known = {attempt.id for attempt in waiting}
        waiting += [one for one in pages if one.id not in known and _is_stranded(self.tx, one)]
        return [late for attempt in waiting for late in self._unsent(attempt)]

    def _steps(self, seen: _SeenTicket) -> list[Overdue]:
        """Return a finding if the ticket's next step has been due for more than `grace`."""
        due_at = fold(seen.stored.ticket, seen.log).due_at
        is_late = due_at is not None and self.now - due_at > self.grace
        return [seen.overdue(Kind.STEP, self.now - due_at)] if due_at is not None and is_late else []

    def _lost_pages(self, seen: _SeenTicket) -> list[Overdue]:
        """Return a finding for each page that the log of an open ticket names and that is not stored."""
        stored = {attempt.id for attempt in seen.attempts}
        fired = [event for event in seen.log if isinstance(event, StepFired)]
        return [seen.overdue(Kind.LOST, self.now - event.at) for event in fired if event.attempt not in stored]

    def _sla_alerts(self, seen: _SeenTicket) -> list[Overdue]:
        """Return a finding if the ticket's next SLA alert has been due for more than `grace`."""
        ticket = seen.stored.ticket
        if ticket.is_drill:
            return []
        state = clocks(self.tx, ticket, seen.log, self.now)
        due_at = next_alert_at(coming_alerts(fold(ticket, seen.log), state, self.tx.policy_at(self.now)))
        is_late = due_at is not None and self.now - due_at > self.grace
        return [seen.overdue(Kind.SLA_ALERT, self.now - due_at)] if due_at is not None and is_late else []

    def _pages_not_arrived(self, seen: _SeenTicket) -> list[Overdue]:
        """Return a finding for the oldest page of an open ticket that its provider has and that is overdue.

        Nothing is returned if a later page has arrived. Pages sent before a person last owned the ticket are ignored.
        """
        opened_at = _open_since(seen.stored, seen.log)
        pages = [one for one in seen.attempts if one.purpose is Purpose.PAGE and one.at >= opened_at]
        arrived_at = max((one.at for one in pages if one.status is AttemptStatus.DELIVERED), default=None)
        for page in pages:
            is_moot = arrived_at is not None and arrived_at >= page.at
            if page.status not in TAKEN or is_moot or not _has_delivery_reports(self.tx, page):
                continue
            # A provider works in real time, however fast policy time runs.
            waits_for = (self.now - _handed_over_at(self.tx, page)) * (GRACE / self.grace)
            if waits_for >= ARRIVES_WITHIN + GRACE:
                return [seen.overdue(Kind.ARRIVAL, waits_for)]
        return []

    def _unsent(self, attempt: Attempt) -> list[Overdue]:
        """Return a finding for each ticket in the message of an attempt that should have been sent by now.

        Only pages that an open ticket still needs and notices of SLA alerts give findings.
        """
        late = self.real_now - _due_since(attempt, self.now)
        if late < GRACE:
            return []
        if attempt.purpose is Purpose.PAGE:
            pages = [page for page in members(self.tx, attempt) if page.status in _UNSENT]
            return [Overdue(page.ticket, Kind.UNSENT, late) for page in pages if _is_still_due(self.tx, page)]
        alerts = [event for event in self.tx.events(attempt.ticket) if isinstance(event, Warned | Breached)]
        is_of_alert = any(event.attempt == attempt.id for event in alerts)
        return [Overdue(attempt.ticket, Kind.NOTICE, late)] if is_of_alert else []


def grace_by(clock: Clock) -> timedelta:
    """Return GRACE as policy time, which runs faster than real time in a rehearsal."""
    hour = timedelta(hours=1)
    return GRACE * (hour.total_seconds() / max(clock.real_seconds_until(clock.now() + hour), 1e-6))


def audit(
    tx: AuditStore,
    *,
    now: datetime,
    real_now: datetime,
    after: str | None = None,
    after_taken: str | None = None,
    again: Collection[str] = (),
    grace: timedelta = GRACE,
) -> Audit:
    """Audit several groups of tickets, and every attempt that is not sent.

    The groups are the newest open tickets, the open ones that follow the ticket `after`, the acknowledged ones that
    follow `after_taken`, the newest of all, and those with the ids `again`. now: policy time; real_now: real time; both
    aware UTC. grace: how late a step may be, policy time. The next audit's `after` and `after_taken` are the result's
    `last` and `last_taken`.
    """
    newest = tx.tickets(TicketFilter((TicketStatus.OPEN,), limit=PER_AUDIT))
    start = after if after is not None else newest[-1].ticket.id if len(newest) == PER_AUDIT else None
    others = tx.tickets(TicketFilter((TicketStatus.OPEN,), after=start, limit=PER_AUDIT)) if start is not None else []
    taken = tx.tickets(TicketFilter((TicketStatus.ACKNOWLEDGED,), after=after_taken, limit=PER_AUDIT))
    # A row may wrongly say that the ticket is acknowledged or resolved.
    of_any_kind = tx.tickets(TicketFilter(limit=PER_AUDIT))
    suspected = [stored for name in again if (stored := tx.ticket(name)) is not None]
    seen = {one.ticket.id: one for one in (*newest, *of_any_kind, *taken, *others, *suspected)}
    logs, run = tx.events_of([*seen]), _AuditRun(tx, now, real_now, grace)
    found: list[Overdue] = []
    pages: list[Attempt] = []
    for name, stored in seen.items():
        own = tx.attempts(name) if stored.status is TicketStatus.OPEN else []
        pages += [one for one in own if one.purpose is Purpose.PAGE]
        found += run.at_ticket(_SeenTicket(stored, logs.get(name, []), own))
    statuses = Counter(page.status.value for page in pages)
    opened = sum(stored.status is TicketStatus.OPEN for stored in seen.values())
    return Audit((*found, *run.at_attempts(pages)), dict(statuses), opened, _next(others), _next(taken))


def _next(seen: Sequence[StoredTicket]) -> str | None:
    return seen[-1].ticket.id if len(seen) == PER_AUDIT else None


def _open_since(stored: StoredTicket, log: Sequence[Event]) -> datetime:
    """Return when (policy time) the ticket came in, or last became open again after it was acknowledged or resolved."""
    state, since = TicketState(plan=stored.ticket.plan, impact=stored.ticket.impact), stored.received_at
    for event in log:
        was, state = state.status, after(state, event)
        if state.status is TicketStatus.OPEN and was is not TicketStatus.OPEN:
            since = event.at
    return since


def _has_delivery_reports(tx: AttemptLists, page: Attempt) -> bool:
    """Return True if a delivery of this page would be reported.

    A page that is only `accepted` always gets another report from the provider. After that, some phone companies report
    no deliveries, so a report is expected only if an earlier message to this person was reported as delivered.
    """
    return page.status is AttemptStatus.ACCEPTED or tx.has_delivered(page.to, page.channel)


def _handed_over_at(tx: Attempts, page: Attempt) -> datetime:
    leading = tx.attempt(page.bundle) if page.bundle is not None and page.is_member else page
    return (leading.sent_at if leading is not None else None) or page.at


def _is_stranded(tx: Attempts, page: Attempt) -> bool:
    """Return True if a page is unsent, and is in no bundle that is still to be sent."""
    if page.status not in _UNSENT or not page.is_member:
        return page.status in _UNSENT
    leading = tx.attempt(page.bundle) if page.bundle is not None else None
    return leading is None or leading.status not in _UNSENT


def _due_since(attempt: Attempt, now: datetime) -> datetime:
    """Return when (real time) an attempt should have been sent.

    A rate limit may delay it, at most until its step is over.
    """
    is_waiting = attempt.status is AttemptStatus.QUEUED and attempt.retry_at is not None
    is_over = attempt.deadline is not None and now >= attempt.deadline
    if not is_waiting or is_over or attempt.retry_at is None:
        return attempt.written_at
    return min(attempt.retry_at, attempt.written_at + LONGEST_TURN)


def _is_still_due(tx: BundleStore, attempt: Attempt) -> bool:
    """Return True if the attempt's ticket is open and no later page for it was accepted by a provider."""
    stored = tx.ticket(attempt.ticket)
    if stored is None or stored.status is not TicketStatus.OPEN:
        return False
    taken = (*TAKEN, AttemptStatus.DELIVERED)
    later = [other for other in tx.attempts(attempt.ticket) if other.written_at > attempt.written_at]
    return not any(other.purpose is Purpose.PAGE and other.status in taken for other in later)
