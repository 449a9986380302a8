"""From a ticket's stored log to its SLA clocks: each event with the policy and the calendar that were in force then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from oncall.paging.domain.ticket import WAS_OPEN, Event, EventKind, Ticket
from oncall.paging.ports.store import Transaction
from oncall.support.calendar import SupportCalendar, calendar_of
from oncall.support.clocks import CarriedClock, PolicyTerms, SlaEvent, SlaEventKind, SlaState, carried, sla
from oncall.support.policy import Metric
from oncall.support.policy_file import packaged_policy

POLICY = "policy"
"""The key of an event's details with the number of the schedule version whose policy was in force; 0: the packaged."""

NEEDS_REPLY = "needs_reply"
"""False for a customer's message that asks for nothing (a thank-you): no clock knows of it."""

FORWARDED_TO = "forwarded_to"
"""The ticket on which a message counts, the customer's or one to them, that was written on a duplicate."""

HOURS = "hours"
"""The same for the version whose hours held, where that was not the one of the policy."""

TermsOf = Callable[[Event], PolicyTerms]
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
    EventKind.ABSORBED: SlaEventKind.ABSORBED,
}
_SAYING_NOTHING_MORE = frozenset(
    {EventKind.REPLIED, EventKind.CUSTOMER_REPLIED, EventKind.UPDATED, EventKind.WAITING, EventKind.RESOLVED}
)
"""Kinds of which the instant is all: nearly every line of a log is one of these."""
_WITH_TERMS = (EventKind.RECEIVED, EventKind.REOPENED, EventKind.IMPACT_CHANGED, EventKind.JUDGED)

COUNTS_FOR_CLOCKS = tuple(_KINDS)
"""The kinds of which the clocks know; the others of a log may be left out."""

FOR_THE_PAGER_ALONE = tuple(kind for kind in EventKind if kind not in _KINDS)
"""The kinds of which no clock knows: a log may be read without them."""


def sla_events(ticket: Ticket, log: Iterable[Event], terms_of: TermsOf) -> list[SlaEvent]:
    """The events that the clocks know, in the log's order. A drill promises nothing: its clocks end as they begin."""
    if ticket.is_drill:
        return _of_a_drill(log, terms_of)
    return [_sla_event(ticket, event, terms_of) for event in log if _counts(event)]


def _counts(event: Event) -> bool:
    """Whether the clocks know of it."""
    if FORWARDED_TO in event.details or event.details.get(WAS_OPEN):
        return False
    if event.kind is EventKind.CUSTOMER_REPLIED:
        return event.details.get(NEEDS_REPLY) is not False
    return event.kind in _KINDS


def _of_a_drill(log: Iterable[Event], terms_of: TermsOf) -> list[SlaEvent]:
    opening = next(event for event in log if event.kind is EventKind.RECEIVED)
    terms = terms_of(opening)
    plan, support = next(iter(terms.policy.plans.items()))
    impact = next(iter(support.promises))
    opened = SlaEvent(opening.at, SlaEventKind.OPENED, impact=impact, terms=terms, plan=plan)
    return [opened, SlaEvent(opening.at, SlaEventKind.RESOLVED)]


def _sla_event(ticket: Ticket, event: Event, terms_of: TermsOf) -> SlaEvent:
    if event.kind in _SAYING_NOTHING_MORE:
        return SlaEvent(event.at, _KINDS[event.kind], id=event.id)
    is_receipt = event.kind is EventKind.RECEIVED
    impact = event.details.get("impact", ticket.impact if is_receipt else None)
    return SlaEvent(
        at=event.at,
        kind=_KINDS[event.kind],
        impact=impact,
        terms=terms_of(event) if event.kind in _WITH_TERMS else None,
        plan=ticket.plan if is_receipt else None,
        id=event.id,
        carried=_carried(event, terms_of) if event.kind is EventKind.ABSORBED else (),
        into=event.details.get("into") if event.kind is EventKind.MERGED else None,
    )


def _carried(event: Event, terms_of: TermsOf) -> tuple[CarriedClock, ...]:
    """The clocks that a duplicate brought, each under the terms that it had there."""
    return tuple(
        _carried_clock(details, terms_of(replace(event, details=details))) for details in event.details["clocks"]
    )


def _carried_clock(details: Mapping[str, Any], terms: PolicyTerms) -> CarriedClock:
    return CarriedClock(
        metric=Metric(details["metric"]),
        plan=details["plan"],
        impact=details["impact"],
        since=_instant(details["since"]),
        terms=terms,
        promised_at=_instant(details["promised_at"]),
        asked_from=_maybe(details["asked_from"]),
        counted_from=_maybe(details["counted_from"]),
        spans=tuple((_instant(start), _instant(end)) for start, end in details["spans"]),
        breached_at=_maybe(details["breached_at"]),
        asked=tuple(_instant(at) for at in details.get("asked", ())),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _maybe(text: str | None) -> datetime | None:
    return _instant(text) if text is not None else None


def terms_in(tx: Transaction) -> TermsOf:
    """Looks terms up in the store, each version once. A log from before versions were noted goes by their dates."""
    known: dict[tuple[int, int], PolicyTerms] = {}

    def terms_of(event: Event) -> PolicyTerms:
        version = event.details.get(POLICY)
        if version is None:
            version = _version_at(tx, event.at)
        hours = event.details.get(HOURS, version)
        if (version, hours) not in known:
            other = hours if hours != version else None
            known[version, hours] = PolicyTerms(tx.policy(version), _calendar(tx, hours), version, other)
        return known[version, hours]

    return terms_of


def in_force(tx: Transaction, at: datetime) -> dict[str, int]:
    """What an event of `at` (policy time, aware UTC) keeps in its details: whose policy and whose hours held."""
    version, publication = tx.policy_version(), tx.schedule().in_force(at)
    if publication is None or publication.version == version:
        return {POLICY: version}
    return {POLICY: version, HOURS: publication.version}


class ClockBook:
    """One ticket's log with the terms of each event: what its clocks are read from while the pager works on it."""

    def __init__(self, tx: Transaction, ticket: Ticket, log: Iterable[Event]) -> None:
        self._ticket, self._terms_of = ticket, terms_in(tx)
        self._tx = tx
        self._events = sla_events(ticket, log, self._terms_of)

    def add(self, event: Event) -> None:
        """The event was appended to the log."""
        if _counts(event):
            self._events.append(_sla_event(self._ticket, event, self._terms_of))

    def clocks(self, now: datetime) -> SlaState:
        """Every clock as of `now` (policy time, aware UTC)."""
        return sla(self._events, now)

    def carried(self, now: datetime) -> tuple[CarriedClock, ...]:
        """What is owed at `now`, for the ticket into which this one is merged."""
        return carried(self._events, now)

    def in_force(self, at: datetime) -> dict[str, int]:
        """What a verdict given at `at` keeps in its details: whose policy and whose hours held."""
        return in_force(self._tx, at)

    def first_reply_due(self, now: datetime) -> datetime | None:
        """When the first reply is due by the ticket's own clock, once it is judged at `now` by the policy in force."""
        probe = Event(self._ticket.id, now, EventKind.JUDGED, "", "", self.in_force(now))
        judged = _sla_event(self._ticket, probe, self._terms_of)
        clock = sla([*self._events, judged], now).first_reply()
        return clock.due_at if clock is not None else None


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
