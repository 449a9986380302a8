"""From a ticket's stored log to its SLA clocks: each event with the policy and the calendar that were in force then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache

from oncall.paging.ports import Transaction
from oncall.paging.ticket import Event, EventKind, Ticket
from oncall.support.calendar import SupportCalendar, calendar_of
from oncall.support.clocks import SlaEvent, SlaEventKind, SlaState, Terms, sla
from oncall.support.policyfile import packaged_policy

POLICY = "policy"
"""The key of an event's details with the number of the schedule version whose policy was in force; 0: the packaged."""

TermsOf = Callable[[Event], Terms]
"""The terms in force when an event happened."""

_KINDS = {
    EventKind.RECEIVED: SlaEventKind.OPENED,
    EventKind.REPLIED: SlaEventKind.REPLIED,
    EventKind.CUSTOMER_REPLIED: SlaEventKind.CUSTOMER_REPLIED,
    EventKind.UPDATED: SlaEventKind.UPDATED,
    EventKind.WAITING: SlaEventKind.WAITING,
    EventKind.RESOLVED: SlaEventKind.RESOLVED,
    EventKind.REOPENED: SlaEventKind.REOPENED,
    EventKind.IMPACT_CHANGED: SlaEventKind.IMPACT_CHANGED,
    EventKind.JUDGED: SlaEventKind.JUDGED,
    EventKind.MERGED: SlaEventKind.MERGED,
}
_WITH_TERMS = (EventKind.RECEIVED, EventKind.REOPENED, EventKind.IMPACT_CHANGED, EventKind.JUDGED)

COUNTS_FOR_CLOCKS = tuple(_KINDS)
"""The kinds of which the clocks know; the others of a log may be left out."""

FOR_THE_PAGER_ALONE = tuple(kind for kind in EventKind if kind not in _KINDS)
"""The kinds of which no clock knows: a log may be read without them."""


def sla_events(ticket: Ticket, log: Iterable[Event], terms_of: TermsOf) -> list[SlaEvent]:
    """The events that the clocks know, in the log's order."""
    return [_sla_event(ticket, event, terms_of) for event in log if event.kind in _KINDS]


def _sla_event(ticket: Ticket, event: Event, terms_of: TermsOf) -> SlaEvent:
    is_receipt = event.kind is EventKind.RECEIVED
    impact = event.details.get("impact", ticket.impact if is_receipt else None)
    return SlaEvent(
        at=event.at,
        kind=_KINDS[event.kind],
        impact=impact,
        terms=terms_of(event) if event.kind in _WITH_TERMS else None,
        plan=ticket.plan if is_receipt else None,
        id=event.id,
    )


def terms_in(tx: Transaction) -> TermsOf:
    """Looks terms up in the store, each version once. A log from before versions were noted goes by their dates."""
    known: dict[int, Terms] = {}

    def terms_of(event: Event) -> Terms:
        version = event.details.get(POLICY)
        if version is None:
            version = _version_at(tx, event.at)
        if version not in known:
            known[version] = Terms(tx.policy(version), _calendar(tx, version), version)
        return known[version]

    return terms_of


class ClockBook:
    """One ticket's log with the terms of each event: what its clocks are read from while the pager works on it."""

    def __init__(self, tx: Transaction, ticket: Ticket, log: Iterable[Event]) -> None:
        self._ticket, self._terms_of = ticket, terms_in(tx)
        self.policy_version = tx.policy_version()
        self._events = sla_events(ticket, log, self._terms_of)

    def add(self, event: Event) -> None:
        """The event was appended to the log."""
        if event.kind in _KINDS:
            self._events.append(_sla_event(self._ticket, event, self._terms_of))

    def clocks(self, now: datetime) -> SlaState:
        """Every clock as of `now` (policy time, aware UTC)."""
        return sla(self._events, now)

    def first_reply_due(self, now: datetime) -> datetime | None:
        """When the first reply is due by the ticket's own clock, once it is judged at `now` by the policy in force."""
        probe = Event(self._ticket.id, now, EventKind.JUDGED, "", "", {POLICY: self.policy_version})
        judged = _sla_event(self._ticket, probe, self._terms_of)
        return sla([*self._events, judged], now).first_reply().due_at


def clocks(tx: Transaction, ticket: Ticket, log: Iterable[Event], now: datetime) -> SlaState:
    """Every clock of a stored ticket as of `now` (policy time, aware UTC)."""
    return sla(sla_events(ticket, log, terms_in(tx)), now)


def _version_at(tx: Transaction, at: datetime) -> int:
    versions = [publication.version for publication in tx.schedule().publications if publication.at <= at]
    return max(versions, default=0)


def _calendar(tx: Transaction, version: int) -> SupportCalendar:
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
