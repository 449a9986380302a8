"""Computes the SLA clocks of a stored ticket from its event log.

Each event is read with the policy and the calendar that were in force at its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from oncall.paging.domain.events import (
    CustomerReplied,
    Event,
    EventKind,
    ImpactChanged,
    Merged,
    MessageEvent,
    Received,
    Reopened,
    Replied,
    Resolved,
    TermsVersions,
    Unreadable,
    UnreadableLog,
    Updated,
    Waiting,
)
from oncall.paging.domain.pager_events import Absorbed, AbsorbedClock, Judged
from oncall.paging.domain.ticket import Ticket
from oncall.paging.ports.schedule_store import Schedules
from oncall.support.calendar import SupportCalendar, calendar_of
from oncall.support.clocks import CarriedClock, PolicyTerms, RunningSla, SlaEvent, SlaEventKind, SlaState, carried, sla
from oncall.support.policy_file import packaged_policy

TermsOf = Callable[[TermsVersions | None, datetime], PolicyTerms]
"""A function that returns the terms of these versions; for None, the terms in force at that instant (aware UTC)."""

_MESSAGES: Mapping[type[Event], SlaEventKind] = {
    Replied: SlaEventKind.REPLIED,
    CustomerReplied: SlaEventKind.CUSTOMER_REPLIED,
    Updated: SlaEventKind.UPDATED,
    Waiting: SlaEventKind.WAITING,
    Resolved: SlaEventKind.RESOLVED,
}
"""Events of which the clocks need only the time. Most events that the clocks read are of these kinds."""

COUNTS_FOR_CLOCKS = (
    EventKind.RECEIVED,
    EventKind.REPLIED,
    EventKind.CUSTOMER_REPLIED,
    EventKind.UPDATED,
    EventKind.WAITING,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.IMPACT_CHANGED,
    EventKind.JUDGED,
    EventKind.MERGED,
    EventKind.ABSORBED,
)
"""The kinds of event that the clocks need. To compute clocks, a log may be read without the other kinds."""

FOR_THE_PAGER_ALONE = tuple(kind for kind in EventKind if kind not in COUNTS_FOR_CLOCKS)
"""The kinds of event that the clocks do not need."""


def sla_events(ticket: Ticket, log: Iterable[Event], terms_of: TermsOf) -> list[SlaEvent]:
    """Return the events from which SLA clocks are computed, in the log's order.

    The clocks of a drill end at the instant at which they start. Raises UnreadableLog for an event that the clocks need
    and that cannot be read.
    """
    if ticket.is_drill:
        return _of_a_drill(log, terms_of)
    return [known for event in log if (known := _sla_event(ticket, event, terms_of)) is not None]


def _of_a_drill(log: Iterable[Event], terms_of: TermsOf) -> list[SlaEvent]:
    opening = next(event for event in log if isinstance(event, Received))
    terms = terms_of(opening.terms, opening.at)
    plan, support = next(iter(terms.policy.plans.items()))
    impact = next(iter(support.promises))
    opened = SlaEvent(opening.at, SlaEventKind.OPENED, impact=impact, terms=terms, plan=plan)
    return [opened, SlaEvent(opening.at, SlaEventKind.RESOLVED)]


def _sla_event(ticket: Ticket, event: Event, terms_of: TermsOf) -> SlaEvent | None:
    """Return the event in the form that SLA clocks read; None if no clock needs it."""
    kind = _MESSAGES.get(type(event))
    if kind is not None:
        return SlaEvent(event.at, kind, id=event.id) if _is_for_this_ticket(event) else None
    change = _CHANGES.get(type(event))
    return change(ticket, event, terms_of) if change is not None else None


def _is_for_this_ticket(event: Event) -> bool:
    """Return False for a message that counts for another ticket, and for a customer's message that needs no reply."""
    if not isinstance(event, MessageEvent):
        return True
    return event.forwarded_to is None and (not isinstance(event, CustomerReplied) or event.needs_reply)


def _received(ticket: Ticket, event: Received, terms_of: TermsOf) -> SlaEvent:
    impact, terms = event.impact or ticket.impact, terms_of(event.terms, event.at)
    return SlaEvent(event.at, SlaEventKind.OPENED, impact=impact, terms=terms, plan=ticket.plan, id=event.id)


def _reopened(ticket: Ticket, event: Reopened, terms_of: TermsOf) -> SlaEvent | None:
    if event.was_open:
        return None
    return SlaEvent(event.at, SlaEventKind.REOPENED, terms=terms_of(event.terms, event.at), id=event.id)


def _impact_changed(ticket: Ticket, event: ImpactChanged, terms_of: TermsOf) -> SlaEvent:
    terms = terms_of(event.terms, event.at)
    return SlaEvent(event.at, SlaEventKind.IMPACT_CHANGED, impact=event.impact, terms=terms, id=event.id)


def _judged(ticket: Ticket, event: Judged, terms_of: TermsOf) -> SlaEvent:
    return SlaEvent(event.at, SlaEventKind.JUDGED, terms=terms_of(event.terms, event.at), id=event.id)


def _merged(ticket: Ticket, event: Merged, terms_of: TermsOf) -> SlaEvent:
    return SlaEvent(event.at, SlaEventKind.MERGED, id=event.id, into=event.into)


def _absorbed(ticket: Ticket, event: Absorbed, terms_of: TermsOf) -> SlaEvent:
    carried = tuple(_carried_clock(clock, terms_of(clock.terms, event.at)) for clock in event.clocks)
    return SlaEvent(event.at, SlaEventKind.ABSORBED, id=event.id, carried=carried)


def _unreadable(ticket: Ticket, event: Unreadable, terms_of: TermsOf) -> SlaEvent | None:
    """Return the clock event for an event that cannot be read; None if no clock needs it.

    Only the time of an unreadable verdict is used, so that lists and reports can show its ticket. Raises UnreadableLog
    for the other kinds that clocks need.
    """
    if event.kind is EventKind.JUDGED:
        return SlaEvent(event.at, SlaEventKind.JUDGED, terms=terms_of(None, event.at), id=event.id)
    if event.kind in COUNTS_FOR_CLOCKS:
        raise UnreadableLog(f"{ticket.id}: an event of kind {event.kind.value} cannot be read")
    return None


# Each function takes the events of its own key, which a dict cannot say.
_CHANGES: dict[type[Event], Callable[[Ticket, Any, TermsOf], SlaEvent | None]] = {
    Received: _received,
    Reopened: _reopened,
    ImpactChanged: _impact_changed,
    Judged: _judged,
    Merged: _merged,
    Absorbed: _absorbed,
    Unreadable: _unreadable,
}


def _carried_clock(clock: AbsorbedClock, terms: PolicyTerms) -> CarriedClock:
    return CarriedClock(
        metric=clock.metric,
        plan=clock.plan,
        impact=clock.impact,
        since=clock.since,
        terms=terms,
        promised_at=clock.promised_at,
        asked_from=clock.asked_from,
        counted_from=clock.counted_from,
        spans=clock.spans,
        breached_at=clock.breached_at,
        asked=clock.asked,
    )


def _absorbed_clock(clock: CarriedClock) -> AbsorbedClock:
    return AbsorbedClock(
        metric=clock.metric,
        plan=clock.plan,
        impact=clock.impact,
        since=clock.since,
        promised_at=clock.promised_at,
        asked_from=clock.asked_from,
        counted_from=clock.counted_from,
        spans=clock.spans,
        breached_at=clock.breached_at,
        asked=clock.asked,
        terms=TermsVersions(clock.terms.version, clock.terms.hours),
    )


def terms_in(tx: Schedules) -> TermsOf:
    """Return a function that looks up the policy and the calendar of an event. It reads each version only once."""
    known: dict[tuple[int, int], PolicyTerms] = {}

    def terms_of(versions: TermsVersions | None, at: datetime) -> PolicyTerms:
        policy = versions.policy if versions is not None else _version_at(tx, at)
        other = versions.hours if versions is not None and versions.hours != policy else None
        hours = policy if other is None else other
        if (policy, hours) not in known:
            known[policy, hours] = PolicyTerms(tx.policy(policy), _calendar(tx, hours), policy, other)
        return known[policy, hours]

    return terms_of


def in_force(tx: Schedules, at: datetime) -> TermsVersions:
    """Return the schedule versions whose policy and business hours are in force at `at` (policy time, aware UTC)."""
    return TermsVersions(tx.schedule().policy_version_at(at))


class ClockBook:
    """The SLA clocks of one ticket while the pager works on it. log: the ticket's whole log."""

    def __init__(self, tx: Schedules, ticket: Ticket, log: Iterable[Event]) -> None:
        self._ticket, self._terms_of = ticket, terms_in(tx)
        self._tx = tx
        self._sla = RunningSla(sla_events(ticket, log, self._terms_of))
        self._state: SlaState | None = None

    def add(self, event: Event) -> None:
        """Add an event that was appended to the log."""
        if (known := _sla_event(self._ticket, event, self._terms_of)) is not None:
            self._sla.add(known)
            self._state = None

    def clocks(self, now: datetime) -> SlaState:
        """Return every clock as of `now` (policy time, aware UTC)."""
        if self._state is None or self._state.at != now:
            self._state = self._sla.at(now)
        return self._state

    def clocks_after(self, event: Event, now: datetime) -> SlaState:
        """Return every clock at `now`, as if `event` were in the log. Does not add it."""
        known = _sla_event(self._ticket, event, self._terms_of)
        return sla(self._sla.events if known is None else [*self._sla.events, known], now)

    def carried(self, now: datetime) -> tuple[AbsorbedClock, ...]:
        """Return the clocks that run at `now`, in the form in which another ticket continues them after a merge."""
        return tuple(_absorbed_clock(clock) for clock in carried(self._sla.events, now))

    def in_force(self, at: datetime) -> TermsVersions:
        """Return the schedule versions whose policy and business hours are in force at `at`, for `Judged.terms`."""
        return in_force(self._tx, at)

    def first_reply_due(self, now: datetime) -> datetime | None:
        """Return when the first reply is due by the ticket's own clock, if a new verdict is given at `now`.

        None if the ticket has no such clock.
        """
        judged = SlaEvent(now, SlaEventKind.JUDGED, terms=self._terms_of(self.in_force(now), now))
        clock = sla([*self._sla.events, judged], now).first_reply()
        return clock.due_at if clock is not None else None


def clocks(tx: Schedules, ticket: Ticket, log: Iterable[Event], now: datetime) -> SlaState:
    """Return every clock of a stored ticket as of `now` (policy time, aware UTC)."""
    return sla(sla_events(ticket, log, terms_in(tx)), now)


def _version_at(tx: Schedules, at: datetime) -> int:
    versions = [publication.version for publication in tx.schedule().publications if publication.at <= at]
    return max(versions, default=0)


def _calendar(tx: Schedules, version: int) -> SupportCalendar:
    schedule = tx.schedule()
    if not schedule.publications:
        return schedule.calendar
    for publication in schedule.publications:
        if publication.version == version:
            return publication.calendar
    return _packaged_calendar()


@cache
def _packaged_calendar() -> SupportCalendar:
    return calendar_of(packaged_policy(), None)
